import Changes
import Formats
import Inventory
import Machine
import Planning
import Platforms
import Readiness
import Transactions
import Wording

/// `passthru adopt`: what was set up by hand becomes assignments, in one plan that can be undone.
public enum Adopt {
    static let parts: Host.Parts = Assign.parts.union(IOMMUSwitch.parts).union(.pciDetails)

    /// - Parameters:
    ///   - mates: members of the same IOMMU groups that go along.
    ///   - without: functions that are left as they are, with the lines that mean them.
    public static func run(
        _ machine: Machine,
        mates: [String] = [],
        without: [String] = [],
        _ permissions: Permissions,
        progress: (Text) -> Void
    ) throws(Failure) -> Outcome {
        try Execution.carryOut(on: machine, verb: "adopt", permissions, progress: progress) {
            () throws(Failure) -> Intention in
            try intention(machine, mates, without, permissions)
        }
    }

    private static func intention(
        _ machine: Machine,
        _ mates: [String],
        _ without: [String],
        _ permissions: Permissions
    ) throws(Failure) -> Intention {
        let found = try handMade(machine)
        let host = Host.read(machine, parts)
        let selector = try DeviceSelector(host)
        let file = try WantedFile.read(machine)
        let line = try HandLine(machine, host, known: file.state.iommu?.arguments ?? [])
        let adoption = Adoption(
            of: found,
            on: host,
            state: file.state,
            lineIDs: line.ids,
            mates: try selector.functions(mates),
            excluded: Set(try selector.functions(without).map(\.address))
        )
        let records = HomeRecords.read(machine)
        var plan = try binding(adoption.functions, host, records, permissions)
        plan.restartNetworkAfterUndo(
            of: host,
            for: adoption.functions.filter { $0.driver != "vfio-pci" },
            on: machine
        )
        var state = file.state
        for function in adoption.functions { state.assign(function, guest: nil, records[function.address]) }
        if let access = adoption.access {
            plan.open(to: access, on: machine)
            state.nodes = WantedState.Nodes(access: access)
        }
        plan.changes += line.changes
        if !line.wanted.isEmpty { state.iommu = line.state(after: state.iommu) }
        let permanence = Permanence(on: machine, host, from: file, to: state)
        plan.changes += permanence.changes + adoption.cleaning
        plan.warnings += adoption.notes + line.notes + permanence.warnings + managed(machine, host)
        plan.warnings += unread(found) + leftovers(adoption, host)
        return Intention(plan: plan, devices: adoption.functions.map(\.address))
    }

    private static func handMade(_ machine: Machine) throws(Failure) -> HandMade {
        do {
            return try HandMade.read(machine)
        } catch {
            throw Failure(
                .malformed,
                Text(
                    en: """
                        \(error.path), line \(error.line), column \(error.column): \(error.what.en). Nothing was changed; \
                        put it right first.
                        """,
                    zh: """
                        \(error.path) 第 \(error.line) 行第 \(error.column) 列：\(error.what.zh)。未做任何更改；请先改正。
                        """
                )
            )
        }
    }

    /// What vfio-pci has already is only written down; guards are asked for the rest.
    static func binding(
        _ functions: [PCIFunction],
        _ host: Host,
        _ records: [PCIAddress: HomeRecord],
        _ permissions: Permissions
    ) throws(Failure) -> Plan {
        guard functions.contains(where: { $0.driver != "vfio-pci" }) else {
            return Plan(identities: functions.map(Identity.init))
        }
        do {
            return try AssignPlanner(host: host, records: records).plan(
                functions,
                with: [],
                consents: permissions.consents,
                unsafe: permissions.unsafe
            )
        } catch {
            throw Failure(error)
        }
    }

    // MARK: What else there is to say

    /// libvirt binds the devices of its guests by itself: there is nothing to take over.
    private static func managed(_ machine: Machine, _ host: Host) -> [Text] {
        let guests = (host.guests?.guests ?? []).filter { guest in
            guest.manager == .libvirt && !guest.functions.isEmpty
                && ["'", "\""].contains { quote in
                    machine.textIfAny(guest.hostFile ?? guest.source)?.contains("managed=\(quote)yes\(quote)")
                        == true
                }
        }
        return guests.map { guest in
            Text(
                en: "\(guest.name): libvirt binds its devices itself (managed='yes'): nothing needs to be done there.",
                zh: "\(guest.name)：libvirt 会自行绑定其设备（managed='yes'）：那里无需更改。"
            )
        }
    }

