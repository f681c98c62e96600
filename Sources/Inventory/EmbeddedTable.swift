import CLinux

extension clinux_table {
    /// A copy of the text that was built in.
    var contents: [UInt8] { Array(UnsafeRawBufferPointer(start: bytes, count: length)) }
}
