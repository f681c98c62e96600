import Changes
import Inventory
import Machine
import SystemPackage
import Wording

/// Takes single steps of a transaction back, and nothing that somebody else made since.
struct Undoing {
    let runner: StepRunner
    let entry: JournalEntry
    /// What was written to sysfs ends with the boot in which it was written.
    let isSameBoot: Bool

    private var machine: Machine { runner.machine }

    /// - Returns: whether there was anything to take back.
    func takeBack(_ step: Int) throws(StepFailure) -> Bool {
        let planned = entry.header.plan.changes[step]
        // What was done for a guest's run has ended with its boot, files in memory and stopped services included.
        if entry.header.guest != nil, !isSameBoot { return false }
        if case .writeFile(let path, let content, let mode) = planned.change {
            // Without a record of what was there the step was never begun.
            guard let replaced = entry.files[step] else { return false }
            return try restore(path, replaced, ours: content, mode)
        }
        if case .writeLink(let path, let target) = planned.change {
            return try restoreLink(path, before: planned.before, ours: target, entry.files[step])
        }
        if case .writeDocument(let document, let content) = planned.change {
            guard let before = entry.files[step]?.snapshot else { return false }
            return try restore(document, before, ours: content, written: entry.checksums[step]?[document.name])
        }
        // What was there and somebody else took away since need not be taken back.
        if entry.steps[step] == .done, case .programSays? = planned.expectation, !runner.holds(planned.expectation) {
            return false
        }
        let inverses = Change.goingHome(planned.inverse)
        // Before anything is written: whether somebody else has the function by now.
        for inverse in inverses {
            guard case .writeAttribute(let path, let value) = inverse, isDriverLink(path), isOurs(inverse.device) else {
                continue
            }
            _ = try isBack(path, value)
        }
        var isChanged = false
        for inverse in inverses {
            if case .writeAttribute(let path, let value) = inverse {
                guard isOurs(inverse.device) else { continue }
                // Nothing leads to a driver that has the function already.
                if leads(path, value, among: inverses), let device = inverse.device,
                    try runner.driver(of: device) == value
                {
                    continue
                }
                runner.awaitConsole(path)
                if isDriverLink(path) ? try isBack(path, value) : try !mayWrite(path, value) { continue }
            }
            do throws(StepFailure) {
                try runner.perform(inverse)
            } catch {
                // A program that failed at what it was told may have nothing to take back either: it says itself that what
                // was meant is not there.
                guard entry.steps[step] != .done, runner.denies(planned.expectation) else { throw error }
                continue
            }
            isChanged = true
        }
        if try restoreGenerated(step) { isChanged = true }
        if isSameBoot, case .driver(let address, nil)? = planned.expectation, let home = planned.before,
            isOurs(address)
        {
            try runner.verify(.driver(address, home))
        }
        return isChanged
    }

    /// Whether what was written to sysfs still stands there: in this boot, and about the device for which it was meant.
    private func isOurs(_ device: PCIAddress?) -> Bool {
        guard isSameBoot else { return false }
        guard let device else { return true }
        guard machine.exists("\(PCIInventory.root)/\(device)") else { return false }
        return entry.header.plan.identities.first { $0.address == device }.map(runner.isPresent) ?? true
    }

    // MARK: Attributes

    /// `/sys/bus/pci/drivers/NAME/bind` or `unbind`, or `unbind` of whichever driver a function has.
    private func isDriverLink(_ path: String) -> Bool {
        path.hasSuffix("/driver/unbind")
            || path.contains("/drivers/") && (path.hasSuffix("/bind") || path.hasSuffix("/unbind"))
    }

    /// Whether a function is back with a driver, or no longer with one that is to let it go. A third driver that has it
    /// by now is somebody else's doing.
    private func isBack(_ path: String, _ value: String) throws(StepFailure) -> Bool {
        guard let address = PCIAddress(value) else { return try isDeviceBack(path, value) }
        if path.hasSuffix("/driver/unbind") {
            let bound = try runner.driver(of: address)
            return bound == nil || bound == "vfio-pci"
        }
        let name = Machine.lastComponent(of: Machine.parent(of: path))
        let bound = try runner.driver(of: address)
        guard path.hasSuffix("/bind") else { return bound != name }
        if bound == name { return true }
        if let bound, bound != "vfio-pci" {
            throw StepFailure(
                message: Text(
                    en: "\(address) was given to the driver \(bound) meanwhile: it stays there, not with \(name).",
                    zh: "\(address) 期间已交给驱动 \(bound)：保持不变，没有还给 \(name)。"
                )
            )
        }
        return false
    }

