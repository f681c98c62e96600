/// The lines of a text as slices of its bytes, without their "\n" or "\r\n"; a last line needs none.
struct ByteLines: Sequence, IteratorProtocol {
    private let bytes: [UInt8]
    private var position: Int
    /// Lines handed out so far: the number of the latest one, from 1.
    private(set) var lineNumber = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        position = 0
    }

    mutating func next() -> ArraySlice<UInt8>? {
        guard position < bytes.count else { return nil }
        let start = position
        var end = start
        bytes.withUnsafeBufferPointer { buffer in
            while end < buffer.count, buffer[end] != UInt8(ascii: "\n") {
                end += 1
            }
        }
        position = end + 1
        lineNumber += 1
        if end > start, bytes[end - 1] == UInt8(ascii: "\r") {
            end -= 1
        }
        return bytes[start..<end]
    }
}

extension ArraySlice<UInt8> {
    /// Without spaces and tabs at both ends.
    func trimmed() -> ArraySlice<UInt8> {
        var result = self
        while let byte = result.first, byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") {
            result.removeFirst()
        }
        while let byte = result.last, byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") {
            result.removeLast()
        }
        return result
    }

    /// As text; what is not UTF-8 becomes U+FFFD.
    var text: String { String(decoding: self, as: UTF8.self) }
}
