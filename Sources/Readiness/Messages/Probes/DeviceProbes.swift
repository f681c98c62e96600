import Inventory
import Wording

/// There is no device at the address.
enum DeviceAbsent: Probe {
    static let id = "device-absent"

    static func answer(_ subject: ProbeSubject, argument: String) -> ProbeAnswer {
        guard let address = subject.address else { return .noDevice }
        guard subject.host.pci?.functions != nil else {
            return .unknown(subject.host.pci?.unknown["functions"] ?? "not read")
        }
        if let function = subject.function {
            return .no(Text(en: "\(address) is \(function.id)", zh: "\(address) 是 \(function.id)"))
        }
        return .yes(Text(en: "there is nothing at \(address)", zh: "\(address) 上没有设备"))
    }
}

/// The device belongs to another driver than vfio-pci, or to none.
enum DeviceNotVFIO: Probe {
    static let id = "device-not-vfio"

    static func answer(_ subject: ProbeSubject, argument: String) -> ProbeAnswer {
        DriverOf.answer(subject) { $0 != "vfio-pci" }
    }
}

/// The device belongs to vfio-pci.
enum DeviceOnVFIO: Probe {
    static let id = "device-on-vfio"

    static func answer(_ subject: ProbeSubject, argument: String) -> ProbeAnswer {
        DriverOf.answer(subject) { $0 == "vfio-pci" }
    }
}

/// The device has no driver.
enum DeviceNotBound: Probe {
    static let id = "device-not-bound"

    static func answer(_ subject: ProbeSubject, argument: String) -> ProbeAnswer {
        DriverOf.answer(subject) { $0 == nil }
    }
}

private enum DriverOf {
    static func answer(_ subject: ProbeSubject, _ isSo: (String?) -> Bool) -> ProbeAnswer {
        guard let address = subject.address else { return .noDevice }
        guard let function = subject.function else {
            return .unknown(Text(en: "\(address) is not here", zh: "这里没有 \(address)"))
        }
        if let why = function.unknown["driver"] { return .unknown(why) }
        return .of(
            isSo(function.driver),
            Text(
                en: "\(address) has \(function.driver.map { "the driver \($0)" } ?? "no driver")",
                zh: "\(address) \(function.driver.map { "绑定的驱动是 \($0)" } ?? "没有驱动")"
            )
        )
    }
}

/// The device is in no IOMMU group.
enum DeviceWithoutGroup: Probe {
    static let id = "device-without-group"

    static func answer(_ subject: ProbeSubject, argument: String) -> ProbeAnswer {
        guard let address = subject.address else {
            guard let active = subject.host.isIOMMUActive else {
                return .unknown(subject.host.iommu?.unknown["groups"] ?? "not read")
            }
            return .of(
                !active,
                active
                    ? Text(en: "this host has IOMMU groups", zh: "本机有 IOMMU 组")
                    : Text(en: "this host has no IOMMU group", zh: "本机没有 IOMMU 组")
            )
        }
        guard let function = subject.function else {
            return .unknown(Text(en: "\(address) is not here", zh: "这里没有 \(address)"))
        }
        if let why = function.unknown["group"] { return .unknown(why) }
        guard let group = function.group else {
            return .yes(Text(en: "\(address) is in no IOMMU group", zh: "\(address) 不在任何 IOMMU 组中"))
        }
        return .no(Text(en: "\(address) is in IOMMU group \(group)", zh: "\(address) 在 IOMMU 组 \(group) 中"))
    }
}

/// The device is a bridge or port.
enum DeviceIsBridge: Probe {
    static let id = "device-is-bridge"

    static func answer(_ subject: ProbeSubject, argument: String) -> ProbeAnswer {
        guard let address = subject.address else { return .noDevice }
        guard let function = subject.function else {
            return .unknown(Text(en: "\(address) is not here", zh: "这里没有 \(address)"))
        }
        let isBridge = function.class.isBridge || function.class.isHostBridge
        return .of(
            isBridge,
            isBridge
                ? Text(en: "\(address) is a bridge", zh: "\(address) 是桥")
                : Text(en: "\(address) is an endpoint", zh: "\(address) 是端点设备")
        )
    }
}

/// Reading the device gives nothing but ones, or it is not awake.
enum DeviceDead: Probe {
    static let id = "device-dead"

