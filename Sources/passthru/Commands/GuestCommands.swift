import ArgumentParser
import Guests
import Operations
import Wording

struct GuestCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "guest",
            abstract: help(
                "The guests of this host, and the devices in their configurations.",
                "本机的虚拟机，以及其配置中的设备。"
            ),
            subcommands: [
                GuestListCommand.self, GuestShowCommand.self, GuestAttachCommand.self, GuestDetachCommand.self,
                GuestXMLCommand.self,
            ]
        )
    }
}

struct GuestXMLCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "xml",
            abstract: help(
                "Print what a libvirt domain must say to have devices, for a document of your own.",
                "输出 libvirt 域使用这些设备所需的内容，供自行编写的文档使用。"
            )
        )
    }
    @Argument(help: .text("Devices of the guest: PCI or USB.", "虚拟机的设备：PCI 或 USB。", valueName: "device"))
    var devices: [String]

    @Flag(
        help: .text(
            "Let libvirt bind the device at start and give it back at stop; passthru's guards are not asked then.",
            "让 libvirt 在启动时绑定设备，停止时归还；届时不会经过 passthru 的保护规则。"
        )
    )
    var managed = false

    @Option(
        help: .text(
            "A file with an expansion ROM for the display among the devices, or for the only device.",
            "用于其中的显卡（或唯一设备）的扩展 ROM 文件。",
            valueName: "file"
        )
    )
    var rom: String?

    @Option(
        help: .text(
            "The libvirt that reads it, such as 9.0; without it the installed one.",
            "读取它的 libvirt 版本，如 9.0；不写则为已安装的版本。",
            valueName: "version"
        )
    )
    var libvirt: SoftwareVersion?

    @Option(
        help: .text(
            "The QEMU that runs it, such as 7.2; without it the installed one.",
            "运行它的 QEMU 版本，如 7.2；不写则为已安装的版本。",
            valueName: "version"
        )
    )
    var qemu: SoftwareVersion?

    @Flag(help: .text("The device alone, without what a recipe knows about it.", "只输出设备本身，不应用任何方案。"))
    var noRecipe = false

    @Flag(help: .text("Say on standard error why it is so.", "在标准错误输出上说明理由。"))
    var why = false
    @OptionGroup var common: CommonOptions

    func run() throws {
        var wishes = GuestDocuments.Wishes()
        wishes.isManaged = managed
        wishes.rom = rom
        wishes.usesRecipe = !noRecipe
        wishes.libvirt = libvirt
        wishes.qemu = qemu
        let document = try GuestDocuments.run(try common.machine(), devices: devices, wishes)
        if common.json { return try common.print(document) { _, _ in [] } }
        // Standard output is for the document alone.
        for note in (why ? document.reasons : []) + document.warnings {
            Console.writeError("passthru: " + note.string(in: Console.language))
        }
        Console.write(document.xml + (document.specials ?? ""))
    }
}

extension SoftwareVersion: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument.contains(".") ? argument : argument + ".0") }
}

struct GuestListCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "list",
            abstract: help(
                "List the guests that this host runs or could start, those in containers too.",
                "列出本机正在运行或可以启动的虚拟机，包括容器中的。"
            )
        )
    }
    @OptionGroup var common: CommonOptions

    func run() throws {
        try common.print(GuestList.run(try common.machine())) { GuestListView(list: $0).lines(in: $1) }
    }
}

struct GuestShowCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "show",
            abstract: help(
                "Show one guest, and how its devices stand on this host.",
                "显示一个虚拟机，以及其设备在本机的状态。"
            )
        )
    }
    @Argument(help: .guestName) var guest: String
    @OptionGroup var common: CommonOptions

    func run() throws {
        try common.print(GuestShow.run(try common.machine(), guest: guest)) { GuestShowView(show: $0).lines(in: $1) }
    }
}

