import Formats
import Inventory
import Machine
import TestHosts

@testable import Readiness

/// A machine that has exactly what an advice asks for.
struct ArgumentSample {
    var release = "6.6.93"
    var firmware = Firmware.Mode.efi
    var iommu: Firmware.IOMMUKind? = .intel
    var loader = Platform.Capability.kmod
    var system = "arch"
    var modules: Set<String> = []
    var builtIn: Set<String> = []
    var frameBuffers: [String] = []
    var folders: Set<String> = ["/sys/bus/pci/devices", "/sys/bus/pci/drivers"]

    static let mechanisms: [Platform.Capability: String] = [
        .initramfsTools: "/etc/initramfs-tools", .dracut: "/etc/dracut.conf.d",
    ]

    init() {}

    init(_ conditions: ArgumentConditions) {
        if let version = conditions.kernelFrom { release = "\(version).12" }
        if conditions.kernelBelow != nil { release = "5.10.176" }
        if let part = conditions.patched.first { release += "-2-\(part)" }
        firmware = conditions.firmware ?? firmware
        iommu = conditions.iommu ?? iommu
        loader = conditions.loader ?? loader
        system = conditions.platforms.first?.rawValue ?? system
        if let module = conditions.module { modules = module == "own" ? Self.family : [module] }
        frameBuffers = conditions.frameBuffers
        for mechanism in conditions.has { folders.insert(Self.mechanisms[mechanism] ?? "") }
    }

    static let family: Set<String> = [
        "vfio", "vfio_pci", "vfio_iommu_type1", "kvm", "kvm_intel", "kvm_amd", "i915", "xe", "amdgpu", "nouveau",
    ]

    /// The same machine with one of the asked-for things otherwise, for each of them.
    static func others(_ conditions: ArgumentConditions) -> [ArgumentSample] {
        let whole = ArgumentSample(conditions)
        var others: [ArgumentSample] = []
        func other(_ change: (inout ArgumentSample) -> Void) {
            var copy = whole
            change(&copy)
            others.append(copy)
        }
        if conditions.kernelFrom != nil { other { $0.release = "5.4.255" } }
        if conditions.kernelBelow != nil { other { $0.release = "6.12.1" } }
        if !conditions.patched.isEmpty { other { $0.release = "6.6.93" } }
        for part in conditions.unpatched { other { $0.release += "-1-\(part)" } }
        if let mode = conditions.firmware { other { $0.firmware = mode == .efi ? .bios : .efi } }
        if let kind = conditions.iommu {
            other { $0.iommu = kind == .intel ? .amd : .intel }
            other { $0.iommu = nil }
        }
        if let loader = conditions.loader { other { $0.loader = loader == .kmod ? .kmodloader : .kmod } }
        if !conditions.platforms.isEmpty { other { $0.system = "arch" } }
        if conditions.module != nil {
            other {
                $0.builtIn = $0.modules
                $0.modules = []
            }
        }
        if !conditions.frameBuffers.isEmpty { other { $0.frameBuffers = [] } }
        if !conditions.has.isEmpty { other { $0.folders = [] } }
        for mechanism in conditions.lacks { other { $0.folders.insert(mechanisms[mechanism] ?? "") } }
        return others
    }

    var machine: TestHost {
        var host = TestHost("sample")
        host.file("/proc/sys/kernel/osrelease", release)
        host.file("/proc/cmdline", "")
        host.file("/proc/modules", modules.sorted().map { "\($0) 1 0 - Live 0x0" }.joined(separator: "\n"))
        host.file(
            "/lib/modules/\(release)/modules.builtin",
            builtIn.sorted().map { "kernel/\($0).ko" }.joined(separator: "\n")
        )
        host.file("/lib/modules/\(release)/modules.dep", "kernel/other.ko:")
        host.file("/sys/firmware/acpi/tables/FACP", "FACP")
        if let iommu { host.file("/sys/firmware/acpi/tables/\(iommu == .intel ? "DMAR" : "IVRS")", "") }
        if firmware == .efi { host.folder("/sys/firmware/efi") }
        host.file(loader == .kmodloader ? "/sbin/kmodloader" : "/usr/bin/kmod", "")
        host.file("/etc/os-release", "ID=\(system)")
        host.file("/proc/iomem", frameBuffers.map { "00000000-00000000 : \($0)" }.joined(separator: "\n"))
        for folder in folders where !folder.isEmpty { host.folder(folder) }
        return host
    }

    var host: Host { Host.read(machine.machine, Checks.parts) }
}

extension ArgumentLint {
    /// The rules that find something in a line.
    static func rules(_ line: String, on host: Host) -> [String] {
        findings(KernelCommandLine(line), on: host).map(\.rule)
    }
}
