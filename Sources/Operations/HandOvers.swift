import Inventory
import Machine
import Planning
import Transactions
import Wording

/// Transactions that were made for a guest's run, and stand until it has stopped.
enum HandOvers {
    static let verb = "hand-over"

    /// Those that stand in this boot, oldest first.
    static func standing(_ entries: [JournalEntry], on machine: Machine) -> [JournalEntry] {
        let boot = machine.bootID
        return entries.filter { entry in
            entry.header.guest != nil && entry.header.boot == boot
                && (entry.state == .applied || entry.state == .incomplete)
        }
    }

    /// Whether the host keeps all of these until this guest starts: then nothing else binds them.
    static func wait(_ functions: [PCIFunction], for guest: KnownGuest, on machine: Machine) throws(Failure) -> Bool {
        let state = try WantedFile.read(machine).state
        return functions.allSatisfy { function in
            guard let assignment = state.assignment(of: function.address), let handOver = assignment.handOver,
                let name = assignment.guest
            else { return false }
            return guest.isCalled(name, by: handOver.manager)
        }
    }

    /// What a guest has got for its run comes back by undoing that, not by another command.
    static func refuseStanding(_ functions: [PCIFunction], on machine: Machine) throws(Failure) {
        let standing = standing((try? Journal(on: machine).entries()) ?? [], on: machine)
        for function in functions where function.driver == "vfio-pci" {
            guard let entry = standing.last(where: { $0.header.devices.contains(function.address) }),
                let guest = entry.header.guest
            else { continue }
            throw Failure(
                .refused,
                Text(
                    en: """
                        \(function.address) was handed over when \(guest) started: it comes back when \(guest) stops. \
                        If it was left behind, `passthru undo \(entry.id)`.
                        """,
                    zh: """
                        \(function.address) 在 \(guest) 启动时已交出：\(guest) 停止后会自动收回。\
                        如果它被遗留下来，请执行 `passthru undo \(entry.id)`。
                        """
                )
            )
        }
    }
}
