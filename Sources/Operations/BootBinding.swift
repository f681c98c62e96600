import Changes
import Formats
import Inventory
import Machine
import Planning
import Platforms
import Transactions
import Wording

/// What every boot does for the assignments: binds each device that is still the one that was assigned, and says what
/// became of the others. None is ever replaced by a similar one.
///
/// The bindings end with the boot and are no transactions; only holding back guests is one.
public struct BootBinding {
    private let machine: Machine
    private let file: WantedFile
    private var host: Host
    private let immediate: ImmediateChanges
    private let records: [PCIAddress: HomeRecord]
    private let earlier: BootReport?
    /// For each function the last transaction that stands, and those that were taken back in this boot.
    private let standing: [PCIAddress: JournalEntry]
    private let takenBack: [JournalEntry]

    /// A word on the kernel's line with which a boot binds nothing: for whoever is locked out and can reach the boot menu.
    static let rescueWord = "passthru.bind=0"

    /// - Parameter isEarly: whether the disk with the journal may not be there yet: then guests are held back later, by
    ///   the run that follows.
    public static func run(_ machine: Machine, isEarly: Bool = false) throws(Failure) -> BootReport {
        try Execution.requireWritable(machine)
        // Nobody else is at work this early.
        let lock = isEarly ? nil : try? Execution.take(Journal(on: machine))
        defer { withExtendedLifetime(lock) {} }
        let report = machine.uninterrupted { () -> BootReport in
            var report = bind(machine)
            if lock != nil { AutostartHold.update(machine, &report) }
            report.write(machine)
            return report
        }
        return report
    }

    private static func bind(_ machine: Machine) -> BootReport {
        var report = BootReport.empty(machine)
        do throws(Failure) {
            guard let text = machine.textIfAny("/proc/cmdline") else {
                report.problem = Text(
                    en: """
                        Nothing is bound in this boot: /proc/cmdline cannot be read, and with it not whether \(rescueWord) is \
                        on the kernel's line.
                        """,
                    zh: "本次启动不绑定任何设备：无法读取 /proc/cmdline，因而不知道内核命令行中是否有 \(rescueWord)。"
                )
                return report
            }
            let line = KernelCommandLine(text)
            guard !line.words.contains(where: { $0.text == rescueWord }) else {
                report.problem = Text(
                    en: "Nothing is bound in this boot: its kernel line says \(rescueWord).",
                    zh: "本次启动不绑定任何设备：内核命令行中有 \(rescueWord)。"
                )
                return report
            }
            let binding = try BootBinding(machine, try WantedFile.read(machine))
            binding.giveBackUnwanted(&report)
            report.devices = binding.bindAll(&report)
        } catch {
            report.problem = error.message
        }
        return report
    }

    private init(_ machine: Machine, _ file: WantedFile) throws(Failure) {
        self.machine = machine
        self.file = file
        let journal = Journal(on: machine)
        let boot = machine.bootID
        // It may be the one that nobody confirmed.
        if let newest = (try? journal.ids())?.last, journal.unreadable.contains(newest) {
            throw Failure(
                .failed,
                Text(
                    en: "Nothing is bound in this boot: \(journal.path(newest)), the last change, cannot be read.",
                    zh: "本次启动不绑定任何设备：无法读取最后一次更改的记录 \(journal.path(newest))。"
                )
            )
        }
        takenBack = try History.entries(journal).filter { $0.undoBoot == boot && $0.header.boot != boot }
        do {
            standing = try journal.standing()
        } catch {
            throw History.unreadable(journal, error)
        }
        earlier = BootReport.read(machine)
        immediate = ImmediateChanges(on: machine)
        records = HomeRecords.read(machine)
        host = Host()
        let addresses = Set(file.state.atBoot.map(\.identity.address) + (earlier?.devices.map(\.address) ?? []))
            .union(takenBack.flatMap(\.header.devices))
            .union(standing.filter { $0.value.isUnsettled(in: boot) }.keys)
        guard !addresses.isEmpty else { return }
        host = Host.read(machine, [.pci, .iommu, .kernel, .storage])
        host.readDetails(of: host.functions.filter { addresses.contains($0.address) }, from: machine)
    }

    // MARK: All of them

    private func bindAll(_ report: inout BootReport) -> [BootReport.Device] {
        // Those that are others first: vfio-pci would take at once what udev has held back for it.
        var devices = file.state.atBoot.map(judge)
        guard devices.contains(where: { $0.result == .bound }) else { return devices }
        let obstacle = loadVFIO()
        for (index, assignment) in file.state.atBoot.enumerated() where devices[index].result == .bound {
            bind(assignment, obstacle, &devices[index])
        }
        if let access = file.state.nodes?.access, access != .root {
            do throws(TransactionFailure) {
                try immediate.make(DeviceNodes.changes(to: access, on: machine).now)
            } catch {
                report.notes.append(error.message)
            }
        }
        return devices
    }

