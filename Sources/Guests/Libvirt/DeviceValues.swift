internal import Inventory
internal import Wording

/// Refuses values of devices that no document can say.
enum DeviceValues {
    static func check(_ device: GuestDevice) throws(DomainError) {
        guard device.key.utf8.allSatisfy(isAliasByte) else { throw invalid("\(device.key)") }
        switch device {
        case .pci(let device):
            try check(bootOrder: device.bootOrder)
            if case .file(let path)? = device.rom, !path.utf8.starts(with: "/".utf8) || !isPrintable(path) {
                throw DomainError(
                    .invalid(
                        Text(en: "The ROM's path must begin with /: \(path)", zh: "ROM 的路径必须以 / 开头：\(path)")
                    )
                )
            }
            if let model = device.model, model.isEmpty || !model.utf8.allSatisfy(isAliasByte) { throw invalid(model) }
            for property in device.properties {
                let isName = property.name.utf8.allSatisfy { isAliasByte($0) || $0 == UInt8(ascii: ".") }
                // libvirt refuses id; the others are what its own elements say.
                let own = ["id", "driver", "host"].contains(property.name)
                guard isName, !property.name.isEmpty, !own else { throw invalid(property.name) }
                if case .string(let value) = property.value, !isPrintable(value) { throw invalid(property.name) }
            }
        case .usb(let device): try check(bootOrder: device.bootOrder)
        case .network(let device):
            try check(bootOrder: device.bootOrder)
            if let mac = device.mac, !isMAC(mac) { throw invalid(mac) }
            if let vlan = device.vlan, !(1...4094).contains(vlan) { throw invalid("VLAN \(vlan)") }
        case .mediated(let device): if !isUUID(device.uuid) { throw invalid(device.uuid) }
        }
    }

    private static func check(bootOrder: Int?) throws(DomainError) {
        if let bootOrder, bootOrder < 1 { throw invalid("\(bootOrder)") }
    }

    private static func invalid(_ value: String) -> DomainError {
        DomainError(.invalid(Text(en: "Not a value that a domain can say: \(value)", zh: "域配置无法使用该值：\(value)")))
    }

    private static func isAliasByte(_ byte: UInt8) -> Bool {
        byte == 0x2D || byte == 0x5F || (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
    }

    /// Whether XML can carry the text in an attribute.
    private static func isPrintable(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0xFFFE && $0.value != 0xFFFF }
    }

    /// Six bytes, of a single station.
    private static func isMAC(_ text: String) -> Bool {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 6, parts.allSatisfy({ $0.utf8.count == 2 }) else { return false }
        let numbers = parts.compactMap { UInt8($0, radix: 16) }
        return numbers.count == 6 && numbers[0] & 1 == 0
    }

    private static func isUUID(_ text: String) -> Bool {
        text.split(separator: "-", omittingEmptySubsequences: false).map(\.utf8.count) == [8, 4, 4, 4, 12]
            && text.utf8.allSatisfy { $0 == 0x2D || (0x30...0x39).contains($0) || (0x61...0x66).contains($0 | 0x20) }
    }
}
