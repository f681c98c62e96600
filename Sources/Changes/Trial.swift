import Inventory
import Wording

/// A boot that is tried once: unless it is confirmed, the boots after it are as before.
public struct Trial: Sendable, Hashable, Codable {
    /// The word on the kernel's line by which the boot knows that it is the trial: `passthru.trial=7`. The kernel takes it
    /// for a parameter of a module that is not there, and says nothing (kernel/module, unknown_module_param_cb).
    public var mark: String
    /// What comes after the confirmation: the words that passthru wants on the line, and whether the IOMMU is to be on.
    public var wanted: WantedLine
    /// What must hold for `holdSeconds` without a break; then the trial confirms itself.
    public var checks: [HealthCheck]
    public var holdSeconds: Int
    /// Seconds after the start of the boot service within which that must have come true; then the machine restarts.
    public var patienceSeconds: Int

    public init(
        mark: String,
        wanted: WantedLine,
        checks: [HealthCheck],
        holdSeconds: Int,
        patienceSeconds: Int
    ) {
        self.mark = mark
        self.wanted = wanted
        self.checks = checks
        self.holdSeconds = holdSeconds
        self.patienceSeconds = patienceSeconds
    }

    /// The mark of a transaction's trial.
    public static func mark(_ transaction: Int) -> String { "passthru.trial=\(transaction)" }

    /// What the trial's line has beside the mark: a kernel that panics restarts by itself after so many seconds
    /// (Documentation/admin-guide/kernel-parameters.txt, "panic=").
    public static let panicArgument = "panic=30"
}

/// What passthru wants on the kernel's line.
public struct WantedLine: Sendable, Hashable, Codable {
    /// Whether `passthru iommu on` asked for it, or `off`.
    public var isOn: Bool
    /// Words, each as it stands on a kernel line.
    public var arguments: [String]
    /// Whether the failsafe entry of the menu stays without them.
    public var leavesFailsafeAlone: Bool

    public init(isOn: Bool, arguments: [String], leavesFailsafeAlone: Bool = false) {
        self.isOn = isOn
        self.arguments = arguments
        self.leavesFailsafeAlone = leavesFailsafeAlone
    }
}

/// Something that must be as it was before the trial.
public enum HealthCheck: Sendable, Hashable, Codable {
    /// An interface with a link has a default route.
    case uplink
    /// The bridge is up and has an address.
    case bridge(String)
    /// The interface has a link and an address.
    case interface(String)
    /// An SSH server answers on the port of this machine.
    case ssh(port: Int)

    public var text: Text {
        switch self {
        case .uplink: Text(en: "the uplink (a link and a default route)", zh: "上联（有链路和默认路由）")
        case .bridge(let name): Text(en: "the bridge \(name)", zh: "网桥 \(name)")
        case .interface(let name): Text(en: "the interface \(name)", zh: "接口 \(name)")
        case .ssh(let port): Text(en: "SSH answering on port \(port)", zh: "SSH 在端口 \(port) 上应答")
        }
    }
}

/// What happened to a trial, as the journal has it.
public enum TrialEvent: Sendable, Hashable, Codable {
    /// The boot service ran in the trial; the kernel's boot_id of that boot.
    case booted(boot: String?)
    /// The trial was given up, and the machine restarts.
    case failed(reason: Text)
}
