import Testing
import Wording

@Suite struct TableTests {
    @Test(arguments: [
        ("", 0), ("abc", 3), ("中文", 4), ("固件（BIOS）", 12), ("한국어", 6), ("ｆｕｌｌ", 8), ("é", 1), ("e\u{301}", 1),
        ("→ x", 3), ("、。", 4), ("𠀀", 2),
    ])
    func widths(_ text: String, _ width: Int) {
        #expect(text.displayWidth == width)
    }

    @Test func columnsBeginAtOnePlace() {
        var table = Table(indent: 2)
        table.add("一", "x", "last")
        table.add("four", "中文", "last")
        table.add("", "y", "last")
        #expect(
            table.lines == [
                "  一    x     last",
                "  four  中文  last",
                "        y     last",
            ]
        )
    }

    @Test func nothingIsPaddedAtTheEnd() {
        var table = Table()
        table.add("a", "b")
        table.add("longer", "")
        #expect(table.lines == ["a       b", "longer"])
    }

    @Test func theLanguageOfTheEnvironment() {
        #expect(Language(environment: [:]) == .english)
        #expect(Language(environment: ["LANG": "zh_CN.UTF-8"]) == .chinese)
        #expect(Language(environment: ["LANG": "ZH"]) == .chinese)
        #expect(Language(environment: ["LANG": "zh_CN", "LC_ALL": "C"]) == .english)
        #expect(Language(environment: ["LANG": "zh_CN", "LC_ALL": ""]) == .chinese)
        #expect(Language(environment: ["LC_MESSAGES": "zh_TW", "LANG": "en_US"]) == .chinese)
    }
}
