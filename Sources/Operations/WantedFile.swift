import Changes
import Inventory
import Machine
import Planning
import Platforms
import SystemPackage
import Wording

/// The wanted state, with the file that says it.
public struct WantedFile: Sendable {
    public var path: String
    /// What is in the file; nil when there is none.
    public var original: [UInt8]?
    public var state: WantedState

    /// Reads the file; where there is none, nothing is wanted.
    ///
    /// - Throws: 65 with the line for what is malformed, 74 or 77 where the file cannot be read.
    public static func read(_ machine: Machine) throws(Failure) -> WantedFile {
        let path = WantedState.path(on: machine)
        let bytes: [UInt8]
        do {
            bytes = try machine.read(path)
        } catch  where error == .noSuchFileOrDirectory {
            return WantedFile(path: path, original: nil, state: WantedState())
        } catch {
            throw Failure(
                error == .permissionDenied ? .refused : .failed,
                Text(
                    en: "\(path) cannot be read: \(error.description.lowercased()).",
                    zh: "无法读取 \(path)：\(Text(reason: error.description.lowercased()).zh)。"
                )
            )
        }
        do {
            return WantedFile(path: path, original: bytes, state: try WantedState(bytes))
        } catch {
            throw Failure(
                .malformed,
                Text(
                    en: "\(path), line \(error.line): \(error.what.en). Nothing was changed; put it right first.",
                    zh: "\(path) 第 \(error.line) 行：\(error.what.zh)。未做任何更改；请先改正。"
                )
            )
        }
    }
}

/// The changes to files that make a wish hold at every boot.
struct Permanence {
    var changes: [PlannedChange] = []
    var warnings: [Text] = []

    /// - Parameters:
    ///   - host: with the functions that there are now.
    ///   - base: a text that the file begins from where there is none yet.
    init(on machine: Machine, _ host: Host, from file: WantedFile, to wanted: WantedState, base: [UInt8]? = nil) {
        var wanted = wanted
        if wanted.assignments.isEmpty { wanted.nodes = nil }
        let files = BootBindingFiles(
            on: machine,
            from: BootWish(file.state, host),
            to: BootWish(wanted, host),
            own: wanted.ownFiles
        )
        let hooks = Hooks(on: machine, from: file.state, to: wanted, own: files.own)
        wanted.ownFiles = hooks.own
        warnings = files.warnings + hooks.warnings
        let all = files.changes + hooks.changes
        guard wanted != file.state else {
            changes = all
            return
        }
        let bytes = wanted.bytes(replacing: file.original ?? base)
        let after = WantedState.isEmpty(bytes) ? nil : bytes
        let state = PlannedChange.file(
            file.path,
            before: file.original.map { FileContent($0) },
            after: after.map { FileContent($0) },
            reason: Text(en: "what is wanted at every boot", zh: "每次启动时的期望状态")
        )
        // Whenever the power fails in between, what a rule or an image binds at the next boot is named in the file.
        let grows = wanted.assignments.count >= file.state.assignments.count
        changes = grows ? [state] + all : all + [state]
    }
}

extension BootWish {
    fileprivate init(_ state: WantedState, _ host: Host) {
        self.init(
            devices: state.atBoot.map(\.identity),
            reachesInitramfs: state.atBoot.contains { assignment in
                // One that is not there now may be a disk's controller.
                guard let function = host.function(assignment.identity.address) else { return true }
                return function.class.isStorage || function.class.isDisplay || function.class.isUSBController
            },
            access: state.nodes?.access ?? .root,
            needsService: state.needsBoot
        )
    }
}
