import Foundation
import Inventory
import Machine
import Operations
import TestHosts
import Testing

/// lspci reads the same folders and must say the same: it shares no code with passthru.
@Suite struct SysfsOracleTests {
    private static let lspci = ["/usr/bin/lspci", "/sbin/lspci", "/usr/sbin/lspci"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    @Test(arguments: TestHost.names)
    func addressesIdsClassesAndDrivers(_ name: String) throws {
        let program = try #require(Self.lspci, "pciutils is not installed: apt-get install pciutils")
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        let host = try TestHost.named(name)
        let folder = try sandbox.write(host)
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = ["-A", "linux-sysfs", "-O", "sysfs.path=\(folder)/sys/bus/pci", "-Dnmmkvv"]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        var theirs: [String] = []
        for record in text.components(separatedBy: "\n\n") where !record.isEmpty {
            var fields: [String: String] = [:]
            for line in record.split(separator: "\n") {
                let parts = line.split(separator: "\t", maxSplits: 1)
                if parts.count == 2, fields[String(parts[0])] == nil { fields[String(parts[0])] = String(parts[1]) }
            }
            theirs.append(
                [
                    fields["Slot:"], fields["Vendor:"], fields["Device:"], fields["Class:"], fields["Driver:"] ?? "-",
                    fields["IOMMUGroup:"] ?? "-", fields["SVendor:"] ?? "-",
                ].map { $0 ?? "?" }.joined(separator: " ")
            )
        }
        let ours = try #require(Devices.run(Machine(try FolderTree(folder: folder))).devices).map { device in
            let code = device.class
            let bridge = code.isBridge
            let subsystem =
                bridge || device.subsystemVendor?.value ?? 0 == 0 ? "-" : device.subsystemVendor?.description ?? "-"
            return [
                device.address.description, device.vendor.description, device.device.description,
                String(String(code.code, radix: 16).leftPadded(6).prefix(4)), device.driver ?? "-",
                device.group.map(String.init) ?? "-", subsystem,
            ].joined(separator: " ")
        }
        #expect(ours.sorted() == theirs.sorted())
    }
}

extension String {
    fileprivate func leftPadded(_ width: Int) -> String { String(repeating: "0", count: max(0, width - count)) + self }
}
