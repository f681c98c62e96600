import Foundation
import Testing

@testable import Formats

/// Which bytes of a document are whose.
@Suite struct XMLDocumentTests {
    private func document(_ text: String) throws -> XMLDocument { try XMLDocument(Array(text.utf8)) }

    private func text(_ range: Range<Int>?, of document: XMLDocument) -> String? {
        range.map { String(decoding: document.bytes[$0], as: UTF8.self) }
    }

    @Test func partsOfElements() throws {
        let document = try document("<a x='1'>\n <b/>三<c  y = \"/>\" ></c >\n<d z='/'/><e k='1' /></a>")
        let root = document.root
        #expect(root.range == 0..<document.bytes.count)
        #expect(text(root.startTag, of: document) == "<a x='1'>" && text(root.endTag, of: document) == "</a>")
        #expect(
            root.children.map { text($0.range, of: document) } == [
                "<b/>", "<c  y = \"/>\" ></c >", "<d z='/'/>", "<e k='1' />",
            ]
        )
        #expect(root.children.map { text($0.content, of: document) } == [nil, "", nil, nil])
        #expect(text(root.children[1].endTag, of: document) == "</c >")
        #expect(root.children.map(\.line) == [2, 2, 3, 3] && root.children.map(\.column) == [2, 7, 1, 11])
    }

    @Test func attributesStandSomewhere() throws {
        let document = try document("<n:a\n\tx = '1'  y=\"a='b'\" xml:lang='z&amp;'\n/>")
        let attributes = document.attributes(of: document.root)
        #expect(attributes.map(\.name) == ["x", "y", "xml:lang"])
        #expect(attributes.map { text($0.value, of: document) } == ["1", "a='b'", "z&amp;"])
        #expect(attributes.map { text($0.range, of: document) } == ["x = '1'", "y=\"a='b'\"", "xml:lang='z&amp;'"])
        #expect(document.root["xml:lang"] == "z&" && document.root["y"] == "a='b'")
        let none = try XMLDocument(Array("<a ></a>".utf8))
        #expect(none.attributes(of: none.root).isEmpty)
    }

    @Test func aByteOrderMarkCounts() throws {
        let bytes = [0xEF, 0xBB, 0xBF] + Array("<?xml version='1.0'?>\r\n<a>\r\n<b/></a>".utf8)
        let document = try XMLDocument(bytes)
        #expect(document.bytes == bytes)
        #expect(text(document.root.range, of: document) == "<a>\r\n<b/></a>")
        #expect(text(document.root.children.first?.range, of: document) == "<b/>")
    }

    @Test func prefixesStandForNamespaces() throws {
        let root = try document(
            """
            <a xmlns:p='u' q:x='1'><p:b/><b xmlns='v'><c/><d xmlns=''/></b><p:e xmlns:p='w'><p:f/></p:e><p:g/><q:h/></a>
            """
        ).root
        #expect(root.namespace == nil)
        #expect(root.children.map(\.namespace) == ["u", "v", "w", "u", nil])
        #expect(root.children[1].children.map(\.namespace) == ["v", nil])
        #expect(root.children[2].children.map(\.namespace) == ["w"])
        #expect(root.children[4].prefix == "q" && root.children[4].localName == "h")
        #expect(root.child("b", in: "u")?.name == "p:b" && root.child("b", in: "z") == nil)
    }

    @Test func commentsAreFoundOutsideOfCDATA() throws {
        let document = try document(
            "<!--0--><a><![CDATA[<!--no-->]]><!--1--><?x <!--no--> ?><b>&lt;!--no--&gt;</b></a><!--2-->"
        )
        #expect(document.comments.map { text($0, of: document) } == ["<!--0-->", "<!--1-->", "<!--2-->"])
        #expect(document.comment(at: document.comments[1].lowerBound) == document.comments[1])
        #expect(document.comment(at: document.comments[1].lowerBound + 1) == nil)
    }

    @Test(arguments: [
        ("<?xml version='1.0' encoding='UTF-16'?><a/>", "UTF-16"),
        ("<?xml version='1.0' encoding='iso-8859-1'?>\n<a/>", "iso-8859-1"),
    ]) func otherEncodingsAreRefused(text: String, name: String) {
        #expect(throws: XMLError(.encoding(name))) { try document(text) }
    }

    @Test func utf16IsRefused() {
        #expect(throws: XMLError(.encoding("UTF-16"))) { try XMLDocument([0xFE, 0xFF, 0, 0x3C]) }
        #expect(throws: XMLError(.encoding("UTF-16"))) { try XMLDocument([0xFF, 0xFE, 0x3C, 0]) }
        #expect(throws: XMLError.self) { try XMLDocument([0, 0x3C, 0, 0x61]) }
    }

    @Test(arguments: ["UTF-8", "utf-8", "US-ASCII"]) func thisEncodingIsRead(_ name: String) throws {
        #expect(try document("<?xml version='1.0' encoding='\(name)'?><a/>").root.name == "a")
    }

    @Test func mistakesHaveLineAndColumn() {
        func error(_ text: String) -> XMLError? {
            do throws(XMLError) {
                _ = try XMLDocument(Array(text.utf8))
                return nil
            } catch { return error }
        }
        #expect(error("<a>\n  三<b></c></a>").map { [$0.line, $0.column] } == [2, 9])
        #expect(error("<a>\n <!DOCTYPE b></a>")?.line == 2)
        #expect(error("\n<!DOCTYPE a>\n<a/>")?.description.hasPrefix("line 2, column 1") == true)
        #expect(error("<a>")?.description == "line 1, column 4: no element found")
    }

    /// Declarations of a million prefixes for a hundred thousand elements would otherwise take hours.
    @Test func manyPrefixesAreNoTrouble() throws {
        let declarations = (0..<20000).map { "xmlns:p\($0)='u'" }.joined(separator: " ")
        let elements = String(repeating: "<p1:b/>", count: 20000)
        let clock = ContinuousClock()
        let time = try clock.measure { _ = try document("<a \(declarations)>\(elements)</a>") }
        #expect(time < .seconds(20))
    }
}
