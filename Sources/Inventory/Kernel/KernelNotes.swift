internal import Machine
internal import SystemPackage

/// A line of the kernel's log that explains why something is not as it should be.
public struct KernelNote: Sendable, Hashable, Codable {
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// The firmware locked the processor's virtualization.
        case virtualizationLocked
        /// A group was refused to vfio because of memory that the firmware reserved.
        case reservedMemory
        /// The kernel reaches the first 256 bytes of configuration spaces only.
        case noExtendedConfiguration

        /// Parts of such lines (arch/x86/kernel/cpu/feat_ctl.c, arch/x86/kvm; drivers/iommu; arch/x86/pci/mmconfig-shared.c).
        fileprivate var marks: [String] {
            switch self {
            case .virtualizationLocked: ["disabled by BIOS", "disabled by bios", "SVM disabled (by BIOS)"]
            case .reservedMemory: ["have a 1:1 IOMMU mapping", "due to platform RMRR requirement"]
            case .noExtendedConfiguration: ["not using MMCONFIG", "not using ECAM"]
            }
        }
    }

    public var kind: Kind
    /// Without its level and time.
    public var text: String
}

extension Kernel {
    mutating func readNotes(_ machine: Machine) {
        let marks = KernelNote.Kind.allCases.flatMap { kind in kind.marks.map { (kind, Array($0.utf8)) } }
        func kind(_ line: some Collection<UInt8>) -> KernelNote.Kind? {
            marks.first { line.firstRange(of: $0.1) != nil }?.0
        }
        do {
            let lines = try machine.kernelLines { kind($0) != nil }
            notes = lines.compactMap { line in
                kind(line.utf8).map { KernelNote(kind: $0, text: Self.message(line)) }
            }
        } catch {
            unknown["notes"] = "the kernel's log: \(error.description.lowercased())"
        }
    }

    /// `<6>[   12.345678] text`, or as dmesg(1) prints it, without `<6>`.
    private static func message(_ line: String) -> String {
        guard let end = line.utf8.firstIndex(of: UInt8(ascii: "]")), line.utf8.prefix(5).contains(UInt8(ascii: "["))
        else { return line }
        return String(line.utf8[line.utf8.index(after: end)...].drop { $0 == 0x20 }) ?? line
    }

    /// The first note of a kind.
    public func note(_ kind: KernelNote.Kind) -> KernelNote? { notes?.first { $0.kind == kind } }
}
