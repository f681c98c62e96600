import CExpat

/// Builds the tree while expat calls.
final class XMLReader {
    private let limits: XMLLimits
    private let bytes: [UInt8]
    private(set) var root: XMLElement?
    private(set) var comments: [Range<Int>] = []
    private var failure: XMLError?
    /// The elements that are open, outermost first, with the prefixes that they declare.
    private var open: [(element: XMLElement, declared: [String])] = []
    /// What each prefix stands for, innermost last; the default namespace's prefix is empty.
    private var namespaces: [String: [String]] = [:]
    private var count = 0
    private var parser: XML_Parser?

    private init(_ bytes: [UInt8], _ limits: XMLLimits) {
        self.bytes = bytes
        self.limits = limits
    }

    /// Reads a document.
    static func read(_ bytes: [UInt8], _ limits: XMLLimits) throws(XMLError) -> (XMLElement, comments: [Range<Int>]) {
        guard bytes.count <= limits.bytes else { throw XMLError(.tooLong(limit: limits.bytes)) }
        if bytes.starts(with: [0xFE, 0xFF]) || bytes.starts(with: [0xFF, 0xFE]) {
            throw XMLError(.encoding("UTF-16"))
        }
        let reader = XMLReader(bytes, limits)
        // Expat never looks at the declared encoding when it is told one.
        guard let parser = XML_ParserCreate("UTF-8") else { throw XMLError(.malformed("out of memory")) }
        defer { XML_ParserFree(parser) }
        reader.attach(to: parser)
        let status = withExtendedLifetime(reader) {
            bytes.withUnsafeBytes { buffer in
                buffer.withMemoryRebound(to: CChar.self) {
                    XML_Parse(parser, $0.baseAddress, CInt(clamping: $0.count), 1)
                }
            }
        }
        if let failure = reader.failure { throw failure }
        guard status == XML_STATUS_OK, let root = reader.root else {
            let words = XML_ErrorString(XML_GetErrorCode(parser)).map { String(cString: $0) } ?? "no element"
            throw XMLError(.malformed(words), line: reader.line, column: reader.column)
        }
        return (root, reader.comments)
    }

    private func attach(to parser: XML_Parser) {
        self.parser = parser
        XML_SetUserData(parser, Unmanaged.passUnretained(self).toOpaque())
        XML_SetElementHandler(
            parser,
            { XMLReader.from($0)?.begin($1, $2) },
            { data, _ in XMLReader.from(data)?.end() }
        )
        XML_SetCharacterDataHandler(parser) { XMLReader.from($0)?.add($1, $2) }
        XML_SetCommentHandler(parser) { data, _ in XMLReader.from(data)?.comment() }
        XML_SetStartDoctypeDeclHandler(parser) { data, _, _, _, _ in XMLReader.from(data)?.stop(.documentType) }
        XML_SetXmlDeclHandler(parser) { data, _, encoding, _ in XMLReader.from(data)?.declare(encoding) }
    }

    private static func from(_ data: UnsafeMutableRawPointer?) -> XMLReader? {
        data.map { Unmanaged<XMLReader>.fromOpaque($0).takeUnretainedValue() }
    }

    private var line: Int { Int(clamping: XML_GetCurrentLineNumber(parser)) }
    private var column: Int { Int(clamping: XML_GetCurrentColumnNumber(parser)) + 1 }

    /// The bytes of what expat reports now.
    private var range: Range<Int> {
        let start = min(max(0, Int(clamping: XML_GetCurrentByteIndex(parser))), bytes.count)
        return start..<min(start + max(0, Int(XML_GetCurrentByteCount(parser))), bytes.count)
    }

    private func stop(_ reason: XMLError.Reason) {
        guard failure == nil else { return }
        failure = XMLError(reason, line: line, column: column)
        XML_StopParser(parser, 0)
    }

    private func declare(_ encoding: UnsafePointer<XML_Char>?) {
        guard let encoding else { return }
        let name = String(cString: encoding)
        if !["utf-8", "us-ascii"].contains(name.lowercased()) { stop(.encoding(name)) }
    }

    private func begin(_ name: UnsafePointer<XML_Char>?, _ pairs: UnsafeMutablePointer<UnsafePointer<XML_Char>?>?) {
        guard failure == nil, let name else { return }
        count += 1
        guard count <= limits.elements else { return stop(.tooManyElements(limit: limits.elements)) }
        guard open.count < limits.depth else { return stop(.tooDeep(limit: limits.depth)) }
        var attributes: [String: String] = [:]
        var declared: [String] = []
        var index = 0
        while let pairs, let key = pairs[index], let value = pairs[index + 1] {
            let key = String(cString: key)
            let value = String(cString: value)
            attributes[key] = value
            if key == "xmlns" || key.utf8.starts(with: "xmlns:".utf8) {
                let prefix = String(decoding: key.utf8.dropFirst(key == "xmlns" ? 5 : 6), as: UTF8.self)
                namespaces[prefix, default: []].append(value)
                declared.append(prefix)
            }
            index += 2
        }
        var element = XMLElement(
            name: String(cString: name),
            namespace: nil,
            line: line,
            column: column,
            startTag: range
        )
        if !namespaces.isEmpty, let namespace = namespaces[element.prefix ?? ""]?.last, !namespace.isEmpty {
            element.namespace = namespace
        }
        element.attributes = attributes
        open.append((element, declared))
    }

    private func end() {
        guard failure == nil, let (element, declared) = open.popLast() else { return }
        for prefix in declared { namespaces[prefix]?.removeLast() }
        var closed = element
        // Of an empty tag expat reports the end as well, at a place that is no end tag's.
        let slash = closed.startTag.upperBound - 2
        if !closed.startTag.contains(slash) || bytes[slash] != UInt8(ascii: "/") { closed.endTag = range }
        let text = closed.text.utf8.drop { $0 <= 0x20 }
        closed.text = String(
            Substring(text.prefix(upTo: text.lastIndex { $0 > 0x20 }.map(text.index(after:)) ?? text.startIndex))
        )
        if open.isEmpty {
            root = closed
        } else {
            open[open.count - 1].element.children.append(closed)
        }
    }

    private func add(_ text: UnsafePointer<XML_Char>?, _ length: CInt) {
        guard failure == nil, let text, !open.isEmpty else { return }
        let bytes = UnsafeRawBufferPointer(start: text, count: Int(length))
        open[open.count - 1].element.text += String(decoding: bytes, as: UTF8.self)
    }

    private func comment() {
        guard failure == nil else { return }
        comments.append(range)
    }
}
