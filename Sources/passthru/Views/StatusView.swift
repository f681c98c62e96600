import Operations
import Readiness
import Wording

/// One screen: ready or not, what is assigned.
struct StatusView {
    let status: Status

    func lines(in language: Language) -> [String] {
        func say(_ english: String, _ chinese: String) -> String { Text(en: english, zh: chinese).string(in: language) }
        var table = Table()
        if let system = status.system { table.add(say("System", "系统"), system) }
        if let kernel = status.kernel { table.add(say("Kernel", "内核"), kernel) }
        table.add(
            say("Ready", "就绪"),
            "\(status.ready.text.string(in: language))  \(status.reason.sentence.string(in: language))"
        )
        if status.problems + status.unknowns > 0 {
            table.add(
                say("Findings", "检查结果"),
                say(
                    "\(status.problems) problems, \(status.unknowns) unknown: passthru doctor",
                    "\(status.problems) 个问题，\(status.unknowns) 个未知：passthru doctor"
                )
            )
        }
        switch status.assigned {
        case nil: table.add(say("Assigned", "已交出"), say("unknown", "未知"))
        case let assigned? where assigned.isEmpty: table.add(say("Assigned", "已交出"), say("nothing", "无"))
        case let assigned?:
            for device in assigned {
                let home = device.homeDriver.map { say(" (home driver \($0))", "（原驱动 \($0)）") } ?? ""
                table.add(say("Assigned", "已交出"), "\(device.address)  \(device.name)\(home)")
            }
        }
        return table.lines
    }
}

extension ReadinessReport.Ready {
    var text: Text {
        switch self {
        case .yes: Text(en: "yes", zh: "是")
        case .no: Text(en: "no", zh: "否")
        case .unknown: Text(en: "unknown", zh: "未知")
        }
    }
}
