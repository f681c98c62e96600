import Changes
import Inventory
import Machine
import Transactions
import Wording

/// What the boot made of every assignment: kept in memory until the next boot, and shown by `passthru`.
public struct BootReport: Sendable, Codable {
    public var schema = "passthru/boot-binding/1"
    /// Which run of the kernel it is about.
    @Nullable public var boot: String?
    /// Seconds since 1970.
    public var time: Int
    /// Why nothing could be done at all; null when it could.
    @Nullable public var problem: Text?
    public var devices: [Device]
    /// Guests of libvirt that are not started by themselves until their devices are ready.
    public var held: [String]
    /// What else the owner should know.
    public var notes: [Text]

    public struct Device: Sendable, Codable, Hashable {
        /// The assignment's name.
        public var name: String
        public var address: PCIAddress
        public var result: Result
        /// Why it is not bound; null when it is.
        @Nullable public var reason: Text?
        /// Where the same device stands now, as its serial number tells; null where that is not known.
        @Nullable public var elsewhere: PCIAddress?
        @Nullable public var guest: String?
    }

    public enum Result: String, Sendable, Codable {
        /// It is with vfio-pci.
        case bound
        /// Nothing stands at its address.
        case absent
        /// Another device does.
        case changed
        /// It could not be seen whether it is the same.
        case unknown
        /// The host needs it now.
        case refused
        /// vfio is not there, or the IOMMU is off.
        case unavailable
        /// It was tried.
        case failed
        /// The transaction that assigned it was interrupted, not confirmed, or not put back wholly.
        case unsettled
    }

    /// One of this boot that says nothing yet.
    static func empty(_ machine: Machine) -> BootReport {
        BootReport(
            boot: machine.bootID,
            time: machine.wallClock,
            problem: nil,
            devices: [],
            held: [],
            notes: []
        )
    }

    /// Whether every assignment holds.
    public var isGood: Bool { problem == nil && devices.allSatisfy { $0.result == .bound } }

    /// The report of this boot; nil when there is none.
    public static func read(_ machine: Machine) -> BootReport? {
        for folder in ["/var/run", "/run"] {
            guard let bytes = try? machine.read("\(folder)/passthru/boot.json"),
                let report = JSONRecord.value(BootReport.self, bytes), report.boot == machine.bootID
            else { continue }
            return report
        }
        return nil
    }

    /// Leaves the report for whoever asks. That it cannot be left hinders nothing.
    func write(_ machine: Machine) {
        guard let bytes = JSONRecord.bytes(self) else { return }
        let path = machine.inMemory("/var/run/passthru/boot.json")
        let change = PlannedChange.file(
            path,
            before: (try? machine.read(path)).map { FileContent($0) },
            after: FileContent(bytes),
            reason: Text(en: "what the boot did", zh: "启动时做了什么")
        )
        try? ImmediateChanges(on: machine).make([change])
    }
}

extension BootReport.Result {
    public var text: Text {
        switch self {
        case .bound: Text(en: "bound", zh: "已绑定")
        case .absent: Text(en: "not there", zh: "不存在")
        case .changed: Text(en: "another device", zh: "设备已变")
        case .unknown: Text(en: "unknown", zh: "未知")
        case .refused: Text(en: "the host needs it", zh: "主机需要它")
        case .unavailable: Text(en: "vfio unavailable", zh: "vfio 不可用")
        case .failed: Text(en: "failed", zh: "失败")
        case .unsettled: Text(en: "not settled", zh: "尚未定论")
        }
    }
}

extension Machine {
    /// A path below `/var/run`, which early in the boot, while `/var` is not mounted yet, is `/run` itself.
    func inMemory(_ path: String) -> String {
        guard path.hasPrefix("/var/run/"), !exists("/var/run"), exists("/run") else { return path }
        return String(path.dropFirst(4))
    }
}
