import Changes
import Formats
import Inventory
import Machine
import Wording

/// How far a trial boot is.
public enum TrialPhase: String, Sendable, Codable {
    /// The next boot is the trial.
    case prepared
    /// This boot is the trial.
    case running
    /// A boot after the trial: it was not kept.
    case over
}

extension JournalEntry {
    /// How far the trial is that this transaction prepared; nil when it prepared none, or that is settled.
    public func trialPhase(on machine: Machine) -> TrialPhase? {
        guard let trial = header.plan.trial, state == .waiting else { return nil }
        let line = KernelCommandLine(machine.textIfAny("/proc/cmdline") ?? "")
        if line.words.contains(where: { $0.text == trial.mark }) {
            // A line that came back, by whatever means, is no second trial.
            return trialEvents.contains { $0.ends(trialOf: machine.bootID) } ? .over : .running
        }
        return machine.bootID == header.boot ? .prepared : .over
    }

    /// Why a trial that is over was not kept.
    public var trialStory: Text {
        for event in trialEvents {
            if case .failed(let reason) = event { return reason }
        }
        if !trialEvents.isEmpty {
            return Text(
                en: "The trial boot came up, and the machine was restarted before it was confirmed.",
                zh: "试启动已成功启动，但在确认之前机器又重启了。"
            )
        }
        return Text(
            en: """
                The machine came back without the new arguments: the trial boot stopped before passthru's boot service ran \
                (a kernel panic, or the power was cut), or the boot loader did not take it.
                """,
            zh: "机器回来时没有新参数：试启动在 passthru 的开机服务运行之前就停止了（内核崩溃或断电），或者引导程序没有采用它。"
        )
    }
}

extension TrialEvent {
    /// Whether a boot that comes after this can be no trial any more.
    fileprivate func ends(trialOf boot: String?) -> Bool {
        switch self {
        case .booted(let tried): tried != boot
        case .failed: true
        }
    }
}
