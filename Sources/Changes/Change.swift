import Inventory
import Wording

/// One thing that passthru does to a machine.
public enum Change: Sendable, Hashable {
    /// Loads a kernel module with what it depends on. Has no inverse: a module that nobody uses does no harm.
    case loadModule(String)
    /// Writes `value` to an attribute of sysfs.
    case writeAttribute(path: String, value: String)
    /// Replaces a small file of passthru's own, or removes it when `content` is nil.
    case writeFile(path: String, content: String?)
}

/// What must be true after a change, read back from the kernel.
public enum Expectation: Sendable, Hashable {
    /// The function is bound to this driver; nil means to none.
    case driver(PCIAddress, String?)
    /// The function is bound to some driver other than `not`, or to none.
    case driverIsNot(PCIAddress, String)
    /// `driver_override` of the function; nil means empty.
    case driverOverride(PCIAddress, String?)
    case moduleLoaded(String)
}

/// A change in a plan: with what was there, what undoes it, and why.
public struct PlannedChange: Sendable, Hashable {
    public var change: Change
    public var before: String?
    public var after: String?
    public var inverse: [Change]
    public var expectation: Expectation?
    public var reason: Text

    public init(
        _ change: Change,
        before: String?,
        after: String?,
        inverse: [Change],
        expectation: Expectation? = nil,
        reason: Text
    ) {
        self.change = change
        self.before = before
        self.after = after
        self.inverse = inverse
        self.expectation = expectation
        self.reason = reason
    }
}

/// Which device a plan was made for: checked again before the first write, because an address can change its owner.
public struct Identity: Sendable, Hashable, Codable {
    public var address: PCIAddress
    public var vendor: HardwareID
    public var device: HardwareID

    public init(_ function: PCIFunction) {
        address = function.address
        vendor = function.vendor
        device = function.device
    }
}

/// Everything that one command is going to do, in order.
public struct Plan: Sendable, Hashable {
    public var identities: [Identity]
    public var changes: [PlannedChange]
    /// What the owner should know although nothing stands in the way.
    public var warnings: [Text]

    public init(identities: [Identity] = [], changes: [PlannedChange] = [], warnings: [Text] = []) {
        self.identities = identities
        self.changes = changes
        self.warnings = warnings
    }
}
