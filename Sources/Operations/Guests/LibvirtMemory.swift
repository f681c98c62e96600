import Inventory
import Machine
import Wording

/// What libvirt's daemon remembers of devices.
///
/// A device that it once saw unmanaged stays in its list of those that it may take, and is then not given back at the end of
/// a managed use. `virsh nodedev-reattach` takes it from that list; of a device that has its own driver it changes nothing
/// else (virsh(1)).
enum LibvirtMemory {
    /// Makes every libvirt that runs on this host forget the functions that are home by now.
    ///
    /// - Returns: what did not work, which does no harm before the next managed use.
    static func forget(_ addresses: [PCIAddress], _ runners: [GuestRunner], on machine: Machine) -> [Text] {
        let home = addresses.filter {
            let driver = machine.linkName("\(PCIInventory.root)/\($0)/driver")
            return driver != nil && driver != "vfio-pci"
        }
        guard !home.isEmpty else { return [] }
        var left: [Text] = []
        for runner in runners where runner.kind == .libvirt && runner.isRunning == true {
            guard let virsh = runner.virsh, let there = try? runner.machine(machine) else { continue }
            for address in home {
                let call = ProgramCall(
                    virsh,
                    ["-c", LibvirtGuest.connection, "nodedev-reattach", address.nodeDevice],
                    milliseconds: 20_000,
                    limit: 1 << 16
                )
                let answer = try? there.run(call)
                guard answer?.status != 0 else { continue }
                let why = answer?.complaint ?? "no answer"
                left.append(
                    Text(
                        en: """
                            \(runner.title) was not told that \(address) is home (\(why)): before it manages the device, run \
                            `virsh nodedev-reattach \(address.nodeDevice)`.
                            """,
                        zh: """
                            未能告知 \(runner.title) \(address) 已归还主机（\(why)）：在让它管理该设备之前，请运行 \
                            `virsh nodedev-reattach \(address.nodeDevice)`。
                            """
                    )
                )
            }
        }
        return left
    }
}

extension PCIAddress {
    /// As libvirt calls it: `pci_0000_02_00_0`.
    fileprivate var nodeDevice: String { "pci_" + String(description.map { $0 == ":" || $0 == "." ? "_" : $0 }) }
}
