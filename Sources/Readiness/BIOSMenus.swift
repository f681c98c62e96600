import Formats
import Inventory
import Wording

/// Where firmware has its switches: `Sources/CLinux/data/bios-menus.uci`, whose head says what each option means.
struct BIOSMenus: Sendable {
    /// What can be switched there.
    enum Item: String, CaseIterable, Sendable {
        case vtd, amdvi, vtx, svm, vmd, sriov, acs
        case above4G = "above4g"
        case resizableBAR = "rebar"
        case secureBoot = "secureboot"
    }

    /// Boards whose menus are alike.
    struct Board: Sendable {
        var id: String
        var name: Text
        var vendors: [ArgumentPattern]
        var bios: [ArgumentPattern]
        var products: [ArgumentPattern]
        var paths: [Item: String]
        var source: String
        var samples: [String]

        func fits(_ board: Firmware.Board) -> Bool {
            func any(_ patterns: [ArgumentPattern], _ names: String?...) -> Bool {
                patterns.isEmpty || names.compactMap(\.self).contains { name in patterns.contains { $0.matches(name) } }
            }
            return any(vendors, board.boardVendor, board.vendor) && any(bios, board.biosVendor)
                && any(products, board.product)
        }
    }

    var boards: [Board]

    /// The table in this binary, read when it is first needed; nil when it could not be read.
    static let builtIn = try? BIOSMenus(CheckData.biosMenus)

    init(_ bytes: [UInt8]) throws {
        boards = try UCIDocument(bytes).sections(ofType: "board").map { section in
            let name = try section.needed("name")
            let vendors = section.list("vendor")
            guard !vendors.isEmpty || !section.list("bios").isEmpty else {
                throw ArgumentTable.Mistake(description: "\(name): neither vendor nor bios")
            }
            return Board(
                id: section.name ?? "",
                name: Text(en: name, zh: section["name_zh"] ?? name),
                vendors: vendors.map { ArgumentPattern($0) },
                bios: section.list("bios").map { ArgumentPattern($0) },
                products: section.list("product").map { ArgumentPattern($0) },
                paths: Item.allCases.reduce(into: [:]) { paths, item in paths[item] = section[item.rawValue] },
                source: try section.needed("source"),
                samples: section.list("sample")
            )
        }
    }

    func board(_ host: Host) -> Board? {
        host.firmware?.board.flatMap { board in boards.first { $0.fits(board) } }
    }

    /// A sentence that names the menu of this host's board; empty where none is known.
    static func hint(_ item: Item, _ host: Host) -> Text {
        guard let board = builtIn?.board(host), let path = board.paths[item] else { return .empty }
        return Text(
            en: " On boards of \(board.name.en): \(path) (names differ between models).",
            zh: "\(board.name.zh) 主板：\(path)（不同型号名称可能不同）。"
        )
    }
}
