import Inventory
import Machine
import Wording

/// One thing that passthru does to a machine.
public enum Change: Sendable, Hashable, Codable {
    /// Loads a kernel module with what it depends on. Has no inverse: a module that nobody uses does no harm.
    case loadModule(String)
    /// Writes `value` to an attribute of sysfs.
    case writeAttribute(path: String, value: String)
    /// Replaces a file, or removes it when `content` is nil. A new one gets `mode`, an existing one keeps its own. What
    /// was there is kept in the journal and comes back with its owner, time and attributes.
    case writeFile(path: String, content: FileContent?, mode: UInt32 = 0o644)
    /// Makes a symbolic link, lets it lead elsewhere, or removes it when `target` is nil.
    case writeLink(path: String, target: String?)
    /// Runs a program of the machine, by its absolute path and without a shell; 0 is success. `input` is what it finds at
    /// `/dev/stdin`, `place` the container in which it is and runs; without one it is the host's.
    case runProgram(path: String, arguments: [String], input: FileContent? = nil, place: RunnerPlace? = nil)
    /// Gives a program the new text of a document that it keeps. What it kept before is in the journal and comes back,
    /// unless somebody else changed the document since.
    case writeDocument(ProgramDocument, content: FileContent)
}

/// A document that a program keeps and may write in its own way: a domain of libvirt.
public struct ProgramDocument: Sendable, Hashable, Codable {
    /// What people call it: `domain win11`.
    public var name: String
    public var program: String
    /// The arguments with which it prints the document.
    public var reading: [String]
    /// The arguments with which it takes a new one from `/dev/stdin`.
    public var writing: [String]
    /// The container in which the program is; nil for the host.
    @Nullable public var place: RunnerPlace?

    public init(name: String, program: String, reading: [String], writing: [String], place: RunnerPlace?) {
        self.name = name
        self.program = program
        self.reading = reading
        self.writing = writing
        self.place = place
    }
}

extension Change {
    /// How a function that has no driver gets its own one, and after that `override` (nil: an empty one).
    ///
    /// The driver is named while it is bound: where `sriov_drivers_autoprobe` of the physical function is 0, the kernel
    /// lets a virtual one have a driver only when `driver_override` names it (pci_device_can_probe(), since Linux 5.3), for
    /// `bind` as for `drivers_probe`. No other driver that matches can take the function meanwhile either.
    public static func goHome(_ address: PCIAddress, to driver: String, override: String? = nil) -> [Change] {
        let path = "\(PCIInventory.root)/\(address)/driver_override"
        return [
            .writeAttribute(path: path, value: driver),
            .writeAttribute(path: "/sys/bus/pci/drivers/\(driver)/bind", value: "\(address)"),
            .writeAttribute(path: path, value: override ?? "\n"),
        ]
    }

    /// Inverses of an assignment as release 0.1.0 wrote them into journals, which put the override back first and bind
    /// then, as ``goHome(_:to:override:)`` has them; all others as they are.
    public static func goingHome(_ inverse: [Change]) -> [Change] {
        guard inverse.count == 2, case .writeAttribute(let path, let override) = inverse[0],
            case .writeAttribute(let bind, let value) = inverse[1], let address = PCIAddress(value),
            path == "\(PCIInventory.root)/\(address)/driver_override",
            let driver = bind.removing(prefix: "/sys/bus/pci/drivers/", suffix: "/bind"), driver != "vfio-pci"
        else { return inverse }
        return goHome(address, to: driver, override: override)
    }
}

extension String {
    fileprivate func removing(prefix: String, suffix: String) -> String? {
        guard hasPrefix(prefix), hasSuffix(suffix), utf8.count > prefix.utf8.count + suffix.utf8.count else {
            return nil
        }
        return String(dropFirst(prefix.count).dropLast(suffix.count))
    }
}

/// What must be true after a change, read back from the kernel.
public enum Expectation: Sendable, Hashable, Codable {
    /// The function is bound to this driver; nil means to none.
    case driver(PCIAddress, String?)
    /// The function is bound to some driver other than `not`, or to none.
    case driverIsNot(PCIAddress, String)
    /// `driver_override` of the function; nil means empty.
    case driverOverride(PCIAddress, String?)
    /// An attribute reads as this.
    case attribute(path: String, value: String)
    case moduleLoaded(String)
    /// The device in this folder of sysfs is bound to this driver; nil means to none. For other buses than PCI.
    case deviceDriver(folder: String, String?)
    /// A file has this text somewhere: what a program wrote.
    case fileContains(path: String, text: String)
    /// A program, such as one that prints a guest's configuration, ends well, and its output has every text of `contains`
    /// and none of `lacks`.
    case programSays(
        path: String,
        arguments: [String],
        place: RunnerPlace? = nil,
        contains: [String] = [],
        lacks: [String] = []
    )
}

/// A change in a plan: with what was there, what undoes it, and why.
public struct PlannedChange: Sendable, Hashable, Codable {
    public var change: Change
    /// What was there.
    @Nullable public var before: String?
    /// Of a file all that was in it, which must still be there when the change is made; null when there was none.
    @Nullable public var original: FileContent?
    @Nullable public var after: String?
    /// Files that the program writes: they are kept in the journal, and come back from there.
    public var generates: [String] = []
    /// Whether undoing ends with running the program once more, because what it makes cannot be kept.
    public var isRepeatedAfterUndo = false
    /// What undoes the change. Empty for a file, which comes back from the journal.
    public var inverse: [Change]
    @Nullable public var expectation: Expectation?
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

