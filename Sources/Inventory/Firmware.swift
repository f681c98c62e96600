public import Machine
internal import SystemPackage

/// What the firmware set up: how it booted, and the tables in which it describes the IOMMU.
public struct Firmware: Sendable, Equatable, Codable {
    public enum Mode: String, Sendable, Codable { case efi, bios }

    @Nullable public var mode: Mode?
    @Nullable public var secureBoot: Bool?
    /// The kernel's lockdown mode: none, integrity or confidentiality; null when this kernel has no lockdown.
    @Nullable public var lockdown: String?
    @Nullable public var board: Board?
    /// Names of the ACPI tables; null when they could not be listed.
    @Nullable public var tables: [String]?
    @Nullable public var dmar: DMAR?
    @Nullable public var ivrs: IVRS?
    public var unknown: [String: String] = [:]

    /// Who made the machine (`/sys/class/dmi/id`).
    public struct Board: Sendable, Hashable, Codable {
        @Nullable public var vendor: String?
        @Nullable public var product: String?
        @Nullable public var boardVendor: String?
        @Nullable public var boardName: String?
        @Nullable public var biosVendor: String?
        @Nullable public var biosVersion: String?
        @Nullable public var biosDate: String?
    }

    /// Which vendor's IOMMU the firmware describes: what counts, whatever the processor is called.
    public enum IOMMUKind: String, Sendable, Codable { case intel, amd }

    public var iommuKind: IOMMUKind? {
        guard let tables else { return dmar != nil ? .intel : ivrs != nil ? .amd : nil }
        return tables.contains("DMAR") ? .intel : tables.contains("IVRS") ? .amd : nil
    }

    public static let tablesRoot = "/sys/firmware/acpi/tables"

    public static func read(_ machine: Machine) -> Firmware {
        var firmware = Firmware(
            mode: nil,
            secureBoot: nil,
            lockdown: nil,
            board: nil,
            tables: nil,
            dmar: nil,
            ivrs: nil
        )
        firmware.readBoot(machine)
        firmware.readBoard(machine)
        firmware.readTables(machine)
        return firmware
    }

    private mutating func readBoot(_ machine: Machine) {
        guard machine.exists("/sys/firmware") else {
            unknown["mode"] = "/sys/firmware: no such file or directory"
            unknown["secureBoot"] = unknown["mode"]
            unknown["lockdown"] = "/sys/kernel/security: no such file or directory"
            return
        }
        do {
            mode = try machine.isThere("/sys/firmware/efi") ? .efi : .bios
        } catch {
            unknown["mode"] = reason(error, "/sys/firmware/efi")
        }
        if mode == nil {
            unknown["secureBoot"] = unknown["mode"]
        } else if mode == .bios {
            secureBoot = false
        } else {
            // Four bytes of attributes, then the value (Documentation/filesystems/efivarfs.rst).
            let path = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
            do {
                let bytes = try machine.read(path)
                secureBoot = bytes.count == 5 ? bytes[4] == 1 : nil
                if secureBoot == nil { unknown["secureBoot"] = "\(path): \(bytes.count) bytes instead of 5" }
            } catch {
                unknown["secureBoot"] = reason(error, path)
            }
        }
        let path = "/sys/kernel/security/lockdown"
        do {
            // `none [integrity] confidentiality`: the one in brackets is on.
            let text = try machine.text(path)
            lockdown = text.split(separator: " ").first { $0.hasPrefix("[") }.map { String($0.dropFirst().dropLast()) }
        } catch {
            unknown["lockdown"] = reason(error, path)
        }
    }

    private mutating func readBoard(_ machine: Machine) {
        let root = "/sys/class/dmi/id"
        guard machine.exists(root) else {
            unknown["board"] = "\(root): no such file or directory"
            return
        }
        func text(_ name: String) -> String? {
            machine.textIfAny(root + "/" + name).flatMap { $0.isEmpty ? nil : $0 }
        }
        board = Board(
            vendor: text("sys_vendor"),
            product: text("product_name"),
            boardVendor: text("board_vendor"),
            boardName: text("board_name"),
            biosVendor: text("bios_vendor"),
            biosVersion: text("bios_version"),
            biosDate: text("bios_date")
        )
    }

    private mutating func readTables(_ machine: Machine) {
        let root = Self.tablesRoot
        do {
            tables = try machine.list(root).filter { $0 != "data" && $0 != "dynamic" }
        } catch {
            for key in ["tables", "dmar", "ivrs"] { unknown[key] = reason(error, root) }
            return
        }
        if tables?.contains("DMAR") == true {
            dmar = decode("DMAR", on: machine) { bytes throws(ACPIError) in try DMAR(bytes) }
        }
        if tables?.contains("IVRS") == true {
            ivrs = decode("IVRS", on: machine) { bytes throws(ACPIError) in try IVRS(bytes) }
        }
    }

    private mutating func decode<Table>(
        _ name: String,
        on machine: Machine,
        _ decoder: ([UInt8]) throws(ACPIError) -> Table
    ) -> Table? {
        let path = "\(Self.tablesRoot)/\(name)"
        let bytes: [UInt8]
        do {
            bytes = try machine.read(path)
        } catch {
            unknown[name.lowercased()] = reason(error, path)
            return nil
        }
        do {
            return try decoder(bytes)
        } catch {
            unknown[name.lowercased()] = "\(error)"
            return nil
        }
    }
}
