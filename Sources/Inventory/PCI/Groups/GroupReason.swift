public import Wording

/// How sure a prediction is.
public enum GroupConfidence: String, Sendable, Codable, Comparable {
    /// All that decides was read.
    case certain
    /// Something that decides was not read, but is so on nearly every machine.
    case likely
    /// Something that decides could not be read.
    case unknown

    public static func < (left: GroupConfidence, right: GroupConfidence) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .certain: 0
        case .likely: 1
        case .unknown: 2
        }
    }

    public var text: Text {
        switch self {
        case .certain: Text(en: "certain", zh: "确定")
        case .likely: Text(en: "likely", zh: "很可能")
        case .unknown: Text(en: "unknown", zh: "未知")
        }
    }
}

/// Why a function is in the group that it is in (drivers/iommu/iommu.c, pci_device_group).
public struct GroupReason: Sendable, Hashable, Codable {
    public enum Kind: String, Sendable, Codable {
        /// It is the first of its group.
        case first
        /// A port above it does not isolate what is below.
        case port
        /// A function of the same device, and they are not kept apart.
        case functions
        /// A bridge above it takes its requests for its own, as bridges to conventional PCI do.
        case bridge
        /// It uses another function's requester id, or another function uses its own.
        case alias
        /// A storage controller (VMD) makes all requests for it.
        case controller
    }

    public var kind: Kind
    /// The function that cannot keep others apart: the port, the bridge, the other function. Null for the first.
    @Nullable public var cause: PCIAddress?
    /// The function whose group this one joined. Null for the first.
    @Nullable public var joins: PCIAddress?
    public var text: Text

    static let first = GroupReason(
        kind: .first,
        cause: nil,
        joins: nil,
        text: Text(en: "the first of its group", zh: "该组的第一个成员")
    )
}

extension GroupReason {
    /// Functions of one device that nothing keeps apart.
    static func functions(_ addresses: [PCIAddress]) -> Text {
        Text(
            en: "\(addresses.map(\.description).joined(separator: ", ")) are functions of one device without ACS",
            zh: "\(addresses.map(\.description).joined(separator: "、")) 是同一设备的功能，没有 ACS"
        )
    }

    /// Reasons of one group as one sentence without its end: functions of one device together, each text once.
    static func sentence(_ reasons: [GroupReason]) -> Text {
        var texts: [Text] = []
        var devices: [(place: Int, addresses: [PCIAddress])] = []
        for reason in reasons where reason.kind != .first {
            if let cause = reason.cause, let joins = reason.joins, reason.text == functions([joins, cause]) {
                if let known = devices.firstIndex(where: { $0.addresses[0].sharesSlot(with: cause) }) {
                    for address in [joins, cause] where !devices[known].addresses.contains(address) {
                        devices[known].addresses.append(address)
                    }
                    continue
                }
                devices.append((texts.count, [joins, cause]))
            }
            if !texts.contains(reason.text) { texts.append(reason.text) }
        }
        for device in devices { texts[device.place] = functions(device.addresses) }
        return Text(
            en: texts.map(\.en).joined(separator: "; "),
            zh: texts.map(\.zh).joined(separator: "；")
        )
    }
}

/// Something that decides over groups, and how well it is known.
struct GroupFact: Sendable {
    var holds: Bool
    var doubt = GroupConfidence.certain
    /// What it is known by, or why it is not known.
    var why: Text

    /// What is taken for true when doubtful facts are settled in a certain way.
    func settled(_ assumption: GroupAssumption) -> Bool {
        switch (doubt, assumption) {
        case (.likely, .likely(let answer)), (.unknown, .unknown(let answer)): answer
        default: holds
        }
    }
}

/// How doubtful facts are settled for one run.
enum GroupAssumption: Sendable, Equatable {
    /// What is likely holds, and what is unknown does not isolate.
    case plain
    case likely(Bool)
    case unknown(Bool)
}