    /// A symbolic link that is made, leads elsewhere, or goes.
    public static func link(_ path: String, before: String?, after: String?, reason: Text) -> PlannedChange {
        PlannedChange(
            .writeLink(path: path, target: after),
            before: before,
            after: after,
            inverse: [.writeLink(path: path, target: before)],
            reason: reason
        )
    }

    /// A program that makes files out of others.
    ///
    /// - Parameters:
    ///   - input: what it finds at `/dev/stdin`.
    ///   - place: the container in which it is and runs; nil for the host.
    ///   - generates: the files that it writes, where they are small enough to be kept.
    ///   - isRepeatedAfterUndo: whether it must run once more when the files that it reads are back.
    public static func program(
        _ path: String,
        _ arguments: [String] = [],
        input: FileContent? = nil,
        place: RunnerPlace? = nil,
        generates: [String] = [],
        isRepeatedAfterUndo: Bool = false,
        inverse: [Change] = [],
        expectation: Expectation? = nil,
        reason: Text
    ) -> PlannedChange {
        var planned = PlannedChange(
            .runProgram(path: path, arguments: arguments, input: input, place: place),
            before: nil,
            after: nil,
            inverse: inverse,
            expectation: expectation,
            reason: reason
        )
        planned.generates = generates
        planned.isRepeatedAfterUndo = isRepeatedAfterUndo
        return planned
    }

    /// A document that a program keeps.
    public static func document(
        _ document: ProgramDocument,
        before: FileContent,
        after: FileContent,
        reason: Text
    ) -> PlannedChange {
        var planned = PlannedChange(
            // Neither text is shown as a whole: it may hold passwords, and the difference says it.
            .writeDocument(document, content: after),
            before: nil,
            after: nil,
            inverse: [],
            reason: reason
        )
        planned.original = before
        return planned
    }

    /// A text file that gets a new content, or goes.
    public static func textFile(_ path: String, before: String?, after: String?, reason: Text) -> PlannedChange {
        .file(path, before: before.map { FileContent($0) }, after: after.map { FileContent($0) }, reason: reason)
    }

    /// A file that gets a new content, or goes.
    public static func file(
        _ path: String,
        before: FileContent?,
        after: FileContent?,
        mode: UInt32 = 0o644,
        reason: Text
    ) -> PlannedChange {
        var planned = PlannedChange(
            .writeFile(path: path, content: after, mode: mode),
            before: before?.text,
            after: after?.text,
            inverse: [],
            reason: reason
        )
        planned.original = before
        return planned
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
public struct Plan: Sendable, Hashable, Codable {
    public var identities: [Identity]
    public var changes: [PlannedChange]
    /// What is done once everything was undone in the boot in which it was done, such as restarting the network.
    public var afterUndo: [PlannedChange]
    /// What the owner should know although nothing stands in the way.
    public var warnings: [Text]
    /// Whether the owner consented to a guard's finding: then access may be lost, and the plan reverts unless it is
    /// confirmed.
    public var needsConfirmation: Bool
    /// What is tried at the next boot; null when the plan holds at once.
    @Nullable public var trial: Trial?
    /// What the confirmation of a trial will do, for the owner to see: it is planned anew when it comes.
    public var afterConfirmation: [PlannedChange] = []

    public init(
        identities: [Identity] = [],
        changes: [PlannedChange] = [],
        afterUndo: [PlannedChange] = [],
        warnings: [Text] = [],
        needsConfirmation: Bool = false
    ) {
        self.identities = identities
        self.changes = changes
        self.afterUndo = afterUndo
        self.warnings = warnings
        self.needsConfirmation = needsConfirmation
    }
}

extension Change {
    /// The function that the change is about; nil for what concerns none, or all.
    public var device: PCIAddress? {
        switch self {
        case .loadModule, .runProgram, .writeDocument: nil
        case .writeAttribute(let path, let value):
            PCIAddress(value) ?? path.split(separator: "/").lazy.compactMap { PCIAddress($0) }.first
        case .writeLink: nil
        case .writeFile(let path, _, _): path.split(separator: "/").last.flatMap { PCIAddress($0) }
        }
    }

    /// The change as a shell would do it.
    public var sentence: String {
        switch self {
        case .loadModule(let name): "modprobe \(name)"
        case .writeAttribute(let path, let value): "echo \(value == "\n" ? "" : value + " ")> \(path)"
        case .writeFile(let path, let content, _): content == nil ? "rm \(path)" : "write \(path)"
        case .writeLink(let path, let target): target.map { "ln -sfn \($0) \(path)" } ?? "rm \(path)"
        case .runProgram(let path, let arguments, _, let place):
            ([path] + arguments).joined(separator: " ") + (place.map { "  # in \($0.container)" } ?? "")
        case .writeDocument(let document, _): ([document.program] + document.writing).joined(separator: " ")
        }
    }
}
