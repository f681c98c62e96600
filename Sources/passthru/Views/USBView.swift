import Inventory
import Operations
import Wording

/// A line per USB device: port, id, speed, name, drivers, uses.
struct USBView {
    let usb: USB

    func lines(in language: Language) -> [String] {
        guard let devices = usb.devices else {
            let why = usb.unknown["devices"] ?? ""
            return [Text(en: "unknown: \(why)", zh: "未知：\(Text(reason: why).zh)").string(in: language)]
        }
        guard !devices.isEmpty else {
            return [Text(en: "No USB devices.", zh: "没有 USB 设备。").string(in: language)]
        }
        var table = Table()
        for device in devices {
            let own = [device.manufacturer, device.product].compactMap(\.self).joined(separator: " ")
            let known = [device.vendorName, device.productName].compactMap(\.self).joined(separator: " ")
            let name = own.isEmpty ? known : own
            let drivers = device.interfaces.compactMap(\.driver)
            let uses = device.usedBy.map { "\($0.kind) \($0.name)" }
            table.add(
                device.portPath,
                "\(device.vendorID?.description ?? "?"):\(device.productID?.description ?? "?")",
                drivers.isEmpty ? "-" : Set(drivers).sorted().joined(separator: ","),
                name + (device.serial.map { " [\($0)]" } ?? "")
                    + (uses.isEmpty ? "" : "  ← " + uses.joined(separator: language == .chinese ? "、" : ", "))
            )
        }
        return table.lines
    }
}
