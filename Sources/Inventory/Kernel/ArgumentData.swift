import CLinux

/// What this binary knows of kernel arguments, as the text that contributors edit.
public enum ArgumentData {
    /// The bytes of `Sources/CLinux/data/kernel-arguments.uci`.
    public static var bytes: [UInt8] {
        let table = clinux_kernel_arguments()
        return Array(UnsafeRawBufferPointer(start: table.bytes, count: table.length))
    }
}
