import Inventory
import Wording

/// A mode that takes isolation away, which the owner must ask for by its own flag.
public enum UnsafeMode: String, Sendable, Codable, CaseIterable {
    /// `allow_unsafe_interrupts` of vfio_iommu_type1: a guest can send interrupts that are not its own.
    case unsafeInterrupts = "unsafe-interrupts"
    /// `pcie_acs_override=` on the kernel's command line: groups that the hardware does not keep apart.
    case acsOverride = "unsafe-acs-override"
    /// vfio's device nodes open to everybody: any program can take over any assigned device.
    case worldNodes = "unsafe-world-nodes"
}

/// What the owner wants to give away, with everything that goes along or shares its fate.
public struct Request: Sendable {
    public let host: Host
    /// The functions that the owner named.
    public let wanted: [PCIFunction]
    /// `wanted` first; then members of their IOMMU groups without bridges, virtual functions of physical ones, and
    /// functions of the same slot or bus where a reset reaches them all.
    public let touched: [PCIFunction]
    /// Modes that the owner asked for.
    public let unsafe: Set<UnsafeMode>

    public init(_ wanted: [PCIFunction], on host: Host, unsafe: Set<UnsafeMode> = []) {
        self.host = host
        self.wanted = wanted
        self.unsafe = unsafe
        var touched = wanted
        var seen = Set(wanted.map(\.address))
        func add(_ functions: some Sequence<PCIFunction>) {
            for function in functions where !function.class.isBridge && seen.insert(function.address).inserted {
                touched.append(function)
            }
        }
        for function in wanted {
            if let group = function.group { add(host.members(ofGroup: group)) }
            if function.sharesReset {
                add(
                    host.functions.filter { $0.address.sharesSlot(with: function.address) }
                        + host.busMates(of: function)
                )
            }
            add(function.details?.sriov?.virtualFunctions.compactMap(host.function) ?? [])
        }
        self.touched = touched
    }

    /// The functions of `wanted` that the host still has: what vfio-pci has already is not judged a second time.
    var leaving: [PCIFunction] { wanted.filter { $0.driver != "vfio-pci" } }

    /// Whether the owner named this function.
    func isWanted(_ function: PCIFunction) -> Bool { wanted.contains { $0.address == function.address } }

    /// Whether anything would be bound: what a guest has already is not taken from anybody again.
    var movesAnything: Bool { wanted.contains { $0.driver != "vfio-pci" } }

    /// How a message calls a touched function: by its address, and why it is meant where the owner did not name it.
    func name(_ function: PCIFunction) -> Text {
        guard !isWanted(function) else { return Text(verbatim: "\(function.address)") }
        if let group = function.group, wanted.contains(where: { $0.group == group }) {
            return Text(
                en: "\(function.address) in the same IOMMU group",
                zh: "同一 IOMMU 组中的 \(function.address)"
            )
        }
        if let owner = wanted.first(where: { $0.details?.sriov?.virtualFunctions.contains(function.address) == true }) {
            return Text(
                en: "\(function.address), a virtual function of \(owner.address),",
                zh: "\(owner.address) 的虚拟功能 \(function.address)"
            )
        }
        guard wanted.contains(where: { $0.address.sharesSlot(with: function.address) }) else {
            return Text(en: "\(function.address) on the same bus", zh: "同一总线上的 \(function.address)")
        }
        return Text(en: "\(function.address) in the same slot", zh: "同一插槽中的 \(function.address)")
    }
}

extension PCIFunction {
    /// Whether the kernel knows ways to reset the function, but none that leaves its siblings alone
    /// (`reset_method`, Documentation/ABI/testing/sysfs-bus-pci).
    var sharesReset: Bool {
        details?.resetMethods != nil && !hasResetOfItsOwn
    }
}
