import Changes
import Inventory
import Machine
import SystemPackage

extension JournalEntry {
    /// Whether the transaction itself took the function from the host: it was not with vfio-pci before.
    public func took(_ address: PCIAddress) -> Bool {
        header.plan.changes.contains { $0.expectation == .driver(address, "vfio-pci") }
    }

    /// Whether nothing may be built on what the transaction did: it was interrupted, could not be put back wholly, or was not
    /// confirmed in the boot in which it was made.
    ///
    /// - Parameter boot: the boot_id (random(4)) of this run of the kernel.
    public func isUnsettled(in boot: String?) -> Bool {
        switch state {
        case .open, .incomplete: true
        case .waiting: header.boot != boot
        case .applied, .rolledBack, .undone: false
        }
    }
}

extension Journal {
    /// For each function that transactions named the last one that stands. What was put back is as if it had never been.
    ///
    /// - Throws: an error where the journal's folder is there and cannot be read (`EIO`, `EACCES`).
    public func standing() throws(Errno) -> [PCIAddress: JournalEntry] {
        var standing: [PCIAddress: JournalEntry] = [:]
        for entry in try entries() where entry.state != .undone && entry.state != .rolledBack {
            for address in entry.header.devices { standing[address] = entry }
        }
        return standing
    }
}
