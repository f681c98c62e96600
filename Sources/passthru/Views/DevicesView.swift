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
            return [Text(en: "unknown: \(why)", zh: "未知：\(Text(reason: why).zh)").string(in: language)]
        }
        // Places are sorted, not devices, which are long to move about.
        let order = all.indices.sorted {
            (all[$0].group ?? .max, all[$0].address) < (all[$1].group ?? .max, all[$1].address)
        }
        let group = Text(en: "IOMMU group", zh: "IOMMU 组").string(in: language)
        let noGroup = Text(en: "In no IOMMU group", zh: "不在任何 IOMMU 组中").string(in: language)
        var table = Table()
        var heading: Int?? = .none
        for device in order.lazy.map({ all[$0] }) {
            if heading != .some(device.group) {
                heading = .some(device.group)
                table.add(heading: device.group.map { "\(group) \($0)" } ?? noGroup)
            }
            table.add(
                "  " + device.address.description,
                device.vendor.description + ":" + device.device.description,
                device.verdict.text.string(in: language),
                device.driver ?? "-",
                name(of: device, in: language) + start(of: device, in: language)
            )
        }
        return table.lines
    }

    /// That it goes when its guest starts.
    private func start(of device: Devices.Device, in language: Language) -> String {
        guard let guest = devices.atGuestStart?.first(where: { $0.address == device.address })?.guest else { return "" }
        return Text(
            en: "; handed over when \(guest) starts",
            zh: "；在 \(guest) 启动时交出"
        ).string(in: language)
    }

    private func name(of device: Devices.Device, in language: Language) -> String {
        let name =
            switch (device.names?.class, device.names?.device ?? device.names?.vendor) {
            case (let kind?, let product?): kind + ": " + product
            case (let known, let other): known ?? other ?? ""
            }
        guard !device.cost.isEmpty else { return name }
        let separator = language == .chinese ? "、" : ", "
        return "\(name)  ← " + device.cost.map { $0.text.string(in: language) }.joined(separator: separator)
    }
}
