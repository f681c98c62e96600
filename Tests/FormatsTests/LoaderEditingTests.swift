import Foundation
import TestHosts
import Testing

@testable import Formats

@Suite struct GRUBEnvironmentEditingTests {
    private let hash = UInt8(ascii: "#")

    @Test func grubEditenvWritesTheSameBytes() throws {
        guard let judge = Judge.find("grub-editenv", package: "grub-common") else { return }
        try withFolder { folder in
            let file = folder.appending(path: "grubenv").path()
            _ = try judge.run([file, "create"])
            #expect(try bytes(of: file) == GRUBEnvironment.empty())
            var random = FixedSeed(state: 31)
            let names = ["saved_entry", "a", "ab", "x_1"]
            let values = ["", "0", "1>2", "intel_iommu=on iommu=pt", "a\\b", "two\nlines", "#", "####", "ü", "a=b=c"]
            for start in LoaderFile.all("grubenv") + [LoaderFile(name: "empty", bytes: GRUBEnvironment.empty())] {
                var ours = start.bytes
                try Data(ours).write(to: URL(filePath: file))
                for _ in 0..<60 {
                    let name = try #require(names.randomElement(using: &random))
                    let value = Bool.random(using: &random) ? values.randomElement(using: &random) : nil
                    let isRemoval = value == nil
                    let (status, _) = try judge.run(
                        isRemoval ? [file, "unset", name] : [file, "set", "\(name)=\(value ?? "")"]
                    )
                    let environment = try #require(GRUBEnvironment(ours))
                    do {
                        ours = try environment.setting([(name, value)])
                        #expect(status == 0)
                    } catch {
                        // Both refuse what has no room.
                        #expect(status != 0)
                    }
                    #expect(try bytes(of: file) == ours, "\(start.name): \(name) \(value ?? "-")")
                    // Its list shows line ends inside of values as they are.
                    let list = try judge.run([file, "list"]).output
                    let read = try #require(GRUBEnvironment(ours))
                    #expect(
                        String(decoding: list, as: UTF8.self)
                            == read.variables.map { "\($0.name)=\($0.value)\n" }.joined()
                    )
                    if !isRemoval, status == 0 {
                        #expect(read.values[name] == value)
                    }
                }
            }
        }
    }

    @Test func nearlyFull() throws {
        let block = try LoaderFile.named("istoreos-900-bytes-used.grubenv")
        let environment = try #require(GRUBEnvironment(block))
        #expect(environment.size == 1024 && environment.free == 124)
        #expect(try environment.setting([]) == block)
        // 124 bytes: "p=", 121 bytes, the line's end.
        let fits = try environment.setting([("p", String(repeating: "x", count: 121))])
        #expect(fits.count == 1024 && fits.last == UInt8(ascii: "\n"))
        #expect(throws: GRUBEnvironmentError.full(needed: 1025, size: 1024)) {
            try environment.setting([("p", String(repeating: "x", count: 122))])
        }
        let full = try #require(GRUBEnvironment(fits))
        #expect(full.free == 0 && full.variables.last?.name == "p")
        #expect(try full.setting([("p", nil)]) == block)
        // Room that one change gives is there for the next, whatever the order.
        #expect(try full.setting([("q", "new"), ("p", nil)]).count == 1024)
        let cut = try #require(GRUBEnvironment(Array(block.prefix(800))))
        #expect(throws: GRUBEnvironmentError.damaged) { try cut.setting([("a", "b")]) }
    }

    @Test func orderNamesAndTwins() throws {
        let block = GRUBEnvironment.empty(size: 300)
        let none = try #require(GRUBEnvironment(block))
        let one = try #require(GRUBEnvironment(none.setting([("a", "1"), ("b", "2")])))
        let two = try #require(GRUBEnvironment(one.setting([("a", "a longer one"), ("c", nil)])))
        #expect(two.variables.map(\.name) == ["a", "b"] && two.values["a"] == "a longer one")
        #expect(two.size == 300 && two.free == two.bytes.reversed().prefix { $0 == hash }.count)
        for name in ["", "a b", "a=b", "#a", "a\nb"] {
            #expect(throws: GRUBEnvironmentError.badName(name)) { try one.setting([(name, "x")]) }
        }
        #expect(throws: GRUBEnvironmentError.badValue("a")) { try one.setting([("a", "\0")]) }
        let twins = try #require(GRUBEnvironment(utf8("# GRUB Environment Block\nx=1\ny=2\nx=3\n##########")))
        #expect(try GRUBEnvironment(twins.setting([("x", "4")]))?.variables.map(\.value) == ["4", "2"])
        #expect(GRUBEnvironment.empty().count == 1024)
    }
}

