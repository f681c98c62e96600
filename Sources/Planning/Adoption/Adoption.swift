import Changes
import Formats
import Inventory
import Machine
import Wording

/// What becomes of everything that was set up by hand: which functions were meant, how each file reads afterwards, and
/// what stays as it is, with the reason.
public struct Adoption: Sendable {
    /// Functions that were meant by a trace, and are not assigned yet.
    public var functions: [PCIFunction] = []
    /// Who may open vfio's nodes, where a line says it.
    public var access: NodeAccess?
    /// The changes to files: lines that are no longer needed go.
    public var cleaning: [PlannedChange] = []
    /// What the owner should know of.
    public var notes: [Text] = []

    let found: HandMade
    let host: Host
    let state: WantedState
    let excluded: Set<PCIAddress>
    /// Functions that belong to guests once the plan is carried out.
    var covered: Set<PCIAddress> = []
    /// Options of vfio-pci that lose their line in modules.d, and go to modules.conf.
    var movedOptions: [String] = []

    /// - Parameters:
    ///   - host: with the details of all functions.
    ///   - lineIDs: values of `vfio-pci.ids=` on the kernel's line.
    ///   - mates: functions that go along.
    ///   - excluded: functions that are left as they are, with the lines that mean them.
    public init(
        of found: HandMade,
        on host: Host,
        state: WantedState,
        lineIDs: [String] = [],
        mates: [PCIFunction] = [],
        excluded: Set<PCIAddress> = []
    ) {
        self.found = found
        self.host = host
        self.state = state
        self.excluded = excluded
        covered = Set(state.assignments.map(\.identity.address))
        for value in lineIDs {
            for item in VFIOID.items(of: value) {
                if let id = item.id { claim(functions(with: id), id, "/proc/cmdline") }
            }
        }
        for file in found.moduleFiles {
            for line in file.lines.lines {
                for case let id? in file.ids(of: line).map(\.id) {
                    claim(functions(with: id), id, Self.place(file.path, line.number))
                }
            }
        }
        for script in found.scripts { claim(script) }
        for file in found.overrides where file.driver == "vfio-pci" {
            if let function = host.function(file.address) { claim([function]) } else { noteAbsent(file.address, file.path) }
        }
        claim(mates)
        for file in found.overrides { clean(file) }
        for script in found.scripts { clean(script) }
        cleanModuleFiles()
        restoreModules()
        functions.sort { "\($0.address)" < "\($1.address)" }
    }

    // MARK: Which functions are meant

    static func place(_ path: String, _ line: Int) -> Text {
        Text(en: "\(path), line \(line)", zh: "\(path) 第 \(line) 行")
    }

    func functions(with id: VFIOID) -> [PCIFunction] {
        host.functions.filter { function in
            !function.class.isBridge
                && id.matches(
                    vendor: function.vendor.value,
                    device: function.device.value,
                    subvendor: function.subsystemVendor?.value,
                    subdevice: function.subsystemDevice?.value,
                    class: function.class.code
                )
        }
    }

    mutating func claim(_ meant: [PCIFunction]) {
        for function in meant where !excluded.contains(function.address) {
            guard covered.insert(function.address).inserted else { continue }
            functions.append(function)
        }
    }

    private mutating func claim(_ meant: [PCIFunction], _ id: VFIOID, _ path: String) {
        claim(meant, id, Text(verbatim: path))
    }

    mutating func claim(_ meant: [PCIFunction], _ id: VFIOID, _ place: Text) {
        claim(meant)
        if meant.isEmpty {
            notes.append(
                Text(
                    en: "\(place.en): no device of this host has the id \(id.text): that id stays there.",
                    zh: "\(place.zh)：本机没有 ID 为 \(id.text) 的设备：该 ID 保留在原处。"
                )
            )
        } else if meant.count > 1 {
            let list = meant.map(\.address.description)
            notes.append(
                Text(
                    en: "\(place.en): \(id.text) means \(meant.count) devices, all of them: \(list.joined(separator: ", ")).",
                    zh: "\(place.zh)：\(id.text) 指 \(meant.count) 个设备，即全部：\(list.joined(separator: "、"))。"
                )
            )
        }
    }

