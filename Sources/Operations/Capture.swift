import Formats
import Inventory
import Machine
import Readiness
import SystemPackage
import Wording

/// `passthru capture`: this host as an archive that `--host` takes.
///
/// What belongs to a host is what passthru reads of one: the archive holds exactly the files, links and folders that
/// were looked at while the whole ``Host`` was read.
public struct Capture: Sendable {
    public var archive: [UInt8]
    public var files: Int
    public var links: Int

    public struct Summary: Sendable, Encodable {
        public let schema = "passthru/capture/1"
        public var file: String
        public var bytes: Int
        public var files: Int
        public var links: Int
    }

    public static func run(_ machine: Machine, redacting: Bool) throws(Failure) -> Capture {
        let recorder = RecordingTree(machine.tree)
        let host = Host.read(Machine(recorder), .all)
        // What a dry run of `passthru iommu` looks at.
        for isOn in [true, false] {
            _ = try? IOMMUSwitch.run(Machine(recorder), .init(isOn: isOn), Permissions(dryRun: true)) { _ in }
        }
        // What lspci needs to read the same tree, as a second opinion.
        for function in host.functions {
            if let driver = function.driver { _ = Machine(recorder).exists("/sys/bus/pci/drivers/\(driver)") }
            for name in ["vendor", "device", "class", "subsystem_vendor", "subsystem_device"] {
                _ = Machine(recorder).textIfAny("\(PCIInventory.root)/\(function.address)/\(name)")
            }
        }
        var redaction = redacting ? Redaction(host) : nil
        var writer = TarWriter()
        var capture = Capture(archive: [], files: 0, links: 0)
        do {
            for (path, node) in recorder.seen.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
                let name = String(path.dropFirst())
                guard !name.isEmpty else { continue }
                switch node {
                case .directory: try writer.addDirectory(name)
                case .symbolicLink(let target):
                    try writer.addSymbolicLink(name, target: target)
                    capture.links += 1
                case .file(let bytes, let mode):
                    let plain = Redaction.withoutSecrets(bytes, at: path)
                    let kept = redaction?.redact(plain, at: path) ?? plain
                    let owner = recorder.owners[path]
                    try writer.addFile(
                        name,
                        content: kept,
                        mode: UInt16(mode & 0o7777),
                        owner: owner?.user ?? 0,
                        group: owner?.group ?? 0
                    )
                    capture.files += 1
                }
            }
        } catch {
            throw Failure(.bug, Text(en: "The archive could not be made: \(error).", zh: "无法生成归档：\(error)。"))
        }
        capture.archive = writer.finish()
        return capture
    }

    public static func write(_ capture: Capture, to path: String) throws(Failure) {
        let place = path.hasPrefix("/") ? path : "./" + path
        let folder = String(place[..<(place.lastIndex(of: "/") ?? place.startIndex)])
        guard folder.isEmpty || Machine.live.exists(folder) else {
            throw Failure(
                .failed,
                Text(en: "There is no folder \(folder) to write \(path) into.", zh: "没有文件夹 \(folder)，无法写入 \(path)。")
            )
        }
        do {
            try Machine.live.tree.replace(place, with: capture.archive)
        } catch {
            throw Failure(
                .failed,
                Text(
                    en: "\(path) could not be written: \(error.description.lowercased()).",
                    zh: "无法写入 \(path)：\(Text(reason: error.description.lowercased()).zh)。"
                )
            )
        }
    }

    public func summary(of file: String) -> Summary {
        Summary(file: file, bytes: archive.count, files: files, links: links)
    }
}
