import Changes
import Guests
import Inventory
import Machine
import Wording

/// A guest whose configuration can be changed, whatever keeps it.
protocol GuestEditor {
    /// What the guest is like, for recipes.
    var shape: GuestShape { get }
    /// Whether its configuration knows USB devices by their port.
    var knowsUSBPorts: Bool { get }
    /// The keys (``GuestDevice/key``) of devices that passthru put in, or for configurations without marks all of them.
    var keys: Set<String> { get }
    /// The programs that run it.
    ///
    /// - Parameter models: the devices of QEMU whose properties must be known.
    func hypervisor(asking models: Set<String>) -> Hypervisor
    /// What gives the guest devices from its next start on; none for what it has already.
    func attaching(
        _ devices: [GuestDevice],
        _ requirements: [GuestRequirement],
        _ hypervisor: Hypervisor
    ) throws(Failure) -> [PlannedChange]
    /// What takes devices out of its configuration.
    func detaching(_ keys: Set<String>) throws(Failure) -> [PlannedChange]
    /// What plugs devices into the guest that runs.
    func pluggingIn(_ devices: [GuestDevice], _ hypervisor: Hypervisor) throws(Failure) -> [PlannedChange]
    /// What unplugs them from the guest that runs.
    func unplugging(_ keys: Set<String>) throws(Failure) -> [PlannedChange]
}

extension GuestEditor {
    func hypervisor(for devices: [GuestDevice]) -> Hypervisor {
        var models: Set<String> = []
        for case .pci(let device) in devices where !device.properties.isEmpty || device.model != nil {
            models.insert(device.model ?? "vfio-pci")
        }
        return hypervisor(asking: models)
    }
}
