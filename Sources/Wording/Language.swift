/// A language that passthru speaks.
public enum Language: String, Sendable, CaseIterable {
    case english = "en"
    case chinese = "zh"

    /// The language that the environment asks for: `LC_ALL`, then `LC_MESSAGES`, then `LANG`
    /// (locale(7)); English unless it names Chinese.
    public init(environment: [String: String]) {
        let chosen = ["LC_ALL", "LC_MESSAGES", "LANG"].lazy
            .compactMap { environment[$0] }
            .first { !$0.isEmpty }
        self = chosen?.lowercased().hasPrefix("zh") == true ? .chinese : .english
    }
}
