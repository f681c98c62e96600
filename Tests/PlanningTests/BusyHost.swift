import Changes
import Inventory
import Machine
import Planning
import TestHosts
import Testing

/// The router with a SATA disk that nobody uses, and whatever else a test says.
enum BusyHost {
    /// The SATA disk's folder.
    static let disk = "/sys/devices/pci0000:00/0000:00:17.0/ata2/host1/target1:0:0/1:0:0:0/block/sda"
    static let controller = "0000:00:17.0"
    static let card = "0000:04:00.0"

    /// - Parameter lines: of a manifest, behind the router's own and the disk's.
    static func read(_ lines: String = "", _ texts: [String: String] = [:]) throws -> Host {
        let host = try Manifest.host(
            "busy",
            text: "include i226-router\ndisk sda 0000:00:17.0 8:0 2097152 WDC WD10\n\(lines)"
        )
        return seen(Host.read(host.with(texts).machine, GuardTests.parts))
    }

    /// As on a live machine on which no program, no guest and no lack of memory is found.
    static func seen(_ host: Host) -> Host {
        var host = host
        host.holders = HolderInventory()
        host.guests = GuestInventory()
        host.memory = memory(total: 16 << 30, available: 12 << 30)
        return host
    }

    static func memory(total: Int?, available: Int?) -> MemoryInventory {
        var memory = MemoryInventory()
        memory.total = total
        memory.available = available
        return memory
    }

    static func guest(_ name: String, _ addresses: String..., running: Bool? = false, memory: Int? = 1 << 30)
        -> KnownGuest
    {
        var guest = KnownGuest(name: name, manager: .libvirt, source: "/etc/libvirt/qemu/\(name).xml")
        guest.functions = addresses.compactMap { PCIAddress($0) }
        guest.isRunning = running
        guest.memory = memory
        return guest
    }

    /// What one guard finds.
    static func findings(_ guardName: String, _ host: Host, _ addresses: String...) throws -> [GuardFinding] {
        Guards.findings(Request(try GuardTests.functions(host, addresses), on: host)).filter {
            $0.guardName == guardName
        }
    }

    static func levels(_ guardName: String, _ host: Host, _ addresses: String...) throws -> [GuardLevel] {
        Guards.findings(Request(try GuardTests.functions(host, addresses), on: host))
            .filter { $0.guardName == guardName }.map(\.level)
    }

    /// The plan, which must be made and hold the binding of every function.
    static func plan(_ host: Host, _ address: String, consents: Set<Consent> = []) throws -> Plan {
        let plan = try AssignPlanner(host: host).plan(
            GuardTests.functions(host, [address]),
            with: [],
            consents: consents
        )
        #expect(
            plan.changes.last?.change == .writeAttribute(path: "/sys/bus/pci/drivers_probe", value: address),
            "nothing is bound"
        )
        return plan
    }
}