struct GuestAttachCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "attach",
            abstract: help(
                "Put devices into a guest's configuration, and bind PCI functions for it.",
                "把设备加入虚拟机的配置，并为其绑定 PCI 功能。"
            )
        )
    }
    @Argument(help: .guestName) var guest: String

    @Argument(help: .text("Devices of the guest: PCI or USB.", "虚拟机的设备：PCI 或 USB。", valueName: "device"))
    var devices: [String]

    @Option(
        name: .customLong("with"),
        help: .text(
            "A member of the same IOMMU group that is bound, too, and stays with no guest.",
            "同一 IOMMU 组中一并绑定、但不交给任何虚拟机的成员。",
            valueName: "mate"
        )
    )
    var mates: [String] = []

    @Flag(
        help: .text(
            "Let libvirt bind PCI functions at the guest's start and give them back at its stop.",
            "让 libvirt 在虚拟机启动时绑定 PCI 功能，停止时归还。"
        )
    )
    var managed = false

    @Flag(help: .text("Plug them into the guest that runs, too.", "同时热插入正在运行的虚拟机。"))
    var live = false

    @Option(
        help: .text(
            "A file with an expansion ROM for the first function, by its path where the guest runs.",
            "第一个功能的扩展 ROM 文件（在虚拟机运行处的路径）。",
            valueName: "file"
        )
    )
    var rom: String?

    @Flag(help: .text("Show the guest no expansion ROM.", "不让虚拟机看到扩展 ROM。"))
    var noRom = false

    @Option(
        help: .text(
            "The place of the first function in the guest's order of booting, from 1.",
            "第一个功能在虚拟机启动顺序中的位置，从 1 开始。",
            valueName: "number"
        )
    )
    var boot: Int?

    @Option(
        help: .text(
            "The MAC address of a virtual function, which libvirt sets before the guest starts.",
            "虚拟功能的 MAC 地址，由 libvirt 在虚拟机启动前设置。",
            valueName: "address"
        )
    )
    var mac: String?

    @Option(
        help: .text("The VLAN of a virtual function, 1 to 4094.", "虚拟功能的 VLAN，1 到 4094。", valueName: "number")
    )
    var vlan: Int?

    @Option(
        help: .text(
            "When a USB device is not there at the guest's start: mandatory (no start), requisite, or optional, which lets an unconfined QEMU take another device.",
            "虚拟机启动时 USB 设备不在的处理方式：mandatory（不启动）、requisite，或 optional（未受限的 QEMU 可能会拿走别的设备）。",
            valueName: "policy"
        )
    )
    var startupPolicy: StartupPolicy = .mandatory

    @Flag(help: .text("Add the device alone, without what a recipe knows about it.", "只加入设备本身，不应用任何方案。"))
    var noRecipe = false
    @OptionGroup var writing: WritingOptions
    @OptionGroup var consenting: ConsentOptions
    @OptionGroup var confirming: ConfirmOptions
    @OptionGroup var common: CommonOptions

    enum StartupPolicy: String, ExpressibleByArgument, CaseIterable {
        case optional, requisite, mandatory
    }

    func run() throws {
        var attachment = GuestAttachment()
        attachment.isManaged = managed
        attachment.isLive = live
        attachment.rom = rom
        attachment.hidesROM = noRom
        attachment.bootOrder = boot
        attachment.mac = mac
        attachment.vlan = vlan
        attachment.startupPolicy = USBGuestDevice.StartupPolicy(rawValue: startupPolicy.rawValue) ?? .mandatory
        attachment.usesRecipe = !noRecipe
        try common.carryOut(writing, consenting, confirming, unsafe: []) { machine, permissions in
            try GuestAttach.run(
                machine,
                guest: guest,
                devices: devices,
                mates: mates,
                attachment,
                permissions,
                progress: writing.report
            )
        }
    }
}

struct GuestDetachCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "detach",
            abstract: help(
                "Take devices out of a guest's configuration; they stay bound until they are released.",
                "从虚拟机的配置中移除设备；设备在 release 之前保持绑定。"
            )
        )
    }
    @Argument(help: .guestName) var guest: String

    @Argument(help: .text("Devices of the guest: PCI or USB.", "虚拟机的设备：PCI 或 USB。", valueName: "device"))
    var devices: [String]

    @Flag(help: .text("Unplug them from the guest that runs, too.", "同时从正在运行的虚拟机热拔出。"))
    var live = false
    @OptionGroup var writing: WritingOptions
    @OptionGroup var common: CommonOptions

    func run() throws {
        try common.carryOut(writing) { machine, permissions in
            try GuestDetach.run(
                machine,
                guest: guest,
                devices: devices,
                isLive: live,
                permissions,
                progress: writing.report
            )
        }
    }
}

extension ArgumentHelp {
    fileprivate static var guestName: ArgumentHelp {
        .text(
            "The guest's name, CONTAINER/NAME where two have it, or Proxmox' number.",
            "虚拟机的名称；重名时写 容器/名称；或 Proxmox 的编号。",
            valueName: "guest"
        )
    }
}
