import Foundation
import TestHosts
import Testing

/// Options before and after the verb, JSON, and the same bytes wherever a machine's files lie.
@Suite struct OptionTests {
    static let verbs: [[String]] = [
        [], ["doctor"], ["devices"], ["usb"], ["show", "firmware"], ["show", "0000:00:00.0"],
    ]

    @Test func optionsMayStandBeforeTheVerb() throws {
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        let path = try sandbox.write(.named("i226-router"))
        for verb in Self.verbs + [["guest", "xml", "04:00.0"], ["export", "qemu", "04:00.0"]] {
            let after = try Program.run(verb + ["--host", path, "--json", "--lang", "zh"])
            let before = try Program.run(["--host", path, "--json", "--lang", "zh"] + verb)
            let joined = try Program.run(["--host=\(path)", "--lang=zh", "--json"] + verb)
            let mixed = try Program.run(["--lang", "zh"] + verb + ["--json", "--host", path])
            #expect(after.output == before.output, "\(verb)")
            #expect(after.output == joined.output, "\(verb)")
            #expect(after.output == mixed.output, "\(verb)")
            #expect(after.status == before.status)
            #expect(!after.output.isEmpty)
        }
    }

    @Test(arguments: TestHost.names)
    func jsonIsOneObjectWithSortedKeys(_ name: String) throws {
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        let path = try sandbox.write(.named(name))
        for verb in Self.verbs {
            let text = try Program.run(verb + ["--host", path, "--json"]).output
            let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
            let schema = try #require(object["schema"] as? String)
            #expect(schema.hasPrefix("passthru/") && schema.hasSuffix("/1"))
            #expect(!text.contains("\\/"), "slashes are not escaped")
            let sorted = try JSONSerialization.data(
                withJSONObject: object,
                options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            )
            let keys = { (text: String) in
                text.split(separator: "\n").compactMap { line -> String? in
                    let trimmed = line.drop { $0 == " " }
                    guard trimmed.hasPrefix("\""), let end = trimmed.dropFirst().firstIndex(of: "\"") else {
                        return nil
                    }
                    let rest = trimmed[trimmed.index(after: end)...].drop { $0 == " " }
                    return rest.hasPrefix(":") ? String(trimmed[...end]) : nil
                }
            }
            #expect(keys(text) == keys(String(decoding: sorted, as: UTF8.self)), "\(verb): keys are not sorted")
        }
    }

    /// Every key stands in every object, null where nothing is known.
    @Test func nothingUnknownIsLeftOut() throws {
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        let nothing = try sandbox.write(TestHost("nothing"), as: "nothing")
        let router = try sandbox.write(.named("i226-router"), as: "router")
        for verb in [[], ["doctor"], ["devices"], ["usb"], ["show", "firmware"]] as [[String]] {
            func keys(_ path: String) throws -> Set<String> {
                let text = try Program.run(verb + ["--host", path, "--json"]).output
                let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
                return Set((object ?? [:]).keys)
            }
            #expect(try keys(nothing) == keys(router), "\(verb)")
        }
    }

    @Test(arguments: ["i226-router", "rmrr-server", "container"])
    func theSameBytesFromEveryPlace(_ name: String) throws {
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        let host = try TestHost.named(name)
        let first = try sandbox.write(host, as: "first")
        let second = try sandbox.write(host, as: "a longer name with blanks and ü")
        let archive = try sandbox.write(host.archive(), as: "host.tar")
        for verb in Self.verbs {
            let one = try Program.run(verb + ["--host", first, "--json"])
            let two = try Program.run(verb + ["--host", second, "--json"], environment: ["LANG": "zh_CN.UTF-8"])
            let three = try Program.run(verb + ["--host", archive, "--json"], environment: ["TZ": "Asia/Shanghai"])
            #expect(one.output == two.output, "\(verb)")
            #expect(one.output == three.output, "\(verb)")
            #expect(!one.output.contains(sandbox.folder.path), "\(verb) says where the files lie")
        }
    }

    @Test func theEnvironmentChoosesTheLanguage() throws {
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        let path = try sandbox.write(.named("i226-router"))
        func doctor(_ environment: [String: String], _ options: [String] = []) throws -> String {
            try Program.run(["doctor", "--host", path] + options, environment: environment).output
        }
        let english = try doctor([:])
        let chinese = try doctor([:], ["--lang", "zh"])
        #expect(english != chinese)
        #expect(try doctor(["LANG": "zh_CN.UTF-8"]) == chinese)
        #expect(try doctor(["LANG": "de_DE.UTF-8"]) == english)
        #expect(try doctor(["LANG": "zh_CN.UTF-8", "LC_ALL": "C"]) == english)
        #expect(try doctor(["LANG": "C", "LC_MESSAGES": "zh_TW.UTF-8"]) == chinese)
        #expect(try doctor(["LANG": "zh_CN.UTF-8"], ["--lang", "en"]) == english)
    }
}
