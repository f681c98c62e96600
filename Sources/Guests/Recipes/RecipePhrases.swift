internal import Inventory
internal import Wording

/// What recipes say that does not depend on the device.
enum RecipePhrases {
    static let device = Text(en: "PCI device", zh: "PCI 设备")
    static let noRecipes = Text(
        en: "The recipes in this binary cannot be read, which is a bug: the devices are given without any.",
        zh: "无法读取本程序内置的方案（这是一个缺陷）：设备将不按任何方案交出。"
    )

    /// Why a guest that is known to be otherwise cannot have the device; nil when it is as required, or can become so by
    /// a change of its devices.
    static func conflict(_ requirement: GuestRequirement, _ guest: GuestShape, _ facts: RecipeFacts) -> Text? {
        let address = facts.primary.address
        switch requirement {
        case .machine(let wanted):
            guard let machine = guest.machine, machine != wanted else { return nil }
            return Text(
                en: "\(address) needs a guest with machine type \(wanted.rawValue); this one has \(machine.rawValue).",
                zh: "\(address) 需要机型为 \(wanted.rawValue) 的虚拟机，而这个虚拟机是 \(machine.rawValue)。"
            )
        case .firmware(let wanted):
            guard let firmware = guest.firmware, firmware != wanted else { return nil }
            return Text(
                en: "\(address) needs a guest with \(wanted.title), and this one has \(firmware.title).",
                zh: "\(address) 需要使用 \(wanted.title) 的虚拟机，而这个虚拟机使用 \(firmware.title)。"
            )
        case .noEmulatedVideo: return nil
        }
    }

    /// Before the sentence that says what a property is for.
    static func lacking(_ property: String, _ hypervisor: Hypervisor) -> Text {
        guard let qemu = hypervisor.qemu else {
            return Text(en: "This QEMU has no \(property). ", zh: "这个 QEMU 没有 \(property)。")
        }
        return Text(en: "QEMU \(qemu) has no \(property). ", zh: "QEMU \(qemu) 没有 \(property)。")
    }

    static func samePlace(_ address: GuestAddress, _ other: PCIAddress) -> Text {
        let place = "\(hex(address.bus, width: 2)):\(hex(address.slot, width: 2)).\(address.function)"
        return Text(
            en: "It has to stand at \(place) of the guest, where \(other) is to be: give one of them.",
            zh: "它必须位于虚拟机的 \(place)，而 \(other) 也要放在那里：只能交出其中之一。"
        )
    }

    static func whoseROM(_ path: String) -> Text {
        Text(
            en: "Which of these devices \(path) is for is not clear: name the ROM for one device at a time.",
            zh: "不清楚 \(path) 用于其中哪个设备：请每次只为一个设备指定 ROM。"
        )
    }
}

extension GuestFirmware {
    fileprivate var title: String {
        switch self {
        case .bios: "SeaBIOS"
        case .uefi: "UEFI"
        }
    }
}
