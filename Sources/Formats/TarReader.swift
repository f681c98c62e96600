/// One pass over the blocks of an archive.
struct TarReader {
    let bytes: [UInt8]
    let limits: TarLimits
    var offset = 0
    /// User and group of the member being read.
    var owner: UInt32 = 0
    var group: UInt32 = 0
    var members: [TarMember] = []
    var tree: TarTree
    var contentBytes = 0
    var pathBytes = 0
    var extended = Extended()

    /// What extended headers say about the next member.
    struct Extended {
        var path: Range<Int>?
        var linkPath: Range<Int>?
        var size: Int?
        var isPending = false
        /// pax wins over GNU 'L' and 'K'.
        var paxPath = false
        var paxLinkPath = false
    }

    static let blockSize = 512
    static let extendedHeaderLimit = 1 << 20

    init(bytes: [UInt8], limits: TarLimits) {
        self.bytes = bytes
        self.limits = limits
        tree = TarTree(members: limits.members)
    }

    mutating func readAll() throws(TarError) -> [TarMember] {
        try checkBeginning()
        while true {
            guard bytes.count - offset >= Self.blockSize else {
                throw TarError(.truncated(missing: offset + Self.blockSize - bytes.count), offset: bytes.count)
            }
            if isZero(offset..<offset + Self.blockSize) {
                try checkEnd()
                return members
            }
            try readHeader()
        }
    }

    // MARK: Beginning and end

    func checkBeginning() throws(TarError) {
        if bytes.isEmpty {
            throw TarError(.empty, offset: 0)
        }
        let magics: [(program: String, magic: [UInt8])] = [
            ("gzip", [0x1F, 0x8B]), ("xz", [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0]), ("zstd", [0x28, 0xB5, 0x2F, 0xFD]),
            ("bzip2", [0x42, 0x5A, 0x68]), ("lz4", [0x04, 0x22, 0x4D, 0x18]), ("compress", [0x1F, 0x9D]),
            ("lzip", [0x4C, 0x5A, 0x49, 0x50]),
        ]
        for (program, magic) in magics where bytes.starts(with: magic) && !checksumIsRight(at: 0) {
            throw TarError(.compressed(by: program), offset: 0)
        }
        if bytes.count > limits.totalBytes {
            throw TarError(.tooManyBytes(limit: limits.totalBytes), offset: 0)
        }
    }

    func checkEnd() throws(TarError) {
        if extended.isPending {
            throw TarError(.badExtendedHeader, offset: offset)
        }
        let second = offset + Self.blockSize
        guard bytes.count - second >= Self.blockSize else {
            throw TarError(.truncated(missing: second + Self.blockSize - bytes.count), offset: bytes.count)
        }
        guard isZero(second..<bytes.count) else {
            throw TarError(.dataAfterEnd, offset: second)
        }
    }

    func isZero(_ range: Range<Int>) -> Bool {
        for index in range where bytes[index] != 0 {
            return false
        }
        return true
    }

    // MARK: Headers

    mutating func readHeader() throws(TarError) {
        guard checksumIsRight(at: offset) else {
            throw TarError(offset == 0 ? .notTar : .badChecksum, offset: offset)
        }
        let type = bytes[offset + 156]
        guard let headerSize = number(124..<136) else { throw fault(.badNumber(field: "size")) }
        switch type {
        case UInt8(ascii: "x"), UInt8(ascii: "g"), UInt8(ascii: "L"), UInt8(ascii: "K"):
            try readExtended(type, size: headerSize)
        default:
            let size = extended.size ?? headerSize
            try readMember(type, size: size)
            extended = Extended()
        }
    }

    /// The range of the content that follows the header; moves on to the next header.
    mutating func content(_ size: Int) throws(TarError) -> Range<Int> {
        let start = offset + Self.blockSize
        // Compared before anything is added, so that no size can overflow.
        guard size <= bytes.count - start else {
            throw fault(.truncated(missing: size - (bytes.count - start)))
        }
        let padded = (size + Self.blockSize - 1) / Self.blockSize * Self.blockSize
        guard padded <= bytes.count - start else {
            throw fault(.truncated(missing: padded - (bytes.count - start)))
        }
        offset = start + padded
        return start..<start + size
    }

    func checksumIsRight(at header: Int) -> Bool {
        guard bytes.count - header >= Self.blockSize, let wanted = number(148..<156, header: header) else {
            return false
        }
        var unsigned = 0
        var signed = 0
        bytes.withUnsafeBufferPointer { buffer in
            for index in header..<header + Self.blockSize {
                let isSumField = index >= header + 148 && index < header + 156
                let byte = isSumField ? UInt8(ascii: " ") : buffer[index]
                unsigned += Int(byte)
                signed += Int(Int8(bitPattern: byte))
            }
        }
        // Historic tars summed signed bytes; POSIX asks for unsigned ones.
        return wanted == unsigned || wanted == signed
    }

