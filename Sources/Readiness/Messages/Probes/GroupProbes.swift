import Inventory
import Wording

/// A member of the group has a driver of the host.
enum GroupNotViable: Probe {
    static let id = "group-not-viable"

    static func answer(_ subject: ProbeSubject, argument: String) -> ProbeAnswer {
        subject.answerOfMembers { members in
            // What the kernel lets pass (drivers/vfio/group.c, vfio_dev_viable).
            let blocking = members.filter { member in
                guard let driver = member.driver else { return false }
                return !["vfio-pci", "pci-stub", "pcieport"].contains(driver)
            }
            let named = blocking.isEmpty ? members : blocking
            return (!blocking.isEmpty, named.map { "\($0.address) [\($0.driver ?? "-")]" })
        }
    }
}

/// The device shares its group with others.
enum GroupShared: Probe {
    static let id = "group-shared"

    static func answer(_ subject: ProbeSubject, argument: String) -> ProbeAnswer {
        subject.answerOfMembers { members in
            let devices = members.filter { !$0.class.isBridge }
            return (devices.count > 1, devices.map(\.address.description))
        }
    }
}

extension ProbeSubject {
    /// What the members of the group that the message means say, and which of them to name.
    fileprivate func answerOfMembers(_ decide: ([PCIFunction]) -> (isSo: Bool, named: [String])) -> ProbeAnswer {
        guard let group else { return .noGroup }
        let members = host.members(ofGroup: group)
        guard !members.isEmpty else {
            return .unknown(Text(en: "there is no IOMMU group \(group) here", zh: "这里没有 IOMMU 组 \(group)"))
        }
        let (isSo, named) = decide(members)
        return .of(
            isSo,
            Text(
                en: "IOMMU group \(group): \(named.joined(separator: ", "))",
                zh: "IOMMU 组 \(group)：\(named.joined(separator: "、"))"
            )
        )
    }
}

/// The group has no node in /dev/vfio.
enum GroupNodeMissing: Probe {
    static let id = "group-node-missing"

    static func answer(_ subject: ProbeSubject, argument: String) -> ProbeAnswer {
        guard let group = subject.group else { return .noGroup }
        let path = "/dev/vfio/\(group)"
        switch subject.facts.exists[path] {
        case true?: return .no(Text(en: "\(path) is there", zh: "存在 \(path)"))
        case false?: return .yes(Text(en: "there is no \(path)", zh: "没有 \(path)"))
        case nil:
            if subject.facts.exists["/dev/vfio"] == false {
                return .yes(Text(en: "there is no folder /dev/vfio", zh: "没有 /dev/vfio 目录"))
            }
            return .unknown("\(path): not read")
        }
    }
}

/// A program has the group open.
enum GroupBusy: Probe {
    static let id = "group-busy"

    static func answer(_ subject: ProbeSubject, argument: String) -> ProbeAnswer {
        guard let group = subject.group else { return .noGroup }
        guard let holders = subject.host.holders else { return .unknown("not read") }
        let path = "/dev/vfio/\(group)"
        if let holder = holders.holders.first(where: { $0.nodes.contains { $0.path == path } }) {
            return .yes(
                Text(
                    en: "\(path) is open in \(holder.command) (\(holder.pid))",
                    zh: "\(path) 已被 \(holder.command)（\(holder.pid)）打开"
                )
            )
        }
        if let why = holders.unknown["holders"] { return .unknown(why) }
        return .no(Text(en: "no program has \(path) open", zh: "没有程序打开 \(path)"))
    }
}

/// The firmware wants memory of the group mapped one to one.
enum ReservedMemoryThere: Probe {
    static let id = "reserved-memory"

    static func answer(_ subject: ProbeSubject, argument: String) -> ProbeAnswer {
        guard let group = subject.group else { return .noGroup }
        guard let found = subject.host.iommu?.groups?.first(where: { $0.number == group }) else {
            return .unknown(Text(en: "there is no IOMMU group \(group) here", zh: "这里没有 IOMMU 组 \(group)"))
        }
        if let why = found.unknown["reservedRegions"] { return .unknown(why) }
        let path = "/sys/kernel/iommu_groups/\(group)/reserved_regions"
        guard let region = found.reservedRegions.first(where: { $0.type == "direct" }) else {
            return .no(Text(en: "\(path): nothing of the kind direct", zh: "\(path)：没有 direct 类型"))
        }
        return .yes(Text(verbatim: "\(path): \(region.start)-\(region.end) direct"))
    }
}

