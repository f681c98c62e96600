/// Edits of a document that can be taken back byte for byte.
///
/// A new element goes directly behind the last child of its parent, behind white space like its neighbours'. So all white
/// space before it is its own, nothing that follows moves, and taking both away leaves what was there before. Where a
/// parent had no child, a comment behind its start tag says what it was like (``XMLMarks``).
public struct XMLEditor {
    public let document: XMLDocument
    private let marks: XMLMarks
    /// Whether an element was added by an earlier edit.
    private let isOwn: (XMLElement) -> Bool
    private var changes: [ByteChange] = []
    /// By the place of the parent's start tag.
    private var edits: [Int: Edit] = [:]

    private struct Edit {
        var parent: XMLElement
        /// Whether the parent goes when it is left empty, even if no mark says that it was made for its children.
        var goesWhenEmpty = false
        /// By the places of their start tags.
        var removed: Set<Int> = []
        var added: [XMLNode] = []
    }

    public init(_ document: XMLDocument, marks: XMLMarks, isOwn: @escaping (XMLElement) -> Bool) {
        self.document = document
        self.marks = marks
        self.isOwn = isOwn
    }

    /// Adds elements behind the last child of an element.
    public mutating func add(_ nodes: [XMLNode], to parent: XMLElement) {
        guard !nodes.isEmpty else { return }
        edit(parent) { $0.added += nodes }
    }

    /// Adds an element that is made only to hold others.
    public mutating func add(wrapper: XMLNode, to parent: XMLElement) {
        var wrapper = wrapper
        wrapper.comment = marks.made
        add([wrapper], to: parent)
    }

    /// Takes children of an element away.
    ///
    /// - Parameter goesWhenEmpty: Whether the parent goes with its last child though it bears no mark: because another
    ///   program wrote the document anew without comments, and never writes that element when it is empty.
    public mutating func remove(_ children: [XMLElement], from parent: XMLElement, goesWhenEmpty: Bool = false) {
        guard !children.isEmpty else { return }
        edit(parent) {
            $0.removed.formUnion(children.map(\.startTag.lowerBound))
            if goesWhenEmpty { $0.goesWhenEmpty = true }
        }
    }

    /// Puts other bytes in the place of a part of the document, such as an element or a comment.
    public mutating func replace(_ range: Range<Int>, with bytes: [UInt8]) {
        changes.append(ByteChange(range, bytes))
    }

    /// Puts an element in another one's place.
    public mutating func replace(_ element: XMLElement, of parent: XMLElement, with node: XMLNode) {
        replace(element.range, with: node.bytes(in: style(in: parent)))
    }

    /// The document with its edits.
    public var bytes: [UInt8] {
        var all = changes
        for edit in edits.values.sorted(by: { $0.parent.startTag.lowerBound < $1.parent.startTag.lowerBound }) {
            all += changes(of: edit)
        }
        return document.bytes.applying(all)
    }

    private mutating func edit(_ parent: XMLElement, _ change: (inout Edit) -> Void) {
        change(&edits[parent.startTag.lowerBound, default: Edit(parent: parent)])
    }

    // MARK: Changes

    private func changes(of edit: Edit) -> [ByteChange] {
        let parent = edit.parent
        let remaining = parent.children.filter { !edit.removed.contains($0.startTag.lowerBound) }
        let mark = mark(of: parent)
        if remaining.isEmpty, edit.added.isEmpty, !edit.removed.isEmpty, isBlankBeside(edit, mark?.range) {
            if mark?.text == marks.emptyTag {
                let end = [UInt8(ascii: "/"), UInt8(ascii: ">")]
                return [ByteChange((parent.startTag.upperBound - 1)..<parent.range.upperBound, end)]
            }
            if mark?.text == marks.made || mark == nil && edit.goesWhenEmpty {
                return [ByteChange(leadStart(of: parent)..<parent.range.upperBound)]
            }
        }
        var changes: [ByteChange] = []
        for child in parent.children where edit.removed.contains(child.startTag.lowerBound) {
            changes.append(ByteChange(leadStart(of: child)..<child.range.upperBound))
        }
        if !edit.removed.isEmpty, edit.added.isEmpty, let mark, !remaining.contains(where: isOwn) {
            changes.append(ByteChange(mark.range))
        }
        return changes + additions(of: edit, hasMark: mark != nil)
    }

