import Inventory
import Wording

/// What runs guests in containers: it may reach less than the host has, so that a device is ready and its guest does not
/// start all the same.
public enum ContainedRunners {
    /// Whether there is one, or may be.
    static func arise(_ host: Host) -> Bool {
        guard let guests = host.guests else { return false }
        return guests.runners.contains { $0.container != nil || $0.unknown["container"] != nil }
    }

    /// Asks one question of each of them, and puts the answers together: one problem makes a problem, and one that could not
    /// be measured makes it unknown.
    static func answer(
        _ host: Host,
        _ ask: (GuestRunner, RunnerView, GuestInventory) -> Finding.Answer
    ) -> Finding.Answer {
        guard let guests = host.guests else { return .unknown("not read") }
        if let why = guests.unknown["running"] { return .unknown(why) }
        if let why = guests.runners.lazy.compactMap({ $0.unknown["container"] }).first { return .unknown(why) }
        let contained = guests.runners.filter { $0.container != nil }
        guard !contained.isEmpty else {
            return .ok(Text(en: "no guests run in containers here", zh: "这里没有在容器里运行的虚拟机"))
        }
        let answers = contained.map { runner -> Finding.Answer in
            guard runner.isRunning == true, let view = runner.view else {
                let why = runner.unknown["isRunning"].map { Finding.Answer.unknown($0) }
                return (why ?? .unknown(notRunning)).named(runner)
            }
            return ask(runner, view, guests).named(runner)
        }
        return Finding.Answer.joined(answers) ?? .unknown("not read")
    }

    private static let notRunning = Text(en: "does not run now", zh: "现在没有运行")

    /// How the owner starts a container anew.
    public static func restart(_ container: GuestContainer) -> Text {
        let command: String? =
            switch container.manager {
            case .docker: "docker restart \(container.name)"
            case .podman: "podman restart \(container.name)"
            case .lxc: "lxc-stop -n \(container.name); lxc-start -n \(container.name)"
            case .nspawn: "machinectl reboot \(container.name)"
            case .chroot, nil: nil
            }
        guard let command else {
            return Text(en: "Restart the container \(container.name).", zh: "请重启容器 \(container.name)。")
        }
        return Text(
            en: "Restart the container \(container.name) (`\(command)`).",
            zh: "请重启容器 \(container.name)（`\(command)`）。"
        )
    }
}

extension Finding.Answer {
    /// With the name of the container in front.
    fileprivate func named(_ runner: GuestRunner) -> Finding.Answer {
        var answer = self
        answer.evidence = Text(verbatim: "\(runner.container?.name ?? ""): ") + evidence
        return answer
    }
}

extension GuestInventory {
    /// The guests of a runner that are given a device.
    func guestsWithDevices(of runner: GuestRunner) -> [KnownGuest] {
        guests.filter { $0.container == runner.container && !$0.functions.isEmpty && self.runner(of: $0) == runner }
    }
}
