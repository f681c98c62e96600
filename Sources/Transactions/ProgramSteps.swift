import Changes
import Inventory
import Machine
import SystemPackage
import Wording

extension StepRunner {
    /// Runs a program, on the host or in a container, and takes anything but 0 as failure.
    func run(
        _ path: String,
        _ arguments: [String],
        input: FileContent? = nil,
        place: RunnerPlace? = nil
    ) throws(StepFailure) {
        let command = Self.command(path, arguments, place)
        let answer = try answer(path, arguments, input: input, place: place, announce: announce)
        guard answer.status == 0 else { throw Self.failed(command, answer.status, answer.complaint) }
    }

    /// What is wrong with what a program says; nil when it says it.
    func says(
        _ path: String,
        _ arguments: [String],
        _ place: RunnerPlace?,
        contains wanted: [String],
        lacks unwanted: [String]
    ) throws(StepFailure) -> Text? {
        let command = Self.command(path, arguments, place)
        let answer = try answer(path, arguments, input: nil, place: place)
        guard answer.status == 0 else { return Self.failed(command, answer.status, answer.complaint).message }
        if let text = wanted.first(where: { !contains(answer.output, $0) }) {
            return Text(
                en: "\(command.en) does not say '\(text)', as it should now.",
                zh: "\(command.zh) 的输出中应有 '\(text)'，但没有。"
            )
        }
        guard let text = unwanted.first(where: { contains(answer.output, $0) }) else { return nil }
        return Text(
            en: "\(command.en) still says '\(text)'.",
            zh: "\(command.zh) 的输出中仍有 '\(text)'。"
        )
    }

    /// What a program keeps now.
    func kept(_ document: ProgramDocument) throws(StepFailure) -> FileContent {
        let command = Self.command(document.program, document.reading, document.place)
        let answer = try answer(document.program, document.reading, input: nil, place: document.place)
        guard answer.status == 0, !answer.isCut else { throw Self.failed(command, answer.status, answer.complaint) }
        return FileContent(answer.output)
    }

    func give(_ content: FileContent, to document: ProgramDocument) throws(StepFailure) {
        try run(document.program, document.writing, input: content, place: document.place)
    }

    func answer(
        _ path: String,
        _ arguments: [String],
        input: FileContent?,
        place: RunnerPlace?,
        announce: ((RunningProgram) throws(Errno) -> Void)? = nil
    ) throws(StepFailure) -> ProgramAnswer {
        let there = try place.map { place throws(StepFailure) in try enter(place) } ?? machine
        let limit = ProgramLimits.milliseconds(path)
        var call = ProgramCall(path, arguments, input: input?.bytes, milliseconds: limit)
        call.grace = ProgramLimits.grace
        let (machine, command) = (machine, Self.command(path, arguments, place))
        do {
            guard let announce else { return try there.run(call) }
            return try there.run(call) { process throws(Errno) in
                guard let status = machine.process(process) else { throw .noSuchProcess }
                try announce(
                    RunningProgram(
                        command: command,
                        process: process,
                        started: status.started,
                        milliseconds: limit,
                        grace: ProgramLimits.grace
                    )
                )
            }
        } catch  where error == .noSuchProcess && place != nil {
            throw Self.notRunning(place)
        } catch {
            throw Self.unrunnable(command, error, within: limit)
        }
    }

    /// The machine as whatever runs guests in that container sees it: looked for anew, as it may have been restarted.
    private func enter(_ place: RunnerPlace) throws(StepFailure) -> Machine {
        let pid: Int?
        do throws(PlaceUnseen) {
            pid = try place.process(machine)
        } catch {
            throw StepFailure(
                message: Text(
                    en: "Whether the container \(place.container) runs cannot be seen (\(error.reason)).",
                    zh: "无法判断容器 \(place.container) 是否在运行（\(Text(reason: error.reason).zh)）。"
                )
            )
        }
        guard let pid else { throw Self.notRunning(place) }
        do {
            return try machine.inside(process: pid)
        } catch  where error == .noSuchProcess {
            throw Self.notRunning(place)
        } catch {
            throw Self.unrunnable(Text(verbatim: place.container), error)
        }
    }

    private static func notRunning(_ place: RunnerPlace?) -> StepFailure {
        let name = place?.container ?? ""
        let what = place?.kind.title ?? ""
        return StepFailure(
            message: Text(
                en: "\(what) does not run in the container \(name): start the container, then try again.",
                zh: "容器 \(name) 中没有运行 \(what)：请启动该容器，然后重试。"
            )
        )
    }

    /// The command as messages name it: never with its input.
    private static func command(_ path: String, _ arguments: [String], _ place: RunnerPlace?) -> Text {
        let line = ([path] + arguments).joined(separator: " ")
        guard let place else { return Text(verbatim: line) }
        return Text(en: "\(line) in the container \(place.container)", zh: "容器 \(place.container) 中的 \(line)")
    }

    private static func unrunnable(_ command: Text, _ error: Errno, within limit: Int? = nil) -> StepFailure {
        if let limit, error == .timedOut {
            return StepFailure(
                message: Text(
                    en: "\(command.en) did not end within \(limit / 1000) s and was stopped.",
                    zh: "\(command.zh) 在 \(limit / 1000) 秒内没有结束，已被终止。"
                )
            )
        }
        return StepFailure(
            message: Text(
                en: "\(command.en) could not be run: \(error.description.lowercased()).",
                zh: "无法运行 \(command.zh)：\(Text(reason: error.description.lowercased()).zh)。"
            )
        )
    }

    private static func failed(_ command: Text, _ status: Int, _ output: String) -> StepFailure {
        let said = output.utf8.split(separator: UInt8(ascii: "\n")).first.map { String(Substring($0)) } ?? ""
        return StepFailure(
            message: Text(
                en: "\(command.en) ended with \(status): \(said)",
                zh: "\(command.zh) 以 \(status) 结束：\(said)"
            )
        )
    }
}