    /// Loads what hands devices out; says why that is not possible. Until it is, no device is touched.
    private func loadVFIO() -> Text? {
        for module in ["vfio_iommu_type1", "vfio_pci"] where host.kernel?.module(module).isReady != true {
            let change = PlannedChange(
                .loadModule(module == "vfio_pci" ? "vfio-pci" : module),
                before: nil,
                after: nil,
                inverse: [],
                reason: .empty
            )
            do throws(TransactionFailure) {
                try immediate.make([change])
            } catch {
                return missing(module, error.message)
            }
        }
        guard machine.exists("/sys/bus/pci/drivers/vfio-pci") else {
            return missing("vfio_pci", Text(en: "the kernel has no driver vfio-pci", zh: "内核中没有 vfio-pci 驱动"))
        }
        return nil
    }

    private func missing(_ module: String, _ why: Text) -> Text {
        let release = host.kernel?.release ?? "-"
        return Text(
            en: """
                \(module) could not be loaded (\(why.en)). After an upgrade, install the modules for the kernel \
                \(release). Until then the host keeps its devices.
                """,
            zh: "无法加载 \(module)（\(why.zh)）。升级之后请为内核 \(release) 安装这些模块。在此之前设备留在主机上。"
        )
    }

    // MARK: One of them

    /// Whether it is the device that was assigned: until it is bound, a promise.
    private func judge(_ assignment: WantedState.Assignment) -> BootReport.Device {
        let identity = assignment.identity
        let function = host.function(identity.address)
        var device = BootReport.Device(
            name: assignment.name,
            address: identity.address,
            result: .bound,
            reason: nil,
            elsewhere: nil,
            guest: assignment.guest
        )
        switch host.pci?.functions == nil ? .unknown(unseen) : identity.match(function) {
        case .same: return device
        case .absent:
            device.result = .absent
            device.reason = Text(en: "nothing is at its address", zh: "该地址上没有设备")
        case .different(let what):
            device.result = .changed
            device.reason = what
        case .unknown(let why):
            device.result = .unknown
            device.reason = why
        }
        if device.result != .unknown { device.elsewhere = place(of: identity) }
        if let function { giveBackUnheld(function, &device) }
        return device
    }

    private var unseen: Text { Text(reason: host.pci?.unknown["functions"] ?? "not read") }

    private func bind(_ assignment: WantedState.Assignment, _ obstacle: Text?, _ device: inout BootReport.Device) {
        guard let function = host.function(assignment.identity.address) else { return }
        if let entry = standing[function.address], entry.isUnsettled(in: machine.bootID) {
            device.result = .unsettled
            device.reason = unsettled(entry)
            return
        }
        if function.driver == "vfio-pci" { return remember(function, assignment) }
        if let obstacle {
            device.result = .unavailable
            device.reason = obstacle
        } else if function.group == nil {
            device.result = .unavailable
            device.reason = Text(
                en: "it is in no IOMMU group: the IOMMU is off, see `passthru doctor`",
                zh: "它不在任何 IOMMU 组中：IOMMU 未开启，参见 `passthru doctor`"
            )
        } else if let finding = Guards.boot(Request([function], on: host)).first {
            device.result = .refused
            device.reason = finding.message
        } else {
            do throws(TransactionFailure) {
                let record = record(function, assignment)
                try make(AssignPlanner(host: host, records: records).binding(function, record: record))
            } catch {
                device.result = .failed
                device.reason = .sentences([error.message] + error.left)
            }
            return
        }
        giveBackUnheld(function, &device)
    }

    /// What is remembered until the next boot: the driver that has it now, or else the one that it had when it was
    /// assigned, which need not be loaded yet.
    private func record(_ function: PCIFunction, _ assignment: WantedState.Assignment) -> HomeRecord? {
        if let known = records[function.address] { return known }
        let driver = function.driver == "vfio-pci" ? nil : function.driver
        guard let home = driver ?? assignment.home else { return nil }
        return HomeRecord(of: function, driver: home == HomeRecord.none ? nil : home)
    }

    /// The same for one that a udev rule has bound already.
    private func remember(_ function: PCIFunction, _ assignment: WantedState.Assignment) {
        guard records[function.address] == nil, let record = record(function, assignment) else { return }
        let path = HomeRecord.path(of: function.address)
        try? make([.textFile(path, before: nil, after: record.text, reason: .empty)])
    }

