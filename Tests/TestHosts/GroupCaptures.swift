import Formats
import Foundation
public import Machine

/// Every board of the rig, captured with its IOMMU switched off by `rig/groups --keep`, and beside it the groups that the
/// kernel made on the same board with it on.
public enum GroupCaptures {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "Captures/Groups")

    /// `BOARD-IOMMU-KERNEL`
    public static let names: [String] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return files.filter { $0.hasSuffix(".tar.gz") }.map { String($0.dropLast(7)) }.sorted()
    }()

    public struct Damage: Error {}

    private static func archive(_ name: String) throws -> [UInt8] {
        let packed = Array(try Data(contentsOf: folder.appending(path: name + ".tar.gz")))
        guard let bytes = Gzip.decompress(packed, limit: 8 << 20) else { throw Damage() }
        return bytes
    }

    /// The path of everything in it, and where its links lead.
    public static func paths(_ name: String) throws -> [String] {
        try TarArchive.read(bytes: archive(name)).flatMap { member in
            if case .symbolicLink(let target) = member.kind { return [member.path, target] }
            return [member.path]
        }
    }

    public static func machine(_ name: String) throws -> Machine {
        let bytes = try archive(name)
        var tree = MemoryTree()
        for member in try TarArchive.read(bytes: bytes) {
            switch member.kind {
            case .directory: tree.put(.directory, at: "/" + member.path)
            case .symbolicLink(let target): tree.put(.symbolicLink(target), at: "/" + member.path)
            case .file(let range):
                tree.put(.file(Array(bytes[range]), mode: UInt32(member.mode)), at: "/" + member.path)
            }
        }
        return Machine(tree)
    }

    /// The addresses of each of the kernel's groups.
    public static func kernelGroups(_ name: String) throws -> [[String]] {
        let text = try String(contentsOf: folder.appending(path: name + ".groups"), encoding: .utf8)
        return text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    }
}
