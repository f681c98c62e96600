import Inventory
import Wording

/// Whether what a message says is so on a host now.
public enum Confirmed: String, Sendable, Codable, Hashable {
    case yes, no, unknown
}

/// What a message is about, and everything that a probe may look at.
public struct ProbeSubject: Sendable {
    public var host: Host
    public var facts: TroubleFacts
    public var address: PCIAddress?
    public var captures: [String: String]

    public init(host: Host, facts: TroubleFacts, address: PCIAddress?, captures: [String: String]) {
        self.host = host
        self.facts = facts
        self.address = address
        self.captures = captures
    }

    /// The device that the message names, where it is here.
    var function: PCIFunction? { address.flatMap(host.function) }

    /// The IOMMU group that the message names, or its device is in.
    var group: Int? { captures["group"].flatMap(Int.init) ?? function?.group }

    func number(_ capture: String) -> Int? { captures[capture].flatMap(Int.init) }

    /// A number that a message writes in hexadecimal, with or without 0x.
    func hexadecimal(_ capture: String) -> UInt32? {
        captures[capture].flatMap { text in
            UInt32(text.hasPrefix("0x") ? String(text.dropFirst(2)) : text, radix: 16)
        }
    }
}

/// One small question about what a message names: a device, a group, a file, a module.
///
/// Other than a ``Check`` it has no meaning without a message. A probe that could not measure says unknown, never no.
public protocol Probe: SendableMetatype {
    /// Stable name for the data: `device-absent`, or `argument:iommu=off`, whose second part is the probe's `argument`.
    static var id: String { get }
    static func answer(_ subject: ProbeSubject, argument: String) -> ProbeAnswer
}

/// What a probe or a check says of a message.
public struct ProbeAnswer: Sendable, Hashable {
    public var confirmed: Confirmed
    public var evidence: Text

    static func yes(_ evidence: Text) -> ProbeAnswer { ProbeAnswer(confirmed: .yes, evidence: evidence) }
    static func no(_ evidence: Text) -> ProbeAnswer { ProbeAnswer(confirmed: .no, evidence: evidence) }

    static func unknown(_ why: String) -> ProbeAnswer {
        ProbeAnswer(
            confirmed: .unknown,
            evidence: Text(en: "could not be checked (\(why))", zh: "无法检查（\(Text(reason: why).zh)）")
        )
    }

    static func unknown(_ evidence: Text) -> ProbeAnswer { ProbeAnswer(confirmed: .unknown, evidence: evidence) }

    static func of(_ isSo: Bool, _ evidence: Text) -> ProbeAnswer { isSo ? .yes(evidence) : .no(evidence) }

    static let noDevice = unknown(Text(en: "the text names no device", zh: "文本中没有指明设备"))
    static let noGroup = unknown(Text(en: "the text names no group", zh: "文本中没有指明 IOMMU 组"))
}

/// Every probe, by what it looks at.
public enum Probes {
    public static let all: [any Probe.Type] = [
        DeviceAbsent.self, DeviceNotVFIO.self, DeviceOnVFIO.self, DeviceNotBound.self, DeviceWithoutGroup.self,
        DeviceIsBridge.self, DeviceDead.self, BootDisplay.self, FrameBufferThere.self, IntegratedGraphics.self,
        NoReset.self, BusResetOnly.self, SharedLine.self, LinkSlow.self, GuestHolds.self,
        GroupNotViable.self, GroupShared.self, GroupNodeMissing.self, GroupBusy.self, ReservedMemoryThere.self,
        VirtualFunctionsOn.self, NoVirtualFunctions.self, NotVirtual.self, PhysicalOnVFIO.self,
        USBAbsent.self, USBAmbiguous.self, USBInUse.self, USBControllerAway.self, USBAny.self,
        MemoryLockLow.self, MemoryLow.self, NoHugepages.self,
        ArgumentGiven.self, ModuleAbsent.self, ModuleParameter.self, KernelSince.self, ConfigWithout.self,
        SecureBootOn.self, MachineIsGuest.self, PathMissing.self,
        TranslatedDomains.self, InterruptsOnOneCPU.self,
    ]

    /// The parts of a host that probes look at, beside those of the checks.
    public static let parts: Host.Parts = [.usb, .memory, .holders, .guests, .unsafeModes]

    static func named(_ name: Substring) -> (any Probe.Type)? { all.first { $0.id == name } }

    /// Whether `name` is a check, or a probe with or without an argument.
    public static func isKnown(_ name: String) -> Bool {
        let parts = name.split(separator: ":", maxSplits: 1)
        return Checks.all.contains { $0.id == name } || parts.first.flatMap(named) != nil
    }
}