    /// Where the very same device is now.
    private func place(of identity: DeviceIdentity) -> PCIAddress? {
        guard identity.serial != nil else { return nil }
        return host.functions.first { function in
            guard function.id == identity.id, function.address != identity.address else { return false }
            var detailed = function
            detailed.readDetails(from: machine, modules: nil)
            return identity.isSameDevice(as: detailed)
        }?.address
    }

    private func unsettled(_ entry: JournalEntry) -> Text {
        let verb = entry.header.verb
        return switch entry.state {
        case .open:
            Text(
                en: "transaction \(entry.id) (\(verb)) was interrupted: `passthru recover` finishes it",
                zh: "事务 \(entry.id)（\(verb)）曾被中断：`passthru recover` 会收尾"
            )
        case .incomplete:
            Text(
                en: "transaction \(entry.id) (\(verb)) could not be put back wholly: `passthru undo \(entry.id)`",
                zh: "事务 \(entry.id)（\(verb)）未能完全恢复：请执行 `passthru undo \(entry.id)`"
            )
        default:
            Text(
                en: "transaction \(entry.id) (\(verb)) was not confirmed before the machine was restarted",
                zh: "事务 \(entry.id)（\(verb)）在机器重启之前未经确认"
            )
        }
    }

    // MARK: Giving back

    /// Lets the host have a function that a udev rule kept from its driver, which can compare less than all.
    private func giveBackUnheld(_ function: PCIFunction, _ device: inout BootReport.Device) {
        guard function.details?.driverOverride == "vfio-pci", records[function.address] == nil else { return }
        do throws(TransactionFailure) {
            try make(ReleasePlanner(host: host, drivers: machine.pciDrivers).givingBack(function, record: nil))
        } catch {
            device.reason = .sentences([device.reason, error.message].compactMap(\.self))
        }
    }

    /// Gives back what was bound in this boot for nothing that stands: by an earlier run, for an assignment that has been taken
    /// back since; and by passthru's own udev rule, or the initramfs that has it, for a transaction that was taken back or is
    /// not settled. What others bind is theirs, and is named.
    private func giveBackUnwanted(_ report: inout BootReport) {
        let boot = machine.bootID
        func isUnwanted(_ address: PCIAddress) -> Bool { file.state.assignment(of: address) == nil }
        let ours = (earlier?.devices ?? []).filter { $0.result == .bound }.map(\.address).filter(isUnwanted)
        let byRule =
            takenBack.flatMap { entry in entry.header.devices.filter(entry.took) }.filter(isUnwanted)
            + standing.filter { $0.value.isUnsettled(in: boot) && $0.value.took($0.key) }.keys
        for address in Set(ours + byRule).sorted() {
            guard let function = host.function(address), function.driver == nil || function.driver == "vfio-pci",
                ours.contains(address) || function.details?.driverOverride == "vfio-pci"
            else { continue }
            if !ours.contains(address), let reason = theirs(function) {
                let stays = Text(en: "\(address) stays with vfio-pci: ", zh: "\(address) 仍绑定 vfio-pci：")
                report.notes.append(stays + reason)
                continue
            }
            do throws(TransactionFailure) {
                try make(
                    ReleasePlanner(host: host, drivers: machine.pciDrivers).givingBack(
                        function,
                        record: records[address]
                    )
                )
            } catch {
                report.notes += [error.message] + error.left
            }
        }
    }

    /// Why a function that has passthru's kind of override is nevertheless not passthru's to give back; nil when it is.
    private func theirs(_ function: PCIFunction) -> Text? {
        let udev = BindingClaims.byUdev(function, own: BoundByRule.path, on: machine)
        let isOurs = BoundByRule.holds(function.address, on: machine) == true
        if let file = udev ?? (isOurs ? nil : BindingClaims.byScript(function, on: machine)) {
            return Text(
                en: "passthru no longer wants it there, but \(file) does.",
                zh: "passthru 已不需要这样绑定，但 \(file) 要求如此。"
            )
        }
        // A guest that has been started meanwhile, by whichever manager.
        var host = Host.read(machine, [.pci, .iommu, .holders, .guests])
        host.readDetails(of: host.functions.filter { $0.address == function.address }, from: machine)
        return Guards.release(Request(host.fresh([function]), on: host)).first { $0.level == .refuse }?.message
    }

    private func make(_ changes: [PlannedChange]) throws(TransactionFailure) {
        let placed = changes.map { planned -> PlannedChange in
            guard case .writeFile(let path, let content, let mode) = planned.change else { return planned }
            var planned = planned
            planned.change = .writeFile(path: machine.inMemory(path), content: content, mode: mode)
            return planned
        }
        try immediate.make(placed)
    }
}
