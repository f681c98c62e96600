import Inventory
import Machine
import Planning
import Wording

/// `passthru export state`: the wanted state, to be kept elsewhere and taken in again by `passthru import`.
public struct ExportState: Sendable, Encodable {
    public let schema = "passthru/state/1"
    /// Where the state is on the machine.
    public var path: String
    /// The version of passthru, and the kernel that ran; nothing that says whose machine it is.
    public var version: String
    @Nullable public var kernel: String?
    /// The file's text in UCI's syntax; empty when nothing is wanted.
    public var uci: String
    public var arguments: [String]
    /// Who may open vfio's nodes: root, group or world; with the group's name.
    public var access: String
    @Nullable public var group: String?
    public var assignments: [Assignment]

    /// One device that belongs to a guest.
    public struct Assignment: Sendable, Encodable {
        public var name: String
        public var identity: DeviceIdentity
        @Nullable public var home: String?
        @Nullable public var guest: String?
        /// Whether the host keeps it until that guest starts.
        public var isAtGuestStart: Bool
    }

    public static func run(_ machine: Machine, version: String) throws(Failure) -> ExportState {
        let file = try WantedFile.read(machine)
        var export = ExportState(
            path: file.path,
            version: version,
            kernel: Host.read(machine, .kernel).kernel?.release,
            uci: String(decoding: file.original ?? [], as: UTF8.self),
            arguments: file.state.iommu?.arguments ?? [],
            access: "root",
            group: nil,
            assignments: file.state.assignments.map {
                Assignment(
                    name: $0.name,
                    identity: $0.identity,
                    home: $0.home,
                    guest: $0.guest,
                    isAtGuestStart: $0.handOver != nil
                )
            }
        )
        switch file.state.nodes?.access ?? .root {
        case .root: break
        case .group(let name): (export.access, export.group) = ("group", name)
        case .world: export.access = "world"
        }
        return export
    }

    static let mark = "# passthru export state: "

    /// A comment that says where it comes from, then the file.
    public var text: String { "\(Self.mark)version \(version), kernel \(kernel ?? "-")\n\(uci)" }
}
