/// An XML document as its bytes, with the tree of its elements that says which bytes are whose.
///
/// Edits are made on bytes (``XMLEditor``), so that what is not meant by an edit stays as it is: white space, the order
/// of attributes, quotes, comments, entity references, line ends, a byte order mark. Only UTF-8 is read; what declares
/// another encoding is refused, since it could not be edited byte by byte.
public struct XMLDocument: Sendable, Hashable {
    public let bytes: [UInt8]
    public let root: XMLElement
    /// The bytes of each comment, `<!--` and `-->` included, in their order.
    public let comments: [Range<Int>]

    /// Reads a document. Every document type declaration is refused.
    public init(_ bytes: [UInt8], limits: XMLLimits = XMLLimits()) throws(XMLError) {
        (root, comments) = try XMLReader.read(bytes, limits)
        self.bytes = bytes
    }

    /// An attribute of a start tag, and where it stands.
    public struct Attribute: Sendable, Hashable {
        /// As it is written, with its prefix.
        public var name: String
        /// Name, equals sign and quoted value.
        public var range: Range<Int>
        /// The value as it is written, without its quotes.
        public var value: Range<Int>
    }

    /// The attributes of an element of this document, in their order.
    public func attributes(of element: XMLElement) -> [Attribute] {
        var attributes: [Attribute] = []
        let end = element.startTag.upperBound - 1
        var place = element.startTag.lowerBound + 1 + element.name.utf8.count
        // Expat found this tag well-formed: names, equals signs and quotes follow each other.
        while let start = bytes[min(place, end)..<end].firstIndex(where: { $0 > 0x20 && $0 != UInt8(ascii: "/") }),
            let equals = bytes[start..<end].firstIndex(of: UInt8(ascii: "=")),
            let quote = bytes[equals..<end].firstIndex(where: { $0 == 0x22 || $0 == 0x27 }),
            let close = bytes[(quote + 1)..<end].firstIndex(of: bytes[quote])
        {
            let name = bytes[start..<equals].prefix { $0 > 0x20 }
            attributes.append(
                Attribute(
                    name: String(decoding: name, as: UTF8.self),
                    range: start..<(close + 1),
                    value: (quote + 1)..<close
                )
            )
            place = close + 1
        }
        return attributes
    }
}
