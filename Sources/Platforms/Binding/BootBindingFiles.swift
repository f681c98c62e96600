import Changes
import Inventory
import Machine
import Wording

/// A file or link that has a part in binding devices at boot.
struct BootFile: Hashable {
    enum Content: Hashable {
        case text(String, mode: UInt32)
        /// A symbolic link with this text.
        case link(String)
    }

    var path: String
    var content: Content
    var reason: Text
    /// Whether it may be there without our doing, from a package or by the owner's hand: then it stays in the end.
    var isService = false
}

/// What shall hold at every boot, as far as files have to say it.
public struct BootWish: Sendable, Hashable {
    /// The functions that belong to guests.
    public var devices: [DeviceIdentity]
    /// Whether one of them has a driver that initramfs images bring along, and so loads before the disk is there.
    public var reachesInitramfs: Bool
    public var access: NodeAccess
    /// Whether the boot has anything to do.
    public var needsService: Bool

    public init(
        devices: [DeviceIdentity] = [],
        reachesInitramfs: Bool = false,
        access: NodeAccess = .root,
        needsService: Bool = false
    ) {
        self.devices = devices
        self.reachesInitramfs = reachesInitramfs
        self.access = access
        self.needsService = needsService
    }
}

/// How this system comes to bind devices at boot, chosen by what it can do.
public struct BootBindingFiles: Sendable {
    public var changes: [PlannedChange] = []
    public var warnings: [Text] = []
    /// Files of the service that are there by our doing.
    public var own: [String]

    /// What turns one wish into another.
    ///
    /// - Parameter own: files of the service that are there by our doing now.
    public init(on machine: Machine, from old: BootWish, to new: BootWish, own: [String]) {
        self.own = own
        let wanted = Self.files(for: new, on: machine)
        let gone = Self.files(for: old, on: machine).filter { file in !wanted.contains { $0.path == file.path } }
        for file in wanted { put(file, machine) }
        for file in gone.reversed() { remove(file, machine) }
        if !Platform.isOpenWrt(machine), old.reachesInitramfs || new.reachesInitramfs, !changes.isEmpty {
            rebuildInitramfs(machine)
        }
        if Platform.isOpenWrt(machine) { keepThroughUpgrade(old, new, machine) }
        if new.needsService { warn(machine) }
    }

    private static func files(for wish: BootWish, on machine: Machine) -> [BootFile] {
        if Platform.isOpenWrt(machine) { return OpenWrtBoot.files(for: wish, on: machine) }
        if machine.exists("/run/systemd/system") { return SystemdBoot.files(for: wish, on: machine) }
        return []
    }

    private mutating func put(_ file: BootFile, _ machine: Machine) {
        switch file.content {
        case .text(let text, let mode):
            let now = try? machine.read(file.path)
            if now == Array(text.utf8) { return }
            // The owner's own service that does the same.
            if file.isService, let now, Self.runsBoot(now, like: text) { return }
            if file.isService, now == nil { own.append(file.path) }
            changes.append(
                .file(
                    file.path,
                    before: now.map { FileContent($0) },
                    after: FileContent(text),
                    mode: mode,
                    reason: file.reason
                )
            )
        case .link(let target):
            let now = try? machine.link(file.path)
            if now == target || Self.isEnabled(file, machine) { return }
            if file.isService, now == nil { own.append(file.path) }
            changes.append(.link(file.path, before: now, after: target, reason: file.reason))
        }
    }

    /// Whether a service has the same command as ours, whatever else its file says.
    private static func runsBoot(_ bytes: [UInt8], like text: String) -> Bool {
        let command = text.contains("passthru boot --early") ? "passthru boot --early" : "passthru boot"
        return String(decoding: bytes, as: UTF8.self).contains(command)
    }

    /// Whether OpenWrt's rc starts the service already, under another number that the owner chose.
    private static func isEnabled(_ file: BootFile, _ machine: Machine) -> Bool {
        file.path == BootService.initLinkPath
            && machine.listIfAny("/etc/rc.d").contains { $0.hasPrefix("S") && $0.dropFirst(3) == "passthru" }
    }

    private mutating func remove(_ file: BootFile, _ machine: Machine) {
        if file.isService {
            guard own.contains(file.path) else { return }
            own.removeAll { $0 == file.path }
        }
        let reason = Text(en: "no longer needed", zh: "不再需要")
        switch file.content {
        case .text(let text, _):
            guard let now = try? machine.read(file.path) else { return }
            guard now == Array(text.utf8) else {
                warnings.append(
                    Text(
                        en: "\(file.path) was changed by somebody else: it stays.",
                        zh: "\(file.path) 已被他人修改：予以保留。"
                    )
                )
                return
            }
            changes.append(.file(file.path, before: FileContent(now), after: nil, reason: reason))
        case .link:
            guard let now = try? machine.link(file.path) else { return }
            changes.append(.link(file.path, before: now, after: nil, reason: reason))
        }
    }

    private mutating func warn(_ machine: Machine) {
        if !machine.exists(BootService.program) {
            warnings.append(
                Text(
                    en: "\(BootService.program) is not there, and the boot needs it: put this program there.",
                    zh: "\(BootService.program) 不存在，而启动时需要它：请把本程序放到那里。"
                )
            )
        }
        if Self.files(for: BootWish(needsService: true), on: machine).isEmpty {
            warnings.append(
                Text(
                    en: """
                        No service manager that passthru knows runs this machine: have its start-up script run \
                        `\(BootService.program) boot`, before drivers are loaded if possible.
                        """,
                    zh: """
                        本机没有 passthru 认识的服务管理器：请在启动脚本中运行 `\(BootService.program) boot`，\
                        尽可能在加载驱动之前。
                        """
                )
            )
        }
    }
}
