public import Inventory
public import Wording

/// Why a device cannot be said in a guest's configuration.
public struct GuestDeviceError: Error, Sendable, Hashable {
    public var message: Text

    public init(_ message: Text) { self.message = message }
}

/// A setting of a guest that changes: what `qm set` is told.
public struct ProxmoxChange: Sendable, Hashable {
    public var key: String
    /// Nil where there was none.
    public var before: String?
    /// Nil where it goes.
    public var after: String?

    public init(key: String, before: String?, after: String?) {
        self.key = key
        self.before = before
        self.after = after
    }
}

extension ProxmoxConfiguration {
    /// Adds devices, and those options of devices that only QEMU knows (`args`); what is there already is brought to what
    /// is asked, and stays where it says the same.
    ///
    /// Functions of one slot of the host become one `hostpciN`, so that the guest has them in one slot, too.
    ///
    /// - Returns: the settings that changed.
    public mutating func attach(_ devices: [GuestDevice]) throws(GuestDeviceError) -> [ProxmoxChange] {
        var result = self
        var slots: [[PCIGuestDevice]] = []
        var usb: [USBGuestDevice] = []
        for device in devices {
            switch device {
            case .pci(let function):
                if let index = slots.firstIndex(where: { $0[0].address.sharesSlot(with: function.address) }) {
                    slots[index].append(function)
                } else {
                    slots.append([function])
                }
            case .usb(let device): usb.append(device)
            case .network(let device):
                throw GuestDeviceError(
                    Text(
                        en: """
                            Proxmox VE gives a virtual function neither MAC address nor VLAN: set them with `ip link set PF \
                            vf N mac …`, and attach \(device.address) as a PCI device.
                            """,
                        zh: """
                            Proxmox VE 不会为虚拟功能设置 MAC 地址和 VLAN：请用 `ip link set PF vf N mac …` 设置，\
                            再把 \(device.address) 作为 PCI 设备加入。
                            """
                    )
                )
            case .mediated(let device):
                throw GuestDeviceError(
                    Text(
                        en: """
                            Proxmox VE makes mediated devices itself, by their type (hostpciN: …,mdev=TYPE): it takes no \
                            existing one such as \(device.uuid).
                            """,
                        zh: "Proxmox VE 按类型自行创建中介设备（hostpciN: …,mdev=TYPE）：不接受已有的 \(device.uuid)。"
                    )
                )
            }
        }
        for slot in slots { try result.add(slot.sorted { $0.address < $1.address }) }
        for device in usb { try result.add(device) }
        defer { self = result }
        return changes(to: result)
    }

    /// Takes devices out, however they came in.
    ///
    /// - Parameters:
    ///   - keys: of ``GuestDevice``.
    ///   - present: whether the host has a function.
    /// - Returns: the settings that changed.
    public mutating func detach(
        _ keys: Set<String>,
        present: (PCIAddress) -> Bool = { _ in true }
    ) -> [ProxmoxChange] {
        var result = self
        for setting in settings {
            if Self.isNumbered(setting.key, "usb"), let key = ProxmoxUSB(setting.value)?.key, keys.contains(key) {
                result.set(setting.key, nil)
            }
            guard Self.isNumbered(setting.key, "hostpci") else { continue }
            let host = ProxmoxPCI(setting.value)
            // A slot that is named as a whole has those functions that the host has.
            let stay = host.addresses.filter { address in
                !keys.contains(GuestDevice.key(of: address)) && (!host.isWholeSlot || present(address))
            }
            guard stay.count < host.addresses.count else { continue }
            if stay.isEmpty {
                result.set(setting.key, nil)
                result.setArguments(of: setting.key, [])
            } else {
                result.set(setting.key, host.with(stay).text)
            }
        }
        defer { self = result }
        return changes(to: result)
    }

    /// The functions and USB devices that the guest has.
    ///
    /// Functions of a slot that is named as a whole are those with the numbers 0 to 7; a resource mapping is not followed.
    public var deviceKeys: Set<String> {
        var keys: Set<String> = []
        for setting in settings {
            if Self.isNumbered(setting.key, "usb"), let key = ProxmoxUSB(setting.value)?.key { keys.insert(key) }
            if Self.isNumbered(setting.key, "hostpci") {
                keys.formUnion(ProxmoxPCI(setting.value).addresses.map(GuestDevice.key))
            }
        }
        return keys
    }

    /// What the guest is like.
    public var shape: GuestShape {
        GuestShape(
            machine: isQ35 ? .q35 : .i440fx,
            firmware: self["bios"] == "ovmf" ? .uefi : .bios,
            hasEmulatedVideo: self["vga"].map { $0.split(separator: ",").first != "none" } ?? true
        )
    }

    private var isQ35: Bool {
        guard let machine = self["machine"] else { return false }
        return machine.utf8.split(separator: UInt8(ascii: ",")).contains { word in
            let name = String(Substring(word))
            return name == "q35" || name.hasPrefix("pc-q35") || name == "type=q35" || name.hasPrefix("type=pc-q35")
        }
    }

    static func isNumbered(_ key: String, _ prefix: String) -> Bool {
        let digits = key.utf8.dropFirst(prefix.utf8.count)
        return key.hasPrefix(prefix) && !digits.isEmpty && digits.allSatisfy { (0x30...0x39).contains($0) }
    }

