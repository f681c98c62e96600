public import Machine

/// Everything that passthru knows of a machine, as one value.
///
/// A verb reads only the parts that it shows; the others are null.
public struct Host: Sendable, Equatable, Codable {
    @Nullable public var pci: PCIInventory?
    @Nullable public var iommu: IOMMU?
    @Nullable public var cpu: CPU?
    @Nullable public var kernel: Kernel?
    @Nullable public var firmware: Firmware?
    @Nullable public var platform: Platform?
    @Nullable public var container: Container?
    @Nullable public var boot: BootConfiguration?
    @Nullable public var usb: USBInventory?
    @Nullable public var network: NetworkInventory?
    @Nullable public var storage: StorageInventory?
    @Nullable public var display: DisplayInventory?
    @Nullable public var input: InputInventory?
    @Nullable public var serial: SerialInventory?
    @Nullable public var session: Session?
    @Nullable public var networkConfiguration: NetworkConfiguration?
    @Nullable public var holders: HolderInventory?
    @Nullable public var guests: GuestInventory?
    @Nullable public var memory: MemoryInventory?
    @Nullable public var unsafeModes: UnsafeModes?
    @Nullable public var windows: HostWindows?
    @Nullable public var interrupts: InterruptLines?
    @Nullable public var nodes: NodeInventory?
    @Nullable public var bootBindings: BootBindings?

    /// The parts that a verb can ask for.
    public struct Parts: OptionSet, Sendable {
        public let rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }

        public static let pci = Parts(rawValue: 1 << 0)
        /// With `pci`: every function with its details.
        public static let pciDetails = Parts(rawValue: 1 << 1)
        public static let iommu = Parts(rawValue: 1 << 2)
        public static let cpu = Parts(rawValue: 1 << 3)
        public static let kernel = Parts(rawValue: 1 << 4)
        public static let firmware = Parts(rawValue: 1 << 5)
        public static let platform = Parts(rawValue: 1 << 6)
        public static let container = Parts(rawValue: 1 << 7)
        public static let boot = Parts(rawValue: 1 << 8)
        public static let usb = Parts(rawValue: 1 << 9)
        public static let network = Parts(rawValue: 1 << 10)
        public static let storage = Parts(rawValue: 1 << 11)
        public static let display = Parts(rawValue: 1 << 12)
        public static let input = Parts(rawValue: 1 << 13)
        /// With `pci`: what the id tables call each function.
        public static let names = Parts(rawValue: 1 << 14)
        /// Which programs hold device nodes: read live only, and in no captured host.
        public static let holders = Parts(rawValue: 1 << 17)
        /// Guests that run or are configured here: private, and in no captured host.
        public static let guests = Parts(rawValue: 1 << 18)
        public static let memory = Parts(rawValue: 1 << 19)
        public static let unsafeModes = Parts(rawValue: 1 << 20)
        public static let windows = Parts(rawValue: 1 << 21)
        public static let interrupts = Parts(rawValue: 1 << 22)
        public static let nodes = Parts(rawValue: 1 << 23)
        public static let bootBindings = Parts(rawValue: 1 << 27)

        /// With `network`: the interface that carries the session, too. It says who is here: in no captured host.
        public static let session = Parts(rawValue: 1 << 15)
        public static let networkConfiguration = Parts(rawValue: 1 << 16)
        public static let serial = Parts(rawValue: 1 << 24)
        /// With `pci`: of every function's details those that decide over its IOMMU group.
        public static let pciTopology = Parts(rawValue: 1 << 25)
        /// Of the kernel no more than its release and command line.
        public static let kernelIdentity = Parts(rawValue: 1 << 26)

