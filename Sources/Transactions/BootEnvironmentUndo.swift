import Formats
import Machine

/// Takes passthru's variables out of GRUB's environment block, which GRUB itself has written since: a trial that was taken is
/// noted there. What others set in it stays.
struct BootEnvironmentUndo {
    /// The block to write; nil when there was none before, and nothing is left in it.
    let result: FileSnapshot?

    /// - Returns: nil when one of the three is no environment block.
    init?(before: FileSnapshot?, ours: FileSnapshot?, now: FileSnapshot?) {
        guard let now, let ours, let current = GRUBEnvironment(now.bytes), let written = GRUBEnvironment(ours.bytes)
        else {
            return nil
        }
        let old: GRUBEnvironment?
        if let before {
            guard let block = GRUBEnvironment(before.bytes) else { return nil }
            old = block
        } else {
            old = nil
        }
        let names = Set(written.values.keys).union((old?.values ?? [:]).keys).sorted()
        let changed = names.filter { written.values[$0] != old?.values[$0] }
        // A variable that somebody else set since is theirs, unless GRUB has used up what was an order to it.
        let isOurs = changed.allSatisfy { name in
            let value = current.values[name] ?? ""
            return value == written.values[name] ?? "" || value == old?.values[name] ?? ""
                || name.hasPrefix("passthru_")
        }
        guard isOurs else { return nil }
        guard let bytes = try? current.setting(changed.map { ($0, old?.values[$0]) }),
            let block = GRUBEnvironment(bytes)
        else { return nil }
        if block.variables == old?.variables ?? [] {
            result = before
        } else {
            var snapshot = now
            snapshot.bytes = bytes
            snapshot.modified = nil
            result = snapshot
        }
    }
}
