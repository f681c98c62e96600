internal import Wording

/// What an edit did, in words.
extension Text {
    static func added(_ key: String) -> Text { Text(en: "Added \(key).", zh: "已添加 \(key)。") }
    static func changed(_ key: String) -> Text { Text(en: "Changed \(key).", zh: "已更改 \(key)。") }
    static func removed(_ key: String) -> Text { Text(en: "Removed \(key).", zh: "已移除 \(key)。") }

    static func portAdded(_ index: Int) -> Text {
        Text(
            en: "Added a PCI Express port, bus \(index), for functions that belong together.",
            zh: "已添加一个 PCI Express 端口（总线 \(index)），用于放置同一设备的各个功能。"
        )
    }

    static func portRemoved(_ index: Int) -> Text {
        Text(en: "Removed the PCI Express port of bus \(index).", zh: "已移除总线 \(index) 的 PCI Express 端口。")
    }

    static let videoReplaced = Text(
        en: "Took the emulated display away; it comes back with the last device that needs it so.",
        zh: "已移除模拟显示设备；最后一个有此要求的设备移除后会恢复。"
    )
    static let videoRestored = Text(en: "Gave the emulated display back.", zh: "已恢复模拟显示设备。")

    static func noGuestAddress(_ address: GuestAddress) -> Text {
        let name = "\(address.slotText).\(address.function)"
        return Text(en: "\(name) is no place on a PCI bus of a guest.", zh: "\(name) 不是虚拟机 PCI 总线上的有效位置。")
    }
}
