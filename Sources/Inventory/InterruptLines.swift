public import Machine
internal import SystemPackage

/// Wired interrupts that several drivers listen to (`/proc/interrupts`).
public struct InterruptLines: Sendable, Hashable, Codable {
    public struct Line: Sendable, Hashable, Codable {
        /// The kernel's number, as in a function's `irq`.
        public var number: Int
        /// Who registered for it: `ehci_hcd:usb1`, `i801_smbus`.
        public var handlers: [String]
    }

    /// Every line with a number and a handler; null when the table could not be read.
    @Nullable public var lines: [Line]?
    public var unknown: [String: String] = [:]

    public static func read(_ machine: Machine) -> InterruptLines {
        let path = "/proc/interrupts"
        do throws(Unreadable) {
            let table = try machine.textLines(path)
            guard let head = table.first else {
                return InterruptLines(lines: nil, unknown: ["lines": "\(path) is empty"])
            }
            let processors = Lines.words(head).count
            return InterruptLines(lines: table.dropFirst().compactMap { Line($0, processors: processors) })
        } catch {
            return InterruptLines(lines: nil, unknown: ["lines": error.reason])
        }
    }

    public func line(_ number: Int) -> Line? { lines?.first { $0.number == number } }
}

extension InterruptLines.Line {
    /// `  16:   0   0  IR-IO-APIC   16-fasteoi   ehci_hcd:usb1, i801_smbus`
    fileprivate init?(_ line: String, processors: Int) {
        let words = Lines.words(line)
        guard let first = words.first, first.utf8.last == UInt8(ascii: ":"), let number = Int(first.dropLast()),
            words.count > processors + 3
        else { return nil }
        let names = words[(processors + 3)...].joined(separator: " ").utf8.split(separator: UInt8(ascii: ","))
        self.number = number
        handlers = names.map { name in String(Substring(name.drop { $0 == 0x20 })) }
    }
}