    /// The same for a device of another bus than PCI, such as the firmware's frame buffer, which the kernel takes away for
    /// good when it gives the display to a driver (aperture_remove_conflicting_pci_devices()).
    private func isDeviceBack(_ path: String, _ value: String) throws(StepFailure) -> Bool {
        let driver = Machine.parent(of: path)
        let folder = Machine.parent(of: Machine.parent(of: driver)) + "/devices/\(value)"
        guard machine.exists(folder) else {
            throw StepFailure(
                message: Text(
                    en: "\(value) is no longer there: the kernel makes it anew at the next restart.",
                    zh: "\(value) 已不存在：内核要到下次重启时才会重新创建它。"
                )
            )
        }
        let isBound = machine.linkName(folder + "/driver") == Machine.lastComponent(of: driver)
        return path.hasSuffix("/bind") ? isBound : !isBound
    }

    /// Whether an override is written only while the driver that it names is bound.
    private func leads(_ path: String, _ value: String, among inverses: [Change]) -> Bool {
        path.hasSuffix("/driver_override") && inverses.count > 2
            && inverses.first == .writeAttribute(path: path, value: value)
    }

    /// Whether an attribute still has what this transaction wrote; false when it is back already.
    private func mayWrite(_ path: String, _ value: String) throws(StepFailure) -> Bool {
        let now: String
        do {
            let bytes = try machine.readWithDeadline(path, milliseconds: 2_000)
            now = Self.plain(String(decoding: bytes.trimmed, as: UTF8.self))
        } catch {
            // Stuck, or for writing only: the write itself will tell.
            return true
        }
        if now == Self.plain(value) { return false }
        var ours: Set<String> = []
        for planned in entry.header.plan.changes {
            if case .writeAttribute(path, let value) = planned.change { ours.insert(Self.plain(value)) }
            if case .attribute(path, let value)? = planned.expectation { ours.insert(value) }
            // What an undoing that was interrupted wrote.
            for case .writeAttribute(path, let value) in Change.goingHome(planned.inverse) {
                ours.insert(Self.plain(value))
            }
        }
        guard ours.contains(now) else {
            throw StepFailure(
                message: Text(
                    en: "\(path) was changed to \(now) meanwhile: it stays so.",
                    zh: "\(path) 期间已被改为 \(now)：保持不变。"
                )
            )
        }
        return true
    }

    /// An empty `driver_override` reads as (null).
    private static func plain(_ value: String) -> String { value == "(null)" || value == "\n" ? "" : value }

    // MARK: Files

    private func restore(
        _ path: String,
        _ replaced: ReplacedFile,
        ours: FileContent?,
        _ mode: UInt32
    ) throws(StepFailure) -> Bool {
        var isChanged = false
        do {
            let now = try machine.tree.snapshot(path)
            let before = replaced.snapshot
            var after = ours.map { _ in before ?? FileSnapshot(bytes: [], mode: mode) }
            if let ours { after?.content = ours }
            // What FAT makes of a new file's permissions is its own affair.
            let isOurs = same(now, after) || (before == nil && Machine.isForLoader(path) && now?.content == ours)
            if !same(now, before), !isOurs {
                guard let block = BootEnvironmentUndo(before: before, ours: after, now: now) else {
                    throw Self.conflict(path, before: before, ours: after, now: now)
                }
                try machine.keep(block.result, at: path)
                return true
            }
            if now != before || machine.exists(path + ".passthru-new") {
                try machine.keep(before, at: path)
                isChanged = true
            }
        } catch let error as Errno {
            throw StepRunner.unwritable(path, error)
        } catch let error as StepFailure {
            throw error
        } catch {
            throw StepFailure(message: Text(verbatim: "\(error)"))
        }
        for folder in replaced.newFolders.reversed() {
            // One that somebody else uses by now stays.
            try? machine.tree.removeFolder(folder)
        }
        return isChanged
    }

    // MARK: Documents that a program keeps

