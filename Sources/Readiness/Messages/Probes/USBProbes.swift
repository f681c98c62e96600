import Inventory
import Wording

/// What a message says of a USB device, and those of the host that it can mean.
private struct USBNamed {
    var name: String
    var matches: [USBDevice]

    /// Nil when the message names none.
    init?(_ subject: ProbeSubject, _ devices: [USBDevice]) {
        if let vendor = subject.hexadecimal("vendor"), let product = subject.hexadecimal("product") {
            let ids = [HardwareID(UInt16(truncatingIfNeeded: vendor)), HardwareID(UInt16(truncatingIfNeeded: product))]
            name = "\(ids[0]):\(ids[1])"
            matches = devices.filter { $0.vendorID == ids[0] && $0.productID == ids[1] }
        } else if let bus = subject.number("bus"), let number = subject.number("device") ?? subject.number("address") {
            name = "bus \(bus) device \(number)"
            matches = devices.filter { $0.bus == bus && $0.number == number }
        } else {
            return nil
        }
    }
}

extension ProbeSubject {
    /// What the USB devices of the host say, where they could be read.
    fileprivate func answerOfUSB(_ decide: ([USBDevice]) -> ProbeAnswer) -> ProbeAnswer {
        guard let usb = host.usb else { return .unknown("not read") }
        if let why = usb.unknown["devices"] { return .unknown(why) }
        return decide(usb.devices)
    }
}

private let noUSBName = ProbeAnswer.unknown(Text(en: "the text names no USB device", zh: "文本中没有指明 USB 设备"))

/// The USB device is not on this host's bus.
enum USBAbsent: Probe {
    static let id = "usb-absent"

    static func answer(_ subject: ProbeSubject, argument: String) -> ProbeAnswer {
        subject.answerOfUSB { devices in
            guard let named = USBNamed(subject, devices) else { return noUSBName }
            if let device = named.matches.first {
                return .no(
                    Text(
                        en:
                            "\(named.name) is at port \(device.portPath), bus \(device.bus ?? 0) device \(device.number ?? 0)",
                        zh: "\(named.name) 在端口 \(device.portPath)，总线 \(device.bus ?? 0) 设备 \(device.number ?? 0)"
                    )
                )
            }
            let others = devices.filter { !$0.isRootHub }.compactMap { device in
                device.vendorID.flatMap { vendor in device.productID.map { "\(vendor):\($0)" } }
            }
            return .yes(
                Text(
                    en:
                        "\(named.name) is not on the bus; there are \(others.isEmpty ? "none" : others.joined(separator: ", "))",
                    zh: "总线上没有 \(named.name)；现有 \(others.isEmpty ? "无" : others.joined(separator: "、"))"
                )
            )
        }
    }
}

/// More than one device of that kind is plugged in.
enum USBAmbiguous: Probe {
    static let id = "usb-ambiguous"

    static func answer(_ subject: ProbeSubject, argument: String) -> ProbeAnswer {
        subject.answerOfUSB { devices in
            guard let named = USBNamed(subject, devices) else { return noUSBName }
            let list = named.matches.map { "\($0.portPath)\($0.serial.map { " (\($0))" } ?? "")" }
            return .of(
                list.count > 1,
                Text(
                    en: "\(named.name) is at \(list.isEmpty ? "no port" : list.joined(separator: ", "))",
                    zh: "\(named.name) 位于 \(list.isEmpty ? "无" : list.joined(separator: "、"))"
                )
            )
        }
    }
}

/// A driver of the host has the device; where the text names none, any device.
enum USBInUse: Probe {
    static let id = "usb-in-use"

    static func answer(_ subject: ProbeSubject, argument: String) -> ProbeAnswer {
        subject.answerOfUSB { devices in
            let asked = USBNamed(subject, devices)?.matches ?? devices
            let held = asked.filter { device in
                !device.isHub && !device.isRootHub
                    && device.interfaces.contains { $0.driver != nil && $0.driver != "usbfs" }
            }
            guard !held.isEmpty else {
                return .no(Text(en: "no driver of the host has it", zh: "没有主机驱动占用"))
            }
            let list = held.map { device in
                let drivers = Set(device.interfaces.compactMap(\.driver)).sorted().joined(separator: " ")
                return "\(device.portPath) [\(drivers)]"
            }
            return .yes(
                Text(
                    en: "drivers of the host have \(list.joined(separator: ", "))",
                    zh: "主机驱动占用了 \(list.joined(separator: "、"))"
                )
            )
        }
    }
}

/// A USB controller of the host belongs to vfio-pci: what is plugged in there is not on the host's bus.
enum USBControllerAway: Probe {
    static let id = "usb-controller-away"

    static func answer(_ subject: ProbeSubject, argument: String) -> ProbeAnswer {
        guard let functions = subject.host.pci?.functions else {
            return .unknown(subject.host.pci?.unknown["functions"] ?? "not read")
        }
        let controllers = functions.filter(\.class.isUSBController)
        guard !controllers.isEmpty else {
            return .unknown(Text(en: "no USB controller is seen here", zh: "这里看不到 USB 控制器"))
        }
        guard let away = controllers.first(where: { $0.driver == "vfio-pci" }) else {
            return .no(
                Text(
                    en: "all \(controllers.count) USB controllers belong to the host",
                    zh: "全部 \(controllers.count) 个 USB 控制器都属于主机"
                )
            )
        }
        return .yes(
            Text(en: "the USB controller \(away.address) is on vfio-pci", zh: "USB 控制器 \(away.address) 已绑定 vfio-pci")
        )
    }
}

/// The host has no USB device at all that a guest could get.
enum USBAny: Probe {
    static let id = "usb-any"

    static func answer(_ subject: ProbeSubject, argument: String) -> ProbeAnswer {
        subject.answerOfUSB { devices in
            let there = devices.filter { !$0.isRootHub && !$0.isHub }
            let list = there.map { device in
                let id = device.vendorID.flatMap { vendor in device.productID.map { "\(vendor):\($0)" } } ?? "-"
                return "\(device.portPath) \(id)"
            }
            return .of(
                there.isEmpty,
                Text(
                    en: "on the bus: \(list.isEmpty ? "nothing but hubs" : list.joined(separator: ", "))",
                    zh: "总线上：\(list.isEmpty ? "只有集线器" : list.joined(separator: "、"))"
                )
            )
        }
    }
}
