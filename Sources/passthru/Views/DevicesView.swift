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
        let predicted = PredictedHeadings(devices)
        let order = all.indices.sorted {
            (predicted.place(of: all[$0]), all[$0].group ?? .max, all[$0].address)
                < (predicted.place(of: all[$1]), all[$1].group ?? .max, all[$1].address)
        }
        let group = Text(en: "IOMMU group", zh: "IOMMU 组").string(in: language)
        let noGroup = Text(en: "In no IOMMU group", zh: "不在任何 IOMMU 组中").string(in: language)
        var table = Table()
        var heading: Int?? = .none
        if let note = predicted.note { table.add(heading: note.string(in: language)) }
        for device in order.lazy.map({ all[$0] }) {
            let own = predicted.isEmpty ? device.group : predicted.place(of: device)
            if heading != .some(own) {
                heading = .some(own)
                table.add(
                    heading: predicted.heading(of: device)?.string(in: language) ?? device.group.map {
                        "\(group) \($0)"
                    }
                        ?? noGroup
                )
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

/// What stands above the functions of each predicted group. Empty where groups are real.
private struct PredictedHeadings {
    private let groups: [GroupPrediction.Group]
    private var places: [PCIAddress: Int] = [:]

    init(_ devices: Devices) {
        groups = devices.groupsFrom == .prediction ? devices.predictedGroups ?? [] : []
        for (place, group) in groups.enumerated() {
            for address in group.addresses { places[address] = place }
        }
    }

    var isEmpty: Bool { groups.isEmpty }

    var note: Text? {
        isEmpty
            ? nil
            : Text(
                en: "The IOMMU is off. These groups are predicted: what to expect after a restart with it on.",
                zh: "IOMMU 未启用。以下分组是预测的：启用并重启后的预期结果。"
            )
    }

    /// Functions in none come last.
    func place(of device: Devices.Device) -> Int { isEmpty ? 0 : places[device.address] ?? groups.count }

    func heading(of device: Devices.Device) -> Text? {
        guard !isEmpty else { return nil }
        guard let place = places[device.address] else {
            return Text(en: "Predicted to be in no IOMMU group", zh: "预测不在任何 IOMMU 组中")
        }
        let group = groups[place]
        let why = group.explanation ?? Text(en: "alone in it", zh: "独占该组")
        return Text(
            en: "Predicted IOMMU group (\(group.confidence.text.en)): \(why.en)",
            zh: "预测的 IOMMU 组（\(group.confidence.text.zh)）：\(why.zh)"
        )
    }
}