    /// - Parameter written: the checksum of what the program made of ours; nil when it was stopped before that was known.
    private func restore(
        _ document: ProgramDocument,
        _ before: FileSnapshot,
        ours: FileContent,
        written: String?
    ) throws(StepFailure) -> Bool {
        let now = FileSnapshot(bytes: try runner.kept(document).bytes)
        guard now.content != before.content else { return false }
        guard written == nil || runner.checksum(of: now) == written else {
            throw StepFailure(
                message: Text(
                    en: """
                        \(document.name) was changed by somebody else since: it stays as it is. What passthru had changed, to \
                        be taken back by hand:
                        \(UnifiedDiff.text(document.name, before: before.bytes, after: ours.bytes))
                        """,
                    zh: """
                        \(document.name) 之后被他人修改过：保持现状。passthru 当时的更改，请手动撤回：
                        \(UnifiedDiff.text(document.name, before: before.bytes, after: ours.bytes))
                        """
                )
            )
        }
        try runner.give(before.content, to: document)
        return true
    }

    private func restoreLink(
        _ path: String,
        before: String?,
        ours: String?,
        _ replaced: ReplacedFile?
    ) throws(StepFailure) -> Bool {
        let now = try? machine.link(path)
        guard now == before || now == ours else {
            throw StepFailure(
                message: Text(
                    en: "\(path) was changed by somebody else since: it stays as it is.",
                    zh: "\(path) 之后被他人修改过：保持现状。"
                )
            )
        }
        if now != before { try runner.perform(.writeLink(path: path, target: before)) }
        for folder in (replaced?.newFolders ?? []).reversed() { try? machine.tree.removeFolder(folder) }
        return now != before
    }

    // MARK: Files that a program made

    /// Puts back what a program replaced. A file that was made anew since, as after a kernel's upgrade, stays: the old one
    /// may name things that are gone, and the program writes it once more.
    private func restoreGenerated(_ step: Int) throws(StepFailure) -> Bool {
        var isChanged = false
        for (path, replaced) in (entry.generated[step] ?? [:]).sorted(by: { $0.key < $1.key }) {
            let now = try runner.checksum(path)
            let written = entry.checksums[step]?[path] ?? now
            guard now == written, now != runner.checksum(of: replaced.snapshot) else { continue }
            do {
                try machine.keep(replaced.snapshot, at: path)
            } catch {
                throw StepRunner.unwritable(path, error)
            }
            for folder in replaced.newFolders.reversed() { try? machine.tree.removeFolder(folder) }
            isChanged = true
        }
        return isChanged
    }

    /// Steps whose program must run once more, now that the files which it reads are back.
    var programsToRepeat: [Int] {
        entry.header.plan.changes.indices.filter { step in
            guard entry.steps[step] != .pending else { return false }
            if entry.header.plan.changes[step].isRepeatedAfterUndo { return true }
            return (entry.generated[step] ?? [:]).contains { path, replaced in
                (try? runner.checksum(path)) != runner.checksum(of: replaced.snapshot)
            }
        }
    }

    private func same(_ left: FileSnapshot?, _ right: FileSnapshot?) -> Bool {
        guard let left, let right else { return left == nil && right == nil }
        return left.isSameFile(as: right)
    }

    /// A file that somebody else changed since: what passthru did to it, and what they did.
    private static func conflict(
        _ path: String,
        before: FileSnapshot?,
        ours: FileSnapshot?,
        now: FileSnapshot?
    ) -> StepFailure {
        func difference(_ old: FileSnapshot?, _ new: FileSnapshot?) -> String {
            var text = UnifiedDiff.text(path, before: old?.bytes, after: new?.bytes)
            if let old, let new, old.mode != new.mode || old.owner != new.owner || old.group != new.group {
                text += "mode \(String(old.mode, radix: 8)) owner \(old.owner):\(old.group) -> "
                text += "mode \(String(new.mode, radix: 8)) owner \(new.owner):\(new.group)\n"
            }
            return text
        }
        let mine = difference(before, ours)
        let theirs = difference(ours, now)
        return StepFailure(
            message: Text(
                en: """
                    \(path) was changed by somebody else since: it stays as it is.
                    What passthru had changed, to be taken back by hand:
                    \(mine)What was changed since:
                    \(theirs)
                    """,
                zh: """
                    \(path) 之后被他人修改过：保持现状。
                    passthru 当时的更改，请手动撤回：
                    \(mine)此后的更改：
                    \(theirs)
                    """
            )
        )
    }
}
