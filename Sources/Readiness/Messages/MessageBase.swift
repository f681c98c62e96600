import FoundationEssentials
import Inventory

/// Everything that is known of messages.
public struct MessageBase: Sendable {
    public let entries: [MessageEntry]
    /// Those of each entry: a whole entry is too much to copy for every line.
    let templates: [[MessageTemplate]]
    let index: MessageIndex
    private let places: [String: Int]

    /// A mistake in the data: which file, and what is wrong there.
    public struct Mistake: Error, CustomStringConvertible {
        public var description: String
    }

    /// What this binary knows, read when it is first needed.
    public static let builtIn: Result<MessageBase, Mistake> = {
        do throws(Mistake) { return .success(try MessageBase(MessageData.files)) } catch { return .failure(error) }
    }()

    public init(_ files: [[UInt8]]) throws(Mistake) {
        var entries: [MessageEntry] = []
        let decoder = JSONDecoder()
        for (number, file) in files.enumerated() {
            do {
                entries += try decoder.decode([MessageEntry].self, from: Data(file))
            } catch {
                throw Mistake(description: "file \(number) behind entry \(entries.last?.id ?? "none"): \(error)")
            }
        }
        places = Dictionary(entries.indices.map { (entries[$0].id, $0) }) { first, _ in first }
        guard places.count == entries.count else {
            let twice = Dictionary(grouping: entries, by: \.id).first { $1.count > 1 }?.key ?? ""
            throw Mistake(description: "two entries are called \(twice)")
        }
        self.entries = entries
        templates = entries.map(\.templates)
        index = MessageIndex(entries)
    }

    public func entry(_ id: String) -> MessageEntry? { places[id].map { entries[$0] } }

    func place(of id: String) -> Int? { places[id] }
}
