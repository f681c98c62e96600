public import Machine
internal import SystemPackage

extension PCIFunction {
    /// Reads what `passthru show` prints beyond the summary.
    public mutating func readDetails(from machine: Machine, modules: ModuleIndex?) {
        let path = "\(PCIInventory.root)/\(address)"
        var details = PCIDetails()
        let directory: any FileDirectory
        do {
            directory = try machine.directory(path)
        } catch {
            unknown["details"] = reason(error, path)
            return
        }
        func text(_ name: String, for key: String) -> String? {
            do {
                return String(decoding: try directory.read(name).trimmed, as: UTF8.self)
            } catch {
                if !error.isAbsence { details.unknown[key] = reason(error, "\(path)/\(name)") }
                return nil
            }
        }
        func isThere(_ name: String, for key: String) -> Bool {
            do {
                _ = try directory.status(name)
                return true
            } catch {
                if !error.isAbsence { details.unknown[key] = reason(error, "\(path)/\(name)") }
                return false
            }
        }
        func required(_ name: String, for key: String) -> String? {
            do {
                return String(decoding: try directory.read(name).trimmed, as: UTF8.self)
            } catch {
                details.unknown[key] = reason(error, "\(path)/\(name)")
                return nil
            }
        }
        func target(_ name: String, for key: String) -> PCIAddress? {
            do {
                return PCIAddress(lastComponent(try directory.link(name)))
            } catch {
                if !error.isAbsence { details.unknown[key] = reason(error, "\(path)/\(name)") }
                return nil
            }
        }

        details.revision = required("revision", for: "revision").flatMap { parseHexadecimal($0.utf8) }.map {
            UInt8(truncatingIfNeeded: $0)
        }
        details.readParents(of: path, on: machine)
        // Before Linux 5.15 there is no reset_method; `reset` is there when some method works.
        if let methods = text("reset_method", for: "resetMethods") {
            details.resetMethods = methods.split(separator: " ").map(String.init)
        } else if details.unknown["resetMethods"] != nil {
            // The reason is there.
        } else if isThere("reset", for: "resetMethods") {
            details.unknown["resetMethods"] = "the kernel can reset it, but this kernel does not say how"
        } else if details.unknown["resetMethods"] == nil, isThere("resource", for: "resetMethods") {
            details.resetMethods = []
        } else if details.unknown["resetMethods"] == nil {
            details.unknown["resetMethods"] = "\(path)/reset_method: no such file"
        }
        // Reading these two waits for the device's lock, which a driver that never lets go keeps for ever.
        func locked(_ name: String) -> String? {
            do {
                let bytes = try machine.readWithDeadline("\(path)/\(name)", milliseconds: 2_000)
                return String(decoding: bytes.trimmed, as: UTF8.self)
            } catch {
                if !error.isAbsence { details.unknown[name] = reason(error, "\(path)/\(name)") }
                return nil
            }
        }
        let override = locked("driver_override")
        details.driverOverride = override == "(null)" || override?.isEmpty == true ? nil : override
        if let lines = required("resource", for: "resources") {
            details.resources = PCIResource.parse(lines)
        }
        let rom = isThere("rom", for: "rom")
        details.rom = details.unknown["rom"] == nil ? rom : nil
        details.readConfigSpace(of: path, in: directory, device: address)
        details.link = Self.link { text($0, for: "link") }
        details.numaNode = text("numa_node", for: "numaNode").flatMap(Int.init).flatMap { $0 < 0 ? nil : $0 }
        details.bootVGA = text("boot_vga", for: "bootVGA").map { $0 == "1" }
        details.enabled = text("enable", for: "enabled").map { $0 != "0" }
        details.irq = text("irq", for: "irq").flatMap(Int.init).flatMap { $0 == 0 ? nil : $0 }
        details.powerState = text("power_state", for: "powerState")
        details.d3coldAllowed = text("d3cold_allowed", for: "d3coldAllowed").map { $0 != "0" }
        if let total = text("sriov_totalvfs", for: "sriov").flatMap(Int.init) {
            // One that the kernel is taking away leaves a gap.
            var names: [String] = []
            do {
                names = try directory.list().filter { Sysfs.isNumbered($0, "virtfn") }
            } catch {
                details.unknown["sriov"] = reason(error, path)
            }
            let functions = names.sorted(by: Sysfs.inOrder).compactMap { target($0, for: "sriov") }
            let enabled = locked("sriov_numvfs").flatMap(Int.init)
            details.sriov = SRIOV(
                total: total,
                enabled: enabled ?? (details.unknown["sriov_numvfs"] == nil ? functions.count : nil),
                virtualFunctions: functions
            )
        }
        details.physicalFunction = target("physfn", for: "physicalFunction")
        if let group {
            let regions = "/sys/kernel/iommu_groups/\(group)/reserved_regions"
            do {
                details.reservedRegions = ReservedRegion.parse(try machine.text(regions))
            } catch {
                details.unknown["reservedRegions"] = reason(error, regions)
            }
        } else if let why = unknown["group"] {
            details.unknown["reservedRegions"] = why
        }
        if let modules {
            details.modules = modules.claiming(self)
            if details.modules == nil, let why = modules.unknown["aliases"] { details.unknown["modules"] = why }
        }
        self.details = details
    }
}

