import Foundation
import Inventory
import Machine
import TestHosts
import Testing
import Wording

@testable import Readiness

/// No check that cannot say all three: on each of its hosts it says what it should, with what it owes to say beside it.
@Suite struct CheckHostTests {
    private func finding(_ id: String, _ maker: CheckHosts.Maker) throws -> Finding? {
        ReadinessReport(Host.read(try maker(), Checks.parts)).findings.first { $0.id == id }
    }

    @Test func everyCheckHasItsThreeHosts() {
        #expect(CheckHosts.all.map(\.id).sorted() == Checks.all.map { $0.id }.sorted())
    }

    @Test(arguments: CheckHosts.all.map(\.id))
    func saysOKProblemAndUnknown(_ id: String) throws {
        let hosts = try #require(CheckHosts.all.first { $0.id == id })
        let ok = try #require(try finding(id, hosts.ok))
        #expect(ok.verdict == .ok, "\(ok.evidence.en)")
        let problem = try #require(try finding(id, hosts.problem))
        #expect(problem.verdict == .problem, "\(problem.evidence.en)")
        let unknown = try #require(try finding(id, hosts.unknown))
        #expect(unknown.verdict == .unknown, "\(unknown.evidence.en)")
        for found in [ok, problem, unknown] {
            #expect(!found.evidence.en.isEmpty && !found.evidence.zh.isEmpty)
            #expect(!found.evidence.en.contains("(not read)"), "the doctor reads everything: \(found.evidence.en)")
        }
        #expect(problem.remedy != nil && problem.actor != nil)
        #expect(problem.remedy?.zh != problem.remedy?.en)
    }

    /// Advice never makes a host unready, nor ready.
    @Test(arguments: CheckHosts.all.map(\.id))
    func adviceDoesNotDecide(_ id: String) throws {
        let hosts = try #require(CheckHosts.all.first { $0.id == id })
        let check = try #require(Checks.all.first { $0.id == id })
        guard check.importance == .advice, let machine = try? hosts.problem() else { return }
        let report = ReadinessReport(Host.read(machine, Checks.parts))
        let ways = report.findings.filter { $0.importance == .way && $0.id != "vfio-nodes" }
        if ways.allSatisfy({ $0.verdict == .ok }) { #expect(report.ready == .yes) }
    }

    @Test func namesAreUnique() {
        // A message names checks and probes alike.
        let ids = Checks.all.map { $0.id } + Probes.all.map { $0.id }
        #expect(Set(ids).count == ids.count)
    }

    // MARK: Some of what they say

    @Test func remediesNameTheMenuOfTheBoard() throws {
        let host = CheckHosts.host("two-gpus-desktop", "no-tables\nno-groups")
        let remedy = try #require(try finding("iommu-firmware", host)?.remedy)
        #expect(remedy.en.contains("On boards of ASUS: Advanced > System Agent (SA) Configuration > VT-d"))
        #expect(remedy.zh.contains("ASUS 主板：Advanced > System Agent (SA) Configuration > VT-d"))
        let nobody = CheckHosts.host(
            "two-gpus-desktop",
            "no-tables\nno-groups\n/sys/class/dmi/id/board_vendor = Somebody Else"
        )
        #expect(try finding("iommu-firmware", nobody)?.remedy?.en.contains("On boards of") == false)
    }

    /// `bus` in reset_method, and other functions at that bus: the kernel answers ENOTTY. Where all of the bus is one group, it
    /// goes together, and VFIO resets it together.
    @Test func aSharedBusIsNoWayToReset() throws {
        let lines = """
            pci 0000:06:00.0 8086:0b25 120000 group=21 parent=0000:00:1c.0 express=endpoint reset=bus multi
            pci 0000:06:00.1 8086:0b26 120000 group=22 parent=0000:00:1c.0 express=endpoint reset=flr
            """
        let apart = try #require(try finding("reset-methods", CheckHosts.host("i226-router", lines)))
        #expect(apart.verdict == .problem)
        let evidence = "0000:06:00.0/reset_method: bus, which the kernel refuses: the bus has 0000:06:00.1, too"
        #expect(apart.evidence.en.hasSuffix(evidence), "\(apart.evidence.en)")
        let one = lines.replacingOccurrences(of: "group=22", with: "group=21")
        let together = try #require(try finding("reset-methods", CheckHosts.host("i226-router", one)))
        #expect(together.verdict == .ok)
        #expect(
            together.evidence.en.contains("for 1 of them together with all of their bus"),
            "\(together.evidence.en)"
        )
    }

    @Test func whatPutsDevicesTogetherIsNamed() throws {
        let text = "pci 0000:06:00.0 8086:1539 020000 group=11 parent=0000:00:1c.0"
        let lacking = CheckHosts.host("i226-router", text)
        #expect(try finding("group-quality", lacking)?.evidence.en.contains("group 11: ") == true)
    }

    @Test func aWiderPortIsNoReasonToComplain() throws {
        // The disk could have four lanes, the port has two.
        let port = "/sys/devices/pci0000:00/0000:00:1d.0"
        let narrow = CheckHosts.host(
            "i226-router",
            with: ["\(port)/max_link_width": "2", "\(port)/max_link_speed": "8.0 GT/s PCIe"]
        )
        #expect(try finding("link", narrow)?.verdict == .ok)
        let wide = CheckHosts.host(
            "i226-router",
            with: ["\(port)/max_link_width": "4", "\(port)/max_link_speed": "16.0 GT/s PCIe"]
        )
        #expect(try finding("link", wide)?.confidence == .certain)
        #expect(try finding("link", CheckHosts.host("i226-router"))?.confidence == .likely)
    }

