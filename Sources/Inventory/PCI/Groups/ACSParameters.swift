internal import Formats

/// `pci=disable_acs_redir=` and `pci=config_acs=`: what the kernel's line says of ACS
/// (Documentation/admin-guide/kernel-parameters.txt; drivers/pci/pci.c, __pci_config_acs).
struct ACSParameters: Sendable {
    /// Bits of the ACS capability and control registers (PCI Express 6.0, section 7.7.12).
    enum Bit {
        static let sourceValidation: UInt16 = 0x01
        static let requestRedirect: UInt16 = 0x04
        static let completionRedirect: UInt16 = 0x08
        static let upstreamForwarding: UInt16 = 0x10
        static let egressControl: UInt16 = 0x20
        /// What a port must do for the kernel to call it isolating.
        static let isolation = sourceValidation | requestRedirect | completionRedirect | upstreamForwarding
    }

    /// Bits that a parameter sets at some devices: those of `mask` become those of `flags`.
    struct Setting: Sendable {
        var device: Pattern
        var mask: UInt16
        var flags: UInt16
        /// `config_acs` leaves all other bits as the firmware had them.
        var word: String
    }

    /// `[DOMAIN:]BUS:DEVICE.FUNCTION` or `pci:VENDOR:DEVICE[:SUBVENDOR:SUBDEVICE]`, where 0 stands for any.
    enum Pattern: Sendable {
        case address(PCIAddress)
        case ids([UInt16])
        /// A path from bridge to bridge, or what the kernel would not take either.
        case other

        init(_ text: some StringProtocol) {
            if text.hasPrefix("pci:") {
                let ids = text.dropFirst(4).split(separator: ":").compactMap { UInt16($0, radix: 16) }
                self = ids.count == 2 || ids.count == 4 ? .ids(ids) : .other
            } else {
                self = PCIAddress(text).map(Pattern.address) ?? .other
            }
        }

        /// Nil when it cannot be told.
        func matches(_ function: PCIFunction) -> Bool? {
            switch self {
            case .address(let address): return address == function.address
            case .ids(let ids):
                let own = [
                    function.vendor.value, function.device.value, function.subsystemVendor?.value ?? 0,
                    function.subsystemDevice?.value ?? 0,
                ]
                return zip(ids, own).allSatisfy { $0 == 0 || $0 == $1 }
            case .other: return nil
            }
        }
    }

    var settings: [Setting] = []

    init(_ line: KernelCommandLine?) {
        for item in line?.items(of: "pci") ?? [] {
            if let devices = item.after("disable_acs_redir=") {
                let off = Bit.requestRedirect | Bit.completionRedirect | Bit.egressControl
                settings += devices.split(separator: ";").map {
                    Setting(device: Pattern($0), mask: off, flags: 0, word: "disable_acs_redir")
                }
            } else if let devices = item.after("config_acs=") {
                for entry in devices.split(separator: ";") {
                    let parts = entry.split(separator: "@", maxSplits: 1)
                    guard parts.count == 2 else { continue }
                    var (mask, flags): (UInt16, UInt16) = (0, 0)
                    for (place, digit) in parts[0].utf8.reversed().enumerated() where place < 16 {
                        if digit == UInt8(ascii: "0") || digit == UInt8(ascii: "1") { mask |= 1 << place }
                        if digit == UInt8(ascii: "1") { flags |= 1 << place }
                    }
                    settings.append(Setting(device: Pattern(parts[1]), mask: mask, flags: flags, word: "config_acs"))
                }
            }
        }
    }
}

extension String {
    fileprivate func after(_ prefix: String) -> Substring? {
        hasPrefix(prefix) ? self[index(startIndex, offsetBy: prefix.utf8.count)...] : nil
    }
}
