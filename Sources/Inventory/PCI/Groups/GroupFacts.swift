internal import Formats
internal import Wording

/// What of a machine, beside its functions, decides over groups.
struct GroupFacts: Sendable {
    var quirks: GroupQuirks?
    var kernel: KernelVersion?
    var parameters: ACSParameters
    var firmware: Firmware?
    /// `intel_iommu=igfx_off`.
    var leavesOutGraphics: Bool
    var doubts: [GroupDoubt] = []

    init(_ host: Host) {
        quirks = GroupQuirks.builtIn
        kernel = host.kernel?.version
        let arguments = host.kernel?.arguments
        parameters = ACSParameters(arguments)
        firmware = host.firmware
        leavesOutGraphics = arguments?.intelIOMMU.leavesOutGraphics ?? false

        if let kernel, let newest = GroupQuirks.read.last, kernel > newest {
            doubts.append(
                GroupDoubt(
                    en: "this kernel, \(kernel), is newer than those whose rules are known (up to \(newest))",
                    zh: "此内核 \(kernel) 比规则已知的内核（至 \(newest)）更新"
                )
            )
        } else if let kernel, let oldest = GroupQuirks.read.first, kernel < oldest {
            doubts.append(
                GroupDoubt(
                    en: "this kernel, \(kernel), is older than those whose rules are known (from \(oldest))",
                    zh: "此内核 \(kernel) 比规则已知的内核（自 \(oldest) 起）更旧"
                )
            )
        } else if kernel == nil {
            doubts.append(GroupDoubt(en: "the kernel's version is not known", zh: "内核版本未知"))
        }
        if firmware?.dmar == nil, firmware?.ivrs == nil {
            let isSilent = firmware?.tables.map { !$0.contains("DMAR") && !$0.contains("IVRS") } ?? false
            doubts.append(
                isSilent
                    ? GroupDoubt(
                        en: "the firmware describes no IOMMU yet: the one that it will may leave devices out",
                        zh: "固件尚未描述 IOMMU：将来的描述可能不包含某些设备"
                    )
                    : GroupDoubt(
                        en: "the firmware's table of the IOMMU could not be read: it may leave devices out",
                        zh: "无法读取固件的 IOMMU 表：它可能不包含某些设备"
                    )
            )
        }
        if arguments == nil {
            doubts.append(GroupDoubt(en: "the kernel's command line could not be read", zh: "无法读取内核命令行"))
        } else if arguments?.acsOverride != nil {
            doubts.append(
                GroupDoubt(
                    en: "pcie_acs_override makes a patched kernel split groups that the hardware does not keep apart",
                    zh: "pcie_acs_override 会让打过补丁的内核拆分硬件并未隔离的组"
                )
            )
        }
        if quirks == nil { doubts.append(GroupDoubt(en: "the table of quirks could not be read", zh: "无法读取特例表")) }
    }

    /// Whether the running kernel has a quirk: nil for no; a doubt where it was not among those that were read.
    func applies(_ devices: GroupQuirks.Devices) -> GroupConfidence? {
        guard let kernel else { return .likely }
        guard let since = devices.since else { return .certain }
        if kernel >= since { return .certain }
        guard let before = GroupQuirks.read.last(where: { $0 < since }) else { return .likely }
        return kernel <= before ? nil : .likely
    }
}

/// Something about the machine as a whole that makes every prediction no more than likely.
typealias GroupDoubt = Text
