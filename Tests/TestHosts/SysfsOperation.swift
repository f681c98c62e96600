import Foundation

/// A line of `SysfsOperations.txt`: what the kernel is asked, and what it answers.
public struct SysfsOperation: Sendable {
    public var line: Int
    public var expected: String
    public var operation: String
    /// A path for a write, else an address.
    public var target: String
    public var value: String

    /// All lines, with the names in them replaced by addresses.
    public static func all(_ names: [String: String]) throws -> [SysfsOperation] {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "SysfsOperations.txt")
        let lines = try String(contentsOf: file, encoding: .utf8).split(
            separator: "\n",
            omittingEmptySubsequences: false
        )
        func expand(_ text: Substring) -> String {
            text.split(separator: "/", omittingEmptySubsequences: false).map { names[String($0)] ?? String($0) }
                .joined(separator: "/")
        }
        return lines.enumerated().compactMap { number, line in
            let words = line.split(separator: " ", maxSplits: 3)
            guard words.count >= 3, words[0] != "#" else { return nil }
            return SysfsOperation(
                line: number + 1,
                expected: String(words[0]),
                operation: String(words[1]),
                target: expand(words[2]),
                value: words.count == 4 ? expand(words[3]) : ""
            )
        }
    }
}
