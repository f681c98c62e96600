import Formats
import Inventory

/// Why there are no IOMMU groups, or that there are.
enum IOMMUDiagnosis: Equatable {
    case active
    case obstacle(ReadinessReport.Reason)
    case unknown

    /// Follows the way of the kernel: firmware's table, driver built in, arguments; and then the saved configuration.
    init(_ host: Host) {
        switch host.isIOMMUActive {
        case true?: self = .active
        case nil: self = .unknown
        case false?: self = Self.whyInactive(host)
        }
    }

    private static func whyInactive(_ host: Host) -> IOMMUDiagnosis {
        guard let firmware = host.firmware, firmware.tables != nil || firmware.iommuKind != nil else { return .unknown }
        guard let kind = firmware.iommuKind else { return .obstacle(.firmwareOff) }
        guard let kernel = host.kernel else { return .unknown }
        let option = kind == .intel ? "INTEL_IOMMU" : "AMD_IOMMU"
        if kernel.config?[option] == "n" { return .obstacle(.kernelWithout) }
        if kernel.config == nil, host.iommu?.hasGroupsFolder == false { return .obstacle(.kernelWithout) }
        guard let arguments = kernel.arguments else { return .unknown }
        if arguments.switchesIOMMUOff(kind) {
            return .obstacle(host.boot?.keepsIOMMUOn(kind) == true ? .notBooted : .switchedOff)
        }
        switch kind {
        case .intel:
            if arguments.intelIOMMU.isOn == true || kernel.switchesIntelIOMMUOnByItself == true { return .unknown }
            return .obstacle(host.boot?.asksForIOMMU(kind) == true ? .notBooted : .argumentMissing)
        case .amd:
            return .unknown  // On unless switched off: what stopped it stands in the kernel's log.
        }
    }
}

extension KernelCommandLine {
    /// Whether these arguments keep the driver from starting.
    func switchesIOMMUOff(_ kind: Firmware.IOMMUKind) -> Bool {
        if iommu.isOff { return true }
        return switch kind {
        case .intel: intelIOMMU.isOn == false
        case .amd: amdIOMMU.isOff
        }
    }
}

extension Kernel {
    /// Whether this kernel uses VT-d without being asked; nil when its configuration is not known.
    var switchesIntelIOMMUOnByItself: Bool? {
        guard let config, let all = config["INTEL_IOMMU_DEFAULT_ON"] else { return nil }
        return all == "y" || config["INTEL_IOMMU_DEFAULT_ON_INTGPU_OFF"] == "y"
    }
}

extension BootConfiguration {
    /// Whether a saved line asks for VT-d and does not switch it off.
    func asksForIOMMU(_ kind: Firmware.IOMMUKind) -> Bool {
        lines.contains { $0.asksForIOMMU(kind) }
    }

    /// Whether the next boot would have the IOMMU although this one has it switched off: AMD's needs no argument.
    func keepsIOMMUOn(_ kind: Firmware.IOMMUKind) -> Bool {
        switch kind {
        case .intel: asksForIOMMU(kind)
        case .amd:
            !lines.isEmpty && lines.allSatisfy { !KernelCommandLine($0.arguments).switchesIOMMUOff(kind) }
        }
    }
}

extension BootConfiguration.Line {
    /// Whether the line asks for the IOMMU, and does not switch it off.
    func asksForIOMMU(_ kind: Firmware.IOMMUKind) -> Bool {
        let arguments = KernelCommandLine(arguments)
        guard !arguments.switchesIOMMUOff(kind) else { return false }
        return switch kind {
        case .intel: arguments.intelIOMMU.isOn == true
        case .amd: true
        }
    }
}
