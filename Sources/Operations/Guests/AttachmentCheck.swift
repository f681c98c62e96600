import Formats
import Guests
import Inventory
import Machine
import Planning
import Wording

/// What cannot be meant together when a guest is to get devices.
struct AttachmentCheck {
    let machine: Machine
    let host: Host
    let guest: KnownGuest
    let named: NamedDevices

    func run(_ attachment: GuestAttachment, hasMates: Bool) throws(Failure) {
        try managed(attachment, hasMates: hasMates)
        try values(attachment)
        try applicable(attachment)
        try virtualFunction(attachment)
        try controllers()
    }

    private func wrong(_ en: String, _ zh: String) -> Failure { Failure(.usage, Text(en: en, zh: zh)) }

    private func managed(_ attachment: GuestAttachment, hasMates: Bool) throws(Failure) {
        guard attachment.isManaged else { return }
        guard guest.manager == .libvirt else {
            throw wrong("--managed is for guests of libvirt.", "--managed 只用于 libvirt 的虚拟机。")
        }
        guard !hasMates else {
            throw wrong(
                "--managed binds nothing that no guest gets: assign the --with devices first.",
                "--managed 不会绑定不交给虚拟机的设备：请先用 assign 处理 --with 的设备。"
            )
        }
        let state = try WantedFile.read(machine).state
        if let function = named.functions.first(where: { state.assignment(of: $0.address) != nil }) {
            throw wrong(
                "\(function.address) is assigned, and bound at every boot: release it first, or leave out --managed.",
                "\(function.address) 已被 assign，每次启动都会绑定：请先 release，或去掉 --managed。"
            )
        }
    }

    private func values(_ attachment: GuestAttachment) throws(Failure) {
        if let order = attachment.bootOrder, !(1...999).contains(order) {
            throw wrong("--boot takes 1 to 999, not \(order).", "--boot 的取值为 1 到 999，而不是 \(order)。")
        }
        if let vlan = attachment.vlan, !(1...4094).contains(vlan) {
            throw wrong("--vlan takes 1 to 4094, not \(vlan).", "--vlan 的取值为 1 到 4094，而不是 \(vlan)。")
        }
        if let mac = attachment.mac, !Self.isUnicast(mac) {
            throw wrong(
                "--mac takes the address of one card, such as 52:54:00:12:34:56, not \(printable(mac.utf8)).",
                "--mac 的取值为单播地址，如 52:54:00:12:34:56，而不是 \(printable(mac.utf8))。"
            )
        }
    }

    /// An option that would change nothing was meant to change something.
    private func applicable(_ attachment: GuestAttachment) throws(Failure) {
        let pci = [
            ("--managed", attachment.isManaged), ("--rom", attachment.rom != nil), ("--no-rom", attachment.hidesROM),
            ("--boot", attachment.bootOrder != nil),
        ]
        if named.functions.isEmpty, let option = pci.first(where: \.1)?.0 {
            throw wrong(
                "\(option) is for PCI functions, and none was named.",
                "\(option) 只用于 PCI 功能，而这里没有指定。"
            )
        }
        if attachment.rom != nil, attachment.hidesROM {
            throw wrong("--rom and --no-rom exclude each other.", "--rom 与 --no-rom 不能同时使用。")
        }
        let policy = attachment.startupPolicy != .mandatory
        if policy, named.usbDevices.isEmpty {
            throw wrong(
                "--startup-policy is for USB devices, and none was named.",
                "--startup-policy 只用于 USB 设备，而这里没有指定。"
            )
        }
        let libvirtOnly = [("--startup-policy", policy), ("--boot", attachment.bootOrder != nil)]
        if guest.manager != .libvirt, let option = libvirtOnly.first(where: \.1)?.0 {
            throw wrong("\(option) is for guests of libvirt.", "\(option) 只用于 libvirt 的虚拟机。")
        }
    }

    private func virtualFunction(_ attachment: GuestAttachment) throws(Failure) {
        guard attachment.mac != nil || attachment.vlan != nil else { return }
        guard let function = named.functions.first, named.functions.count == 1, function.class.isNetwork,
            function.details?.physicalFunction != nil
                || machine.exists("\(PCIInventory.root)/\(function.address)/physfn")
        else {
            throw wrong(
                "--mac and --vlan are for one virtual function of a network card.",
                "--mac 和 --vlan 只用于网卡的一个虚拟功能（VF）。"
            )
        }
    }

    /// A USB device leaves the host with the controller that it hangs on.
    private func controllers() throws(Failure) {
        let functions = Set(named.functions.map(\.address) + guest.functions)
        let configured = (host.usb?.devices ?? []).filter { device in guest.usb.contains { $0.matches(device) } }
        for device in named.usbDevices + configured {
            guard let controller = device.functions.last.flatMap({ PCIAddress($0) }), functions.contains(controller)
            else { continue }
            throw Failure(
                .refused,
                Text(
                    en: """
                        \(device.portPath) hangs on \(controller), which goes to \(guest.name) as a whole: name the one or the \
                        other.
                        """,
                    zh: "\(device.portPath) 接在 \(controller) 上，而后者整个交给 \(guest.name)：两者只能选其一。"
                )
            )
        }
    }

    /// Six bytes in hexadecimal, not a group's address, not all zero.
    private static func isUnicast(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        let bytes = parts.compactMap { $0.count == 2 ? UInt8(Substring($0), radix: 16) : nil }
        guard parts.count == 6, bytes.count == 6 else { return false }
        return bytes[0] & 1 == 0 && bytes.contains { $0 != 0 }
    }
}
