import Inventory
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
                let isLent = status.atGuestStart?.contains {
                    $0.transaction != nil && $0.devices.contains(device.address)
                }
                let once =
                    device.isPermanent == false && isLent != true ? say(", until the next boot", "，到下次启动为止") : ""
                table.add(say("Assigned", "已交出"), "\(device.address)  \(device.name)\(home)\(once)")
            }
        }
        for wish in status.missing ?? [] {
            let reason = wish.reason.map { ": " + $0.string(in: language) } ?? ""
            table.add(
                say("Not bound", "未绑定"),
                "\(wish.address)  \(wish.result.text.string(in: language))\(reason)"
                    + (wish.elsewhere.map { say(" (it is at \($0) now)", "（它现在位于 \($0)）") } ?? "")
            )
        }
        for handOver in status.atGuestStart ?? [] {
            table.add(say("At guest start", "虚拟机启动时"), handOver.text.string(in: language))
            if let problem = handOver.problem { table.add(say("Hook", "钩子"), problem.string(in: language)) }
        }
        if let problem = status.wantedProblem { table.add(say("At boot", "启动时"), problem.string(in: language)) }
        for guest in status.boot?.held ?? [] {
            table.add(
                say("Held back", "已阻止"),
                say("\(guest) is not started by itself until its devices are ready", "\(guest) 在其设备就绪之前不会自动启动")
            )
        }
        for note in status.boot?.notes ?? [] { table.add(say("At boot", "启动时"), note.string(in: language)) }
        for setting in status.unsafe where setting.isOn == true {
            table.add(say("Unsafe", "不安全"), setting.text.string(in: language))
        }
        let unseen = status.unsafe.filter { $0.isOn == nil }.map(\.source)
        if !unseen.isEmpty {
            let files = Set(unseen).sorted()
            table.add(
                say("Unsafe", "不安全"),
                say(
                    "unknown, could not be read: \(files.joined(separator: ", "))",
                    "未知，无法读取：\(files.joined(separator: "、"))"
                )
            )
        }
        if let story = status.lastTrial { table.add(say("Trial", "试启动"), story.string(in: language)) }
        for pending in status.pending ?? [] {
            table.add(
                say("Waiting", "待处理"),
                "\(pending.id) \(pending.verb)  \(pending.summary.string(in: language)): \(pending.remedy)"
            )
        }
        if status.pending == nil { table.add(say("Waiting", "待处理"), say("unknown", "未知")) }
        return table.lines
    }
}

extension UnsafeSetting {
    /// What the mode takes away, and where it stands.
    fileprivate var text: Text {
        let meaning =
            switch mode {
            case .unsafeInterrupts, .unsafeInterruptsOfIOMMUFD:
                Text(
                    en: "guests' devices can send interrupts that are not theirs",
                    zh: "虚拟机的设备可以发出不属于它的中断"
                )
            case .noIOMMU:
                Text(
                    en: "vfio hands out devices that reach all of the host's memory",
                    zh: "vfio 会交出能访问主机全部内存的设备"
                )
            case .denylistOff:
                Text(
                    en: "vfio-pci takes devices that are known to be unsafe",
                    zh: "vfio-pci 会接管已知不安全的设备"
                )
            case .acsOverride:
                Text(
                    en: "IOMMU groups may be split where the hardware does not separate devices",
                    zh: "IOMMU 组可能被拆开，而硬件并没有隔离这些设备"
                )
            case .relaxedReservedMemory:
                Text(
                    en: "devices whose memory the firmware reserved can be given away",
                    zh: "固件为其保留了内存的设备也能交出"
                )
            case .worldNodes:
                Text(
                    en: "every program on this host can take over the devices of guests",
                    zh: "本机上的任何程序都能接管虚拟机的设备"
                )
            }
        return meaning + Text(verbatim: " (\(source): \(value ?? "-"))")
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