    @Test func reservedMemoryIsToldBeforehand() throws {
        let off = CheckHosts.host("rmrr-server", "no-groups")
        let finding = try finding("reserved-regions", off)
        #expect(finding?.verdict == .problem)
        #expect(finding?.confidence == .likely)
        #expect(finding?.evidence.en.contains("0000:5c:00.0") == true)
    }

    @Test func idsOfEqualCardsNameThem() throws {
        let hosts = try #require(CheckHosts.all.first { $0.id == "other-tools" })
        let finding = try finding("other-tools", hosts.problem)
        #expect(finding?.evidence.en.contains("takes all of 0000:01:00.0, 0000:02:00.0, which are alike") == true)
        #expect(finding?.repair == .adopt)
        #expect(finding?.actor == .passthru)
    }

    @Test func proxmoxMappingsAreCompared() throws {
        let lines = """
            /etc/hostname = pve
            /etc/pve/mapping/pci.cfg = <<
            lan
            	map id=8086:125c,iommugroup=11,node=pve,path=0000:01:00.0,subsystem-id=8086:0000
            wrong
            	map id=8086:1539,iommugroup=12,node=pve,path=0000:02:00.0
            <<
            """
        let finding = try finding("other-tools", CheckHosts.host("i226-router", lines))
        #expect(finding?.verdict == .problem)
        #expect(
            finding?.evidence.en == "/etc/pve/mapping/pci.cfg: wrong → 0000:02:00.0 was 8086:1539, and is 8086:125c now"
        )
        #expect(finding?.actor == .owner)
    }

    @Test func theKernelsLogIsEvidence() throws {
        let log = "/dev/kmsg"
        let locked = CheckHosts.host(
            "i226-router",
            without: ["/dev/kvm"],
            with: [
                log: "<3>[    0.412] x86/cpu: VMX (outside TXT) disabled by BIOS\n<6>[    0.5] eth0: 02:00:00:00:00:01"
            ]
        )
        let finding = try finding("kvm-device", locked)
        #expect(finding?.evidence.en == "no /dev/kvm; the kernel: x86/cpu: VMX (outside TXT) disabled by BIOS")
        #expect(finding?.actor == .firmware)
        let refused = CheckHosts.host(
            "two-gpus-desktop",
            with: [
                log:
                    "[ 12.3] vfio-pci 0000:02:00.0: Firmware has requested this device have a 1:1 IOMMU mapping, rejecting"
            ]
        )
        #expect(try self.finding("reserved-regions", refused)?.verdict == .problem)
        // No other line of the log leaves the machine.
        let recorder = RecordingTree(try locked().tree)
        _ = Host.read(Machine(recorder), .kernel)
        guard case .file(let bytes, _) = recorder.seen[log] else {
            Issue.record("nothing was kept")
            return
        }
        #expect(
            String(decoding: bytes, as: UTF8.self) == "<3>[    0.412] x86/cpu: VMX (outside TXT) disabled by BIOS\n"
        )
    }

    // MARK: The data

    @Test func everyBoardIsFoundByItsSamples() throws {
        let menus = try BIOSMenus(CheckData.biosMenus)
        #expect(menus.boards.count >= 12)
        for board in menus.boards {
            #expect(!board.samples.isEmpty, "\(board.id)")
            for sample in board.samples {
                var host = TestHost("board")
                let root = "/sys/class/dmi/id"
                host.file("\(root)/board_vendor", board.vendors.isEmpty ? "Default string" : sample)
                if let product = board.products.first {
                    host.file("\(root)/product_name", product.text.replacing("*", with: " X"))
                }
                if let bios = board.bios.first {
                    host.file(
                        "\(root)/bios_vendor",
                        board.vendors.isEmpty ? sample : bios.text.replacing("*", with: " X")
                    )
                }
                let found = menus.board(Host.read(host.machine, .firmware))
                #expect(found?.id == board.id, "\(board.id): \(sample)")
            }
        }
    }

    @Test func theFactsCanBeRead() throws {
        let facts = try HardwareFacts(CheckData.hardwareFacts, recipes: RecipeData.bytes)
        #expect(facts.chipsets.contains { $0.name == "Intel W680" })
        #expect(facts.vmd.count == 10)
        #expect(facts.faults.count == 2)
        #expect(facts.faults.allSatisfy { !$0.families.isEmpty })
    }

    // MARK: The page made of them

    static let page = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "docs/checks.md")

    /// `PASSTHRU_REGENERATE=1 swift test --filter CheckHostTests` writes the page anew.
    @Test func thePageIsWhatTheChecksSay() throws {
        let text = try CheckPage.text { id in
            try CheckHosts.all.first { $0.id == id }.flatMap { try finding(id, $0.problem) }
        }
        if ProcessInfo.processInfo.environment["PASSTHRU_REGENERATE"] == "1" {
            try text.write(to: Self.page, atomically: true, encoding: .utf8)
            Issue.record("written anew: run it again without PASSTHRU_REGENERATE")
        }
        #expect(try String(contentsOf: Self.page, encoding: .utf8) == text)
    }
}