@Suite struct GRUBDefaultsEditingTests {
    private let words = ["intel_iommu=on", "dyndbg=\"file a.c $x `y` +p\"", "acpi_osi=\"!Windows 2012\"", "a=1;b"]

    /// The value as a shell makes it, then as GRUB parts it: what the kernel gets.
    private func kernelLine(_ files: [[UInt8]], _ variable: String) throws -> [String] {
        let script = files.map { String(decoding: $0, as: UTF8.self).replacing("\r", with: "") }.joined(separator: "\n")
        let value = try run("bash", ["-c", script + "\nprintf %s \"$\(variable)\""])
        let lines = GRUBMenu(utf8("linux /k ") + value).entries.flatMap(\.linux)
        return lines.first?.commandLine.words.map { "\($0.name)=\($0.value ?? "")" } ?? []
    }

    private func plain(_ words: [String]) -> [String] {
        words.flatMap { KernelCommandLine($0).words }.map { "\($0.name)=\($0.value ?? "")" }
    }

    @Test func dropInThroughShellAndGRUB() throws {
        let main = try LoaderFile.named("debian.default-grub")
        let file = try GRUBDefaults.dropIn(arguments: words + ["intel_iommu=on"], comment: "Made by us.\n\nKeep.")
        #expect(
            String(decoding: file, as: UTF8.self).hasPrefix("# Made by us.\n#\n# Keep.\nGRUB_CMDLINE_LINUX_DEFAULT=\"$")
        )
        #expect(try kernelLine([main, file], GRUBDefaults.normalEntries) == ["quiet="] + plain(words))
        #expect(try kernelLine([main, file], "GRUB_CMDLINE_LINUX").isEmpty)
        let simple = try GRUBDefaults.dropIn(arguments: ["intel_iommu=on", "iommu=pt"], comment: "x")
        #expect(GRUBDefaults([main, simple]).arguments.words.map(\.text) == ["quiet", "intel_iommu=on", "iommu=pt"])
        #expect(throws: LoaderFileError.self) { try GRUBDefaults.dropIn(arguments: ["a='b'"], comment: "") }
    }

    @Test(arguments: LoaderFile.all("default-grub"), ["GRUB_CMDLINE_LINUX_DEFAULT", "GRUB_CMDLINE_LINUX"])
    func editsInPlace(_ file: LoaderFile, variable: String) throws {
        let before = try kernelLine([file.bytes], variable)
        let edit = ArgumentEdit(add: words)
        let after = try GRUBDefaults.edited(file.bytes, variable: variable, edit: edit)
        #expect(try kernelLine([after], variable) == before + plain(words))
        #expect(try GRUBDefaults.edited(after, variable: variable, edit: edit) == after)
        let back = try GRUBDefaults.edited(after, variable: variable, edit: ArgumentEdit(remove: words))
        #expect(try kernelLine([back], variable) == before)
        // A file that does not set the variable keeps an empty line of ours.
        let isSet = try ShellValuePlaces(of: variable, in: file.bytes).lastValue != nil
        #expect(back == file.bytes || !isSet)
        if isSet {
            #expect(differingLines(file.bytes, after)?.count == 1)
        }
        let other = variable == "GRUB_CMDLINE_LINUX" ? "GRUB_CMDLINE_LINUX_DEFAULT" : "GRUB_CMDLINE_LINUX"
        #expect(try kernelLine([after], other) == kernelLine([file.bytes], other))
        // What GRUB makes of "a=$1" is not in the file.
        for word in before where word != "a=" {
            let name = word.hasSuffix("=") ? String(word.dropLast()) : word
            let parts = name.split(separator: "=", maxSplits: 1)
            let text =
                name.contains(" ") ? (parts.count > 1 ? "\(parts[0])=" : "") + "\"\(parts[parts.count - 1])\"" : name
            let less = try GRUBDefaults.edited(file.bytes, variable: variable, edit: ArgumentEdit(remove: [text]))
            #expect(try kernelLine([less], variable) == before.filter { $0 != word }, "\(word)")
        }
    }

    @Test func quotesAreThoseOfThePlace() throws {
        func after(_ text: String, _ edit: ArgumentEdit) throws -> String {
            String(decoding: try GRUBDefaults.edited(utf8("V=" + text), variable: "V", edit: edit), as: UTF8.self)
        }
        let add = ArgumentEdit(add: ["a=\"b c\""])
        #expect(try after("\"quiet\"", add) == "V=\"quiet a=\\\"b c\\\"\"")
        #expect(try after("'quiet'", add) == "V='quiet a=\"b c\"'")
        #expect(try after("quiet", add) == "V=quiet\\ a=\\\"b\\ c\\\"")
        #expect(try after("\"\"", add) == "V=\"a=\\\"b c\\\"\"")
        #expect(try after("''\n", add) == "V='a=\"b c\"'\n")
        #expect(try after("\n", ArgumentEdit(add: ["a=b"])) == "V=a=b\n")
        #expect(try after("\"a -- b\"", ArgumentEdit(remove: ["b"], add: ["x"])) == "V=\"a x -- b\"")
        #expect(
            try after("\"a\"\nV+=\" b\"\nV=\"$V c\"", ArgumentEdit(remove: ["a", "c"])) == "V=\"\"\nV+=\"b\"\nV=\"$V\""
        )
        let new = try GRUBDefaults.edited(utf8("A=1"), edit: ArgumentEdit(add: ["x", "x"]))
        #expect(String(decoding: new, as: UTF8.self) == "A=1\nGRUB_CMDLINE_LINUX_DEFAULT=\"x\"\n")
    }

    @Test(arguments: [
        ("program-output", LoaderFileError(.programOutput("GRUB_CMDLINE_LINUX_DEFAULT"), line: 2, column: 35)),
        ("conditional", LoaderFileError(.conditional("GRUB_CMDLINE_LINUX_DEFAULT"), line: 3, column: 2)),
        ("open-quote", LoaderFileError(.openQuote, line: 1, column: 28)),
        ("semicolon-for-grub", LoaderFileError(.strayWord(";"), line: 1, column: 38)),
    ])
    func refusals(name: String, expected: LoaderFileError) throws {
        let file = try LoaderFile.named(name + ".default-grub", in: "broken/")
        #expect(throws: expected) { try GRUBDefaults.edited(file, edit: ArgumentEdit(add: ["x"])) }
    }

    @Test func hostileFilesEnd() throws {
        let doubling = utf8("V=xxxxxxxx\n" + String(repeating: "V=$V$V\n", count: 100))
        #expect(throws: LoaderFileError.self) { try GRUBDefaults.edited(doubling, variable: "V", edit: ArgumentEdit()) }
        var random = FixedSeed(state: 33)
        let files = LoaderFile.all("default-grub")
        for round in 0..<5000 {
            var text = files[round % files.count].bytes
            for _ in 0..<3 {
                text[Int.random(in: 0..<text.count, using: &random)] =
                    Array("'\"\\$`{}()\n =+".utf8).randomElement(using: &random) ?? 0
            }
            let edit = ArgumentEdit(add: ["x=1"])
            if let after = try? GRUBDefaults.edited(text, edit: edit) {
                #expect(throws: Never.self) { try GRUBDefaults.edited(after, edit: edit) }
            }
        }
    }
}

