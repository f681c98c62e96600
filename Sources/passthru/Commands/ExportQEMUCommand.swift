import ArgumentParser
import Guests
import Operations
import Wording

struct ExportQEMUCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "qemu",
            abstract: help(
                "Print the arguments that hand devices to a QEMU that is started by hand.",
                "输出把设备交给手动启动的 QEMU 所需的参数。"
            )
        )
    }
    @Argument(help: .text("Devices of the guest: PCI or USB.", "虚拟机的设备：PCI 或 USB。", valueName: "device"))
    var devices: [String]

    @Option(
        help: .text(
            "The guest's board. Without it: what the recipe for the devices needs, else q35.",
            "虚拟机的机型。不写时：设备方案所需的机型，否则为 q35。",
            valueName: "q35|i440fx"
        )
    )
    var machine: MachineFamily?

    @Option(
        help: .text("What starts the guest: SeaBIOS or OVMF.", "虚拟机的固件：SeaBIOS 或 OVMF。", valueName: "bios|uefi")
    )
    var firmware: GuestFirmware?

    @Option(
        help: .text(
            "Whether the guest has an emulated display beside.",
            "虚拟机是否另有模拟显卡。",
            valueName: "none|emulated"
        )
    )
    var video: VideoName?

    @Option(
        help: .text(
            "An expansion ROM for the display among the devices, or for the only device.",
            "用于其中的显卡（或唯一设备）的扩展 ROM 文件。",
            valueName: "file"
        )
    )
    var rom: String?

    @Flag(help: .text("Use iommufd in place of vfio's container.", "使用 iommufd 代替 vfio 的容器。"))
    var iommufd = false

    @Option(
        help: .text(
            "The QEMU to ask which properties it has, by its absolute path.",
            "询问哪个 QEMU 支持哪些属性（绝对路径）。",
            valueName: "program"
        )
    )
    var qemu: String?

    @Flag(help: .text("Say on standard error why the arguments are as they are.", "在标准错误输出上说明参数的理由。"))
    var why = false
    @OptionGroup var common: CommonOptions

    func run() throws {
        var wishes = QEMUExport.Wishes()
        wishes.guest = GuestShape(
            machine: machine,
            firmware: firmware,
            hasEmulatedVideo: video.map { $0 == .emulated }
        )
        wishes.rom = rom
        wishes.usesIOMMUFD = iommufd
        wishes.program = qemu
        let export = try QEMUExport.run(try common.machine(), devices: devices, wishes)
        if !common.json { explain(export) }
        try common.print(export) { export, _ in [export.line] }
    }

    /// Standard output is for the arguments alone.
    private func explain(_ export: QEMUExport) {
        var lines = export.advice.flatMap { advice in
            (why ? [advice.title] + advice.reasons : []) + advice.warnings
        }
        lines += export.warnings
        for line in lines { Console.writeError("passthru: " + line.string(in: Console.language)) }
    }
}

enum VideoName: String, ExpressibleByArgument, CaseIterable {
    case none, emulated
}

extension MachineFamily: ExpressibleByArgument {}
extension GuestFirmware: ExpressibleByArgument {}
