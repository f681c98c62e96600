import Inventory
import Wording

/// Whether devices of this host can be handed over, and if not, why not.
public struct ReadinessReport: Sendable, Hashable {
    public enum Ready: String, Sendable, Codable { case yes, no, unknown }

    /// The one reason that comes first; what a script should branch on.
    public enum Reason: String, Sendable, Codable, CaseIterable {
        case none
        case firmwareOff = "firmware-off"
        case kernelWithout = "kernel-without"
        case switchedOff = "switched-off"
        case argumentMissing = "argument-missing"
        case notBooted = "not-booted"
        case moduleMissing = "module-missing"
        case container
        case unknown
    }

    public var ready: Ready
    public var reason: Reason
    public var findings: [Finding]

    public init(_ host: Host) {
        findings = Checks.all.filter { $0.applies(to: host) }.map { $0.finding(host) }
        (ready, reason) = Self.judge(host)
    }

    /// The first obstacle on the way from the firmware to vfio decides; one that cannot be seen makes the answer unknown.
    private static func judge(_ host: Host) -> (Ready, Reason) {
        let modules = VFIOModules.state(host)
        let iommu = IOMMUDiagnosis(host)
        if host.container?.isContainer == true, iommu != .active || modules != .ready || !VFIONodes.areThere(host) {
            return (.no, .container)
        }
        switch iommu {
        case .obstacle(let reason): return (.no, reason)
        case .unknown: return (.unknown, .unknown)
        case .active: break
        }
        switch InterruptRemapping.state(host) {
        case .on, .unsafeAllowed: break
        case .off(let reason): return (.no, reason)
        case .unknown: return (.unknown, .unknown)
        }
        switch modules {
        case .ready, .loadable: return (.yes, .none)
        case .missing: return (.no, .moduleMissing)
        case .unknown: return (.unknown, .unknown)
        }
    }
}

extension ReadinessReport.Reason {
    /// The reason as a sentence.
    public var sentence: Text {
        switch self {
        case .none:
            Text(en: "Nothing stands in the way.", zh: "没有障碍。")
        case .firmwareOff:
            Text(
                en: "The firmware (BIOS) has it switched off, or the machine cannot do it.",
                zh: "固件（BIOS）中未开启，或机器不支持。"
            )
        case .kernelWithout:
            Text(en: "This kernel was built without it.", zh: "当前内核编译时没有包含该功能。")
        case .switchedOff:
            Text(en: "A kernel argument switches it off.", zh: "内核参数把它关闭了。")
        case .argumentMissing:
            Text(en: "The kernel argument that switches it on is missing.", zh: "缺少开启它的内核参数。")
        case .notBooted:
            Text(
                en: "The saved boot configuration switches it on, but the machine has not been booted with it.",
                zh: "启动配置中已写入，但机器还没有用它启动。"
            )
        case .moduleMissing:
            Text(en: "The vfio modules are not installed for this kernel.", zh: "没有安装当前内核的 vfio 模块。")
        case .container:
            Text(
                en: "This is a container: ask on the host that runs it.",
                zh: "这里是容器：请在运行它的主机上检查。"
            )
        case .unknown:
            Text(en: "Something that decides could not be measured.", zh: "有决定性的项目无法测量。")
        }
    }
}