    private func additions(of edit: Edit, hasMark: Bool) -> [ByteChange] {
        guard !edit.added.isEmpty else { return [] }
        let parent = edit.parent
        let style = style(in: parent)
        let text = edit.added.flatMap { style.lead + $0.bytes(in: style) }
        if let last = parent.children.last { return [.insertion(text, at: last.range.upperBound)] }
        if parent.endTag == nil {
            let tail = style.lead.isEmpty ? [] : lead(of: parent) ?? []
            let bytes = ">\(comment(marks.emptyTag))".utf8 + text + tail + "</\(parent.name)>".utf8
            return [ByteChange((parent.startTag.upperBound - 2)..<parent.startTag.upperBound, bytes)]
        }
        let mark = hasMark ? [] : Array(comment(marks.empty).utf8)
        return [.insertion(mark + text, at: parent.startTag.upperBound)]
    }

    private func comment(_ text: String) -> String { "<!--\(text)-->" }

    /// The mark behind an element's start tag.
    private func mark(of parent: XMLElement) -> (text: String, range: Range<Int>)? {
        guard let content = parent.content,
            let start = document.bytes[content].firstIndex(where: { !isWhiteSpace($0) }),
            let range = document.comment(at: start),
            let text = marks.all.first(where: { document.bytes[range].elementsEqual(comment($0).utf8) })
        else { return nil }
        return (text, range)
    }

    /// Whether an element holds nothing but white space beside the children that go and its mark.
    private func isBlankBeside(_ edit: Edit, _ mark: Range<Int>?) -> Bool {
        guard let content = edit.parent.content else { return true }
        var place = content.lowerBound
        var parts = edit.parent.children.map(\.range)
        if let mark { parts.insert(mark, at: 0) }
        for part in parts + [content.upperBound..<content.upperBound] {
            guard document.bytes[place..<part.lowerBound].allSatisfy(isWhiteSpace) else { return false }
            place = part.upperBound
        }
        return true
    }

    private func isRoot(_ element: XMLElement) -> Bool { element.startTag == document.root.startTag }

    // MARK: White space

    /// Where the white space before an element begins.
    private func leadStart(of element: XMLElement) -> Int {
        let before = document.bytes[..<element.startTag.lowerBound]
        return before.lastIndex { !isWhiteSpace($0) }.map { $0 + 1 } ?? 0
    }

    /// The line's end and the blanks before an element; nil if it does not begin its line.
    private func lead(of element: XMLElement) -> [UInt8]? {
        let space = document.bytes[leadStart(of: element)..<element.startTag.lowerBound]
        guard let newline = space.lastIndex(of: 0x0A) else { return nil }
        let start = newline > space.startIndex && space[newline - 1] == 0x0D ? newline - 1 : newline
        return Array(space[start...])
    }

    /// How the children of an element stand, or would.
    public func style(in parent: XMLElement) -> XMLStyle {
        let outer = lead(of: parent) ?? (isRoot(parent) ? [0x0A] : nil)
        if let lead = parent.children.lazy.compactMap({ lead(of: $0) }).first {
            let blanks = lead.drop { $0 == 0x0D || $0 == 0x0A }
            let outerBlanks = (outer ?? []).drop { $0 == 0x0D || $0 == 0x0A }
            if blanks.count > outerBlanks.count, blanks.starts(with: outerBlanks), outer != nil {
                return XMLStyle(lead: lead, unit: Array(blanks.dropFirst(outerBlanks.count)))
            }
            return XMLStyle(lead: lead, unit: blanks.contains(0x09) ? [0x09] : [0x20, 0x20])
        }
        guard parent.children.isEmpty, let outer, !isRoot(parent) else { return XMLStyle(lead: [], unit: []) }
        let unit = style(in: document.root).unit
        return XMLStyle(lead: outer + unit, unit: unit)
    }
}

/// What a comment directly behind an element's start tag says of what it was before an edit put children into it.
public struct XMLMarks: Sendable {
    /// It was not there.
    public var made: String
    /// It was an empty tag, `<a/>`.
    public var emptyTag: String
    /// It had no child.
    public var empty: String

    public init(made: String, emptyTag: String, empty: String) {
        self.made = made
        self.emptyTag = emptyTag
        self.empty = empty
    }

    var all: [String] { [made, emptyTag, empty] }
}

extension XMLDocument {
    /// The comment that begins at a place.
    func comment(at place: Int) -> Range<Int>? {
        var low = comments.startIndex
        var high = comments.endIndex
        while low < high {
            let middle = (low + high) / 2
            if comments[middle].lowerBound < place { low = middle + 1 } else { high = middle }
        }
        return low < comments.endIndex && comments[low].lowerBound == place ? comments[low] : nil
    }
}

private func isWhiteSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }
