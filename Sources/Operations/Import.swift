import Changes
import Formats
import Inventory
import Machine
import Planning
import Platforms
import SystemPackage
import Transactions
import Wording

/// `passthru import`: takes in a wanted state that was exported. A device is only ever taken for itself, never for one
/// that is like it.
public enum Import {
    /// What the owner asks for.
    public struct Wish: Sendable {
        /// What the owner calls the file.
        public var name: String
        public var bytes: [UInt8]
        /// Whether devices that are not here are left out.
        public var isPartial: Bool
        /// Whether arguments that the boot loader does not have yet are written for good, without a trial.
        public var writesArguments: Bool

        public init(name: String, bytes: [UInt8], isPartial: Bool = false, writesArguments: Bool = false) {
            self.name = name
            self.bytes = bytes
            self.isPartial = isPartial
            self.writesArguments = writesArguments
        }
    }

    /// A file that a person named, or `-` for standard input.
    public static func read(_ name: String) throws(Failure) -> [UInt8] {
        do {
            return try Machine.named(name)
        } catch {
            throw Failure(
                error == .noSuchFileOrDirectory ? .notFound : .failed,
                Text(
                    en: "\(name) cannot be read: \(error.description.lowercased()).",
                    zh: "无法读取 \(name)：\(Text(reason: error.description.lowercased()).zh)。"
                )
            )
        }
    }

    public static func run(
        _ machine: Machine,
        _ wish: Wish,
        _ permissions: Permissions,
        progress: (Text) -> Void
    ) throws(Failure) -> Outcome {
        try Execution.carryOut(on: machine, verb: "import", permissions, progress: progress) {
            () throws(Failure) -> Intention in
            try intention(machine, wish, permissions)
        }
    }

    private static func intention(
        _ machine: Machine,
        _ wish: Wish,
        _ permissions: Permissions
    ) throws(Failure) -> Intention {
        let bytes = withoutMark(wish.bytes)
        let wanted: WantedState
        do {
            wanted = try WantedState(bytes)
        } catch {
            let line = error.line + (bytes.count < wish.bytes.count ? 1 : 0)
            throw Failure(
                .malformed,
                Text(
                    en: "\(wish.name), line \(line): \(error.what.en). Nothing was changed.",
                    zh: "\(wish.name) 第 \(line) 行：\(error.what.zh)。未做任何更改。"
                )
            )
        }
        let host = Host.read(machine, Adopt.parts)
        // Says so where the devices cannot be seen.
        _ = try DeviceSelector(host)
        let (same, others) = compare(wanted.assignments, host)
        if !others.isEmpty, !wish.isPartial {
            throw Failure(
                .refused,
                Text(
                    en: """
                        \(others.count) devices of \(wish.name) are not on this host as they were: nothing was changed. \
                        --partial takes in the others.
                        """,
                    zh: "\(wish.name) 中有 \(others.count) 个设备与本机不符：未做任何更改。--partial 只导入其余部分。"
                ),
                details: others
            )
        }
        let file = try WantedFile.read(machine)
        let functions = same.filter { $0.handOver == nil }.compactMap { host.function($0.identity.address) }
        var plan = try Adopt.binding(functions, host, HomeRecords.read(machine), permissions)
        plan.restartNetworkAfterUndo(of: host, for: functions.filter { $0.driver != "vfio-pci" }, on: machine)
        plan.warnings += others
        var state = file.state
        plan.warnings += try takeIn(same.filter { $0.handOver != nil }, machine, host, file, &state, permissions)
        for assignment in same where assignment.handOver == nil {
            state.assignments.removeAll { $0.identity.address == assignment.identity.address }
            state.assignments.append(assignment)
        }
        if let nodes = wanted.nodes, !state.assignments.isEmpty {
            if state.nodes != nodes { plan.open(to: nodes.access, on: machine) }
            state.nodes = nodes
        }
        if let iommu = wanted.iommu, iommu.isEnabled {
            try takeIn(iommu, wish, machine, host, &state, &plan)
        }
        // On a host without any wishes the file is taken as it is, comments included.
        let base = file.original == nil ? bytes : nil
        let permanence = Permanence(on: machine, host, from: file, to: state, base: base)
        plan.changes += permanence.changes
        plan.warnings += permanence.warnings
        return Intention(plan: plan, devices: functions.map(\.address))
    }

    private static func withoutMark(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.starts(with: ExportState.mark.utf8), let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else {
            return bytes
        }
        return Array(bytes[(end + 1)...])
    }

    /// Those that are here as they were, and what is to be said of the others.
    private static func compare(_ assignments: [WantedState.Assignment], _ host: Host) -> (
        [WantedState.Assignment], [Text]
    ) {
        var same: [WantedState.Assignment] = []
        var others: [Text] = []
        for assignment in assignments {
            let identity = assignment.identity
            let why: Text
            switch identity.match(host.function(identity.address)) {
            case .same:
                same.append(assignment)
                continue
            case .absent: why = Text(en: "nothing is at its address", zh: "该地址上没有设备")
            case .different(let text), .unknown(let text): why = text
            }
            var message = Text(verbatim: "\(identity.address) \(identity.id): ") + why
            if let place = host.functions.first(where: identity.isSameDevice)?.address, place != identity.address {
                message =
                    message
                    + Text(
                        en: "; it is at \(place) now: `passthru assign \(place)`",
                        zh: "；它现在位于 \(place)：`passthru assign \(place)`"
                    )
            }
            others.append(message)
        }
        return (same, others)
    }

    /// What goes when its guest starts. What was consented to elsewhere is not: the guards are asked here.
    private static func takeIn(
        _ assignments: [WantedState.Assignment],
        _ machine: Machine,
        _ host: Host,
        _ file: WantedFile,
        _ state: inout WantedState,
        _ permissions: Permissions
    ) throws(Failure) -> [Text] {
        var warnings: [Text] = []
        for guest in Set(assignments.compactMap(\.guest)).sorted() {
            let own = assignments.filter { $0.guest == guest }
            let functions = own.compactMap { host.function($0.identity.address) }
            let hook = try HookAssign(machine, host, file, guest: guest, nil)
            warnings += try hook.judge(functions, permissions)
            hook.write(functions, to: &state, HomeRecords.read(machine), permissions)
            for index in state.assignments.indices {
                guard let named = own.first(where: { $0.identity == state.assignments[index].identity }) else {
                    continue
                }
                state.assignments[index].name = named.name
            }
            let list = functions.map(\.address.description)
            warnings.append(
                Text(
                    en: "\(list.joined(separator: ", ")): handed over when \(guest) starts.",
                    zh: "\(list.joined(separator: "、"))：在 \(guest) 启动时交出。"
                )
            )
        }
        return warnings
    }

    /// Arguments that this boot loader has already are wanted from now on; others only where that was asked for.
    private static func takeIn(
        _ iommu: WantedState.IOMMU,
        _ wish: Wish,
        _ machine: Machine,
        _ host: Host,
        _ state: inout WantedState,
        _ plan: inout Plan
    ) throws(Failure) {
        let platform = host.boot?.loader.flatMap { BootPlatforms.find(machine, loader: $0) }
        let missing = platform?.savedLine.map { $0.missing(iommu.arguments) } ?? iommu.arguments
        if !missing.isEmpty, !wish.writesArguments || platform == nil {
            let words = iommu.arguments.map { "--argument \($0)" }.joined(separator: " ")
            plan.warnings.append(
                Text(
                    en: """
                        The boot loader has not \(missing.joined(separator: " ")): that part is not taken in. \
                        `passthru iommu on \(words)` tries it first, and --no-trial of this command writes it for good.
                        """,
                    zh: """
                        引导程序中没有 \(missing.joined(separator: " "))：该部分未导入。`passthru iommu on \(words)` 会先试用，\
                        本命令的 --no-trial 则永久写入。
                        """
                )
            )
            return
        }
        if !missing.isEmpty, let platform {
            let line = try LineChange(to: WantedLine(isOn: true, arguments: iommu.arguments), machine, host)
            if let obstacle = line.contradiction { throw Failure(.refused, obstacle) }
            do {
                plan.changes += try platform.permanent(ArgumentEdit(add: missing), leavesFailsafeAlone: false)
            } catch {
                throw Failure(error)
            }
            plan.warnings.append(Text(en: "It takes effect at the next restart.", zh: "下次重启后生效。"))
        }
        // What passthru had put there is its own here, too.
        state.iommu = iommu
    }
}
