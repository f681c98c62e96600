import Foundation
import Testing

@testable import Inventory

/// A table of the folder `Tables`: real machines' and our own hand-made ones.
struct ACPITable: CustomTestStringConvertible, Sendable {
    let name: String
    let bytes: [UInt8]

    var testDescription: String { name }

    static let folder = URL(filePath: #filePath).deletingLastPathComponent()

    /// Every table, by name.
    static let all: [ACPITable] = {
        let folder = Self.folder.appending(path: "Tables")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { $0.hasSuffix(".bin") }.sorted().compactMap { name in
            guard let data = try? Data(contentsOf: folder.appending(path: name)) else { return nil }
            return ACPITable(name: String(name.dropLast(4)), bytes: [UInt8](data))
        }
    }()

    static func named(_ name: String) -> ACPITable? {
        all.first { $0.name == name }
    }

    /// Decodes by the name's first four letters, so that a damaged signature is still met by its decoder.
    func decode(_ bytes: [UInt8]) throws(ACPIError) -> Decoded {
        name.hasPrefix("DMAR") ? .dmar(try DMAR(bytes)) : .ivrs(try IVRS(bytes))
    }

    func decode() throws(ACPIError) -> Decoded {
        try decode(bytes)
    }
}

/// A decoded table of either kind.
enum Decoded: Equatable {
    case dmar(DMAR)
    case ivrs(IVRS)

    var header: ACPITableHeader {
        switch self {
        case .dmar(let table): table.header
        case .ivrs(let table): table.header
        }
    }

    var skipped: [SkippedBlock] {
        switch self {
        case .dmar(let table): table.skipped
        case .ivrs(let table): table.skipped
        }
    }
}
