import TestHosts
import Testing

@testable import Formats

@Suite struct ArgumentEditTests {
    @Test(arguments: [
        // line, remove, add, result
        ("quiet", [], ["iommu=pt"], "quiet iommu=pt"),
        ("quiet\n", [], ["iommu=pt", "iommu=pt"], "quiet iommu=pt\n"),
        ("a  b\tc", ["b"], [], "a \tc"),
        ("a b", ["a"], [], "b"),
        ("a b", ["a", "b"], ["c"], "c"),
        ("a b\r\n", ["b"], ["c"], "a c\r\n"),
        ("a=1 x a=1", ["a=1"], [], "a=1 x"),
        ("a=1 x a=1", ["a=1", "a=1"], [], "x"),
        ("", [], ["a", "b"], "a b"),
        ("\n", [], ["a"], "a\n"),
        ("ro -- single", [], ["a"], "ro a -- single"),
        ("-- single", [], ["a"], "a -- single"),
        ("  -- single", ["single"], ["a"], "a   -- single"),
        ("intel-iommu=on", [], ["intel_iommu=on"], "intel-iommu=on"),
        ("intel_iommu=on", [], ["intel_iommu=off"], "intel_iommu=on intel_iommu=off"),
        ("v=\"a b\"", [], ["v=\"a b\"", "\"v=a b\""], "v=\"a b\""),
        ("v=\"a b\" c", ["v=\"a b\""], [], "c"),
        ("x v=\"open", [], ["a"], "x a v=\"open"),
        ("quiet", ["qui"], [], "quiet"),
        ("a", [], ["b c", "  ", "-- d"], "a b c"),
    ])
    func lines(line: String, remove: [String], add: [String], result: String) {
        let edit = ArgumentEdit(remove: remove, add: add)
        let after = KernelCommandLine(line).edited(edit)
        #expect(String(decoding: after, as: UTF8.self) == result)
    }

    @Test func missing() {
        let line = KernelCommandLine("ro intel-iommu=on -- iommu=pt")
        #expect(line.missing(["intel_iommu=on", "iommu=pt", "ro", "iommu=pt", "rw"]) == ["iommu=pt", "rw"])
        #expect(line.missing(["intel_iommu=off"]) == ["intel_iommu=off"])
        #expect(line.missing([]) == [])
    }

    @Test func backAndForthOnAnyLine() {
        var random = FixedSeed(state: 21)
        let parts = ["a", "b=1", "-", "\"", "=", " ", "  ", "\t", "\n", "--", " -- ", "x_y", "ü"].map { Array($0.utf8) }
        let add = ["new=1", "new-two", "q=\"a b\""]
        for _ in 0..<20_000 {
            let line = (0..<Int.random(in: 0...9, using: &random)).flatMap { _ in
                parts.randomElement(using: &random) ?? []
            }
            let before = KernelCommandLine(line)
            let after = KernelCommandLine(before.edited(ArgumentEdit(add: add)))
            #expect(after.edited(ArgumentEdit(add: add)) == after.bytes, "\(line)")
            #expect(after.edited(ArgumentEdit(remove: add)) == line, "\(line)")
            #expect(after.initWords.map(\.text) == before.initWords.map(\.text))
            #expect(after.missing(add).isEmpty && before.missing(add) == add, "\(line)")
        }
    }
}
