import Foundation
import Testing

@testable import Inventory

/// The folder of logs that `Scripts/test` made by booting the rig's `firmware` machine with each table.
private let bootedLogs = ProcessInfo.processInfo.environment["PASSTHRU_RIG_RESULTS"].map { $0 + "/acpi" }

/// Compares our decode with the log of a kernel that was given the same table.
///
/// `KernelLogs` holds what Debian 12's Linux 6.1.192 wrote when QEMU passed it each table by `-acpitable`.
@Suite("Linux agrees")
struct KernelLinesTests {
    static let names: [String] = {
        let folder = ACPITable.folder.appending(path: "KernelLogs").path
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return files.filter { $0.hasSuffix(".txt") }.map { String($0.dropLast(4)) }.sorted()
    }()

    @Test("there are logs of both kinds")
    func bothKinds() {
        #expect(Self.names.count { $0.hasPrefix("DMAR") } >= 2)
        #expect(Self.names.count { $0.hasPrefix("IVRS") } >= 1)
    }

    @Test("every line that decodes a table", arguments: names)
    func everyLine(name: String) throws {
        try compare(name, folder: ACPITable.folder.appending(path: "KernelLogs").path)
    }

    /// The rig's `firmware` machine, booted with the table in this very run.
    @Test(
        "every line of a kernel booted just now",
        .enabled(if: bootedLogs != nil, "boot the rig's machines first: Scripts/test does"),
        arguments: ["DMAR-Desktop-072875B334CD", "DMAR-Notebook-DAF3D639D7F9", "IVRS-Notebook-405067A82A69"]
    )
    func everyLineOfNow(name: String) throws {
        try compare(name, folder: bootedLogs ?? "")
    }

    private func compare(_ name: String, folder: String) throws {
        let log = try String(contentsOfFile: "\(folder)/\(name).txt", encoding: .utf8)
        let table = try #require(ACPITable.named(name))
        let ours =
            switch try table.decode() {
            case .dmar(let dmar): kernelLines(dmar)
            case .ivrs(let ivrs): kernelLines(ivrs)
            }
        #expect(ours.count > 3)
        #expect(ours == kernelTableLines(inLog: log))
    }
}
