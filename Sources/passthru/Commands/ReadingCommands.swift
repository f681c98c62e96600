import ArgumentParser
import Operations

struct DevicesCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "devices",
            abstract: help(
                "List PCI functions by IOMMU group, with driver, verdict and cost.",
                "按 IOMMU 组列出 PCI 功能，包括驱动、结论和代价。"
            )
        )
    }
    @OptionGroup var common: CommonOptions

    func run() throws {
        // The lines for people name the groups but not their types: those are in the JSON and in `show`.
        let devices = Devices.run(try common.machine(), withGroups: common.json)
        try common.print(devices) { DevicesView(devices: $0).lines(in: $1) }
    }
}

struct ShowCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "show",
            abstract: help(
                "Show everything about one device, or the firmware's IOMMU table.",
                "显示一个设备的全部信息，或固件的 IOMMU 表。"
            )
        )
    }
    @Argument(
        help: .text(
            "An address such as 0000:02:00.0, vendor:device, or the word firmware.",
            "地址（如 0000:02:00.0）、vendor:device，或 firmware 一词。",
            valueName: "device|firmware"
        )
    )
    var device: String
    @OptionGroup var common: CommonOptions

    func run() throws {
        let machine = try common.machine()
        if device == "firmware" {
            try common.print(ShowFirmware.run(machine)) { FirmwareView(firmware: $0.firmware).lines(in: $1) }
        } else {
            try common.print(Show.run(machine, device: device)) { ShowView(show: $0).lines(in: $1) }
        }
    }
}

struct USBCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "usb",
            abstract: help("List USB devices and what uses them.", "列出 USB 设备以及谁在使用它们。")
        )
    }
    @OptionGroup var common: CommonOptions

    func run() throws {
        try common.print(USB.run(try common.machine())) { USBView(usb: $0).lines(in: $1) }
    }
}