    static func answer(_ subject: ProbeSubject, argument: String) -> ProbeAnswer {
        guard let address = subject.address else { return .noDevice }
        if subject.host.pci?.functions != nil, subject.function == nil {
            return .yes(Text(en: "\(address) is gone from the bus", zh: "\(address) 已从总线上消失"))
        }
        let path = "/sys/bus/pci/devices/\(address)"
        let state = subject.function?.details?.powerState
        if state == "D3cold" {
            return .yes(Text(en: "\(path)/power_state: D3cold, it has no power", zh: "\(path)/power_state：D3cold，没有供电"))
        }
        switch subject.facts.silent[address] {
        case true?: return .yes(Text(en: "\(path)/config reads as nothing but ones", zh: "\(path)/config 读到的全是 1"))
        case false?: return .no(Text(en: "\(path)/config answers", zh: "\(path)/config 有应答"))
        case nil: return .unknown(subject.facts.unknown["\(address)"] ?? "not read")
        }
    }
}

/// The firmware shows its screens on this device; where the text names none, on any.
enum BootDisplay: Probe {
    static let id = "boot-display"

    static func answer(_ subject: ProbeSubject, argument: String) -> ProbeAnswer {
        let displays = subject.function.map { [$0] } ?? subject.host.functions.filter(\.class.isDisplay)
        guard !displays.isEmpty else { return .unknown(Text(en: "no display here", zh: "这里没有显示设备")) }
        if let boot = displays.first(where: { $0.details?.bootVGA == true }) {
            return .yes(Text(en: "\(boot.address) is the boot display", zh: "\(boot.address) 是启动显示设备"))
        }
        guard displays.contains(where: { $0.details?.bootVGA != nil || !$0.class.isDisplay }) else {
            return .unknown(Text(en: "the kernel keeps no mark of the boot display", zh: "内核没有标记启动显示设备"))
        }
        return .no(
            Text(
                en: "\(displays[0].address) is not the boot display",
                zh: "\(displays[0].address) 不是启动显示设备"
            )
        )
    }
}

/// The firmware's frame buffer lies in the device's memory; where the text names none, in that of any.
enum FrameBufferThere: Probe {
    static let id = "framebuffer"

    static func answer(_ subject: ProbeSubject, argument: String) -> ProbeAnswer {
        guard let display = subject.host.display else { return .unknown("not read") }
        if let why = display.unknown["bootFrameBuffers"] { return .unknown(why) }
        let buffers = display.bootFrameBuffers
        let mine = subject.address.map { address in buffers.filter { $0.isBelow(address.description) } } ?? buffers
        guard let buffer = mine.first else {
            return .no(Text(en: "/proc/iomem has no firmware frame buffer there", zh: "/proc/iomem 中那里没有固件帧缓冲"))
        }
        let place = buffer.functions.last ?? "-"
        return .yes(Text(en: "/proc/iomem: \(buffer.name) in \(place)", zh: "/proc/iomem：\(buffer.name) 位于 \(place)"))
    }
}

/// The host has Intel's integrated graphics at its usual place.
enum IntegratedGraphics: Probe {
    static let id = "igd"

    static func answer(_ subject: ProbeSubject, argument: String) -> ProbeAnswer {
        guard let functions = subject.host.pci?.functions else {
            return .unknown(subject.host.pci?.unknown["functions"] ?? "not read")
        }
        let address = PCIAddress(bus: 0, device: 2, function: 0)
        guard let graphics = functions.first(where: { $0.address == address && $0.class.isDisplay }) else {
            return .no(Text(en: "no graphics at \(address) here", zh: "这里的 \(address) 上没有核显"))
        }
        return .yes(
            Text(
                en: "\(address) is \(graphics.id), boot display: \(graphics.details?.bootVGA == true ? "yes" : "no")",
                zh: "\(address) 是 \(graphics.id)，启动显示：\(graphics.details?.bootVGA == true ? "是" : "否")"
            )
        )
    }
}

/// The kernel has no way to reset the device.
enum NoReset: Probe {
    static let id = "no-reset"

    static func answer(_ subject: ProbeSubject, argument: String) -> ProbeAnswer {
        guard let address = subject.address else { return .noDevice }
        guard let function = subject.function, let details = function.details else {
            return .unknown(Text(en: "\(address) is not here", zh: "这里没有 \(address)"))
        }
        guard let named = details.resetMethods, let methods = subject.host.resetMethods(of: function) else {
            return .unknown(details.unknown["resetMethods"] ?? "not read")
        }
        let list = named.isEmpty ? "-" : named.joined(separator: " ")
        let path = "/sys/bus/pci/devices/\(address)/reset_method"
        guard methods != named else { return .of(methods.isEmpty, Text(verbatim: "\(path): \(list)")) }
        let mates = Text.list(subject.host.busMates(of: function).map(\.address.description))
        return .of(
            methods.isEmpty,
            Text(
                en: "\(path): \(list), but no bus reset: the bus has \(mates.en), too",
                zh: "\(path)：\(list)，但不能用 bus：该总线上还有 \(mates.zh)"
            )
        )
    }
}

