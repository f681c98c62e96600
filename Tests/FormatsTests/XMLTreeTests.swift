import Testing

@testable import Formats

/// XML as a tree.
@Suite struct XMLTreeTests {
    private func error(_ text: String, _ limits: XMLLimits = XMLLimits()) -> XMLError? {
        do throws(XMLError) {
            _ = try XMLElement(document: Array(text.utf8), limits: limits)
            return nil
        } catch {
            return error
        }
    }

    @Test func elementsAttributesAndText() throws {
        let text =
            "<?xml version='1.0'?>\n<a b='1' c=\"x &lt; y\">\n  one <!-- no --> two\n<d>三</d><d/><e><![CDATA[<&>]]></e></a>\n"
        let root = try XMLElement(document: Array(text.utf8))
        #expect(root.name == "a" && root.line == 2)
        #expect(root.attributes == ["b": "1", "c": "x < y"])
        #expect(root.text == "one  two")
        #expect(root.children("d").map(\.text) == ["三", ""])
        #expect(root.child("e")?.text == "<&>" && root.child("f") == nil)
        #expect(root["b"] == "1" && root["d"] == nil)
    }

    @Test func mistakesHaveALine() {
        #expect(error("<a>\n<b></a>")?.line == 2)
        #expect(error("")?.line == 1)
        #expect(error("<a/><b/>") != nil)
        #expect(error("<a b='1' b='2'/>") != nil)
        #expect(error("<a>\u{1}</a>") != nil)
        #expect(error("<a xmlns:x='u'><x:b y:z='1'/></a>") == nil)
    }

    /// No entity can be defined: neither a billion of them nor a file's content.
    @Test func documentTypesAreRefused() {
        let bomb = "<!DOCTYPE a [<!ENTITY b 'bbbb'><!ENTITY c '&b;&b;'>]><a>&c;</a>"
        #expect(error(bomb)?.reason == .documentType)
        #expect(error("<!DOCTYPE a SYSTEM 'file:///etc/shadow'><a/>")?.reason == .documentType)
        #expect(error("<a>&nowhere;</a>") != nil)
    }

    @Test func limitsHold() {
        var limits = XMLLimits()
        limits.depth = 3
        limits.elements = 5
        limits.bytes = 100
        #expect(error("<a><b><c/></b></a>", limits) == nil)
        #expect(error("<a><b><c><d/></c></b></a>", limits)?.reason == .tooDeep(limit: 3))
        #expect(error("<a><b/><b/><b/><b/></a>", limits) == nil)
        #expect(error("<a><b/><b/><b/><b/><b/></a>", limits)?.reason == .tooManyElements(limit: 5))
        #expect(error("<a>\(String(repeating: " ", count: 100))</a>", limits)?.reason == .tooLong(limit: 100))
    }

    @Test func noPrefixOfADocumentIsOne() {
        let text = Array("<a b='c'><d>e &amp; f</d><!-- g --></a>".utf8)
        for length in text.indices {
            #expect(throws: XMLError.self) { try XMLElement(document: Array(text[..<length])) }
        }
    }
}
