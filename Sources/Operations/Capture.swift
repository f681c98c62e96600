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
    /// What is in it and what was replaced, for its owner to read before it is given away.
    public var contents: [Text]
    /// What could not be read, with the reason: in the archive it is missing.
    public var unread: [String: String]

    public struct Summary: Sendable, Encodable {
        public let schema = "passthru/capture/1"
        public var file: String
        public var bytes: Int
        public var files: Int
        public var links: Int
        public var contents: [Text]
        public var unknown: [String: String]
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
        let nodes = recorder.seen.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.filter { $0.key != "/" }
        let texts = nodes.compactMap { path, node -> (path: String, bytes: [UInt8])? in
            guard case .file(let bytes, _) = node else { return nil }
            return (path, WholeCapture.withoutSecrets(bytes, at: path))
        }
        var redaction = redacting ? Redaction(host, texts) : nil
        var capture = Capture(archive: [], files: 0, links: 0, contents: [], unread: [:])
        capture.unread = recorder.failed.mapValues { $0.description.lowercased() }
        var writer = TarWriter()
        do {
            for (path, node) in nodes {
                let name = redaction?.redact(name: String(path.dropFirst())) ?? String(path.dropFirst())
                switch node {
                case .directory: try writer.addDirectory(name)
                case .symbolicLink(let target):
                    try writer.addSymbolicLink(name, target: redaction?.redact(name: target) ?? target)
                    capture.links += 1
                case .file(let bytes, let mode):
                    let plain = WholeCapture.withoutSecrets(bytes, at: path)
                    let owner = recorder.owners[path]
                    try writer.addFile(
                        name,
                        content: redaction?.redact(plain, at: path) ?? plain,
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
        capture.contents = CaptureContents.texts(redaction, unread: capture.unread)
        return capture
    }

    /// Writes it for its owner alone.
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
            try Machine.live.tree.put(FileSnapshot(bytes: capture.archive, mode: 0o600), at: place)
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
        Summary(
            file: file,
            bytes: archive.count,
            files: files,
            links: links,
            contents: contents,
            unknown: unread
        )
    }
}

/// What an archive holds, said to its owner.
enum CaptureContents {
    static func texts(_ redaction: Redaction?, unread: [String: String]) -> [Text] {
        var texts = [
            Text(
                en: """
                    Kept: devices, their drivers and groups, firmware tables, what the kernel was built with and told, boot \
                    menus, module settings, names of interfaces, disks, volumes and mount points.
                    """,
                zh: "保留：设备及其驱动和组、固件表、内核的编译选项和参数、启动菜单、模块设置，以及接口、磁盘、卷和挂载点的名称。"
            )
        ]
        if let redaction {
            let found = Redaction.Kind.allCases.compactMap { kind -> Text? in
                guard let count = redaction.counts[kind], count > 0 else { return nil }
                return text(kind, count, redaction.argumentNames.sorted())
            }
            let list = found.isEmpty ? Text(en: "nothing", zh: "无") : Text.list(found)
            texts.append(Text(en: "Replaced: \(list.en).", zh: "已替换：\(list.zh)。"))
        } else {
            texts.append(
                Text(
                    en: """
                        Kept, too, as you asked by --full: MAC and IP addresses, serial numbers, UUIDs, the host name, values of \
                        all kernel arguments and module options, passwords among them.
                        """,
                    zh: "按 --full 的要求还保留：MAC 和 IP 地址、序列号、UUID、主机名，以及所有内核参数和模块选项的值（包括其中的密码）。"
                )
            )
        }
        texts.append(
            Text(
                en:
                    "Left out: processes, guests, environment variables, passwords of GRUB and of the network configuration.",
                zh: "不包含：进程、虚拟机、环境变量，以及 GRUB 和网络配置中的密码。"
            )
        )
        if !unread.isEmpty {
            let list = Text.list(unread.keys.sorted().prefix(5).map { $0 })
            let more = unread.count > 5 ? " …" : ""
            texts.append(
                Text(
                    en: "Missing, as it could not be read: \(list.en)\(more).",
                    zh: "缺少（无法读取）：\(list.zh)\(more)。"
                )
            )
        }
        return texts
    }

    private static func text(_ kind: Redaction.Kind, _ count: Int, _ names: [String]) -> Text {
        switch kind {
        case .mac: Text(en: "MAC addresses (\(count)) in every form", zh: "各种形式的 MAC 地址（\(count) 个）")
        case .address: Text(en: "IP addresses (\(count))", zh: "IP 地址（\(count) 个）")
        case .serial: Text(en: "serial numbers and WWIDs (\(count))", zh: "序列号和 WWID（\(count) 个）")
        case .identifier: Text(en: "UUIDs (\(count))", zh: "UUID（\(count) 个）")
        case .argument:
            Text(
                en: "values of arguments and options (\(names.joined(separator: ", ")))",
                zh: "参数和选项的值（\(names.joined(separator: "、"))）"
            )
        case .hostName: Text(en: "the host name", zh: "主机名")
        }
    }
}
