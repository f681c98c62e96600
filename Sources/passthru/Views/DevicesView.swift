import Inventory
import Operations
import Planning
import Wording

/// Functions under their groups: address, ids, name, driver, verdict, cost.
struct DevicesView {
    let devices: Devices

    func lines(in language: Language) -> [String] {
        guard let all = devices.devices else {
            let why = devices.unknown["devices"] ?? devices.unknown["functions"] ?? ""
            return [Text(en: "unknown: \(why)", zh: "未知：\(why)").string(in: language)]
        }
        let types = Dictionary((devices.groups ?? []).map { ($0.number, $0.type ?? "") }) { first, _ in first }
        var table = Table(indent: 0)
        var lines: [String] = []
        var heading: Int?? = .none
        var headings: [(row: Int, text: String)] = []
        for device in all.sorted(by: { ($0.group ?? .max, $0.address) < ($1.group ?? .max, $1.address) }) {
            if heading == .none || heading != .some(device.group) {
                heading = .some(device.group)
                headings.append((table.count, title(of: device.group, types, in: language)))
            }
            table.add(
                "  \(device.address)",
                "\(device.vendor):\(device.device)",
                device.verdict.text.string(in: language),
                device.driver ?? "-",
                name(of: device, in: language)
            )
        }
        var next = 0
        for (row, line) in table.lines.enumerated() {
            if next < headings.count, headings[next].row == row {
                lines.append(headings[next].text)
                next += 1
            }
            lines.append(line)
        }
        return lines
    }

    private func title(of group: Int?, _ types: [Int: String], in language: Language) -> String {
        guard let group else { return Text(en: "In no IOMMU group", zh: "不在任何 IOMMU 组中").string(in: language) }
        let type = types[group].map { $0.isEmpty ? "" : " (\($0))" } ?? ""
        return Text(en: "IOMMU group \(group)\(type)", zh: "IOMMU 组 \(group)\(type)").string(in: language)
    }

    private func name(of device: Devices.Device, in language: Language) -> String {
        let name = [device.names?.class, device.names?.device ?? device.names?.vendor].compactMap(\.self)
            .joined(separator: ": ")
        guard !device.cost.isEmpty else { return name }
        let separator = language == .chinese ? "、" : ", "
        return "\(name)  ← " + device.cost.map { $0.text.string(in: language) }.joined(separator: separator)
    }
}
