import Wording

/// What a check found.
public enum Verdict: String, Sendable, Codable {
    case ok, problem, unknown
}

/// Who can do something about a finding.
public enum Actor: String, Sendable, Codable {
    /// The owner, in the firmware's set-up.
    case firmware
    /// passthru, by a command that the remedy names.
    case passthru
    /// Whoever built the kernel or the packages.
    case distribution
    /// The owner, on this system.
    case owner
}

/// The answer to one check: a verdict, what it rests on, and what to do.
public struct Finding: Sendable, Hashable {
    public var id: String
    /// The question that the check answers.
    public var title: Text
    public var verdict: Verdict
    /// The file and the value that were seen.
    public var evidence: Text
    public var remedy: Text?
    public var actor: Actor?

    /// A check's answer before it has got its name.
    public struct Answer: Sendable, Hashable {
        public var verdict: Verdict
        public var evidence: Text
        public var remedy: Text?
        public var actor: Actor?

        public static func ok(_ evidence: Text) -> Answer { Answer(verdict: .ok, evidence: evidence) }

        public static func problem(_ evidence: Text, remedy: Text, actor: Actor) -> Answer {
            Answer(verdict: .problem, evidence: evidence, remedy: remedy, actor: actor)
        }

        public static func unknown(_ why: String) -> Answer {
            .unknown(Text(en: "could not be measured (\(why))", zh: "无法测量（\(Text(reason: why).zh)）"))
        }

        public static func unknown(_ evidence: Text) -> Answer {
            Answer(verdict: .unknown, evidence: evidence)
        }
    }
}
