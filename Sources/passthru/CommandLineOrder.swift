/// Lets the options that every verb has stand before the verb too: `passthru --host FILE devices --json`.
enum CommandLineOrder {
    private static let flags: Set<String> = ["--json"]
    private static let options: Set<String> = ["--host", "--lang"]
    /// Verbs whose second word belongs to the verb.
    private static let pairs: Set<String> = ["guest", "export"]

    static func normalized(_ arguments: [String]) -> [String] {
        var leading: [String] = []
        var rest = arguments[...]
        while let word = rest.first {
            if flags.contains(word) || options.contains(where: { word.hasPrefix($0 + "=") }) {
                leading.append(word)
                rest = rest.dropFirst()
            } else if options.contains(word), rest.count > 1 {
                leading += rest.prefix(2)
                rest = rest.dropFirst(2)
            } else {
                break
            }
        }
        guard let verb = rest.first, !verb.hasPrefix("-") else { return arguments }
        let words = pairs.contains(verb) && rest.count > 1 ? 2 : 1
        return Array(rest.prefix(words)) + leading + Array(rest.dropFirst(words))
    }
}
