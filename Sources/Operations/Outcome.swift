import Changes
import Inventory
import Machine
import Planning
import Wording

/// What a writing verb did, or would do.
public struct Outcome: Sendable, Encodable {
    public var schema: String
    public var dryRun: Bool
    /// Whether anything had to be changed.
    public var changed: Bool
    public var devices: [PCIAddress]
    /// The guest at whose start the devices go; null when they go now.
    @Nullable public var guest: String?
    public var plan: [Step]
    /// The changes to files, as `diff -u` writes them.
    public var diff: String
    public var warnings: [Text]
    /// What is tried at the next boot; null when the plan holds at once.
    @Nullable public var trial: Trial?
    /// What the confirmation of the trial will do, and its changes to files.
    public var afterConfirmation: [Step]
    public var diffAfterConfirmation: String
    /// The number under which it is undone; null when nothing was changed.
    @Nullable public var transaction: Int?
    /// Seconds in which `passthru confirm` must come; null when it stays without.
    @Nullable public var confirmWithin: Int?
    /// Files in the journal that cannot be read, by their number; the verb was carried out all the same.
    public var unreadable: [Int] = []

    public var status: ExitStatus { unreadable.isEmpty ? .ok : .failed }

    /// One change of the plan, as people and scripts read it.
    public struct Step: Sendable, Encodable, Hashable {
        /// `load-module`, `write`, `write-file`, `remove-file`, `write-link`, `remove-link`, `write-document` or `run`.
        public var action: String
        public var target: String
        @Nullable public var value: String?
        /// The container in which a program runs; null on the host.
        @Nullable public var container: String?
        @Nullable public var before: String?
        @Nullable public var after: String?
        /// What undoes it, as a shell would do it; a file comes back from the journal.
        public var inverse: [String]
        public var reason: Text
    }

    init(_ intention: Intention, schema: String, dryRun: Bool) {
        let plan = intention.plan
        self.schema = schema
        self.dryRun = dryRun
        devices = intention.devices
        guest = intention.guest
        changed = !plan.changes.isEmpty
        self.plan = plan.changes.map(\.step)
        diff = plan.diff
        warnings = plan.warnings
        trial = plan.trial
        afterConfirmation = plan.afterConfirmation.map(\.step)
        diffAfterConfirmation = Plan(changes: plan.afterConfirmation).diff
    }
}

extension Plan {
    /// What happens to each file from the first change to the last.
    var diff: String {
        var paths: [String] = []
        var versions: [String: (before: [UInt8]?, after: [UInt8]?)] = [:]
        for planned in changes {
            let (path, content): (String, FileContent?)
            switch planned.change {
            case .writeFile(let file, let new, _): (path, content) = (file, new)
            case .writeDocument(let document, let new): (path, content) = (document.name, new)
            default: continue
            }
            if versions[path] == nil {
                paths.append(path)
                versions[path] = (planned.original?.bytes, nil)
            }
            versions[path]?.after = content?.bytes
        }
        return paths.map { UnifiedDiff.text($0, before: versions[$0]?.before, after: versions[$0]?.after) }.joined()
    }
}

extension PlannedChange {
    /// A file that only its owner may read, such as a domain with passwords, is shown by its differences alone.
    private var isPrivate: Bool {
        if case .writeFile(_, _, let mode) = change { mode & 0o077 == 0 } else { false }
    }

    var step: Outcome.Step {
        var container: String?
        switch change {
        case .runProgram(_, _, _, let place): container = place?.container
        case .writeDocument(let document, _): container = document.place?.container
        default: break
        }
        let (action, target, value): (String, String, String?) =
            switch change {
            case .loadModule(let name): ("load-module", name, nil)
            case .writeAttribute(let path, let value): ("write", path, value == "\n" ? "" : value)
            case .writeFile(let path, let content, _):
                (content == nil ? "remove-file" : "write-file", path, isPrivate ? nil : content?.text)
            case .writeLink(let path, let target): (target == nil ? "remove-link" : "write-link", path, target)
            case .runProgram(let path, let arguments, _, _): ("run", path, arguments.joined(separator: " "))
            case .writeDocument(let document, _):
                ("write-document", document.name, ([document.program] + document.writing).joined(separator: " "))
            }
        return Outcome.Step(
            action: action,
            target: target,
            value: value,
            container: container,
            before: isPrivate ? nil : before,
            after: isPrivate ? nil : after,
            inverse: inverse.map(\.sentence),
            reason: reason
        )
    }
}

extension Outcome.Step {
    /// The step as one line of a plan, as a shell would do it.
    public var sentence: Text {
        let command =
            switch action {
            case "load-module": Text(verbatim: "modprobe \(target)")
            case "write": Text(verbatim: "echo \(value.map { $0.isEmpty ? "" : $0 + " " } ?? "")> \(target)")
            case "write-file": Text(en: "write \(target)", zh: "写入 \(target)")
            case "write-link": Text(en: "link \(target) to \(value ?? "-")", zh: "把 \(target) 链接到 \(value ?? "-")")
            case "write-document": Text(verbatim: value ?? "")
            case "run": Text(verbatim: [target, value].compactMap(\.self).joined(separator: " "))
            default: Text(en: "remove \(target)", zh: "删除 \(target)")
            }
        let place = container.map { Text(en: "in \($0): ", zh: "在 \($0) 中：") } ?? .empty
        return command + Text(verbatim: "  # ") + place + reason
    }
}
