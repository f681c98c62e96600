public import Formats
public import Machine
internal import SystemPackage

/// Settings of the running kernel that take isolation away, for as long as they are on.
public struct UnsafeModes: Sendable, Hashable, Codable {
    /// Every setting that was looked at, also those that are off.
    public var settings: [UnsafeSetting]

    /// Those that are on, and those of which it could not be seen.
    public var notOff: [UnsafeSetting] { settings.filter { $0.isOn != false } }

    public static func read(_ machine: Machine) -> UnsafeModes {
        UnsafeModes(settings: UnsafeSetting.Mode.allCases.map { UnsafeSetting($0, on: machine) })
    }
}

/// One such setting.
public struct UnsafeSetting: Sendable, Hashable, Codable {
    public enum Mode: String, Sendable, Codable, CaseIterable {
        /// vfio_iommu_type1 takes devices although interrupts are not remapped.
        case unsafeInterrupts = "unsafe-interrupts"
        /// The same for programs that go through iommufd (drivers/iommu/iommufd/device.c).
        case unsafeInterruptsOfIOMMUFD = "unsafe-interrupts-iommufd"
        /// vfio hands out devices that no IOMMU holds back.
        case noIOMMU = "no-iommu"
        /// vfio-pci takes devices that its authors hold to be unsafe.
        case denylistOff = "denylist-off"
        /// A patch of the kernel takes devices apart that the hardware does not separate.
        case acsOverride = "acs-override"
        /// A patch of the kernel (Proxmox) gives away devices whose memory the firmware reserved.
        case relaxedReservedMemory = "relaxed-reserved-memory"
        /// Every program can open the node of a VFIO group, and with it the group's devices.
        case worldNodes = "world-nodes"
    }

    public var mode: Mode
    /// Null when it could not be seen.
    @Nullable public var isOn: Bool?
    /// The file that says so.
    public var source: String
    /// What stands there: `Y`, or the argument of the kernel; null when it is off or could not be seen.
    @Nullable public var value: String?
    public var unknown: [String: String] = [:]

    init(_ mode: Mode, on machine: Machine) {
        self.mode = mode
        switch mode {
        case .unsafeInterrupts: source = Self.parameter("allow_unsafe_interrupts", of: "vfio_iommu_type1")
        case .unsafeInterruptsOfIOMMUFD: source = Self.parameter("allow_unsafe_interrupts", of: "iommufd")
        case .noIOMMU: source = Self.parameter("enable_unsafe_noiommu_mode", of: "vfio")
        case .denylistOff: source = Self.parameter("disable_denylist", of: "vfio_pci")
        case .acsOverride, .relaxedReservedMemory: source = "/proc/cmdline"
        case .worldNodes:
            source = "/dev/vfio"
            readNodes(machine)
            return
        }
        do {
            let text = try machine.text(source)
            guard source == "/proc/cmdline" else {
                isOn = text == "Y"  // A parameter of the kind "bool" reads Y or N (kernel/params.c, param_get_bool).
                value = isOn == true ? text : nil
                return
            }
            let arguments = KernelCommandLine(text)
            value = mode == .acsOverride ? arguments.acsOverride : arguments.relaxedReservedMemory
            isOn = value != nil
        } catch {
            // A module that is not there has no parameter that could be on, nor has one that does not know it.
            let isAbsent = error == .noSuchFileOrDirectory && source != "/proc/cmdline" && machine.exists("/sys/module")
            isOn = isAbsent ? false : nil
            if !isAbsent { unknown["isOn"] = reason(error, source) }
        }
    }

    /// One that somebody else found on.
    public init(_ mode: Mode, source: String, value: String) {
        self.mode = mode
        self.source = source
        self.value = value
        isOn = true
    }

    /// `/dev/vfio/vfio` is no group: open to all, it opens nothing by itself.
    private mutating func readNodes(_ machine: Machine) {
        let names: [String]
        do {
            names = try machine.list(source)
        } catch {
            // Where there is no such folder, nobody can open what is in it.
            let isAbsent = error == .noSuchFileOrDirectory && machine.exists("/dev")
            isOn = isAbsent ? false : nil
            if !isAbsent { unknown["isOn"] = reason(error, source) }
            return
        }
        let open = names.first { name in
            Int(name) != nil && ((try? machine.status("\(source)/\(name)"))?.mode ?? 0) & 0o002 != 0
        }
        isOn = open != nil
        if let open { source += "/\(open)" }
        value = open.flatMap { _ in (try? machine.status(source)).map { String($0.mode, radix: 8) } }
    }

    private static func parameter(_ name: String, of module: String) -> String {
        "/sys/module/\(module)/parameters/\(name)"
    }
}

extension KernelCommandLine {
    /// The argument of the ACS override patch as written; nil when there is none. Without a value it does nothing.
    public var acsOverride: String? {
        words.last { $0.isNamed("pcie_acs_override") && $0.value?.isEmpty == false }?.text
    }

    /// `intel_iommu=…,relax_rmrr` as written: only a patched kernel knows it.
    var relaxedReservedMemory: String? {
        words.last {
            $0.isNamed("intel_iommu")
                && $0.value?.utf8.split(separator: UInt8(ascii: ",")).contains { $0.elementsEqual("relax_rmrr".utf8) }
                    == true
        }?.text
    }
}
