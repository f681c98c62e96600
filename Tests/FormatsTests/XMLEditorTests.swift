import Foundation
import Testing

@testable import Formats

/// Edits of a document that can be taken back.
@Suite struct XMLEditorTests {
    private static let marks = XMLMarks(made: "made", emptyTag: "tag", empty: "empty")

    private func editor(_ bytes: [UInt8]) throws -> XMLEditor {
        XMLEditor(try XMLDocument(bytes), marks: Self.marks) { $0.name.hasPrefix("own") }
    }

    private func added(_ text: String, _ nodes: [XMLNode], to parent: String) throws -> String {
        var editor = try editor(Array(text.utf8))
        let root = editor.document.root
        editor.add(nodes, to: try #require(root.name == parent ? root : root.child(parent)))
        return String(decoding: editor.bytes, as: UTF8.self)
    }

    private func withoutOwn(_ text: String, from parent: String) throws -> String {
        var editor = try editor(Array(text.utf8))
        let root = editor.document.root
        let parent = try #require(root.name == parent ? root : root.child(parent))
        editor.remove(parent.children.filter { $0.name.hasPrefix("own") }, from: parent)
        return String(decoding: editor.bytes, as: UTF8.self)
    }

    private static let node = XMLNode("own", ["k": "v"], [XMLNode("x"), XMLNode("y", ["z": "'<&>\"\r\n\t"])])
    private static let written = "<own k='v'>@\t<x/>@\t<y z='&apos;&lt;&amp;&gt;\"&#13;&#10;&#9;'/>@</own>"

    private static func own(_ lead: String, unit: String = "  ") -> String {
        lead + written.replacing("@", with: lead).replacing("\t", with: lead.isEmpty ? "" : unit)
    }

    @Test(arguments: [
        ("<a>\n  <b/>\n</a>", "<a>\n  <b/>" + own("\n  ") + "\n</a>"),
        ("<a>\n\t<b/>\n</a>", "<a>\n\t<b/>" + own("\n\t", unit: "\t") + "\n</a>"),
        ("<a>\r\n   <b/><!-- c -->\r\n</a>", "<a>\r\n   <b/>" + own("\r\n   ", unit: "   ") + "<!-- c -->\r\n</a>"),
        ("<a><b/></a>", "<a><b/>" + own("") + "</a>"),
        ("<a> <b/> </a>", "<a> <b/>" + own("") + " </a>"),
        ("<a>t</a>", "<a><!--empty-->" + own("") + "t</a>"),
        ("<a />", "<a ><!--tag-->" + own("") + "</a>"),
        ("<a><b/>\n    <c/></a>", "<a><b/>\n    <c/>" + own("\n    ", unit: "    ") + "</a>"),
    ]) func childrenAreAddedAndTakenAway(before: String, after: String) throws {
        #expect(try added(before, [Self.node], to: "a") == after)
        #expect(try withoutOwn(after, from: "a") == before)
    }

    @Test(arguments: [
        (
            "<r>\n  <n/>\n  <a/>\n</r>",
            "<r>\n  <n/>\n  <a><!--tag-->" + own("\n    ") + "\n  </a>\n</r>"
        ),
        (
            "<r>\r\n\t<n/>\r\n\t<a\r\n\t/>\r\n</r>",
            "<r>\r\n\t<n/>\r\n\t<a\r\n\t><!--tag-->" + own("\r\n\t\t", unit: "\t") + "\r\n\t</a>\r\n</r>"
        ),
        (
            "<r>\n  <n/>\n  <a></a>\n</r>",
            "<r>\n  <n/>\n  <a><!--empty-->" + own("\n    ") + "</a>\n</r>"
        ),
        (
            "<r>\n  <n/>\n  <a>\n    <!-- c -->\n  </a>\n</r>",
            "<r>\n  <n/>\n  <a><!--empty-->" + own("\n    ") + "\n    <!-- c -->\n  </a>\n</r>"
        ),
        ("<r><n/><a/></r>", "<r><n/><a><!--tag-->" + own("") + "</a></r>"),
    ]) func emptyParentsComeBackAsTheyWere(before: String, after: String) throws {
        #expect(try added(before, [Self.node], to: "a") == after)
        #expect(try withoutOwn(after, from: "a") == before)
    }

    @Test func wrappersGoWithWhatTheyHold() throws {
        let before = "<r>\n  <n/>\n</r>"
        var editor = try editor(Array(before.utf8))
        editor.add(wrapper: XMLNode("w", [:], [XMLNode("own")]), to: editor.document.root)
        let after = String(decoding: editor.bytes, as: UTF8.self)
        #expect(after == "<r>\n  <n/>\n  <w><!--made-->\n    <own/>\n  </w>\n</r>")
        #expect(try withoutOwn(after, from: "w") == before)
        // What its owner has put into it since stays, and so does it.
        let used = after.replacing("<own/>", with: "<own/>\n    <theirs/>")
        #expect(try withoutOwn(used, from: "w") == "<r>\n  <n/>\n  <w>\n    <theirs/>\n  </w>\n</r>")
        let noted = after.replacing("<own/>", with: "<own/>\n    <!-- theirs -->")
        #expect(try withoutOwn(noted, from: "w") == "<r>\n  <n/>\n  <w>\n    <!-- theirs -->\n  </w>\n</r>")
    }

    /// A comment is no mark where it is CDATA.
    @Test func marksAreComments() throws {
        let text = "<r>\n  <a><![CDATA[<!--made-->]]>\n    <own/>\n  </a>\n</r>"
        #expect(try withoutOwn(text, from: "a") == "<r>\n  <a><![CDATA[<!--made-->]]>\n  </a>\n</r>")
    }

    @Test func oneOfSeveralIsReplacedOrGoes() throws {
        let text = "<a>\n  <b/>\n  <own1/>\n  <own2/>\n  <c/>\n</a>"
        var editor = try editor(Array(text.utf8))
        let root = editor.document.root
        editor.replace(root.children[1], of: root, with: XMLNode("own1", [:], [XMLNode("x")]))
        editor.remove([root.children[2]], from: root)
        editor.add([XMLNode("own3")], to: root)
        let after = "<a>\n  <b/>\n  <own1>\n    <x/>\n  </own1>\n  <c/>\n  <own3/>\n</a>"
        #expect(String(decoding: editor.bytes, as: UTF8.self) == after)
    }

    @Test func nodesAreText() {
        #expect(
            XMLNode("a", ["b": "c", "d": nil], [XMLNode("e", text: "<\r\n>&'\"")]).lines
                == "<a b='c'>\n  <e>&lt;&#13;\n&gt;&amp;'\"</e>\n</a>\n"
        )
    }
}
