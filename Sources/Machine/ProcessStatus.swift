/// What `/proc/PID/stat` says of a process (proc_pid_stat(5)).
public struct ProcessStatus: Sendable, Equatable {
    /// Field 6: the number of the process that began its session.
    public var session: Int
    /// Field 22: when it started, in clock ticks since the kernel did, 100 a second. Together with its number it names one
    /// process of this boot: numbers are used again.
    public var started: Int
    /// Whether it has ended, and is only still to be collected (field 3: Z or X).
    public var hasEnded: Bool

    init?(_ text: String) {
        // The name in brackets may hold anything.
        guard let end = text.utf8.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = text.utf8[end...].dropFirst().split(separator: UInt8(ascii: " "))
        guard fields.count > 19, let session = Int(Substring(fields[3])), let started = Int(Substring(fields[19]))
        else {
            return nil
        }
        self.session = session
        self.started = started
        hasEnded = fields[0].elementsEqual("Z".utf8) || fields[0].elementsEqual("X".utf8)
    }
}

extension Machine {
    /// What the kernel says of a process; nil when there is none.
    public func process(_ number: Int) -> ProcessStatus? {
        textIfAny("/proc/\(number)/stat").flatMap(ProcessStatus.init)
    }

    /// The processes of a session that have not ended.
    public func processes(ofSession session: Int) -> [Int] {
        listIfAny("/proc").compactMap { Int($0) }.filter { number in
            guard let status = process(number) else { return false }
            return status.session == session && !status.hasEnded
        }
    }
}