@Suite struct BootLoaderEntryEditingTests {
    private let words = ["intel_iommu=on", "iommu=pt", "dyndbg=\"file a.c +p\""]

    @Test(arguments: LoaderFile.all("entry.conf"))
    func edits(_ file: LoaderFile) throws {
        let entry = BootLoaderEntry(file.bytes)
        #expect(entry.edited(ArgumentEdit()) == file.bytes)
        let after = BootLoaderEntry(entry.edited(ArgumentEdit(add: words)))
        #expect(after.commandLine().words.map(\.text) == entry.commandLine().words.map(\.text) + words)
        #expect(after.commandLine().initWords == entry.commandLine().initWords || entry.options?.contains("--") == true)
        #expect(after.edited(ArgumentEdit(add: words)) == after.bytes)
        #expect(after.edited(ArgumentEdit(remove: words)) == file.bytes)
        let kept = { (entry: BootLoaderEntry) in
            entry.fields.filter { !["options", "title"].contains($0.key) }.map { $0.key + " " + $0.value }
        }
        #expect(kept(after) == kept(entry))
        let copy = BootLoaderEntry(entry.copy(title: "Trial\n1", edit: ArgumentEdit(add: ["panic=30"])))
        #expect(kept(copy) == kept(entry) && copy["title"] == "Trial 1")
        #expect(copy.commandLine().words.last?.text == "panic=30")
    }

