import Changes
import Formats
import Inventory
import Machine
import Planning
import Platforms
import Readiness
import Transactions
import Wording

/// `passthru iommu on|off`: the kernel's arguments for passthrough, through whatever this system boots by.
public enum IOMMUSwitch {
    /// What the owner asks for.
    public struct Wish: Sendable {
        public var isOn: Bool
        /// Words for the kernel's line beside those that this host needs.
        public var arguments: [String]
        /// Whether the failsafe entry of the menu stays without them.
        public var leavesFailsafeAlone: Bool
        /// Minutes for which a trial boot must be well before it is kept; nil: no trial.
        public var trialMinutes: Int?

        public init(
            isOn: Bool,
            arguments: [String] = [],
            leavesFailsafeAlone: Bool = false,
            trialMinutes: Int? = Wish.usualMinutes
        ) {
            self.isOn = isOn
            self.arguments = arguments
            self.leavesFailsafeAlone = leavesFailsafeAlone
            self.trialMinutes = trialMinutes
        }

        public static let usualMinutes = 5
    }

    static let parts: Host.Parts = [
        .platform, .boot, .kernel, .firmware, .cpu, .iommu, .network, .pci, .display, .container,
    ]

    public static func run(
        _ machine: Machine,
        _ wish: Wish,
        _ permissions: Permissions,
        progress: (Text) -> Void
    ) throws(Failure) -> Outcome {
        try Execution.carryOut(on: machine, verb: "iommu", permissions, progress: progress) {
            () throws(Failure) -> Intention in
            Intention(plan: try plan(machine, wish), devices: [])
        }
    }

    private static func plan(_ machine: Machine, _ wish: Wish) throws(Failure) -> Plan {
        let journal = Journal(on: machine)
        let host = Host.read(machine, parts)
        let wanted = WantedLine(
            isOn: wish.isOn,
            arguments: wish.isOn ? try words(wish, host) : [],
            leavesFailsafeAlone: wish.leavesFailsafeAlone
        )
        let line = try LineChange(to: wanted, machine, host)
        if let obstacle = line.contradiction { throw Failure(.refused, obstacle) }
        var plan = Plan()
        let permanent = try line.permanent()
        let obstacle = line.platform.trialObstacle
        let isTried = wish.trialMinutes != nil && obstacle == nil && !line.edit.isEmpty
        if isTried, let minutes = wish.trialMinutes {
            let trial = Trial(
                mark: Trial.mark(((try? journal.ids().last) ?? nil ?? 0) + 1),
                wanted: wanted,
                checks: HealthCheck.holding(host.network, machine),
                holdSeconds: minutes * 60,
                patienceSeconds: minutes * 120 + 60
            )
            plan.trial = trial
            let service = line.serviceOnly()
            plan.changes = service.changes
            do throws(BootPlatformError) {
                plan.changes += try line.platform.trial(line.edit, marks: [Trial.panicArgument, trial.mark])
            } catch {
                throw Failure(error)
            }
            plan.afterConfirmation = permanent.changes
            // Without the service nobody judges the trial: that comes first.
            plan.warnings = service.warnings + notes(on: trial, machine)
        } else {
            plan.changes = permanent.changes
            plan.warnings = permanent.warnings
            if !line.edit.isEmpty {
                if wish.trialMinutes != nil, let obstacle {
                    plan.warnings.append(
                        Text(
                            en: """
                                No trial boot is possible here (\(obstacle.en)): the next boot has the change for good.
                                """,
                            zh: "这里无法试启动（\(obstacle.zh)）：更改从下次启动起永久生效。"
                        )
                    )
                }
                plan.warnings.append(Text(en: "It takes effect at the next restart.", zh: "下次重启后生效。"))
            }
        }
        plan.warnings += line.warnings
        if wish.isOn, !line.edit.isEmpty { plan.warnings += GroupAdvice.notes(host, machine) }
        return plan
    }

