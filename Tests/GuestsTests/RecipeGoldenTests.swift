import Foundation
import Inventory
import TestHosts
import Testing
import Wording

@testable import Guests

/// What each recipe says for each pair of libvirt and QEMU that Debian ships, and the arguments that come of it. The
/// arguments in these files are judged by QEMU itself: Tests/oracles/qemu-arguments.
@Suite struct RecipeGoldenTests {
    /// bullseye, bookworm, trixie, trixie-backports.
    static let pairs: [(libvirt: SoftwareVersion, qemu: SoftwareVersion)] = [
        (SoftwareVersion(7, 0), SoftwareVersion(5, 2)), (SoftwareVersion(9, 0), SoftwareVersion(7, 2)),
        (SoftwareVersion(11, 3), SoftwareVersion(10, 0)), (SoftwareVersion(12, 0), SoftwareVersion(11, 1)),
    ]

    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Goldens")

    /// With what this QEMU itself says of its devices.
    static func hypervisor(_ pair: (libvirt: SoftwareVersion, qemu: SoftwareVersion)) throws -> Hypervisor {
        let name = "qemu-properties/\(pair.qemu.major).\(pair.qemu.minor).txt"
        var properties: [String: Set<String>] = [:]
        for line in try String(contentsOf: folder.appending(path: name), encoding: .utf8).split(separator: "\n") {
            let parts = line.split(separator: ":")
            guard !line.hasPrefix("#"), parts.count == 2 else { continue }
            properties[String(parts[0])] = Set(parts[1].split(separator: " ").map(String.init))
        }
        try #require(properties["vfio-pci"]?.contains("host") == true)
        return Hypervisor(libvirt: pair.libvirt, qemu: pair.qemu, properties: properties)
    }

    @Test(arguments: RecipeScenario.all.indices) func advice(_ index: Int) throws {
        let scenario = RecipeScenario.all[index]
        var text = "# \(scenario.name): " + shape(scenario.guest) + (scenario.rom == nil ? "" : ", a ROM file") + "\n"
        text += scenario.lines.split(separator: "\n").enumerated()
            .map { ($0.offset < scenario.given ? "# given " : "# kept  ") + $0.element + "\n" }.joined()
        for pair in Self.pairs {
            let hypervisor = try Self.hypervisor(pair)
            let advice = try scenario.advice(hypervisor)
            #expect(advice.first?.id == scenario.recipe)
            #expect(advice.first?.devices.isEmpty == advice.first?.refusals.isEmpty.toggled)
            for property in advice.flatMap(\.devices).flatMap(\.properties) {
                #expect(hypervisor.properties["vfio-pci"]?.contains(property.name) == true, "\(property.name)")
            }
            text += "\n== libvirt \(pair.libvirt), QEMU \(pair.qemu)\n" + advice.map(describe).joined(separator: "\n")
            text += arguments(advice, scenario.guest)
        }
        let file = Self.folder.appending(path: "recipes/\(scenario.name).txt")
        if ProcessInfo.processInfo.environment["PASSTHRU_REGENERATE"] == "1" {
            try text.write(to: file, atomically: true, encoding: .utf8)
            Issue.record("written anew: run it again without PASSTHRU_REGENERATE")
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == text)
    }

    /// Each recipe of the data has a golden, and no golden is left of what there is no more.
    @Test func everyRecipeIsShown() throws {
        let names = RecipeScenario.all.map(\.name)
        #expect(Set(names).count == names.count)
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.appending(path: "recipes").path)
        #expect(Set(files) == Set(names.map { $0 + ".txt" } + ["devices.txt"]))
    }

    private func arguments(_ advice: [RecipeAdvice], _ guest: GuestShape) -> String {
        guard advice.allSatisfy({ $0.refusals.isEmpty }) else { return "" }
        let needed = advice.requirements.lazy.compactMap { requirement -> MachineFamily? in
            if case .machine(let family) = requirement { family } else { nil }
        }.first
        let machine = guest.machine ?? needed ?? .q35
        let arguments = QEMUArguments(
            advice.flatMap(\.devices).map { .pci($0) },
            machine: machine,
            requirements: advice.requirements
        )
        return "\(machine.rawValue)> \(arguments.line)\n"
    }

    private func shape(_ guest: GuestShape) -> String {
        let video = guest.hasEmulatedVideo.map { $0 ? "emulated display" : "no emulated display" }
        let parts = [guest.machine?.rawValue, guest.firmware?.rawValue, video].compactMap(\.self)
        return parts.isEmpty ? "a guest of which nothing is known" : parts.joined(separator: ", ")
    }

    private func describe(_ advice: RecipeAdvice) -> String {
        var lines = ["recipe: \(advice.id), \(advice.title.en) / \(advice.title.zh)"]
        if let family = advice.family { lines.append("family: \(family.en) / \(family.zh)") }
        if !advice.requirements.isEmpty {
            lines.append("requires: " + advice.requirements.map(RecipePage.name).joined(separator: ", "))
        }
        for device in advice.devices {
            var words = ["device: \(device.address)"]
            if let place = device.guestAddress { words.append("at \(place.bus):\(place.slot).\(place.function)") }
            switch device.rom {
            case .file(let path)?: words.append("rom \(path)")
            case .hidden?: words.append("no rom")
            case nil: break
            }
            words += device.properties.map(\.word)
            lines.append(words.joined(separator: " "))
        }
        for (name, texts) in [
            ("reason", advice.reasons), ("warning", advice.warnings), ("refusal", advice.refusals),
        ] {
            for text in texts { lines += ["\(name): \(text.en)", "  \(text.zh)"] }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

extension Bool {
    fileprivate var toggled: Bool { !self }
}
