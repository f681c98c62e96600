import Wording

/// What a check found.
public enum Verdict: String, Sendable, Codable {
    case ok, problem, unknown
}

/// How sure a verdict is.
public enum Confidence: String, Sendable, Codable {
    /// A file says so.
    case certain
    /// It follows from what the files say, unless something that they do not show speaks against it.
    case likely
}

/// What a finding means for handing devices over.
public enum Importance: String, Sendable, Codable {
    /// The way from the firmware to vfio: a problem here stands in the way of every device.
    case way
    /// Single devices, guests and settings: good to know, and no reason to call a host not ready.
    case advice
}

/// What passthru itself can do about a finding, by a verb of its own.
public enum Repair: String, Sendable, Codable {
    /// `passthru iommu on`
    case kernelArguments = "iommu-on"
    /// `passthru adopt`
    case adopt
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
    public var confidence: Confidence
    public var importance: Importance
    /// Nil where a person has to act.
    public var repair: Repair?

    /// A check's answer before it has got its name.
    public struct Answer: Sendable, Hashable {
        public var verdict: Verdict
        public var evidence: Text
        public var remedy: Text?
        public var actor: Actor?
        public var confidence = Confidence.certain
        public var repair: Repair?

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

        /// The same answer, only likely so.
        var likely: Answer {
            var answer = self
            answer.confidence = .likely
            return answer
        }

        /// The same answer, with what passthru can do about it.
        func repaired(by repair: Repair) -> Answer {
            var answer = self
            answer.repair = repair
            return answer
        }
    }
}
