import Foundation
import Testing

/// lspci, reading the same captured tree, is the outside judge of addresses, ids, classes and drivers.
@Suite(.enabled(if: Results.isThere, "boot the rig's machines first: Scripts/test does"))
struct LspciTests {
    struct Row: Hashable, CustomStringConvertible {
        var address: String
        var `class`: String
        var vendor: String
        var device: String
        var driver: String?
        var group: String?

        var description: String { "\(address) \(self.class) \(vendor):\(device) \(driver ?? "-") \(group ?? "-")" }
    }

    @Test(arguments: DoctorTests.expected.map(\.machine))
    func agrees(_ machine: String) throws {
        let folder = NSTemporaryDirectory() + "passthru-lspci-\(machine)-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        _ = try Results.run("/usr/bin/tar", ["-C", folder, "-xf", Results.path(machine, "host.tar")])
        let (status, output) = try Results.run(
            "/usr/bin/lspci",
            ["-A", "linux-sysfs", "-O", "sysfs.path=\(folder)/sys/bus/pci", "-Dvmmnnk"]
        )
        #expect(status == 0)
        let lspci = Set(output.components(separatedBy: "\n\n").compactMap(row))

        let document = try Results.object(machine, "devices.json")
        let devices = try #require(document["devices"] as? [[String: Any]])
        let ours = Set(
            devices.compactMap { device -> Row? in
                guard let address = device["address"] as? String, let code = device["class"] as? String,
                    let vendor = device["vendor"] as? String, let id = device["device"] as? String
                else { return nil }
                return Row(
                    address: address,
                    class: String(code.prefix(4)),
                    vendor: vendor,
                    device: id,
                    driver: device["driver"] as? String,
                    group: (device["group"] as? Int).map(String.init)
                )
            }
        )
        #expect(ours.count == devices.count)
        #expect(ours.count >= 20)
        #expect(ours == lspci, "only ours: \(ours.subtracting(lspci)), only lspci: \(lspci.subtracting(ours))")
    }

    /// One paragraph of `lspci -vmmnnk`: `Slot:`, `Class: Name [0200]`, …
    private func row(_ paragraph: String) -> Row? {
        var fields: [String: String] = [:]
        for line in paragraph.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            fields[String(parts[0])] = parts[1].trimmingCharacters(in: .whitespaces)
        }
        func id(_ key: String) -> String? {
            guard let value = fields[key], value.hasSuffix("]") else { return nil }
            return String(value.dropLast().suffix(4))
        }
        guard let address = fields["Slot"], let code = id("Class"), let vendor = id("Vendor"), let device = id("Device")
        else { return nil }
        return Row(
            address: address,
            class: code,
            vendor: vendor,
            device: device,
            driver: fields["Driver"],
            group: fields["IOMMUGroup"]
        )
    }
}
