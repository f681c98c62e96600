import ArgumentParser
import Guests
import Operations

struct ExportCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "export",
            abstract: help("Print a device in another program's words, or what is wanted.", "用其他程序的格式输出设备，或输出期望状态。"),
            subcommands: [
                ExportQEMUCommand.self, ExportProxmoxCommand.self, ExportIncusCommand.self, ExportStateCommand.self,
            ]
        )
    }
}

struct ExportProxmoxCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "proxmox",
            abstract: help(
                "Print the lines of a Proxmox VE guest's configuration, or a resource mapping.",
                "输出 Proxmox VE 虚拟机配置中的行，或资源映射。"
            )
        )
    }
    @Argument(help: .text("Devices of the guest.", "虚拟机的设备。", valueName: "device"))
    var devices: [String]

    @Option(
        help: .text(
            "A resource mapping of this name instead: sections for /etc/pve/mapping/pci.cfg and usb.cfg.",
            "改为输出此名称的资源映射：/etc/pve/mapping/pci.cfg 和 usb.cfg 中的段落。",
            valueName: "name"
        )
    )
    var mapping: String?
    @OptionGroup var common: CommonOptions

    func run() throws {
        let machine = try common.machine()
        guard let mapping else {
            return try common.print(GuestExport.proxmox(machine, devices: devices)) { document, _ in document.lines }
        }
        let document = try GuestExport.mapping(machine, devices: devices, name: mapping)
        guard !common.json else { return try common.print(document) { _, _ in [] } }
        let files = [document.pci.map { "# pci.cfg\n" + $0 }, document.usb.map { "# usb.cfg\n" + $0 }]
        Console.write(files.compactMap(\.self).joined(separator: "\n"))
    }
}

struct ExportIncusCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "incus",
            abstract: help(
                "Print the devices of a virtual machine of Incus, as YAML.",
                "以 YAML 输出 Incus 虚拟机的设备。"
            )
        )
    }
    @Argument(help: .text("Devices of the guest.", "虚拟机的设备。", valueName: "device"))
    var devices: [String]
    @OptionGroup var common: CommonOptions

    func run() throws {
        let document = try GuestExport.incus(try common.machine(), devices: devices)
        if common.json {
            try common.print(document) { _, _ in [] }
        } else {
            Console.write(document.yaml)
        }
    }
}
