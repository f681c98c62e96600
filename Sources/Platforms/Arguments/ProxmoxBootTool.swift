import Changes
import Formats
import Inventory
import Machine
import Wording

/// Proxmox where proxmox-boot-tool keeps systemd-boot on each boot disk: the line is `/etc/kernel/cmdline`.
struct ProxmoxBootTool: BootPlatform {
    static let list = "/etc/kernel/proxmox-boot-uuids"

    private let machine: Machine
    private let tool: String

    init?(_ machine: Machine) {
        guard machine.exists(Self.list), let tool = machine.program("proxmox-boot-tool") else { return nil }
        self.machine = machine
        self.tool = tool
    }

    var title: Text {
        Text(
            en: "proxmox-boot-tool (\(KernelArgumentFile.path))",
            zh: "proxmox-boot-tool 配置（\(KernelArgumentFile.path)）"
        )
    }

    var savedLine: KernelCommandLine? { KernelArgumentFile(machine: machine).line }

    func permanent(_ edit: ArgumentEdit, leavesFailsafeAlone: Bool) throws(BootPlatformError) -> [PlannedChange] {
        guard let change = try KernelArgumentFile(machine: machine).change(edit, isMade: true) else { return [] }
        return try machine.writable([change, Self.refresh(tool)])
    }

    /// Writes every boot partition anew. They are not mounted, so that what it writes can be neither kept nor read back: it
    /// runs once more when its files are back.
    static func refresh(_ tool: String) -> PlannedChange {
        .program(
            tool,
            ["refresh"],
            isRepeatedAfterUndo: true,
            reason: Text(en: "writes the boot partitions anew", zh: "重新写入各启动分区")
        )
    }

    static let obstacle = Text(
        en: "the boot partitions that proxmox-boot-tool writes are not mounted",
        zh: "proxmox-boot-tool 写入的启动分区没有挂载"
    )

    var trialObstacle: Text? { Self.obstacle }

    func trial(_ edit: ArgumentEdit, marks: [String]) throws(BootPlatformError) -> [PlannedChange] { [] }
    func endOfTrial() throws(BootPlatformError) -> [PlannedChange] { [] }
}
