/// An element of an XML document, and where its parts stand in it.
///
/// Comments, processing instructions and CDATA sections are no part of the tree; see ``XMLDocument/comments``.
public struct XMLElement: Sendable, Hashable {
    /// As it is written, with its prefix: `qemu:commandline`.
    public var name: String
    /// The name of the namespace that its prefix, or the default, stands for here; nil for none, or if the prefix was
    /// never declared.
    public var namespace: String?
    public var attributes: [String: String] = [:]
    public var children: [XMLElement] = []
    /// The text directly inside, pieces joined, without white space at both ends.
    public var text = ""
    /// Where it begins, from 1.
    public var line: Int
    /// Where it begins in its line, from 1, in characters.
    public var column: Int
    /// The bytes of its start tag, `<` and `>` included; of the whole element if that is an empty tag, `<a/>`.
    public var startTag: Range<Int>
    /// The bytes of its end tag; nil for an empty tag.
    public var endTag: Range<Int>?

    /// The document's element, with everything below it.
    ///
    /// Document type declarations are refused, so that no entity can be defined, let alone be fetched from elsewhere.
    public init(
        document bytes: [UInt8],
        limits: XMLLimits = XMLLimits()
    ) throws(XMLError) {
        self = try XMLDocument(bytes, limits: limits).root
    }

    init(name: String, namespace: String?, line: Int, column: Int, startTag: Range<Int>) {
        self.name = name
        self.namespace = namespace
        self.line = line
        self.column = column
        self.startTag = startTag
    }

    /// All of its bytes.
    public var range: Range<Int> { startTag.lowerBound..<(endTag ?? startTag).upperBound }

    /// The bytes between its tags; nil for an empty tag.
    public var content: Range<Int>? { endTag.map { startTag.upperBound..<$0.lowerBound } }

    /// The part of the name before the colon.
    public var prefix: String? { name.utf8.firstIndex(of: UInt8(ascii: ":")).map { String(name[..<$0]) } }

    /// The part of the name behind the colon, or all of it.
    public var localName: String {
        name.utf8.firstIndex(of: UInt8(ascii: ":")).map { String(name[name.utf8.index(after: $0)...]) } ?? name
    }

    /// The first child of that name.
    public func child(_ name: String) -> XMLElement? { children.first { $0.name == name } }

    /// All children of that name.
    public func children(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }

    /// The first child of that name in a namespace, whatever its prefix.
    public func child(_ localName: String, in namespace: String) -> XMLElement? {
        children.first { $0.namespace == namespace && $0.localName == localName }
    }

    public subscript(_ attribute: String) -> String? { attributes[attribute] }
}
