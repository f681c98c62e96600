import Foundation
import Testing

@testable import Inventory

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
        let log = try String(
            contentsOf: ACPITable.folder.appending(path: "KernelLogs/\(name).txt"),
            encoding: .utf8
        )
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
