import CExpat

/// An element of an XML document, for reading: comments and processing instructions are left out.
public struct XMLElement: Sendable, Hashable {
    public var name: String
    public var attributes: [String: String] = [:]
    public var children: [XMLElement] = []
    /// The text directly inside, pieces joined, without white space at both ends.
    public var text = ""
    /// Where it begins, from 1.
    public var line: Int

    /// The document's element, with everything below it.
    ///
    /// Document type declarations are refused, so that no entity can be defined, let alone be fetched from elsewhere.
    public init(
        document bytes: [UInt8],
        limits: XMLLimits = XMLLimits()
    ) throws(XMLError) {
        guard bytes.count <= limits.bytes else { throw XMLError(reason: .tooLong(limit: limits.bytes), line: 1) }
        let reader = XMLReader(limits)
        guard let parser = XML_ParserCreate("UTF-8") else {
            throw XMLError(reason: .malformed("out of memory"), line: 1)
        }
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
            throw XMLError(reason: .malformed(words), line: Int(clamping: XML_GetCurrentLineNumber(parser)))
        }
        self = root
    }

    fileprivate init(name: String, line: Int) {
        self.name = name
        self.line = line
    }

    /// The first child of that name.
    public func child(_ name: String) -> XMLElement? { children.first { $0.name == name } }

    /// All children of that name.
    public func children(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }

    public subscript(_ attribute: String) -> String? { attributes[attribute] }
}

/// How much of a document is read before it is refused.
public struct XMLLimits: Sendable {
    public var bytes = 4 << 20
    public var depth = 64
    public var elements = 100_000

    public init() {}
}

/// Why a document is no XML that can be read.
public struct XMLError: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Reason: Equatable, Sendable {
        /// In expat's words.
        case malformed(String)
        case documentType
        case tooLong(limit: Int)
        case tooDeep(limit: Int)
        case tooManyElements(limit: Int)
    }

    public var reason: Reason
    /// From 1.
    public var line: Int

    public var description: String {
        let what =
            switch reason {
            case .malformed(let words): words
            case .documentType: "a document type declaration, which is not read"
            case .tooLong(let limit): "longer than \(limit) bytes"
            case .tooDeep(let limit): "elements nested deeper than \(limit)"
            case .tooManyElements(let limit): "more than \(limit) elements"
            }
        return "line \(line): \(what)"
    }
}

/// Builds the tree while expat calls.
private final class XMLReader {
    let limits: XMLLimits
    var root: XMLElement?
    var failure: XMLError?
    /// The elements that are open, outermost first.
    private var open: [XMLElement] = []
    private var count = 0
    private var parser: XML_Parser?

    init(_ limits: XMLLimits) {
        self.limits = limits
    }

    func attach(to parser: XML_Parser) {
        self.parser = parser
        XML_SetUserData(parser, Unmanaged.passUnretained(self).toOpaque())
        XML_SetElementHandler(
            parser,
            { XMLReader.from($0)?.begin($1, $2) },
            { data, _ in XMLReader.from(data)?.end() }
        )
        XML_SetCharacterDataHandler(parser) { XMLReader.from($0)?.add($1, $2) }
        XML_SetStartDoctypeDeclHandler(parser) { data, _, _, _, _ in XMLReader.from(data)?.stop(.documentType) }
    }

    private static func from(_ data: UnsafeMutableRawPointer?) -> XMLReader? {
        data.map { Unmanaged<XMLReader>.fromOpaque($0).takeUnretainedValue() }
    }

    private var line: Int { Int(clamping: XML_GetCurrentLineNumber(parser)) }

    private func stop(_ reason: XMLError.Reason) {
        guard failure == nil else { return }
        failure = XMLError(reason: reason, line: line)
        XML_StopParser(parser, 0)
    }

    private func begin(_ name: UnsafePointer<XML_Char>?, _ pairs: UnsafeMutablePointer<UnsafePointer<XML_Char>?>?) {
        guard failure == nil, let name else { return }
        count += 1
        guard count <= limits.elements else { return stop(.tooManyElements(limit: limits.elements)) }
        guard open.count < limits.depth else { return stop(.tooDeep(limit: limits.depth)) }
        var element = XMLElement(name: String(cString: name), line: line)
        var index = 0
        while let pairs, let key = pairs[index], let value = pairs[index + 1] {
            element.attributes[String(cString: key)] = String(cString: value)
            index += 2
        }
        open.append(element)
    }

    private func end() {
        guard failure == nil, var element = open.popLast() else { return }
        let bytes = element.text.utf8.drop { $0 <= 0x20 }
        element.text = String(
            Substring(bytes.prefix(upTo: bytes.lastIndex { $0 > 0x20 }.map(bytes.index(after:)) ?? bytes.startIndex))
        )
        if open.isEmpty {
            root = element
        } else {
            open[open.count - 1].children.append(element)
        }
    }

    private func add(_ text: UnsafePointer<XML_Char>?, _ length: CInt) {
        guard failure == nil, let text, !open.isEmpty else { return }
        let bytes = UnsafeRawBufferPointer(start: text, count: Int(length))
        open[open.count - 1].text += String(decoding: bytes, as: UTF8.self)
    }
}