// MARK: SR-IOV

/// The device has virtual functions now; where the text names none, any device.
enum VirtualFunctionsOn: Probe {
    static let id = "vfs-enabled"

    static func answer(_ subject: ProbeSubject, argument: String) -> ProbeAnswer {
        guard subject.host.pci?.functions != nil else {
            return .unknown(subject.host.pci?.unknown["functions"] ?? "not read")
        }
        let functions = subject.function.map { [$0] } ?? subject.host.functions
        guard let function = functions.first(where: { ($0.details?.sriov?.enabled ?? 0) > 0 }) else {
            if let stuck = functions.first(where: { $0.details?.sriov.map { $0.enabled == nil } ?? false }) {
                return .unknown(stuck.details?.unknown["sriov_numvfs"] ?? "not read")
            }
            return .no(Text(en: "no virtual functions are switched on", zh: "没有启用虚拟功能"))
        }
        let sriov = function.details?.sriov
        return .yes(
            Text(
                en: "\(function.address)/sriov_numvfs: \(sriov?.enabled ?? 0) of \(sriov?.total ?? 0)",
                zh: "\(function.address)/sriov_numvfs：\(sriov?.total ?? 0) 个中的 \(sriov?.enabled ?? 0) 个"
            )
        )
    }
}

/// The device offers no virtual functions.
enum NoVirtualFunctions: Probe {
    static let id = "no-sriov"

    static func answer(_ subject: ProbeSubject, argument: String) -> ProbeAnswer {
        guard let address = subject.address else { return .noDevice }
        guard let details = subject.function?.details else {
            return .unknown(Text(en: "\(address) is not here", zh: "这里没有 \(address)"))
        }
        if let total = details.sriov?.total, total > 0 {
            return .no(Text(en: "\(address) offers \(total) virtual functions", zh: "\(address) 提供 \(total) 个虚拟功能"))
        }
        guard let capabilities = details.capabilities, capabilities.extendedReadable else {
            return .unknown(details.unknown["capabilities"] ?? "the extended configuration space cannot be read")
        }
        return .of(
            !capabilities.sriov,
            capabilities.sriov
                ? Text(en: "\(address) has the capability, and its driver offers none", zh: "\(address) 具备该能力，但驱动没有提供")
                : Text(en: "\(address) has no SR-IOV capability", zh: "\(address) 没有 SR-IOV 能力")
        )
    }
}

/// The device is a whole one, no virtual function.
enum NotVirtual: Probe {
    static let id = "is-not-vf"

    static func answer(_ subject: ProbeSubject, argument: String) -> ProbeAnswer {
        let named = subject.captures["interface"].flatMap { name in
            subject.host.network?.interfaces.first { $0.name == name }?.functions.last
        }
        guard let address = subject.address ?? named.flatMap({ PCIAddress($0) }) else { return .noDevice }
        guard let function = subject.host.function(address) else {
            return .unknown(Text(en: "\(address) is not here", zh: "这里没有 \(address)"))
        }
        guard let physical = function.details?.physicalFunction else {
            return .yes(Text(en: "\(address) has no physfn: it is a whole device", zh: "\(address) 没有 physfn：它是完整设备"))
        }
        return .no(Text(en: "\(address) is a function of \(physical)", zh: "\(address) 是 \(physical) 的虚拟功能"))
    }
}

/// The physical function above the device belongs to vfio-pci or to no driver.
enum PhysicalOnVFIO: Probe {
    static let id = "pf-on-vfio"

    static func answer(_ subject: ProbeSubject, argument: String) -> ProbeAnswer {
        guard let address = subject.address else { return .noDevice }
        guard let function = subject.function else {
            return .unknown(Text(en: "\(address) is not here", zh: "这里没有 \(address)"))
        }
        guard let physical = function.details?.physicalFunction, let above = subject.host.function(physical) else {
            return .no(Text(en: "\(address) is no virtual function here", zh: "\(address) 在这里不是虚拟功能"))
        }
        return .of(
            above.driver == nil || above.driver == "vfio-pci",
            Text(
                en: "\(physical) has \(above.driver.map { "the driver \($0)" } ?? "no driver")",
                zh: "\(physical) \(above.driver.map { "绑定的驱动是 \($0)" } ?? "没有驱动")"
            )
        )
    }
}
