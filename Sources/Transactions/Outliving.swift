import Machine
import Wording

/// Programs that a killed passthru left behind: they lead a session of their own and go on, and what they write afterwards
/// would undo the undoing.
extension Transaction {
    /// Those that run still, for which recovering waits.
    public var outliving: [RunningProgram] {
        ((try? journal.entries()) ?? []).compactMap { entry in
            guard let program = entry.running, machine.bootID == entry.header.boot else { return nil }
            return remains(of: program).isEmpty ? nil : program
        }
    }

    /// Waits for a program that a transaction began and that nobody has seen end: as long as it may take, then it is ended.
    /// Devices do not wait for it: the owner's way in may be one of them.
    ///
    /// - Returns: what to say when it did not end even then: no file may be put back meanwhile.
    func outlived(_ entry: JournalEntry, _ cause: UndoCause) -> Text? {
        guard let program = entry.running, machine.bootID == entry.header.boot else { return nil }
        if !remains(of: program).isEmpty { giveDevicesBack(entry, cause) }
        let age = machine.bootClock - program.started * 10
        let left = min(max(0, program.milliseconds - age), program.milliseconds)
        if hasEnded(program, within: left) { return nil }
        signal(.terminate, program)
        if hasEnded(program, within: program.grace) { return nil }
        signal(.kill, program)
        if hasEnded(program, within: 2_000) { return nil }
        let process = remains(of: program).first ?? program.process
        return Text(
            en: """
                \(program.command.en), which an interrupted passthru had started, still runs as process \(process) and does \
                not end even when it is killed: no file was put back. Wait until it has ended, or restart the machine; \
                `passthru recover` puts everything back then.
                """,
            zh: """
                被中断的 passthru 所启动的 \(program.command.zh) 仍在运行（进程 \(process)），强制终止也没有结束：\
                未恢复任何文件。请等它结束，或重启机器；之后 `passthru recover` 会全部恢复。
                """
        )
    }

    private func hasEnded(_ program: RunningProgram, within milliseconds: Int) -> Bool {
        var waited = 0
        while !remains(of: program).isEmpty {
            guard waited < milliseconds else { return false }
            machine.pause(milliseconds: 100)
            waited += 100
        }
        return true
    }

    private func signal(_ signal: ProcessSignal, _ program: RunningProgram) {
        for process in remains(of: program) { try? machine.tree.signal(signal, process: process) }
    }

    /// The processes of a program that have not ended: itself, and all of the session that it leads. What began a session of
    /// its own, as services do, is no longer part of it.
    private func remains(of program: RunningProgram) -> [Int] {
        // The kernel gives a number to no other process while a session has it: a leader that started at another time has a
        // session that is not the program's.
        if let leader = machine.process(program.process), leader.started != program.started { return [] }
        return machine.processes(ofSession: program.process)
    }
}
