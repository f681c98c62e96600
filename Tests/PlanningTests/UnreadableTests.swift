import Foundation
import Inventory
import Machine
import Planning
import SystemPackage
import TestHosts
import Testing

/// What cannot be read is unknown, never absent: every path that the readers look at fails in turn.
@Suite struct UnreadableTests {
    static let parts: Inventory.Host.Parts = [.all, .session, .guests]
    static let errors: [Errno] = [.ioError, .resourceTemporarilyUnavailable, .permissionDenied]

    /// A host, and what was asked of it.
    private static func asked(_ name: String) throws -> (tree: MemoryTree, whole: Inventory.Host, paths: [String]) {
        let base = try TestHost.named(name).tree
        let tree = FaultTree(base)
        let whole = Inventory.Host.read(Machine(tree), parts)
        return (base, whole, tree.asked.sorted())
    }

    /// What the host's readers could not see.
    private static func reasons(_ host: Inventory.Host) throws -> Set<Data> {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let bytes = try encoder.encode(host)
        let opening = Data("\"unknown\":{".utf8)
        var found: Set<Data> = []
        var rest = bytes[...]
        while let start = rest.range(of: opening) {
            rest = rest[start.upperBound...]
            guard let end = rest.firstIndex(of: UInt8(ascii: "}")) else { break }
            if end > rest.startIndex { found.insert(Data(rest[..<end])) }
            rest = rest[end...]
        }
        return found
    }

    /// Where a failure leaves no reason: what the answer loses decides nothing.
    private static func isHarmless(_ path: String) -> Bool {
        // A name for a device, the machine's or the system's name.
        path.hasSuffix(".ids") || path.hasPrefix("/sys/class/dmi/id") || path.contains("os-release")
    }

    @Test(arguments: ["i226-router", "two-gpus-desktop", "rmrr-server"])
    func everyPathThatFailsLeavesAReason(_ name: String) throws {
        let (base, whole, paths) = try Self.asked(name)
        let known = try Self.reasons(whole)
        var silent: [String] = []
        var changing = 0
        for (number, path) in paths.enumerated() where !Self.isHarmless(path) {
            let error = Self.errors[number % Self.errors.count]
            let host = Inventory.Host.read(Machine(FaultTree(base, [path: error])), Self.parts)
            guard host != whole else { continue }
            changing += 1
            if try Self.reasons(host).subtracting(known).isEmpty { silent.append("\(path): \(error)") }
        }
        #expect(changing > 50, "of \(paths.count) paths")
        #expect(silent.isEmpty, "\(silent.joined(separator: "\n"))")
    }

    @Test(arguments: ["i226-router", "rmrr-server"])
    func noGuardLetsPassWhatItCannotSee(_ name: String) throws {
        let (base, whole, paths) = try Self.asked(name)
        let refused = whole.functions.map(\.address).filter { address in
            whole.function(address).map { AssignPlanner(host: whole).refusal([$0]) != nil } ?? false
        }
        #expect(refused.count > 3)
        var passed: [String] = []
        for path in paths {
            let host = Inventory.Host.read(Machine(FaultTree(base, [path: .ioError])), Self.parts)
            guard host != whole else { continue }
            for address in refused {
                guard let function = host.function(address) else { continue }
                if AssignPlanner(host: host).refusal([function]) == nil { passed.append("\(path): \(address)") }
            }
        }
        #expect(passed.isEmpty, "\(passed.joined(separator: "\n"))")
    }
}
