import Changes
import Formats
import Inventory
import Machine
import Planning
import Platforms
import Transactions
import Wording

/// `passthru verify`: what is wanted beside what the boot loader has, what was booted, and what the kernel made of it.
public struct Verify: Sendable, Encodable {
    public let schema = "passthru/verify/1"
    /// Every difference; empty when all is as wanted.
    public var items: [Item]
    /// The transaction that repaired what was lost; null when there was none.
    @Nullable public var repair: Int?
    public var unknown: [String: String] = [:]

    /// One difference.
    public struct Item: Sendable, Encodable, Hashable {
        public enum Kind: String, Sendable, Encodable {
            /// A word that the boot loader's files do not have.
            case configured
            /// A word that this kernel was not started with.
            case booted
            /// No IOMMU groups, though the words are there.
            case groups
            /// A device that is not where it is wanted.
            case device
            /// A script that the start of a guest needs.
            case hook
        }

        public var kind: Kind
        public var what: String
        public var message: Text
    }

    public var status: ExitStatus { items.isEmpty ? .ok : .no }

    public static func run(_ machine: Machine) throws(Failure) -> Verify {
        try look(machine, WantedFile.read(machine)).verify
    }

    /// Puts back what an upgrade took out of the boot loader's files, and tells every other difference.
    static func repair(_ machine: Machine) throws(Failure) -> Verify {
        let file = try WantedFile.read(machine)
        var (verify, missing) = try look(machine, file)
        guard let iommu = file.state.iommu, iommu.isEnabled, !missing.isEmpty else { return verify }
        // An upgrade loses all that passthru wrote; one word that is gone was taken out by the owner, who may have had to.
        let booted = KernelCommandLine(machine.textIfAny("/proc/cmdline") ?? "")
        guard !iommu.own.isEmpty, iommu.own.allSatisfy(missing.contains), !booted.contains("passthru.bind") else {
            return verify
        }
        let transaction = Transaction(on: machine)
        let lock = try Execution.take(transaction.journal)
        defer { withExtendedLifetime(lock) {} }
        // What a trial changes is not for the repair.
        guard try History.entries(transaction.journal).allSatisfy({ $0.trialPhase(on: machine) == nil }) else {
            return verify
        }
        let wanted = WantedLine(isOn: true, arguments: iommu.arguments)
        let line = try LineChange(to: wanted, machine, Host.read(machine, IOMMUSwitch.parts))
        guard line.contradiction == nil else { return verify }
        let plan = Plan(changes: try line.permanent().changes)
        guard !plan.changes.isEmpty else { return verify }
        do {
            verify.repair = try machine.uninterrupted { () throws(TransactionFailure) -> Int in
                try transaction.apply(plan, verb: "repair").id
            }
        } catch {
            throw Failure(error)
        }
        return verify
    }

    private static func look(_ machine: Machine, _ file: WantedFile) throws(Failure) -> (
        verify: Verify, missing: [String]
    ) {
        var verify = Verify(items: [])
        let host = Host.read(machine, IOMMUSwitch.parts)
        var missing: [String] = []
        if let iommu = file.state.iommu, iommu.isEnabled {
            missing = verify.compare(iommu.arguments, host, machine)
        }
        for assignment in file.state.assignments {
            let address = assignment.identity.address
            guard let function = host.function(address) else {
                verify.add(.device, "\(address)", Text(en: "is not there", zh: "不存在"))
                continue
            }
            if assignment.handOver == nil, function.driver != "vfio-pci" {
                verify.add(
                    .device,
                    "\(address)",
                    Text(
                        en: "is with \(function.driver ?? "no driver"), not with vfio-pci",
                        zh: "的驱动为 \(function.driver ?? "无")，而不是 vfio-pci"
                    )
                )
            }
        }
        for hook in GuestHandOver.hooks(file.state, machine) {
            if let problem = hook.problem { verify.items.append(Item(kind: .hook, what: hook.path, message: problem)) }
            if let doubt = hook.doubt { verify.unknown[hook.path] = doubt.en }
        }
        return (verify, missing)
    }

    private mutating func add(_ kind: Item.Kind, _ what: String, _ rest: Text) {
        items.append(Item(kind: kind, what: what, message: Text(verbatim: what + " ") + rest))
    }

    /// - Returns: the words that the boot loader's files lack.
    private mutating func compare(_ words: [String], _ host: Host, _ machine: Machine) -> [String] {
        var missing: [String] = []
        let platform = host.boot?.loader.flatMap { BootPlatforms.find(machine, loader: $0) }
        if let platform, let saved = platform.savedLine {
            missing = saved.missing(words)
            for word in missing {
                add(
                    .configured,
                    word,
                    Text(en: "is missing in \(platform.title.en)", zh: "不在\(platform.title.zh)中")
                )
            }
        } else {
            unknown["configured"] = "the boot loader's line could not be read"
        }
        guard let text = machine.textIfAny("/proc/cmdline") else {
            unknown["booted"] = "/proc/cmdline could not be read"
            return missing
        }
        let lacking = KernelCommandLine(text).missing(words)
        for word in lacking {
            add(
                .booted,
                word,
                Text(en: "is not on the line of this boot: restart the machine", zh: "不在本次启动的命令行中：请重启机器")
            )
        }
        if lacking.isEmpty, host.isIOMMUActive == false {
            add(
                .groups,
                "/sys/kernel/iommu_groups",
                Text(
                    en: "is empty although the arguments were booted: passthru doctor says why",
                    zh: "为空，尽管参数已生效：passthru doctor 会说明原因"
                )
            )
        }
        return missing
    }
}
