/// An element to be written into a document.
public struct XMLNode: Sendable, Hashable {
    public struct Attribute: Sendable, Hashable {
        public var name: String
        public var value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    public var name: String
    public var attributes: [Attribute]
    public var children: [XMLNode]
    /// Text instead of children.
    public var text: String?
    /// What a comment directly behind the start tag says.
    public var comment: String?

    /// An attribute whose value is nil is left out.
    public init(
        _ name: String,
        _ attributes: KeyValuePairs<String, String?> = [:],
        _ children: [XMLNode] = [],
        text: String? = nil
    ) {
        self.name = name
        self.attributes = attributes.compactMap { name, value in value.map { Attribute(name, $0) } }
        self.children = children
        self.text = text
    }

    /// As it is written: each child on a line of its own, `unit` deeper.
    public func bytes(in style: XMLStyle) -> [UInt8] {
        var text = "<" + name
        for attribute in attributes { text += " \(attribute.name)='\(Self.escaped(attribute.value, quote: true))'" }
        let comment = comment.map { "<!--\($0)-->" } ?? ""
        if let inner = self.text {
            return Array("\(text)>\(comment)\(Self.escaped(inner, quote: false))</\(name)>".utf8)
        }
        if children.isEmpty { return Array((comment.isEmpty ? "\(text)/>" : "\(text)>\(comment)</\(name)>").utf8) }
        var bytes = Array("\(text)>\(comment)".utf8)
        for child in children { bytes += style.inner.lead + child.bytes(in: style.inner) }
        return bytes + style.lead + Array("</\(name)>".utf8)
    }

    /// As text whose lines begin at the left and end in "\n".
    public var lines: String { String(decoding: bytes(in: .plain), as: UTF8.self) + "\n" }

    /// Carriage returns, and in attributes all white space but spaces, are written as references: a parser would turn
    /// them into something else.
    static func escaped(_ text: String, quote: Bool) -> String {
        var result: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "&"): result += "&amp;".utf8
            case UInt8(ascii: "<"): result += "&lt;".utf8
            case UInt8(ascii: ">"): result += "&gt;".utf8
            case UInt8(ascii: "'") where quote: result += "&apos;".utf8
            case 0x0D: result += "&#13;".utf8
            case 0x0A where quote: result += "&#10;".utf8
            case 0x09 where quote: result += "&#9;".utf8
            default: result.append(byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}

/// The white space that stands before an element, and how much deeper its children stand.
public struct XMLStyle: Sendable, Hashable {
    /// A line's end and blanks; empty where everything stands on one line.
    public var lead: [UInt8]
    public var unit: [UInt8]

    /// Lines that begin at the left, two spaces a level.
    public static let plain = XMLStyle(lead: [UInt8(ascii: "\n")], unit: [0x20, 0x20])

    var inner: XMLStyle { XMLStyle(lead: lead.isEmpty ? [] : lead + unit, unit: unit) }
}