    mutating func noteAbsent(_ address: PCIAddress, _ place: String) {
        notes.append(
            Text(
                en: "\(place): there is no device at \(address): it stays.",
                zh: "\(place)：\(address) 处没有设备：予以保留。"
            )
        )
    }

    // MARK: Which lines go

    func isCovered(_ id: VFIOID) -> Bool {
        let meant = functions(with: id)
        return !meant.isEmpty && meant.allSatisfy { covered.contains($0.address) }
    }

    /// The change that gives a file its new text; it goes when nothing is left in it.
    mutating func change(_ path: String, _ before: [UInt8], _ after: [UInt8], _ reason: Text) {
        guard before != after else { return }
        let isEmpty = after.allSatisfy { $0 <= 0x20 }
        cleaning.append(
            .file(path, before: FileContent(before), after: isEmpty ? nil : FileContent(after), reason: reason)
        )
    }

    private mutating func clean(_ file: HandMade.DriverOverride) {
        guard file.driver == "vfio-pci", covered.contains(file.address) else { return }
        change(file.path, file.bytes, [], Text(en: "the assignment says it now", zh: "现由 passthru 的分配代替"))
    }

    // MARK: Removed modules

    private mutating func restoreModules() {
        for removed in found.removedModules {
            let served = DriverFamily.served(by: removed.module, on: host)
            guard !served.isEmpty else { continue }
            let others = served.filter { !covered.contains($0.address) }
            guard others.isEmpty else {
                guard others.count < served.count else { continue }
                notes.append(Self.kept(removed.path, removed.module, others))
                continue
            }
            // No content in the plan: the journal would have to hold megabytes.
            cleaning.append(
                .program(
                    "/bin/cp",
                    ["-a", removed.original, removed.path],
                    inverse: [.runProgram(path: "/bin/rm", arguments: ["-f", removed.path])],
                    expectation: .fileContains(path: removed.path, text: ""),
                    reason: Text(
                        en: "the driver may be there: the device is kept from it by itself",
                        zh: "驱动可以存在：设备会单独避开它"
                    )
                )
            )
        }
    }

    /// Why what keeps a driver away stays.
    static func kept(_ place: String, _ module: String, _ others: [PCIFunction]) -> Text {
        let list = others.map(\.address.description)
        return Text(
            en: "\(place): \(module) stays away, as it would take \(list.joined(separator: ", ")), which is not adopted.",
            zh: "\(place)：\(module) 继续不加载，因为它会接管未被接收的 \(list.joined(separator: "、"))。"
        )
    }
}

/// Which functions a driver has, or would have.
enum DriverFamily {
    /// Drivers whose functions can be told without modules.alias, which OpenWrt does not have: their vendor, their class.
    private static let known: [String: (vendor: UInt16?, base: UInt8)] = [
        "i915": (0x8086, 0x03), "xe": (0x8086, 0x03), "i915_sriov": (0x8086, 0x03),
        "amdgpu": (0x1002, 0x03), "radeon": (0x1002, 0x03),
        "nouveau": (0x10DE, 0x03), "nvidia": (0x10DE, 0x03), "nvidia_drm": (0x10DE, 0x03),
        "nvidiafb": (0x10DE, 0x03), "nvidia_modeset": (0x10DE, 0x03), "nvidia_uvm": (0x10DE, 0x03),
        "snd_hda_intel": (nil, 0x04),
    ]

    /// - Parameter module: with underscores.
    static func served(by module: String, on host: Host) -> [PCIFunction] {
        host.functions.filter { function in
            if let driver = function.driver, canonicalModuleName(driver) == module { return true }
            if let modules = function.details?.modules {
                return modules.contains { canonicalModuleName($0) == module }
            }
            guard let family = known[module] else { return false }
            return function.class.base == family.base && family.vendor.map { $0 == function.vendor.value } ?? true
        }
    }
}