    /// A number field: octal digits, or base-256 if the first bit is set; nil if malformed, negative or too large.
    func number(_ field: Range<Int>, header: Int? = nil) -> Int? {
        let base = header ?? offset
        var index = base + field.lowerBound
        let end = base + field.upperBound
        if bytes[index] & 0x80 != 0 {
            guard bytes[index] & 0x40 == 0 else { return nil }
            var value = Int(bytes[index] & 0x3F)
            for next in index + 1..<end {
                let (product, overflow) = value.multipliedReportingOverflow(by: 256)
                guard !overflow else { return nil }
                value = product | Int(bytes[next])
            }
            return value
        }
        while index < end, bytes[index] == UInt8(ascii: " ") {
            index += 1
        }
        var value = 0
        while index < end, bytes[index] & 0xF8 == UInt8(ascii: "0") {
            value = value * 8 + Int(bytes[index] & 7)
            index += 1
        }
        while index < end {
            guard bytes[index] == 0 || bytes[index] == UInt8(ascii: " ") else { return nil }
            index += 1
        }
        return value
    }

    /// A text field: up to its first zero byte.
    func text(_ field: Range<Int>) -> Range<Int> {
        let start = offset + field.lowerBound
        var end = start
        while end < offset + field.upperBound, bytes[end] != 0 {
            end += 1
        }
        return start..<end
    }

    // MARK: Extended headers

    mutating func readExtended(_ type: UInt8, size: Int) throws(TarError) {
        let header = offset
        let range = try content(size)
        extended.isPending = type != UInt8(ascii: "g") || extended.isPending
        switch type {
        case UInt8(ascii: "L"), UInt8(ascii: "K"):
            var end = range.upperBound
            if end > range.lowerBound, bytes[end - 1] == 0 {
                end -= 1
            }
            guard end - range.lowerBound <= limits.pathLength else {
                throw TarError(.pathTooLong(limit: limits.pathLength), offset: header)
            }
            if type == UInt8(ascii: "L") {
                extended.path = extended.paxPath ? extended.path : range.lowerBound..<end
            } else {
                extended.linkPath = extended.paxLinkPath ? extended.linkPath : range.lowerBound..<end
            }
        default:
            guard size <= Self.extendedHeaderLimit else { throw TarError(.badExtendedHeader, offset: header) }
            try readPax(range, isGlobal: type == UInt8(ascii: "g"), header: header)
        }
    }

    /// pax records: "LENGTH KEY=VALUE\n", where LENGTH counts the whole record.
    mutating func readPax(_ range: Range<Int>, isGlobal: Bool, header: Int) throws(TarError) {
        let malformed = TarError(.badExtendedHeader, offset: header)
        var start = range.lowerBound
        while start < range.upperBound {
            var index = start
            var length = 0
            while index < range.upperBound, bytes[index] &- UInt8(ascii: "0") < 10, length < 1 << 24 {
                length = length * 10 + Int(bytes[index] - UInt8(ascii: "0"))
                index += 1
            }
            guard index > start, index < range.upperBound, bytes[index] == UInt8(ascii: " "),
                length <= range.upperBound - start, length > index + 2 - start,
                bytes[start + length - 1] == UInt8(ascii: "\n")
            else { throw malformed }
            let record = index + 1..<start + length - 1
            guard let equals = bytes[record].firstIndex(of: UInt8(ascii: "=")), equals > record.lowerBound else {
                throw malformed
            }
            try takePax(record.lowerBound..<equals, equals + 1..<record.upperBound, isGlobal: isGlobal, header: header)
            start += length
        }
    }

    mutating func takePax(
        _ key: Range<Int>,
        _ value: Range<Int>,
        isGlobal: Bool,
        header: Int
    ) throws(TarError) {
        let name = bytes[key]
        if name.starts(with: "GNU.sparse.".utf8) || name.elementsEqual("SCHILY.realsize".utf8) {
            throw TarError(.notPartOfCapturedHost(kind: "a sparse file"), offset: header)
        }
        let isPath = name.elementsEqual("path".utf8)
        let isLinkPath = name.elementsEqual("linkpath".utf8)
        let isSize = name.elementsEqual("size".utf8)
        guard isPath || isLinkPath || isSize else { return }
        // A name, target or size for all members that follow makes no sense for a captured host.
        guard !isGlobal else { throw TarError(.badExtendedHeader, offset: header) }
        if isSize {
            extended.size = nil
            guard !value.isEmpty else { return }
            var size = 0
            for index in value {
                let digit = Int(bytes[index]) - Int(UInt8(ascii: "0"))
                let (product, overflow) = size.multipliedReportingOverflow(by: 10)
                guard (0...9).contains(digit), !overflow, product <= Int.max - digit else {
                    throw TarError(.badNumber(field: "size"), offset: header)
                }
                size = product + digit
            }
            extended.size = size
            return
        }
        guard value.count <= limits.pathLength else {
            throw TarError(.pathTooLong(limit: limits.pathLength), offset: header)
        }
        if isPath {
            extended.path = value.isEmpty ? nil : value
            extended.paxPath = !value.isEmpty
        } else {
            extended.linkPath = value.isEmpty ? nil : value
            extended.paxLinkPath = !value.isEmpty
        }
    }

    /// An error about the member whose header is being read.
    func fault(_ reason: TarError.Reason) -> TarError {
        TarError(reason, offset: offset, path: printable(writtenPath()))
    }
}
