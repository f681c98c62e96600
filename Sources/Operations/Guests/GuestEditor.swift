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
    /// - Parameter devices: whether it must be known what QEMU's devices can be told.
    func hypervisor(withDevices devices: Bool) -> Hypervisor
    /// The bytes of a file where the guest runs.
    func file(_ path: String) throws(Failure) -> [UInt8]
    /// What gives the guest devices from its next start on; none for what it has already.
    ///
    /// - Parameter stale: the keys of devices that go at the same time.
    func attaching(
        _ devices: [GuestDevice],
        _ requirements: [GuestRequirement],
        _ hypervisor: Hypervisor,
        without stale: Set<String>
    ) throws(Failure) -> [PlannedChange]
    /// What takes devices out of its configuration.
    func detaching(_ keys: Set<String>) throws(Failure) -> [PlannedChange]
    /// What plugs devices into the guest that runs.
    func pluggingIn(_ devices: [GuestDevice], _ hypervisor: Hypervisor) throws(Failure) -> [PlannedChange]
    /// What unplugs them from the guest that runs.
    func unplugging(_ keys: Set<String>) throws(Failure) -> [PlannedChange]
}