    @Test func options() throws {
        let entry = BootLoaderEntry(try LoaderFile.named("two-options-lines.entry.conf"))
        let edit = ArgumentEdit(remove: ["quiet", "root=UUID=3f0c"], add: ["a"])
        let text = String(decoding: entry.edited(edit), as: UTF8.self)
        #expect(
            text.contains("options    systemd.machine_id=0123456789abcdef0123456789abcdef\noptions   a -- splash  \n")
        )
        let kernelopts = BootLoaderEntry(try LoaderFile.named("rhel-8-kernelopts.entry.conf"))
        #expect(BootLoaderEntry(kernelopts.edited(ArgumentEdit(add: ["a"]))).options == "$kernelopts $tuned_params a")
        let gone = BootLoaderEntry(utf8("linux /k\r\noptions a\r\noptions b")).edited(ArgumentEdit(remove: ["a", "b"]))
        #expect(gone == utf8("linux /k"))
        #expect(BootLoaderEntry([]).copy(title: "t", edit: ArgumentEdit()) == utf8("title t\n"))
    }

    @Test(arguments: LoaderFile.all("cmdline"))
    func argumentFiles(_ file: LoaderFile) {
        let before = ArgumentFile(file.bytes)
        let after = ArgumentFile(before.edited(ArgumentEdit(add: words)))
        #expect(after.commandLine.words.map(\.text) == before.commandLine.words.map(\.text) + words)
        #expect(after.commandLine.initWords.map(\.text) == before.commandLine.initWords.map(\.text))
        #expect(after.edited(ArgumentEdit(add: words)) == after.bytes)
        #expect(after.edited(ArgumentEdit(remove: words)) == file.bytes)
        #expect(differingLines(file.bytes, after.bytes)?.count == 1)
    }

    @Test func argumentFileWithComments() throws {
        let file = ArgumentFile(try LoaderFile.named("commented.cmdline"))
        #expect(
            file.commandLine.words.map(\.text) == ["root=UUID=0aa1", "rw", "console=tty0", "console=ttyS0,115200n8"]
        )
        let text = String(decoding: file.edited(ArgumentEdit(remove: ["rw"], add: ["a"])), as: UTF8.self)
        #expect(text.contains("\nroot=UUID=0aa1\n") && text.contains("console=ttyS0,115200n8 a  \n\n# end"))
        #expect(ArgumentFile(utf8("# x")).edited(ArgumentEdit(add: ["a"])) == utf8("# x\na"))
        #expect(ArgumentFile(utf8("# x\n")).edited(ArgumentEdit(add: ["a"])) == utf8("# x\na\n"))
    }

    @Test func kernelstub() throws {
        let settings = try #require(KernelstubSettings(LoaderFile.named("pop-os.kernelstub.json")))
        #expect(
            settings.options == ["quiet", "loglevel=0", "systemd.show_status=false", "splash", "intel_iommu=on"]
        )
        #expect(settings.commandLine?.intelIOMMU.isOn == true)
        #expect(
            KernelstubSettings(utf8("{\"user\": {\"kernel_options\": \"quiet a=1\"}}"))?.options == ["quiet", "a=1"]
        )
        #expect(KernelstubSettings(utf8("{\"default\": {}}"))?.options == nil)
        #expect(KernelstubSettings(utf8("{}")) != nil)
        for broken in ["", "[]", "{\"user\": ", "{\"a\" 1}", "{} x", "{\"a\": \"\\u12\"}", "{\"a\":}"] {
            #expect(KernelstubSettings(utf8(broken)) == nil, "\(broken)")
        }
        #expect(KernelstubSettings(utf8(String(repeating: "[", count: 100_000))) == nil)
    }
}