    /// The words that this host needs, with those that the owner wants besides.
    private static func words(_ wish: Wish, _ host: Host) throws(Failure) -> [String] {
        let known = WantedArguments.iommu(for: host)
        switch known {
        case .wanted: break
        case .nothing(let why):
            if wish.arguments.isEmpty, host.firmware?.iommuKind == nil {
                throw Failure(
                    .missing,
                    Text(en: "No argument helps here: \(why.en).", zh: "任何参数都无济于事：\(why.zh)。")
                )
            }
        case .unknown(let why):
            if wish.arguments.isEmpty {
                throw Failure(
                    .missing,
                    Text(
                        en: """
                            Which arguments this host needs cannot be told: \(why.en). Name them yourself with \
                            --argument.
                            """,
                        zh: "无法确定本机需要哪些参数：\(why.zh)。请用 --argument 自行指定。"
                    )
                )
            }
        }
        let words = known.words.map(\.word) + wish.arguments
        for word in wish.arguments where KernelCommandLine(word).words.map(\.text) != [word] {
            throw Failure(
                .usage,
                Text(
                    en: "'\(word)' is not one word of a kernel command line: give each with an --argument of its own.",
                    zh: "“\(word)”不是内核命令行中的一个词：请为每个词各写一个 --argument。"
                )
            )
        }
        for word in wish.arguments {
            if word.hasPrefix("passthru.") || word.hasPrefix("panic=") {
                throw Failure(
                    .usage,
                    Text(
                        en: "--argument \(word): this word is passthru's own, for trial boots.",
                        zh: "--argument \(word)：这个词由 passthru 自己用于试启动。"
                    )
                )
            }
            if word.utf8.contains(where: { $0 < 0x20 || $0 > 0x7E || "\\'`".utf8.contains($0) }) {
                throw Failure(
                    .usage,
                    Text(
                        en: "--argument '\(word)': a boot loader cannot hand this word to the kernel as it is.",
                        zh: "--argument '\(word)'：引导程序无法原样把这个词传给内核。"
                    )
                )
            }
        }
        return KernelCommandLine("").missing(words)
    }

    /// What the owner should know before the restart.
    private static func notes(on trial: Trial, _ machine: Machine) -> [Text] {
        var notes = [
            Text(
                en: """
                    Restart the machine: the next boot, and no other, has the new arguments. They become permanent with \
                    `passthru confirm`, else the boot after it is as before.
                    """,
                zh: "请重启机器：只有下一次启动带有新参数。执行 `passthru confirm` 后才永久生效，否则再下一次启动恢复原样。"
            )
        ]
        let minutes = trial.holdSeconds / 60
        if trial.checks.isEmpty {
            notes.append(
                Text(
                    en: """
                        Nothing was found by which the machine could judge for itself whether it is well: it restarts \
                        \(trial.patienceSeconds / 60) minutes after the trial boot unless you confirm.
                        """,
                    zh: "没有可供机器自行判断是否正常的依据：若不确认，试启动 \(trial.patienceSeconds / 60) 分钟后将自动重启。"
                )
            )
        } else {
            notes.append(
                Text(
                    en: """
                        It confirms itself when these hold for \(minutes) minutes: \
                        \(trial.checks.map(\.text.en).joined(separator: "; ")). It restarts when they do not within \
                        \(trial.patienceSeconds / 60) minutes.
                        """,
                    zh: """
                        以下各项持续 \(minutes) 分钟正常时自动确认：\(trial.checks.map(\.text.zh).joined(separator: "；"))。\
                        \(trial.patienceSeconds / 60) 分钟内未能如此则重启。
                        """
                )
            )
        }
        notes.append(
            machine.hasWatchdog
                ? Text(
                    en: """
                        A kernel that panics restarts after 30 s. The hardware watchdog is armed once the trial boot has \
                        come up; a hang before that needs a power cycle, and the boot after it is as before.
                        """,
                    zh: "内核崩溃会在 30 秒后重启。试启动起来之后会启用硬件看门狗；在此之前死机需断电重启，之后的启动恢复原样。"
                )
                : Text(
                    en: """
                        A kernel that panics restarts after 30 s. There is no hardware watchdog: a hang needs a power \
                        cycle, and the boot after it is as before.
                        """,
                    zh: "内核崩溃会在 30 秒后重启。没有硬件看门狗：死机需断电重启，之后的启动恢复原样。"
                )
        )
        return notes
    }
}

extension Failure {
    init(_ error: BootPlatformError) {
        let status: ExitStatus =
            switch error.kind {
            case .malformed: .malformed
            case .missing: .missing
            case .refused: .refused
            }
        self.init(status, error.message)
    }
}
