import Formats
import Inventory
import Wording

/// A word that belongs on the kernel command line of a host, and why.
public struct WantedArgument: Sendable, Hashable, Codable {
    public var word: String
    public var reason: Text

    public init(_ word: String, _ reason: Text) {
        self.word = word
        self.reason = reason
    }
}

/// What passthrough needs on the kernel command line of one host, and nothing that its kernel ignores.
public enum WantedArguments: Sendable, Hashable {
    /// These words, in this order.
    case wanted([WantedArgument])
    /// No word helps or is needed: why.
    case nothing(Text)
    /// It cannot be told: why.
    case unknown(Text)

    /// The words; none where none is needed, and none where it cannot be told.
    public var words: [WantedArgument] {
        if case .wanted(let words) = self { words } else { [] }
    }

    /// What `passthru iommu on` puts on the line; see ``iommu(for:devices:)`` for why there may be nothing.
    public static func arguments(for host: Host) -> [WantedArgument] { iommu(for: host).words }

    /// The arguments that switch the IOMMU on.
    ///
    /// The firmware's table decides the maker (DMAR or IVRS), never the name of the processor.
    /// - Parameter devices: the functions in question; nil for any that may come.
    public static func iommu(for host: Host, devices: [PCIAddress]? = nil) -> WantedArguments {
        guard let firmware = host.firmware, firmware.tables != nil || firmware.iommuKind != nil else {
            return unread(host.firmware?.unknown["tables"])
        }
        guard let kind = firmware.iommuKind else {
            return .nothing(
                Text(
                    en: "the firmware describes no IOMMU (neither DMAR nor IVRS): switch it on there first",
                    zh: "固件没有描述 IOMMU（没有 DMAR 或 IVRS）：请先在固件中开启"
                )
            )
        }
        let option = kind == .intel ? "INTEL_IOMMU" : "AMD_IOMMU"
        if host.kernel?.config?[option] == "n" {
            return .nothing(
                Text(
                    en: "this kernel was built without \(option): no argument switches it on",
                    zh: "当前内核编译时没有 \(option)：任何参数都无法开启"
                )
            )
        }
        var words: [WantedArgument] = []
        if kind == .intel, let reason = needOfIntel(host, devices) {
            words.append(WantedArgument("intel_iommu=on", reason))
        }
        if host.kernel?.config?["IOMMU_DEFAULT_PASSTHROUGH"] != "y" {
            words.append(
                WantedArgument(
                    "iommu=pt",
                    Text(
                        en: "devices that stay with the host are mapped one to one and lose no speed",
                        zh: "留在主机的设备直接映射，不损失速度"
                    )
                )
            )
        }
        guard !words.isEmpty else {
            return .nothing(
                Text(en: "this kernel switches everything on by itself", zh: "当前内核会自动开启全部所需功能")
            )
        }
        return .wanted(words)
    }

    /// Why intel_iommu=on is needed; nil when this kernel does without for the devices in question.
    private static func needOfIntel(_ host: Host, _ devices: [PCIAddress]?) -> Text? {
        let config = host.kernel?.config
        if config?["INTEL_IOMMU_DEFAULT_ON"] == "y" { return nil }
        if config?["INTEL_IOMMU_DEFAULT_ON_INTGPU_OFF"] == "y" {
            guard leavesOutAny(of: devices, host) else { return nil }
            return Text(
                en: "this kernel switches VT-d on by itself, but leaves out the integrated GPU",
                zh: "当前内核会自动开启 VT-d，但不包括集成显卡"
            )
        }
        guard config?["INTEL_IOMMU_DEFAULT_ON"] != nil else {
            return Text(
                en: "VT-d is described by the firmware (DMAR), and whether this kernel switches it on is not known",
                zh: "固件描述了 VT-d（DMAR），但不知道当前内核是否会自动开启"
            )
        }
        return Text(
            en: "VT-d is described by the firmware (DMAR), and this kernel does not switch it on by itself",
            zh: "固件描述了 VT-d（DMAR），而当前内核不会自动开启"
        )
    }

    /// Whether an integrated GPU of Intel is meant, or may be. It sits on the root bus; cards sit behind a port.
    private static func leavesOutAny(of devices: [PCIAddress]?, _ host: Host) -> Bool {
        guard let functions = host.pci?.functions else { return true }
        return functions.contains { function in
            function.class.isDisplay && function.vendor.value == 0x8086 && function.address.bus == 0
                && devices?.contains(function.address) != false
        }
    }

    static func unread(_ why: String?) -> WantedArguments {
        let why = why ?? "not read"
        return .unknown(Text(en: "could not be measured (\(why))", zh: "无法测量（\(Text(reason: why).zh)）"))
    }
}
