import Inventory
import Wording

/// Whether the kernel has the modules that hand devices to guests.
public enum VFIOModules: Check {
    public static let id = "vfio-modules"
    public static let title = Text(en: "vfio modules", zh: "vfio 模块")

    enum State: Equatable { case ready, loadable, missing, unknown }

    /// What assigning a device needs; the others come along with these.
    static let needed = ["vfio_pci", "vfio_iommu_type1"]

    static func state(_ host: Host) -> State {
        guard let kernel = host.kernel else { return .unknown }
        let states = needed.map { kernel.module($0).state }
        if states.contains(.absent) { return .missing }
        if states.contains(nil) { return .unknown }
        return states.contains(.loadable) ? .loadable : .ready
    }

    public static func answer(_ host: Host) -> Finding.Answer {
        guard let kernel = host.kernel else { return .unknown("not read") }
        let list = needed.map { kernel.module($0).state.text(of: $0) }
        let evidence = Text.list(list)
        switch state(host) {
        case .ready: return .ok(evidence)
        case .loadable:
            return Finding.Answer(
                verdict: .ok,
                evidence: evidence,
                remedy: Text(en: "`passthru assign` loads them.", zh: "`passthru assign` 会加载它们。"),
                actor: .passthru
            )
        case .unknown: return .unknown(kernel.unknown["modules"] ?? "not read")
        case .missing:
            return .problem(evidence, remedy: source(host, kernel.release ?? "-"), actor: .distribution)
        }
    }
}

extension VFIOModules {
    /// Where a system has the modules: the package, or the firmware.
    static func source(_ host: Host, _ release: String) -> Text {
        switch host.platform?.kind {
        case .istoreos?:
            Text(
                en: """
                    Install the packages kmod-vfio and kmod-vfio-pci for kernel \(release). iStoreOS 22.03 has them since \
                    the builds of 2024-02-18: with an older one, upgrade the firmware first.
                    """,
                zh: """
                    请为内核 \(release) 安装软件包 kmod-vfio 和 kmod-vfio-pci。iStoreOS 22.03 自 2024-02-18 的版本起才有：更旧的\
                    版本请先升级固件。
                    """
            )
        case .openwrt?:
            Text(
                en: """
                    Install the packages kmod-vfio and kmod-vfio-pci for kernel \(release); OpenWrt has them since 23.05.
                    """,
                zh: "请为内核 \(release) 安装软件包 kmod-vfio 和 kmod-vfio-pci；OpenWrt 自 23.05 起提供。"
            )
        case .debian?, .ubuntu?, .proxmox?:
            Text(
                en:
                    "They are in the kernel's own package: install linux-image-\(release) whole, or its -modules-extra.",
                zh: "它们在内核自己的软件包里：请完整安装 linux-image-\(release)，或其 -modules-extra 包。"
            )
        default:
            Text(
                en: "Install them for kernel \(release): on OpenWrt and iStoreOS the package kmod-vfio-pci.",
                zh: "请为内核 \(release) 安装它们：在 OpenWrt 和 iStoreOS 上是 kmod-vfio-pci 软件包。"
            )
        }
    }
}

extension KernelModule.State? {
    fileprivate func text(of name: String) -> Text {
        switch self {
        case .loaded?: Text(en: "\(name): loaded", zh: "\(name)：已加载")
        case .builtIn?: Text(en: "\(name): built in", zh: "\(name)：已编入内核")
        case .loadable?: Text(en: "\(name): installed, not loaded", zh: "\(name)：已安装，未加载")
        case .absent?: Text(en: "\(name): not installed", zh: "\(name)：未安装")
        case nil: Text(en: "\(name): unknown", zh: "\(name)：未知")
        }
    }
}
