import Inventory

/// What is remembered of a function while it is assigned: a small file that lives as long as the binding, until the next
/// boot.
public struct HomeRecord: Sendable, Hashable {
    /// The file's text, `8086:125c igc` and the end of the line.
    public var text: String

    /// Where the records lie.
    public static let folder = "/var/run/passthru/home"

    public static func path(of address: PCIAddress) -> String { "\(folder)/\(address)" }

    public init(text: String) { self.text = text }

    /// - Parameter driver: nil where the function had none.
    public init(of function: PCIFunction, driver: String?) { text = "\(function.id) \(driver ?? Self.none)\n" }

    /// The driver that the function had; nil when it had none, or the file says something else.
    public var driver: String? { name.flatMap { $0 == Self.none ? nil : $0 } }

    /// Whether the function had no driver, perhaps because the owner keeps it from all.
    public var isWithoutDriver: Bool { name == Self.none }

    /// How a file says that a function had no driver.
    public static let none = "-"

    private var name: String? {
        let words = text.split { $0 == " " || $0 == "\n" }
        return words.count == 2 ? String(words[1]) : nil
    }
}
