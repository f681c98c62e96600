import Inventory
import Wording

/// A rule that a request must pass.
protocol Guard: SendableMetatype {
    /// Stable for scripts: `management-network`.
    static var name: String { get }
    /// The levels that its findings can have, as `docs/safety.md` lists them.
    static var levels: [GuardLevel] { get }
    /// What the rule has against giving the wanted functions to a guest; empty when it lets them pass.
    static func findings(_ request: Request) -> [GuardFinding]
    /// What the rule has against taking the wanted functions back.
    static func releaseFindings(_ request: Request) -> [GuardFinding]
}

extension Guard {
    static func releaseFindings(_ request: Request) -> [GuardFinding] { [] }

    /// A finding about one function.
    ///
    /// - Parameter token: what the consent must name, when it is not the address.
    static func finding(
        _ level: GuardLevel,
        _ function: PCIFunction,
        token: String? = nil,
        _ message: Text,
        costs: [DeviceCost] = []
    ) -> GuardFinding {
        GuardFinding(
            guardName: name,
            level: level,
            device: function.address,
            token: token ?? function.address.description,
            message: message,
            costs: costs
        )
    }

    /// A finding about the whole machine, to which no device can be named.
    static func hostFinding(_ level: GuardLevel, _ message: Text) -> GuardFinding {
        GuardFinding(guardName: name, level: level, device: nil, token: "host", message: message, costs: [])
    }
}

/// Every rule, in the order in which they speak.
public enum Guards {
    static let all: [any Guard.Type] = [
        PlatformFunction.self,
        IsolationMissing.self,
        SystemStorage.self,
        ManagementNetwork.self,
        ConsoleDisplay.self,
        LastInput.self,
        SerialConsole.self,
        UplinkModem.self,
        ReservedMemory.self,
        InterruptRemappingMissing.self,
        ACSOverride.self,
        GroupMates.self,
        PartitionedDisk.self,
        BusyHolders.self,
        GuestDevices.self,
        MemoryBudget.self,
        VirtualFunctions.self,
        Reset.self,
        SharedInterrupt.self,
    ]

    /// The rules that need no more than what `passthru devices` reads: they judge by what hangs below a function.
    static let ofInventory: [any Guard.Type] = [
        PlatformFunction.self, IsolationMissing.self, SystemStorage.self, ManagementNetwork.self, ConsoleDisplay.self,
        LastInput.self, SerialConsole.self, UplinkModem.self, PartitionedDisk.self,
    ]

    /// The names of the rules that take a consent.
    public static var consentable: [String] { all.filter { $0.levels.contains(.consent) }.map { $0.name } }

    /// Every rule with the levels that its findings can have.
    public static var summary: [(name: String, levels: [GuardLevel])] { all.map { ($0.name, $0.levels) } }

    /// What all rules have against a request, refusals first.
    public static func findings(_ request: Request) -> [GuardFinding] {
        sorted(all.flatMap { $0.findings(request) })
    }

    /// What all rules have against giving functions back to the host, refusals first.
    public static func release(_ request: Request) -> [GuardFinding] {
        sorted(all.flatMap { $0.releaseFindings(request) })
    }

    /// What speaks against binding at boot what was judged when it was assigned: that the machine is another one now.
    public static func boot(_ request: Request) -> [GuardFinding] {
        let rules: [any Guard.Type] = [PlatformFunction.self, SystemStorage.self]
        return rules.flatMap { $0.findings(request) }.filter { $0.level == .refuse }
    }

    private static func sorted(_ found: [GuardFinding]) -> [GuardFinding] {
        found.filter { $0.level == .refuse } + found.filter { $0.level == .consent }
            + found.filter { $0.level == .warn }
    }
}