extension PCIFunction {
    /// Reads what decides over the function's IOMMU group, a part of its details: where it sits and what it can isolate.
    public mutating func readTopology(from machine: Machine) {
        let path = "\(PCIInventory.root)/\(address)"
        var details = self.details ?? PCIDetails()
        do {
            let directory = try machine.directory(path)
            details.readParents(of: path, on: machine)
            details.readConfigSpace(of: path, in: directory, device: address)
            do {
                details.physicalFunction = PCIAddress(lastComponent(try directory.link("physfn")))
            } catch  where !error.isAbsence {
                details.unknown["physicalFunction"] = reason(error, "\(path)/physfn")
            } catch {}
        } catch {
            details.unknown["capabilities"] = reason(error, path)
        }
        self.details = details
    }
}

extension PCIDetails {
    fileprivate mutating func readParents(of path: String, on machine: Machine) {
        do {
            let target = try machine.linkTarget(path)
            parents = target.utf8.split(separator: UInt8(ascii: "/")).dropLast().compactMap {
                PCIAddress(Substring($0))
            }
        } catch  where error == .invalidArgument {
            unknown["parents"] = "\(path) is not a link into /sys/devices"
        } catch {
            unknown["parents"] = reason(error, path)
        }
    }

    fileprivate mutating func readConfigSpace(of path: String, in directory: any FileDirectory, device: PCIAddress) {
        do {
            let bytes = try directory.read("config")
            let size = try directory.status("config").size
            configSize =
                size == 256 || size == 4096 ? size : bytes.count == 256 || bytes.count == 4096 ? bytes.count : nil
            if configSize == nil { unknown["configSize"] = "\(path)/config: only \(bytes.count) bytes are here" }
            if bytes.count >= 64 { answers = bytes.prefix(64).contains { $0 != 0xFF } }
            guard answers != false else {
                unknown["capabilities"] = "\(path)/config reads as nothing but ones"
                return
            }
            capabilities = PCICapabilities(configSpace: bytes)
            if capabilities == nil {
                unknown["capabilities"] = "\(path)/config: only \(bytes.count) bytes are readable (root reads all)"
            }
        } catch {
            unknown["configSize"] = reason(error, "\(path)/config")
            unknown["capabilities"] = reason(error, "\(path)/config")
        }
    }
}

extension PCIFunction {
    private static func link(_ text: (String) -> String?) -> PCILink? {
        // "Unknown" and a width of 0 or 255 are what the kernel says of a port with nothing behind it.
        func speed(_ name: String) -> String? {
            text(name).flatMap { $0.hasPrefix("Unknown") ? nil : $0 }
        }
        func width(_ name: String) -> Int? {
            text(name).flatMap(Int.init).flatMap { $0 == 0 || $0 == 255 ? nil : $0 }
        }
        guard let best = text("max_link_width") ?? text("current_link_width") else { return nil }
        return PCILink(
            speed: speed("current_link_speed"),
            width: width("current_link_width"),
            maximumSpeed: speed("max_link_speed"),
            maximumWidth: Int(best).flatMap { $0 == 0 || $0 == 255 ? nil : $0 }
        )
    }
}

extension PCIResource {
    /// Lines `0x00000000fe000000 0x00000000fe01ffff 0x0000000000040200`: first address, last address, flags of
    /// `struct resource` (include/linux/ioport.h). Unused ones are all zero.
    static func parse(_ text: String) -> [PCIResource] {
        text.split(separator: "\n").enumerated().compactMap { index, line in
            let numbers = line.split(separator: " ").compactMap { UInt64($0.dropFirst(2), radix: 16) }
            guard numbers.count == 3, numbers[2] & 0x300 != 0, numbers[1] >= numbers[0], numbers[1] != 0 else {
                return nil
            }
            let (size, overflow) = (numbers[1] - numbers[0]).addingReportingOverflow(1)
            guard !overflow else { return nil }
            return PCIResource(
                index: index,
                kind: numbers[2] & 0x100 != 0 ? .io : .memory,
                start: "0x" + hex(numbers[0], width: 8),
                size: size,
                prefetchable: numbers[2] & 0x2000 != 0,
                is64Bit: numbers[2] & 0x10_0000 != 0
            )
        }
    }
}

extension ReservedRegion {
    /// Lines `0x00000000fee00000 0x00000000feefffff msi`.
    public static func parse(_ text: String) -> [ReservedRegion] {
        text.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard words.count == 3 else { return nil }
            return ReservedRegion(start: String(words[0]), end: String(words[1]), type: String(words[2]))
        }
    }
}