    private static func unread(_ found: HandMade) -> [Text] {
        found.unknown.sorted { $0.key < $1.key }.map { path, why in
            Text(
                en: "What is in \(path) is not known (\(why)).",
                zh: "不知道 \(path) 的内容（\(Text(reason: why).zh)）。"
            )
        }
    }

    /// A driver that is loaded keeps the ids that it was given.
    private static func leftovers(_ adoption: Adoption, _ host: Host) -> [Text] {
        guard !adoption.cleaning.isEmpty, host.kernel?.module("vfio_pci").isReady == true else { return [] }
        return [
            Text(
                en: "Until the next restart vfio-pci still takes whatever new device has an id that it was given.",
                zh: "下次重启之前，vfio-pci 仍会接管具有此前所给 ID 的新设备。"
            )
        ]
    }
}

/// The kernel's line, as far as it was written by hand.
struct HandLine {
    /// Values of `vfio-pci.ids=`.
    var ids: [String] = []
    /// Words that do something, on the line that boots by default.
    var wanted: [String] = []
    var changes: [PlannedChange] = []
    var notes: [Text] = []
    private var own: [String] = []

    /// - Parameter known: words that the wanted state has already.
    init(_ machine: Machine, _ host: Host, known: [String]) throws(Failure) {
        let booted = KernelCommandLine(machine.textIfAny("/proc/cmdline") ?? "")
        ids = booted.values(of: "vfio_pci.ids")
        guard let loader = host.boot?.loader, let platform = BootPlatforms.find(machine, loader: loader) else { return }
        func sorted(_ line: KernelCommandLine) -> HandArguments {
            var words = HandArguments(line, on: host)
            words.useful.removeAll(where: known.contains)
            return words
        }
        func words(_ line: KernelCommandLine) -> HandWords {
            let words = sorted(line)
            return HandWords(useful: words.useful, useless: words.useless, instead: words.instead)
        }
        guard let edited = platform as? any HandEdited else {
            take(sorted(platform.savedLine ?? booted), from: platform.title)
            return
        }
        var useful: [String] = []
        do throws(BootPlatformError) {
            let lines = try edited.handLines()
            let over = try edited.takingOver(words)
            changes = over.changes
            own = over.own
            if let line = lines.first {
                wanted = words(line).wanted
                useful = words(line).useful
            }
            for line in lines { note(sorted(line), in: edited.handPath) }
        } catch {
            throw Failure(error)
        }
        // What is left of a longer word was booted as that.
        let missing = booted.missing(useful)
        if !missing.isEmpty {
            notes.append(
                Text(
                    en: "This kernel was started without \(missing.joined(separator: " ")): restart the machine.",
                    zh: "当前内核启动时没有 \(missing.joined(separator: " "))：请重启机器。"
                )
            )
        }
    }

    /// A platform whose files only its owner edits: words are wanted from now on, and stay where they are.
    private mutating func take(_ words: HandArguments, from title: Text) {
        wanted = words.useful
        ids += words.ids.filter { !ids.contains($0) }
        guard !words.useless.isEmpty else { return }
        let list = words.useless.joined(separator: " ")
        notes.append(
            Text(en: "\(title.en): \(list) stays, and does nothing.", zh: "\(title.zh)：\(list) 予以保留，但没有作用。")
        )
    }

    private mutating func note(_ words: HandArguments, in path: String) {
        ids += words.ids.filter { !ids.contains($0) }
        for finding in words.findings where finding.kind != .noOp || !finding.word.contains("vfio") {
            let goes = words.useless.contains(finding.word)
            if goes, finding.kind != .noOp, finding.kind != .typo { continue }
            let note =
                goes
                ? Text(
                    en: "\(path): \(finding.word) goes: \(finding.reason.en).",
                    zh: "\(path)：去掉 \(finding.word)：\(finding.reason.zh)。"
                )
                : Text(
                    en: "\(path): \(finding.word) is kept, but: \(finding.reason.en).",
                    zh: "\(path)：保留 \(finding.word)，但请注意：\(finding.reason.zh)。"
                )
            if !notes.contains(note) { notes.append(note) }
        }
    }

    func state(after old: WantedState.IOMMU?) -> WantedState.IOMMU {
        var state = old ?? WantedState.IOMMU(isEnabled: true)
        state.arguments += wanted.filter { !state.arguments.contains($0) }
        state.own += own.filter { !state.own.contains($0) }
        return state
    }
}
