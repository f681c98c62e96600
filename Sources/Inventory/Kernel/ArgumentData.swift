import CLinux

/// What this binary knows of kernel arguments, as the text that contributors edit.
public enum ArgumentData {
    /// The bytes of `Sources/CLinux/data/kernel-arguments.uci`.
    public static var bytes: [UInt8] { clinux_kernel_arguments().contents }
}
