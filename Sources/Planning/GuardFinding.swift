import Inventory
import Wording

/// How far a guard goes.
public enum GuardLevel: String, Sendable, Codable, Comparable, CaseIterable {
    /// The owner should know.
    case warn
    /// Goes on only when the owner says yes to this very finding: `--consent GUARD=DEVICE`, or typed at the prompt.
    case consent
    /// No flag overrides it.
    case refuse

    public static func < (left: GuardLevel, right: GuardLevel) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .warn: 0
        case .consent: 1
        case .refuse: 2
        }
    }
}

/// What a guard found in a request.
public struct GuardFinding: Sendable, Hashable, Encodable {
    /// The guard's name, stable for scripts: `group-mates`, `platform-function` …
    public var guardName: String
    public var level: GuardLevel
    /// The function in question; null when the finding concerns the whole machine.
    @Nullable public var device: PCIAddress?
    /// What `--consent` must name beside the guard: the function's address, or the serial number of a disk.
    public var token: String
    /// What is the case, and what to do about it.
    public var message: Text
    /// What each device in question would cost the host.
    public var costs: [DeviceCost]

    /// `management-network=0000:01:00.0`
    public var consent: Consent { Consent(guardName: guardName, token: token) }

    private enum CodingKeys: String, CodingKey {
        case guardName = "guard", level, device, token, message, costs
    }
}

/// A function and what the host loses with it.
public struct DeviceCost: Sendable, Hashable, Encodable {
    public var address: PCIAddress
    public var name: String
    @Nullable public var driver: String?
    public var cost: Text

    public init(address: PCIAddress, name: String, driver: String?, cost: Text) {
        self.address = address
        self.name = name
        self.driver = driver
        self.cost = cost
    }
}

/// The owner's yes to one finding, `GUARD=DEVICE`.
public struct Consent: Sendable, Hashable, CustomStringConvertible {
    public var guardName: String
    public var token: String

    public init(guardName: String, token: String) {
        self.guardName = guardName
        self.token = token
    }

    /// - Parameter text: `management-network=0000:01:00.0`, the address also without its domain, or
    ///   `partitioned-disk=SERIAL`. Nil when it has no such form or names no guard that takes one.
    public init?(_ text: String) {
        guard let sign = text.firstIndex(of: "=") else { return nil }
        let name = String(text[..<sign])
        let token = String(text[text.index(after: sign)...])
        guard Guards.consentable.contains(name), !token.isEmpty else { return nil }
        self.init(guardName: name, token: PCIAddress(token)?.description ?? token)
    }

    public var description: String { "\(guardName)=\(token)" }
}