/// The device can only be reset with its bus, which it shares.
enum BusResetOnly: Probe {
    static let id = "bus-reset-only"

    static func answer(_ subject: ProbeSubject, argument: String) -> ProbeAnswer {
        guard let address = subject.address else { return .noDevice }
        guard let function = subject.function, let details = function.details else {
            return .unknown(Text(en: "\(address) is not here", zh: "这里没有 \(address)"))
        }
        guard let methods = details.resetMethods else { return .unknown(details.unknown["resetMethods"] ?? "not read") }
        let mates = subject.host.busMates(of: function)
        let list = methods.isEmpty ? "-" : methods.joined(separator: " ")
        let others = mates.map(\.address.description).joined(separator: ", ")
        return .of(
            !mates.isEmpty && !function.hasResetOfItsOwn,
            Text(
                en: "reset_method: \(list); on the same bus: \(others.isEmpty ? "nothing" : others)",
                zh: "reset_method：\(list)；同一总线上：\(others.isEmpty ? "无" : others)"
            )
        )
    }
}

/// Another device stands at the same interrupt line.
enum SharedLine: Probe {
    static let id = "shared-interrupt"

    static func answer(_ subject: ProbeSubject, argument: String) -> ProbeAnswer {
        guard let line = subject.number("irq") ?? subject.function?.details?.irq else {
            return .unknown(Text(en: "the text names no interrupt line", zh: "文本中没有指明中断线"))
        }
        let sharers = subject.host.functions.filter { $0.details?.irq == line }.map(\.address.description)
        guard !sharers.isEmpty else {
            return .unknown(Text(en: "no device here shows line \(line)", zh: "这里没有设备使用中断线 \(line)"))
        }
        return .of(
            sharers.count > 1,
            Text(
                en: "interrupt line \(line): \(sharers.joined(separator: ", "))",
                zh: "中断线 \(line)：\(sharers.joined(separator: "、"))"
            )
        )
    }
}

/// A link runs below its best; where the text names no device, that of any endpoint.
enum LinkSlow: Probe {
    static let id = "link-slow"

    static func answer(_ subject: ProbeSubject, argument: String) -> ProbeAnswer {
        let functions = subject.function.map { [$0] } ?? subject.host.functions
        let links = functions.compactMap { function in function.details?.link.map { (function.address, $0) } }
        guard !links.isEmpty else { return .unknown(Text(en: "no link shows its speed", zh: "没有链路显示速度")) }
        let slow = links.filter { link in
            link.1.speed != nil && link.1.speed != link.1.maximumSpeed
                || link.1.width != nil && link.1.width != link.1.maximumWidth
        }
        guard let (address, link) = slow.first else {
            return .no(Text(en: "every link runs at its best", zh: "所有链路都以最佳状态运行"))
        }
        let now = "\(link.speed ?? "-") x\(link.width ?? 0)"
        let best = "\(link.maximumSpeed ?? "-") x\(link.maximumWidth ?? 0)"
        return .yes(
            Text(
                en: "\(address): \(now) of \(best); a display may slow its link down while idle",
                zh: "\(address)：\(now)，最佳 \(best)；显卡空闲时可能降低链路速度"
            )
        )
    }
}

/// A guest that runs now, or is configured here, has the device.
enum GuestHolds: Probe {
    static let id = "guest-holds"

    static func answer(_ subject: ProbeSubject, argument: String) -> ProbeAnswer {
        guard let address = subject.address else { return .noDevice }
        guard let guests = subject.host.guests else { return .unknown("not read") }
        let holding = guests.guests(with: address)
        if let one = holding.first(where: { $0.isRunning == true }) ?? holding.first {
            return .yes(Text(en: "\(one.source): guest \(one.name)", zh: "\(one.source)：虚拟机 \(one.name)"))
        }
        if let why = guests.unknown.sorted(by: { $0.key < $1.key }).first?.value { return .unknown(why) }
        return .no(Text(en: "no guest known here has it", zh: "这里已知的虚拟机都没有使用它"))
    }
}