        /// What hangs below PCI functions, and what of it leads into this machine.
        public static let consumers: Parts = [
            .usb, .network, .storage, .display, .input, .serial, .session, .networkConfiguration,
        ]
        /// What a captured host holds: everything but who is here, and what is private to the programs that run.
        public static let all: Parts = [
            Parts(rawValue: (1 << 15) - 1), .memory, .unsafeModes, .networkConfiguration, .serial, .windows,
            .interrupts,
            .nodes, .bootBindings,
        ]
    }

    public init() {}

    public static func read(_ machine: Machine, _ parts: Parts) -> Host {
        var host = Host()
        if parts.contains(.kernel) {
            host.kernel = Kernel.read(machine)
        } else if parts.contains(.kernelIdentity) {
            host.kernel = Kernel.readIdentity(machine)
        }
        if parts.contains(.pci) {
            host.pci = PCIInventory.read(machine)
            if parts.contains(.names) { host.pci?.name(with: NameTables.pci(on: machine)) }
        }
        if parts.contains(.iommu) {
            host.iommu = IOMMU.read(machine)
            host.placeUnreadGroups()
        }
        if parts.contains(.pci) {
            if parts.contains(.pciDetails) {
                let modules = ModuleIndex.read(machine, for: host.functions)
                for index in host.functions.indices {
                    host.pci?.functions?[index].readDetails(from: machine, modules: modules)
                }
            }
            if parts.contains(.pciTopology), !parts.contains(.pciDetails) { host.readTopology(from: machine) }
        }
        if parts.contains(.cpu) { host.cpu = CPU.read(machine) }
        if parts.contains(.firmware) { host.firmware = Firmware.read(machine) }
        if parts.contains(.platform) { host.platform = Platform.read(machine) }
        if parts.contains(.container) { host.container = Container.read(machine) }
        if parts.contains(.boot) { host.boot = BootConfiguration.read(machine) }
        if parts.contains(.usb) { host.usb = USBInventory.read(machine) }
        if parts.contains(.network) { host.network = NetworkInventory.read(machine) }
        if parts.contains(.storage) { host.storage = StorageInventory.read(machine) }
        if parts.contains(.display) { host.display = DisplayInventory.read(machine) }
        if parts.contains(.input) { host.input = InputInventory.read(machine) }
        if parts.contains(.serial) { host.serial = SerialInventory.read(machine) }
        if parts.contains(.networkConfiguration) { host.networkConfiguration = NetworkConfiguration.read(machine) }
        if parts.contains(.session) {
            var session = Session.read(machine)
            if let network = host.network { session.locate(in: network) }
            host.session = session
        }
        if parts.contains(.holders) { host.holders = HolderInventory.read(machine) }
        if parts.contains(.guests) { host.guests = GuestInventory.read(machine) }
        if parts.contains(.memory) { host.memory = MemoryInventory.read(machine) }
        if parts.contains(.unsafeModes) { host.unsafeModes = UnsafeModes.read(machine) }
        if parts.contains(.windows) { host.windows = HostWindows.read(machine) }
        if parts.contains(.interrupts) { host.interrupts = InterruptLines.read(machine) }
        if parts.contains(.nodes) { host.nodes = NodeInventory.read(machine) }
        if parts.contains(.bootBindings) { host.bootBindings = BootBindings.read(machine) }
        if parts.contains([.bootBindings, .guests]) {
            host.bootBindings?.mappings = ProxmoxMappings.pci(ofThisNode: machine)
        }
        return host
    }

    /// Functions whose own link to their group could not be read belong to the group that lists them.
    private mutating func placeUnreadGroups() {
        for index in functions.indices where functions[index].unknown["group"] != nil {
            let name = functions[index].address.description
            guard let group = iommu?.groups?.first(where: { $0.devices.contains(name) }) else { continue }
            pci?.functions?[index].group = group.number
            pci?.functions?[index].unknown["group"] = nil
        }
    }

    private mutating func readTopology(from machine: Machine) {
        for index in functions.indices where functions[index].details == nil {
            pci?.functions?[index].readTopology(from: machine)
        }
    }

    /// Reads what ``GroupPrediction`` needs besides what is here.
    public mutating func readGroupFacts(from machine: Machine) {
        readTopology(from: machine)
        if kernel == nil { kernel = Kernel.readIdentity(machine) }
        if firmware == nil { firmware = Firmware.read(machine) }
    }

    /// The functions, or none when they could not be read.
    public var functions: [PCIFunction] { pci?.functions ?? [] }

    public func function(_ address: PCIAddress) -> PCIFunction? {
        functions.first { $0.address == address }
    }

    /// Whether the IOMMU isolates devices now. Where the kernel's lists of units and groups are missing, functions that
    /// are all in no group tell it too. Nil when it could not be seen.
    public var isIOMMUActive: Bool? {
        if let active = iommu?.isActive { return active }
        guard iommu?.groups == nil, let functions = pci?.functions, !functions.isEmpty else { return nil }
        return functions.allSatisfy { $0.group == nil && $0.unknown["group"] == nil } ? false : nil
    }

    /// Why not all members of an IOMMU group are known, as far as that can be seen: one of which nothing could be read, or
    /// which may be in it; nil when they are.
    public func unseenMember(ofGroup group: Int) -> String? {
        let listed = iommu?.groups?.first { $0.number == group }
        if let listed, listed.unknown["devices"] == nil {
            for name in listed.devices {
                guard let address = PCIAddress(name), function(address) == nil else { continue }
                return pci?.unknown[name] ?? "\(PCIInventory.root)/\(name): no such file"
            }
            return nil
        }
        return pci?.unread.min { $0.key < $1.key }?.value ?? functions.lazy.compactMap { $0.unknown["group"] }.first
    }

    /// All functions of an IOMMU group.
    public func members(ofGroup group: Int) -> [PCIFunction] {
        functions.filter { $0.group == group }
    }
}
