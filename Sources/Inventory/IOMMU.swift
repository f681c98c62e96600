public import Machine
internal import SystemPackage

/// What the kernel says of the IOMMU: its units and its groups.
public struct IOMMU: Sendable, Hashable, Codable {
    /// Names in `/sys/class/iommu`: `dmar0`, `ivhd0` …
    @Nullable public var units: [String]?
    /// Null when `/sys/kernel/iommu_groups` could not be read.
    @Nullable public var groups: [Group]?
    /// Whether the kernel has `/sys/kernel/iommu_groups` at all: every kernel with an IOMMU driver does.
    @Nullable public var hasGroupsFolder: Bool?
    /// Whether interrupts go through the IOMMU now: `IR-` chips in `/proc/interrupts`.
    @Nullable public var interruptRemapping: Bool?
    /// `/dev/vfio/vfio`, which every program that starts a guest with a device must open.
    @Nullable public var container: DeviceNode?
    public var unknown: [String: String] = [:]

    /// The smallest set of functions that the IOMMU can tell apart from all others
    /// (Documentation/driver-api/vfio.rst).
    public struct Group: Sendable, Hashable, Codable {
        public var number: Int
        /// identity, DMA, DMA-FQ, blocked, auto …; null before Linux 5.11.
        @Nullable public var type: String?
        /// `vfio-noiommu` for a group that protects nothing.
        @Nullable public var name: String?
        public var devices: [String]
        public var reservedRegions: [ReservedRegion]
        public var unknown: [String: String] = [:]

        /// Whether it protects: false for one of vfio's no-IOMMU mode. Where its name could not be read, `unknown` says so.
        public var isReal: Bool { name != "vfio-noiommu" }
    }

    /// Whether DMA is translated or at least isolated by hardware now: real groups and a unit that makes them. Nil when
    /// that could not be seen.
    public var isActive: Bool? {
        if let units, units.isEmpty { return false }
        if let groups, !groups.contains(where: \.isReal) { return false }
        if let groups, groups.allSatisfy({ !$0.isReal || $0.unknown["name"] != nil }) { return nil }
        return units == nil || groups == nil ? nil : true
    }

    public static func read(_ machine: Machine) -> IOMMU {
        var iommu = IOMMU(units: nil, groups: nil, hasGroupsFolder: nil, interruptRemapping: nil, container: nil)
        iommu.readUnits(machine)
        iommu.readGroups(machine)
        iommu.readInterrupts(machine)
        iommu.container = DeviceNode.read("/dev/vfio/vfio", on: machine, unknown: &iommu.unknown, key: "container")
        return iommu
    }

    private mutating func readUnits(_ machine: Machine) {
        let path = "/sys/class/iommu"
        do {
            units = try machine.list(path)
        } catch  where error == .noSuchFileOrDirectory && machine.isWhole("/sys/class", ["mem", "misc"]) {
            units = []  // The class comes into being with its first unit.
        } catch {
            unknown["units"] = reason(error, path)
        }
    }

    private mutating func readGroups(_ machine: Machine) {
        let root = "/sys/kernel/iommu_groups"
        let names: [String]
        do {
            names = try machine.list(root)
        } catch  where error == .noSuchFileOrDirectory && machine.isWhole("/sys/kernel", ["uevent_seqnum"]) {
            names = []  // A kernel without CONFIG_IOMMU_API has no such folder.
            hasGroupsFolder = false
        } catch {
            unknown["groups"] = reason(error, root)
            return
        }
        groups = names.compactMap(Int.init).sorted().map { Group(number: $0, at: "\(root)/\($0)", on: machine) }
    }

    private mutating func readInterrupts(_ machine: Machine) {
        let path = "/proc/interrupts"
        do {
            let text = try machine.text(path)
            guard !text.isEmpty else {
                unknown["interruptRemapping"] = "\(path) is empty"
                return
            }
            interruptRemapping = text.utf8.split(whereSeparator: { $0 == 0x20 || $0 == 0x0A || $0 == 0x09 })
                .contains {
                    $0.starts(with: "IR-".utf8) || $0.starts(with: "INTEL-IR".utf8) || $0.starts(with: "AMD-IR".utf8)
                }
        } catch {
            unknown["interruptRemapping"] = reason(error, path)
        }
    }
}

extension IOMMU.Group {
    fileprivate init(number: Int, at path: String, on machine: Machine) {
        self.init(number: number, type: nil, name: nil, devices: [], reservedRegions: [])
        do {
            type = try machine.textIfThere(path + "/type")
        } catch {
            unknown["type"] = reason(error, path + "/type")
        }
        // A group that protects nothing has a name and no domain: one with a type need not be asked for its name.
        if type == nil || type == "unknown" {
            do {
                name = try machine.textIfThere(path + "/name")
            } catch {
                unknown["name"] = reason(error, path + "/name")
            }
        }
        do {
            devices = try machine.list(path + "/devices")
        } catch {
            unknown["devices"] = reason(error, path + "/devices")
        }
        do {
            reservedRegions = ReservedRegion.parse(try machine.text(path + "/reserved_regions"))
        } catch {
            unknown["reservedRegions"] = reason(error, path + "/reserved_regions")
        }
    }
}