    private func changes(to result: ProxmoxConfiguration) -> [ProxmoxChange] {
        let (old, new) = (settings, result.settings)
        // The last line that has a key holds.
        let before = Dictionary(old.map { ($0.key, $0.value) }) { _, last in last }
        let after = Dictionary(new.map { ($0.key, $0.value) }) { _, last in last }
        var seen: Set<String> = []
        return (old + new).map(\.key).compactMap { key in
            guard seen.insert(key).inserted, before[key] != after[key] else { return nil }
            return ProxmoxChange(key: key, before: before[key], after: after[key])
        }
    }

    // MARK: One device

    private mutating func add(_ slot: [PCIGuestDevice]) throws(GuestDeviceError) {
        let addresses = slot.map(\.address)
        var key: String?
        for setting in settings where Self.isNumbered(setting.key, "hostpci") {
            let there = ProxmoxPCI(setting.value).addresses
            guard there.contains(where: addresses.contains) else { continue }
            guard key == nil, there.allSatisfy({ $0.sharesSlot(with: addresses[0]) }) else {
                throw GuestDeviceError(
                    Text(
                        en:
                            "\(setting.key) has other functions beside \(addresses[0]): take it apart first (line \(setting.line)).",
                        zh: "\(setting.key) 中除 \(addresses[0]) 外还有其他功能：请先把它拆开（第 \(setting.line) 行）。"
                    )
                )
            }
            key = setting.key
        }
        if let key, let text = self[key] {
            var there = ProxmoxPCI(text)
            // What was there before goes on belonging to it.
            for address in there.addresses where !addresses.contains(address) && !there.isWholeSlot {
                there = there.with(there.addresses + addresses)
            }
            let wanted = try ProxmoxPCI(slot, isPCIe: isQ35).carrying(there)
            set(key, wanted.text)
            setArguments(of: key, try Self.arguments(slot[0], of: key))
            return
        }
        let taken = numbers(of: "hostpci")
        let arguments = self["args"] ?? ""
        // qm.conf(5): hostpci0 to hostpci15. One that the owner's arguments name is left to the owner.
        let free = (0..<16).first { !taken.contains($0) && !arguments.contains("device.hostpci\($0).") }
        guard let number = free else {
            throw GuestDeviceError(
                Text(en: "All 16 hostpci settings are taken.", zh: "16 个 hostpci 设置均已占用。")
            )
        }
        let name = "hostpci\(number)"
        set(name, try ProxmoxPCI(slot, isPCIe: isQ35).text)
        setArguments(of: name, try Self.arguments(slot[0], of: name))
    }

    private mutating func add(_ device: USBGuestDevice) throws(GuestDeviceError) {
        guard let wanted = ProxmoxUSB(device.place) else {
            throw GuestDeviceError(
                Text(
                    en: """
                        Proxmox VE knows USB devices by vendor:product or by bus-port, not by their number on the bus: name \
                        it that way.
                        """,
                    zh: "Proxmox VE 用 vendor:product 或 总线-端口 指定 USB 设备，不能用总线上的编号：请这样指定。"
                )
            )
        }
        guard !settings.contains(where: { Self.isNumbered($0.key, "usb") && ProxmoxUSB($0.value) == wanted }) else {
            return
        }
        let taken = numbers(of: "usb")
        // qm.conf(5): usb0 to usb13; more than 5 only with newer machine types.
        guard let number = (0..<14).first(where: { !taken.contains($0) }) else {
            throw GuestDeviceError(Text(en: "All 14 usb settings are taken.", zh: "14 个 usb 设置均已占用。"))
        }
        set("usb\(number)", wanted.text)
    }

    // MARK: What only QEMU knows

    /// `-set device.hostpci0.x-igd-opregion=on …` for what Proxmox VE has no word for.
    private static func arguments(_ device: PCIGuestDevice, of key: String) throws(GuestDeviceError) -> [String] {
        if let model = device.model, model != "vfio-pci" {
            throw GuestDeviceError(
                Text(
                    en: "Proxmox VE cannot use the device model \(model).",
                    zh: "Proxmox VE 无法使用设备模型 \(model)。"
                )
            )
        }
        var words: [String] = []
        for property in device.properties where !ProxmoxPCI.knows(property) {
            words.append("-set device.\(key).\(property.name)=\(property.value.qemu)")
        }
        return words
    }

    /// Brings the words about one device in `args` to these; the others stay as they stand.
    private mutating func setArguments(of key: String, _ wanted: [String]) {
        let old = self["args"] ?? ""
        var text = Array(old.utf8)
        let space = UInt8(ascii: " ")
        let words = text.indices.split { text[$0] == space }.map { ($0.startIndex, $0.endIndex) }
        func word(_ index: Int) -> String { String(decoding: text[words[index].0..<words[index].1], as: UTF8.self) }
        let ours = words.indices.dropLast().filter {
            word($0) == "-set" && word($0 + 1).hasPrefix("device.\(key).")
        }
        guard ours.map({ "-set " + word($0 + 1) }) != wanted else { return }
        for index in ours.reversed() {
            var start = words[index].0
            var end = words[index + 1].1
            // One of the spaces around goes along.
            if start > 0 { start -= 1 } else if end < text.count { end += 1 }
            text.removeSubrange(start..<end)
        }
        let joined = ([String(decoding: text, as: UTF8.self)].filter { !$0.isEmpty } + wanted).joined(separator: " ")
        guard joined != old else { return }
        set("args", joined.isEmpty ? nil : joined)
    }
}

extension DeviceProperty.Value {
    /// As QEMU's command line writes it (qemu(1)).
    public var qemu: String {
        switch self {
        case .bool(let value): value ? "on" : "off"
        case .unsigned(let value): "\(value)"
        case .string(let text): text
        }
    }
}
