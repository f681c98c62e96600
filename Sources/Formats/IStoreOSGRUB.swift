/// /etc/config/grub of iStoreOS: the sections that its init script `grub` turns into kernel arguments.
public struct IStoreOSGRUB: Equatable, Sendable {
    /// A section `cmdline`.
    public struct Addition: Equatable, Sendable {
        /// Its name; nil for an anonymous one.
        public let name: String?
        /// `option enabled`.
        public let isEnabled: Bool
        /// `option cmdline`: arguments; nil if there are none.
        public let commandLine: String?
        /// `option comment`.
        public let comment: String?
    }

    /// Whether the section `iommu` is there and enabled.
    public let isIOMMUEnabled: Bool
    /// The arguments of the section `iommu`; nil or empty: the init script chooses by the processor's maker.
    public let iommuCommandLine: String?
    /// The sections `cmdline`, in order.
    public let additions: [Addition]

    /// The settings of the file.
    public init(_ document: UCIDocument) {
        let iommu = document.section(named: "iommu") ?? document.sections(ofType: "iommu").first
        isIOMMUEnabled = iommu?.boolean("enabled") ?? false
        iommuCommandLine = iommu?["cmdline"]
        additions = document.sections(ofType: "cmdline").map { section in
            Addition(
                name: section.name,
                isEnabled: section.boolean("enabled") ?? false,
                commandLine: section["cmdline"],
                comment: section["comment"]
            )
        }
    }

    /// The arguments that the init script adds at the next boot.
    ///
    /// - Parameter isIntel: whether /proc/cpuinfo says Intel, which decides where the file leaves it open.
    public func arguments(isIntel: Bool) -> KernelCommandLine {
        var parts: [String] = []
        if isIOMMUEnabled {
            let chosen = iommuCommandLine ?? ""
            let automatic = isIntel ? "intel_iommu=on iommu=pt" : "amd_iommu=on iommu=pt"
            parts.append(chosen.isEmpty ? automatic : chosen)
        }
        parts += additions.compactMap { $0.isEnabled ? $0.commandLine : nil }
        return KernelCommandLine(parts.joined(separator: " "))
    }
}
