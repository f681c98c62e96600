internal import Inventory
internal import Wording

/// The value of a `hostpciN` setting: `0000:01:00,pcie=1,rombar=0` (qm.conf(5)).
struct ProxmoxPCI: Hashable {
    /// Without `host=`; a mapping has none.
    private var host: String?
    /// The options in their order, `pcie=1`, a mapping among them.
    private var options: [String] = []

    init(_ text: String) {
        for word in text.utf8.split(separator: UInt8(ascii: ",")).map({ String(Substring($0)) }) {
            if word.hasPrefix("host=") {
                host = String(word.dropFirst(5))
            } else if host == nil, !word.contains("=") {
                host = word
            } else {
                options.append(word)
            }
        }
    }

    /// Functions of one slot, in order.
    init(_ slot: [PCIGuestDevice], isPCIe: Bool) throws(GuestDeviceError) {
        let first = slot[0]
        host = slot.map { "\($0.address)" }.joined(separator: ";")
        if slot.contains(where: { $0.bootOrder != nil }) {
            throw GuestDeviceError(
                Text(
                    en: "Proxmox VE keeps the order of booting in one place: `qm set VMID --boot order=…`.",
                    zh: "Proxmox VE 的启动顺序只在一处设置：`qm set VMID --boot order=…`。"
                )
            )
        }
        if isPCIe { options.append("pcie=1") }
        switch first.rom {
        case .hidden: options.append("rombar=0")
        case .file(let path): options.append("romfile=\(try Self.romFile(path))")
        case nil: break
        }
        for property in first.properties where Self.knows(property) {
            options.append("\(property.name == "x-vga" ? "x-vga" : "legacy-igd")=1")
        }
    }

    /// Proxmox VE reads ROMs from one folder, and takes their names only.
    private static func romFile(_ path: String) throws(GuestDeviceError) -> String {
        let folder = "/usr/share/kvm/"
        let name = path.hasPrefix(folder) ? String(path.dropFirst(folder.utf8.count)) : path
        guard !name.contains("/"), !name.contains(",") else {
            throw GuestDeviceError(
                Text(
                    en: "Proxmox VE reads ROM files from \(folder) only: copy \(path) there.",
                    zh: "Proxmox VE 只从 \(folder) 读取 ROM 文件：请把 \(path) 复制到那里。"
                )
            )
        }
        return name
    }

    /// What has a word of its own in a `hostpciN`.
    static func knows(_ property: DeviceProperty) -> Bool {
        ["x-vga", "x-igd-legacy-mode"].contains(property.name) && property.value.qemu == "on"
    }

    var text: String { ([host].compactMap(\.self) + options).joined(separator: ",") }

    /// Whether all functions of a slot are meant.
    var isWholeSlot: Bool {
        host.map { !$0.contains(";") && PCIAddress($0) == nil && PCIAddress($0 + ".0") != nil } ?? false
    }

    /// The functions; of a slot that is named as a whole all that it can have.
    var addresses: [PCIAddress] {
        (host ?? "").utf8.split(separator: UInt8(ascii: ";")).flatMap { part -> [PCIAddress] in
            let text = String(Substring(part))
            if let address = PCIAddress(text) { return [address] }
            return (0..<8).compactMap { PCIAddress("\(text).\($0)") }
        }
    }

    /// The same for these functions only.
    func with(_ addresses: [PCIAddress]) -> ProxmoxPCI {
        var result = self
        var seen: Set<PCIAddress> = []
        result.host = addresses.filter { seen.insert($0).inserted }.sorted().map { "\($0)" }.joined(separator: ";")
        return result
    }

    /// With the functions that are there already, and those of their options that are the owner's own affair.
    func carrying(_ there: ProxmoxPCI) -> ProxmoxPCI {
        var result = self
        result.host = there.isWholeSlot ? there.host : with(addresses + there.addresses).host
        let ours = ["pcie", "rombar", "romfile", "x-vga", "legacy-igd"]
        func name(_ option: String) -> String {
            String(Substring(option.utf8.prefix { $0 != UInt8(ascii: "=") }))
        }
        // In the order in which they stand there, so that the same wish changes nothing.
        var wanted = result.options
        var merged: [String] = []
        for option in there.options {
            if let index = wanted.firstIndex(where: { name($0) == name(option) }) {
                merged.append(wanted.remove(at: index))
            } else if !ours.contains(name(option)) {
                merged.append(option)
            }
        }
        result.options = merged + wanted
        return result
    }
}

/// The value of a `usbN` setting: `host=0403:6001` or `host=1-1.4` (qm.conf(5)).
struct ProxmoxUSB: Hashable {
    private enum Place: Hashable {
        case product(HardwareID, HardwareID)
        case port(bus: Int, port: String)
    }
    private var place: Place

    init?(_ place: USBGuestDevice.Place) {
        switch place {
        case .product(let vendor, let product): self.place = .product(vendor, product)
        case .port(let bus, let port): self.place = .port(bus: bus, port: port)
        case .number, .exact: return nil
        }
    }

    /// Nil for what is no device of the host: `spice`, a mapping.
    init?(_ text: String) {
        let words = text.utf8.split(separator: UInt8(ascii: ",")).map { String(Substring($0)) }
        guard let word = words.first(where: { $0.hasPrefix("host=") }) ?? words.first(where: { !$0.contains("=") })
        else {
            return nil
        }
        let host = word.hasPrefix("host=") ? String(word.dropFirst(5)) : word
        let ids = host.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        if ids.count == 2 {
            guard let vendor = UInt16(String(Substring(ids[0])).withoutHexPrefix, radix: 16),
                let product = UInt16(String(Substring(ids[1])).withoutHexPrefix, radix: 16)
            else { return nil }
            place = .product(HardwareID(vendor), HardwareID(product))
            return
        }
        guard let dash = host.utf8.firstIndex(of: UInt8(ascii: "-")), let bus = Int(host[..<dash]) else { return nil }
        place = .port(bus: bus, port: String(host[host.utf8.index(after: dash)...]))
    }

    var text: String {
        switch place {
        case .product(let vendor, let product): "host=\(vendor):\(product)"
        case .port(let bus, let port): "host=\(bus)-\(port)"
        }
    }

    /// That of ``GuestDevice``.
    var key: String {
        switch place {
        case .product(let vendor, let product): USBGuestDevice(.product(vendor: vendor, product: product)).key
        case .port(let bus, let port): USBGuestDevice(.port(bus: bus, port: port)).key
        }
    }
}

extension String {
    fileprivate var withoutHexPrefix: String { hasPrefix("0x") || hasPrefix("0X") ? String(dropFirst(2)) : self }
}
