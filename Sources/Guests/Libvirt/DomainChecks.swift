internal import Formats
internal import Inventory
internal import Wording

/// What must hold before a document is touched.
struct DomainChecks {
    private let document: DomainDocument
    private let devices: [GuestDevice]
    private let requirements: [GuestRequirement]
    private let hypervisor: Hypervisor

    init(
        _ document: DomainDocument,
        _ devices: [GuestDevice],
        _ requirements: [GuestRequirement],
        _ hypervisor: Hypervisor
    ) {
        self.document = document
        self.devices = devices
        self.requirements = requirements
        self.hypervisor = hypervisor
    }

    func run() throws(DomainError) {
        if let type = document.type, type != "kvm", type != "qemu" {
            throw DomainError(.otherHypervisor(type), line: document.root.line)
        }
        try need("libvirt", hypervisor.libvirt, SoftwareVersion(3, 9), "<alias name='ua-…'>")
        for requirement in requirements { try check(requirement) }
        for device in devices {
            try DeviceValues.check(device)
            try checkVersions(device)
            try checkPresence(device)
        }
        try checkBootOrder()
    }

    private func check(_ requirement: GuestRequirement) throws(DomainError) {
        switch requirement {
        case .machine(let wanted):
            let os = document.part("os")
            guard document.machineFamily != wanted else { return }
            throw DomainError(
                .machine(wanted: wanted, found: document.machine ?? document.machineFamily?.rawValue),
                line: (os?.child("type") ?? os ?? document.root).line
            )
        case .firmware(let wanted):
            let found = document.shape.firmware
            guard found != wanted else { return }
            throw DomainError(
                .firmware(wanted: wanted, found: found),
                line: (document.part("os") ?? document.root).line
            )
        case .noEmulatedVideo: return
        }
    }

    // MARK: Versions

    /// Refuses a version that is known and too old.
    private func need(
        _ program: String,
        _ has: SoftwareVersion?,
        _ needs: SoftwareVersion,
        _ feature: String
    ) throws(DomainError) {
        guard let has, has < needs else { return }
        throw DomainError(.tooOld(program, has: has, needs: needs, feature: feature))
    }

    private func checkVersions(_ device: GuestDevice) throws(DomainError) {
        switch device {
        case .pci(let device):
            try DeviceSpecials.check(device, for: hypervisor)
            guard device.usesIOMMUFD == true else { return }
            guard hypervisor.libvirt != nil else { throw DomainError(.unknownVersion("libvirt", feature: "iommufd")) }
            // NEWS of 12.1.0 and 12.2.0.
            try need("libvirt", hypervisor.libvirt, SoftwareVersion(12, 1), "iommufd")
            try need("QEMU", hypervisor.qemu, SoftwareVersion(8, 2), "iommufd")
        case .usb(let device):
            if case .port(let bus, let port) = device.place { throw DomainError(.usbPort(bus: bus, port: port)) }
        case .mediated(let device):
            guard device.isDisplay || device.isBootDisplay else { return }
            try need("libvirt", hypervisor.libvirt, SoftwareVersion(4, 6), "display='on'")
            if device.isBootDisplay { try need("libvirt", hypervisor.libvirt, SoftwareVersion(5, 10), "ramfb='on'") }
            guard document.devices.contains(where: { $0.name == "graphics" }) else { throw DomainError(.noGraphics) }
        case .network: return
        }
    }

    // MARK: Other devices

    private func checkPresence(_ device: GuestDevice) throws(DomainError) {
        let host = DeviceFacts(device).host
        for other in document.hostDevices where other.key != device.key && other.host.mayEqual(host) {
            throw DomainError(.alreadyThere(key: device.key), line: other.line)
        }
    }

    private func checkBootOrder() throws(DomainError) {
        let keys = Set(devices.map(\.key))
        var orders: [Int: Int] = [:]
        for device in document.devices where device.ownKey.map(keys.contains) != true {
            if let order = device.child("boot")?.number("order") { orders[order] = device.line }
        }
        for device in devices {
            guard let order = DeviceFacts(device).bootOrder else { continue }
            if let line = orders[order] { throw DomainError(.bootOrderTaken(order), line: line == 0 ? nil : line) }
            orders[order] = 0
            if let list = document.part("os")?.child("boot") { throw DomainError(.bootListPresent, line: list.line) }
        }
    }
}
