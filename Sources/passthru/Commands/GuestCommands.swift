import ArgumentParser
import Guests
import Operations

struct GuestCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "guest",
            abstract: help("What a guest's configuration must say.", "虚拟机配置中应写的内容。"),
            subcommands: [GuestXMLCommand.self]
        )
    }
}

struct GuestXMLCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "xml",
            abstract: help("Print libvirt hostdev elements.", "输出 libvirt 的 hostdev 元素。")
        )
    }
    @Argument(help: .text("Devices of the guest.", "虚拟机的设备。", valueName: "device"))
    var devices: [String]

    @Flag(
        help: .text(
            "Let libvirt bind the device at start and give it back at stop; passthru's guards are not asked then.",
            "让 libvirt 在启动时绑定设备，停止时归还；届时不会经过 passthru 的保护规则。"
        )
    )
    var managed = false
    @OptionGroup var common: CommonOptions

    func run() throws {
        let xml = try GuestDocuments.hostdevXML(try common.machine(), devices: devices, managed: managed)
        if common.json {
            try common.print(["schema": "passthru/guest-xml/1", "xml": xml]) { _, _ in [] }
        } else {
            Console.write(xml)
        }
    }
}

struct ExportCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "export",
            abstract: help("Print a device in another program's words, or what is wanted.", "用其他程序的格式输出设备，或输出期望状态。"),
            subcommands: [ExportQEMUCommand.self, ExportStateCommand.self]
        )
    }
}
