import Inventory
import Operations
import Planning
import Wording

/// Everything about one function, a line a fact.
struct ShowView {
    let show: Show

    func lines(in language: Language) -> [String] {
        let device = show.device
        var table = Table()
        func add(_ english: String, _ chinese: String, _ value: String?) {
            guard let value, !value.isEmpty else { return }
            table.add(Text(en: english, zh: chinese).string(in: language), value)
        }
        func addVerbatim(_ name: String, _ value: String?) {
            if let value, !value.isEmpty { table.add(name, value) }
        }
        func yesNo(_ value: Bool) -> String {
            (value ? Text(en: "yes", zh: "是") : Text(en: "no", zh: "否")).string(in: language)
        }
        func unknown(_ key: String) -> String? {
            (device.details?.unknown[key] ?? device.unknown[key]).map {
                Text(en: "unknown: \($0)", zh: "未知：\(Text(reason: $0).zh)").string(in: language)
            }
        }
        add("Address", "地址", device.address.description)
        add("Name", "名称", device.displayName)
        add("Class", "类别", (device.names?.class.map { $0 + " " } ?? "") + "[\(hex(device.class.code, width: 6))]")
        add("Id", "标识", device.id + (device.details?.revision.map { " rev \(hex($0, width: 2))" } ?? ""))
        if let vendor = device.subsystemVendor, let sub = device.subsystemDevice {
            add("Subsystem", "子系统", "\(vendor):\(sub) \(device.names?.subsystem ?? "")")
        }
        add("Verdict", "结论", show.verdict.text.string(in: language))
        add("Refused because", "拒绝原因", show.refusal?.string(in: language))
        add("Host would lose", "主机将失去", Text.list(show.cost.map(\.text)).string(in: language))
        add("Driver", "驱动", device.driver ?? unknown("driver") ?? "-")
        if let details = device.details {
            add("Modules", "可用模块", details.modules?.joined(separator: ", ") ?? unknown("modules"))
            addVerbatim("driver_override", details.driverOverride)
            add(
                "IOMMU group",
                "IOMMU 组",
                device.group.map { "\($0)" + (show.groupType.map { " (\($0))" } ?? "") } ?? unknown("group") ?? "-"
            )
            add("Group mates", "同组成员", show.groupMates.map(\.description).joined(separator: ", "))
            add("Shared because", "同组原因", show.groupReason?.string(in: language))
            addPrediction(to: &table, language)
            add("Parents", "上级桥", details.parents?.map(\.description).joined(separator: " > ") ?? unknown("parents"))
            add(
                "Reset methods",
                "复位方法",
                show.resetMethods.map { $0.isEmpty ? "-" : $0.joined(separator: ", ") } ?? unknown("resetMethods")
            )
            add("Configuration space", "配置空间", details.configSize.map { "\($0)" } ?? unknown("configSize"))
            add("Capabilities", "能力", details.capabilities.map(capabilities) ?? unknown("capabilities"))
            add("Serial number", "序列号", details.capabilities?.serialNumber)
            add("PCIe link", "PCIe 链路", details.link.map(link))
            add("NUMA node", "NUMA 节点", details.numaNode.map(String.init))
            addVerbatim("ROM", details.rom.map(yesNo))
            add("Boot display", "启动显示", details.bootVGA.map(yesNo))
            addVerbatim(
                "SR-IOV",
                details.sriov.map { sriov in
                    sriov.enabled.map { "\($0)/\(sriov.total)" } ?? "?/\(sriov.total) "
                        + (unknown("sriov_numvfs") ?? "")
                }
            )
            add("VF of", "所属 PF", details.physicalFunction?.description)
            for resource in details.resources where resource.index < 7 {
                let kind =
                    resource.kind == .io
                    ? "I/O" : "mem\(resource.is64Bit ? "64" : "32")\(resource.prefetchable ? " pref" : "")"
                add(
                    resource.index == 6 ? "ROM BAR" : "BAR \(resource.index)",
                    resource.index == 6 ? "ROM BAR（扩展）" : "BAR \(resource.index)（资源）",
                    "\(resource.start) \(kind) \(size(resource.size))"
                )
            }
            for region in details.reservedRegions ?? [] {
                add("Reserved", "保留区域", "\(region.start)-\(region.end) \(region.type)")
            }
        }
        return table.lines
    }

    /// What is expected once the IOMMU is on.
    private func addPrediction(to table: inout Table, _ language: Language) {
        func add(_ name: Text, _ value: Text?) {
            if let value { table.add(name.string(in: language), value.string(in: language)) }
        }
        add(Text(en: "Predicted group", zh: "预测的组"), show.predictedWithoutGroup)
        guard let group = show.predictedGroup else { return }
        let mates = group.addresses.filter { $0 != show.device.address }.map(\.description)
        let shared =
            mates.isEmpty
            ? Text(en: "alone in its group", zh: "独占一组")
            : Text(
                en: "shared with \(mates.joined(separator: ", "))",
                zh: "与 \(mates.joined(separator: "、")) 同组"
            )
        add(
            Text(en: "Predicted group", zh: "预测的组"),
            shared + Text(verbatim: " (") + group.confidence.text + Text(verbatim: ")")
        )
        add(Text(en: "Shared because", zh: "同组原因"), group.explanation)
        let doubts = Text(
            en: group.doubts.map(\.en).joined(separator: "; "),
            zh: group.doubts.map(\.zh).joined(separator: "；")
        )
        add(Text(en: "Not certain because", zh: "不确定的原因"), group.doubts.isEmpty ? nil : doubts)
    }

    private func capabilities(_ capabilities: PCICapabilities) -> String {
        var names: [String] = []
        if let type = capabilities.portType { names.append("PCIe \(type.rawValue)") }
        if capabilities.flr { names.append("FLR") }
        if capabilities.msi { names.append("MSI") }
        if capabilities.msix { names.append("MSI-X") }
        if let acs = capabilities.acs { names.append("ACS \(acs.capability)/\(acs.control)") }
        if capabilities.ats { names.append("ATS") }
        if capabilities.sriov { names.append("SR-IOV") }
        if capabilities.ari { names.append("ARI") }
        if capabilities.pasid { names.append("PASID") }
        if capabilities.resizableBAR { names.append("ReBAR") }
        return names.isEmpty ? "-" : names.joined(separator: ", ")
    }

    private func link(_ link: PCILink) -> String {
        "\(link.speed ?? "?") x\(link.width.map(String.init) ?? "?") (max \(link.maximumSpeed ?? "?") x\(link.maximumWidth.map(String.init) ?? "?"))"
    }

    private func size(_ bytes: UInt64) -> String {
        for (shift, unit) in [(30, "GiB"), (20, "MiB"), (10, "KiB")]
        where bytes >> shift > 0 && bytes & (1 << shift - 1) == 0 {
            return "\(bytes >> shift) \(unit)"
        }
        return "\(bytes) B"
    }
}
