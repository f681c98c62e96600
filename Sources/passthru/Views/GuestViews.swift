import Inventory
import Operations
import Wording

/// A line per guest: name, who runs it, whether it runs, memory, devices.
struct GuestListView {
    let list: GuestList

    func lines(in language: Language) -> [String] {
        var lines: [String] = []
        var table = Table()
        var unknown = list.unknown
        for guest in list.guests {
            var devices = guest.functions.map(\.description) + guest.usb
            // More than what could be understood is there.
            for key in ["functions", "usb"] {
                guard let why = guest.unknown[key] else { continue }
                devices.append("?")
                unknown["\(guest.qualifiedName) \(key)"] = why
            }
            table.add(
                guest.qualifiedName + (guest.number.map { " (\($0))" } ?? ""),
                guest.manager.rawValue,
                guest.state.string(in: language),
                guest.memory?.binarySize ?? "?",
                devices.isEmpty ? "-" : devices.joined(separator: language == .chinese ? "、" : ", ")
            )
        }
        lines += table.lines
        if list.guests.isEmpty {
            lines.append(Text(en: "No guests are known here.", zh: "这里没有已知的虚拟机。").string(in: language))
        }
        return lines + UnknownParts(unknown).lines(in: language)
    }
}

/// One guest, a line per device.
struct GuestShowView {
    let show: GuestShow

    func lines(in language: Language) -> [String] {
        let guest = show.guest
        var table = Table()
        func add(_ name: Text, _ value: String?) {
            guard let value else { return }
            table.add(name.string(in: language), value)
        }
        add(Text(en: "guest", zh: "虚拟机"), guest.qualifiedName + (guest.number.map { " (\($0))" } ?? ""))
        add(Text(en: "run by", zh: "运行者"), guest.manager.rawValue)
        add(Text(en: "state", zh: "状态"), guest.state.string(in: language))
        add(Text(en: "memory", zh: "内存"), guest.memory?.binarySize)
        add(Text(en: "source", zh: "来源"), guest.source)
        var lines = table.lines
        for device in show.devices {
            let place = device.group.map { Text(en: "group \($0)", zh: "组 \($0)").string(in: language) }
            let facts = [device.name, "[\(device.driver ?? "-")]", place].compactMap(\.self)
            lines.append("\(device.address)  " + facts.joined(separator: "  "))
            if !device.alsoIn.isEmpty {
                let others = Text.list(device.alsoIn)
                lines.append("    " + Text(en: "also in: \(others.en)", zh: "也在：\(others.zh)").string(in: language))
            }
            lines += device.problems.map { "    " + $0.string(in: language) }
        }
        lines += guest.usb.map { "USB  \($0)" }
        return lines + UnknownParts(guest.unknown).lines(in: language)
    }
}

/// What could not be read, a line each.
private struct UnknownParts {
    let parts: [String: String]

    init(_ parts: [String: String]) { self.parts = parts }

    func lines(in language: Language) -> [String] {
        parts.sorted { $0.key < $1.key }.map { _, why in
            Text(en: "unknown: \(why)", zh: "未知：\(Text(reason: why).zh)").string(in: language)
        }
    }
}

extension GuestEntry {
    fileprivate var qualifiedName: String { container.map { "\($0)/\(name)" } ?? name }

    fileprivate var state: Text {
        switch isRunning {
        case true?: Text(en: "running", zh: "运行中")
        case false?: Text(en: "stopped", zh: "已停止")
        case nil: Text(en: "unknown", zh: "未知")
        }
    }
}
