import ArgumentParser
import Guests
import Operations

struct ROMCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "rom",
            abstract: help(
                "Look at expansion ROMs for guests, and read them from devices.",
                "查看供虚拟机使用的扩展 ROM，或从设备读取。"
            ),
            subcommands: [ROMCheckCommand.self, ROMDumpCommand.self]
        )
    }
}

struct ROMCheckCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "check",
            abstract: help(
                "Say what a ROM file is good for, and what is wrong with it.",
                "说明一个 ROM 文件的用途，以及有什么问题。"
            )
        )
    }
    @Argument(help: .text("The file; - for standard input.", "文件；- 表示标准输入。", valueName: "file"))
    var file: String

    @Argument(
        help: .text(
            "The device that a guest shall see it behind.",
            "虚拟机中使用该 ROM 的设备。",
            valueName: "device"
        )
    )
    var device: String?

    @Option(
        help: .text("What starts the guest: SeaBIOS or OVMF.", "虚拟机的固件：SeaBIOS 或 OVMF。", valueName: "bios|uefi")
    )
    var firmware: GuestFirmware?
    @OptionGroup var common: CommonOptions

    func run() throws {
        let machine = try common.machine()
        let check = try ROMCheck.run(machine, file: file, device: device, firmware: firmware)
        try common.print(check) { ROMView(verdict: $0.rom).lines(in: $1) }
        if check.status != .ok { throw check.status }
    }
}

struct ROMDumpCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "dump",
            abstract: help(
                "Read the ROM of a device into a file, and leave the device as it was.",
                "把设备的 ROM 读取到文件，并让设备恢复原状。"
            )
        )
    }
    @Argument(help: .text("The device.", "设备。", valueName: "device"))
    var device: String

    @Argument(help: .text("The file to write.", "要写入的文件。", valueName: "file"))
    var file: String

    @Flag(help: .text("Write over a file that is there.", "覆盖已存在的文件。"))
    var force = false

    @Flag(help: .text("Say what would be done, and do nothing.", "只说明要做什么，不做任何事。"))
    var dryRun = false
    @OptionGroup var common: CommonOptions

    func run() throws {
        let machine = try common.machine()
        let dump = try ROMDump.run(machine, device: device, file: file, force: force, dryRun: dryRun)
        try common.print(dump) { ROMDumpView(dump: $0).lines(in: $1) }
        if dump.status != .ok { throw dump.status }
    }
}
