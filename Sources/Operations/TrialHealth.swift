import Changes
import Inventory
import Machine
import Wording

/// Whether a machine is reached and reaches others as before: what a trial boot is judged by.
extension HealthCheck {
    /// Everything by which this machine can be judged, because it holds now.
    static func holding(_ network: NetworkInventory?, _ machine: Machine) -> [HealthCheck] {
        let addressed = (network?.interfaces ?? []).filter { !$0.addresses.isEmpty }
        let bridges = addressed.filter { $0.kind == .bridge }
        // Where the owner comes in may be neither uplink nor bridge.
        let others = addressed.filter { [.physical, .vlan, .bond].contains($0.kind) && $0.carrier == true }
        let ports = ListeningPorts.ssh(machine)
        let candidates: [HealthCheck] =
            [.uplink] + bridges.map { .bridge($0.name) } + others.map { .interface($0.name) }
            + ports.map { .ssh(port: $0) }
        return candidates.filter { $0.holds(network, machine) }
    }

    /// Whether it holds now.
    func holds(_ network: NetworkInventory?, _ machine: Machine) -> Bool {
        let interfaces = network?.interfaces ?? []
        switch self {
        case .uplink:
            return interfaces.contains { $0.hasDefaultRoute == true && $0.carrier != false && $0.isUp != false }
        case .bridge(let name), .interface(let name):
            return interfaces.contains {
                $0.name == name && !$0.addresses.isEmpty && $0.carrier != false && $0.isUp != false
            }
        case .ssh(let port):
            // A captured machine cannot be asked: that somebody listened must do.
            guard machine.isLive else { return ListeningPorts.read(machine).contains(port) }
            return machine.greeting(port: port, milliseconds: 5_000)?.hasPrefix("SSH-") == true
        }
    }
}
