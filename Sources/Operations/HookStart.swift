import Changes
import Inventory
import Machine
import Planning
import Transactions
import Wording

/// Hands the devices of one guest over before it starts, or leaves all as it was: first what stands on a display goes, then
/// the host is looked at again, then the devices are bound.
struct HandOverAtStart {
    private let machine: Machine
    private let transaction: Transactions.Transaction
    private let guest: String
    private let manager: WantedState.HandOver.Manager
    private let assignments: [WantedState.Assignment]
    private let consents: Set<Consent>
    private let unsafe: Set<UnsafeMode>
    private let read: (Machine, Host.Parts) -> Host

    /// Seconds for which the programs of a display manager may go on after it has stopped.
    private static let patience = 15

    init(
        _ machine: Machine,
        _ transaction: Transactions.Transaction,
        _ guest: String,
        _ manager: WantedState.HandOver.Manager,
        _ assignments: [WantedState.Assignment],
        read: @escaping (Machine, Host.Parts) -> Host
    ) {
        self.machine = machine
        self.transaction = transaction
        self.guest = guest
        self.manager = manager
        self.assignments = assignments
        self.read = read
        consents = assignments.reduce(into: []) { $0.formUnion($1.handOver?.consents ?? []) }
        unsafe = assignments.reduce(into: []) { $0.formUnion($1.handOver?.unsafe ?? []) }
    }

    /// The host at one moment, with the guest's functions in it.
    private struct View {
        var host: Host
        var functions: [PCIFunction]

        /// Those that the host still has.
        var leaving: [PCIFunction] { functions.filter { $0.driver != "vfio-pci" } }
    }

    func run() throws(Failure) {
        let first = try look()
        guard !first.leaving.isEmpty else { return }
        let stops = try stopping(first)
        if let refusal = refusal(first, withHolders: stops == nil) { throw failure(refusal) }
        let clearing = DisplayClearing(first.leaving, on: first.host)
        var plan = Plan(identities: first.functions.map(Identity.init))
        plan.changes = [stops].compactMap(\.self) + clearing.changes(firmware: FirmwareFrameBuffer.read(machine))
        guard !plan.changes.isEmpty else { return try bind(first, after: nil) }
        let entry = try apply(plan, after: nil)
        do throws(Failure) {
            try bind(stops == nil ? look() : waitForHolders(), after: entry)
        } catch {
            let left = transaction.undo(entry, .failure)
            guard left.isEmpty else {
                throw Failure(.incomplete, error.message, details: error.details + left)
            }
            throw error
        }
    }

    private func bind(_ view: View, after entry: JournalEntry?) throws(Failure) {
        var plan: Plan
        do throws(Refusal) {
            plan = try AssignPlanner(host: view.host, records: HomeRecords.read(machine)).plan(
                view.functions,
                with: [],
                consents: consents,
                unsafe: unsafe
            )
        } catch {
            throw failure(error)
        }
        plan.restartNetworkAfterUndo(of: view.host, for: view.leaving, on: machine)
        _ = try apply(plan, after: entry)
    }

    private func apply(_ plan: Plan, after entry: JournalEntry?) throws(Failure) -> JournalEntry {
        do {
            return try transaction.apply(plan, verb: HandOvers.verb, following: entry?.id, guest: guest)
        } catch {
            throw Failure(error)
        }
    }

    // MARK: Looking

    private static let parts = Assign.parts.subtracting(.names)

    private func look() throws(Failure) -> View {
        var host = read(machine, Self.parts).seenByHook(of: guest, manager)
        let addresses = Set(assignments.map(\.identity.address))
        host.readDetails(of: host.functions.filter { addresses.contains($0.address) }, from: machine)
        var functions: [PCIFunction] = []
        for assignment in assignments {
            let identity = assignment.identity
            let function = host.function(identity.address)
            switch host.pci?.functions == nil ? .unknown(unseen(host)) : identity.match(function) {
            case .same: if let function { functions.append(function) }
            case .absent:
                throw Failure(
                    .notFound,
                    Text(
                        en: "\(identity.address), which \(guest) is to get, is not there.",
                        zh: "应交给 \(guest) 的 \(identity.address) 不存在。"
                    )
                )
            case .different(let what), .unknown(let what):
                throw Failure(
                    .refused,
                    Text(
                        en: "\(identity.address) is not surely the device that \(guest) is to get: \(what.en).",
                        zh: "无法确定 \(identity.address) 就是应交给 \(guest) 的设备：\(what.zh)。"
                    )
                )
            }
        }
        return View(host: host, functions: functions)
    }

    private func unseen(_ host: Host) -> Text { Text(reason: host.pci?.unknown["functions"] ?? "not read") }

    /// Looks until the programs of the display manager are gone, as long as nothing else is in the way.
    private func waitForHolders() throws(Failure) -> View {
        var view = try look()
        for _ in 0..<(2 * Self.patience) {
            guard let refusal = refusal(view, withHolders: true), HandOverGuards.isOnlyHolders(refusal) else { break }
            machine.pause(milliseconds: 500)
            view = try look()
        }
        return view
    }

    private func refusal(_ view: View, withHolders: Bool) -> Refusal? {
        let request = Request(view.functions, on: view.host, unsafe: unsafe)
        return HandOverGuards.refusal(request, consents: consents, withHolders: withHolders)
    }

    // MARK: The display manager

    /// What stops the display manager; nil where none runs, or nobody holds the display, or somebody does who would not end
    /// with it, so that stopping it is of no use.
    private func stopping(_ view: View) throws(Failure) -> PlannedChange? {
        guard DisplayClearing(view.leaving, on: view.host).isDisplay, let manager = DisplayManager.read(machine),
            manager.isActive == true
        else { return nil }
        let holders = HandOverGuards.processes(holding: view.leaving, on: view.host)
        let isUnseen = view.host.holders?.unknown["holders"] != nil
        guard isUnseen || !holders.isEmpty, holders.allSatisfy({ manager.ends($0, on: machine) }) else { return nil }
        guard let systemctl = machine.program("systemctl") else {
            throw Failure(
                .missing,
                Text(
                    en: "There is no systemctl on this machine to stop \(manager.unit) with.",
                    zh: "本机没有 systemctl，无法停止 \(manager.unit)。"
                )
            )
        }
        return DisplayClearing.stopping(manager, systemctl: systemctl)
    }

    // MARK: Refusals

    /// Nobody can consent at this moment: where that is missing, what was wanted must be said once more.
    private func failure(_ refusal: Refusal) -> Failure {
        var failure = Failure(refusal)
        guard refusal.level == .consent else { return failure }
        let devices = assignments.map(\.identity.address.description).joined(separator: " ")
        let flags = refusal.findings.map { "--consent \($0.consent)" }.joined(separator: " ")
        let command = "passthru assign \(devices) --guest \(guest) --at-guest-start \(flags)"
        failure.message =
            refusal.first.message
            + Text(
                en: " This was not consented to: `\(command)` does so for the next start.",
                zh: "此项未经同意：执行 `\(command)` 后，下次启动即可。"
            )
        return failure
    }
}
