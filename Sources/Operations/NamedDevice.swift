import Guests
import Inventory
import Planning
import Wording

/// A device that somebody named for a guest.
public enum NamedDevice: Sendable, Hashable {
    case pci(PCIFunction)
    case usb(USBDevice)

    /// `0000:02:00.0`, or bus and ports `1-4.1`.
    public var name: String {
        switch self {
        case .pci(let function): "\(function.address)"
        case .usb(let device): device.portPath
        }
    }
}

extension DeviceSelector {
    /// The devices that a guest shall get: functions as ``functions(_:)`` finds them, and USB devices by `vendor:product`
    /// where only one has it, by bus and port `1-4.1`, or by serial number.
    ///
    /// - Throws: 64 with the candidates for a name that several have, 66 where nothing has it.
    public func devices(_ names: [String], _ usb: USBInventory?) throws(Failure) -> [NamedDevice] {
        var found: [NamedDevice] = []
        for name in names {
            let device = try device(name, usb)
            if !found.contains(where: { $0.name == device.name }) { found.append(device) }
        }
        return found
    }

    private func device(_ name: String, _ usb: USBInventory?) throws(Failure) -> NamedDevice {
        let devices = (usb?.devices ?? []).filter { !$0.isRootHub }
        if let device = devices.first(where: { $0.portPath == name }) { return .usb(device) }
        let ids = name.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        var matching = devices.filter { $0.serial == name }
        if ids.count == 2, let vendor = UInt16(Substring(ids[0]), radix: 16),
            let product = UInt16(Substring(ids[1]), radix: 16)
        {
            matching += devices.filter { $0.vendorID?.value == vendor && $0.productID?.value == product }
        }
        if matching.count == 1, let device = matching.first { return .usb(device) }
        if matching.count > 1 {
            throw Failure(
                .usage,
                Text(
                    en: "\(matching.count) USB devices are \(name): name one by bus and port.",
                    zh: "有 \(matching.count) 个 USB 设备是 \(name)：请用“总线-端口”指明其中一个。"
                ),
                details: matching.map { device in
                    let title = [device.manufacturer, device.product].compactMap(\.self).joined(separator: " ")
                    return Text(
                        verbatim: ([device.portPath, title, device.serial].compactMap(\.self)).joined(separator: "  ")
                    )
                }
            )
        }
        if Self.isPortPath(name) {
            throw Failure(
                .notFound,
                Text(
                    en: "No USB device is plugged in at \(name): `passthru usb` lists them.",
                    zh: "\(name) 处没有插入 USB 设备：`passthru usb` 会列出它们。"
                )
            )
        }
        do throws(Failure) {
            return .pci(try function(name))
        } catch {
            // A word that is neither may have been meant as a serial number.
            guard error.status == .usage, error.details.isEmpty else { throw error }
            throw Failure(
                error.status,
                Text(
                    en: """
                        \(name) is no device: write an address such as 0000:02:00.0, vendor:device such as 8086:10d3, a USB \
                        bus and port such as 1-4, or a USB serial number.
                        """,
                    zh: """
                        \(name) 不是设备：请写地址（如 0000:02:00.0）、vendor:device（如 8086:10d3）、USB 的总线-端口（如 \
                        1-4）或 USB 序列号。
                        """
                )
            )
        }
    }

    /// `1-4`, `1-4.1.2`
    private static func isPortPath(_ name: String) -> Bool {
        guard let dash = name.utf8.firstIndex(of: UInt8(ascii: "-")) else { return false }
        let isNumber = { (text: Substring.UTF8View) in !text.isEmpty && text.allSatisfy { (0x30...0x39).contains($0) } }
        let ports = Substring(name.utf8[name.utf8.index(after: dash)...]).utf8
        return isNumber(Substring(name.utf8[..<dash]).utf8)
            && ports.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
                .allSatisfy { isNumber(Substring($0).utf8) }
    }
}

extension USBDevice {
    /// How a guest's configuration finds the device again.
    ///
    /// - Parameters:
    ///   - others: all devices of the host: two equal ones cannot be told apart by what they are.
    ///   - byPort: whether what reads the configuration knows ports: libvirt does not.
    /// - Returns: the place, and what the owner should know about it; nil where the device does not say what it is.
    func place(among others: [USBDevice], byPort: Bool) -> (USBGuestDevice.Place, Text?)? {
        guard let vendor = vendorID, let product = productID else { return nil }
        let isOnly = others.filter { $0.vendorID == vendor && $0.productID == product }.count < 2
        if isOnly { return (.product(vendor: vendor, product: product), nil) }
        guard let bus, let number else { return nil }
        if byPort, let dash = portPath.utf8.firstIndex(of: UInt8(ascii: "-")) {
            return (.port(bus: bus, port: String(portPath[portPath.utf8.index(after: dash)...])), nil)
        }
        return (
            .exact(vendor: vendor, product: product, bus: bus, device: number),
            Text(
                en: """
                    Another device is \(vendor):\(product), too: \(portPath) is named by its number \(bus):\(number), which \
                    changes when it is plugged in anew or the host restarts. Attach it again then.
                    """,
                zh: """
                    还有另一个 \(vendor):\(product) 设备：\(portPath) 只能用编号 \(bus):\(number) 指定，重新插拔或主机重启后\
                    编号会变，届时请重新加入。
                    """
            )
        )
    }
}
