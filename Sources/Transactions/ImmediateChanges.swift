import Changes
import Inventory
import Machine
import SystemPackage
import Wording

/// Makes changes without the journal: for what ends with this boot by itself, and must not wait for a disk.
public struct ImmediateChanges {
    private let machine: Machine
    private let runner: StepRunner

    /// - Parameters: as ``Transaction`` takes them.
    public init(on machine: Machine, deadline: Int = 30_000, settling: Int = 5_000) {
        self.machine = machine
        runner = StepRunner(machine: machine, deadline: deadline, settling: settling)
    }

    /// Makes all changes, each read back, or takes those back that were made.
    public func make(_ changes: [PlannedChange]) throws(TransactionFailure) {
        for (step, planned) in changes.enumerated() {
            do throws(StepFailure) {
                try runner.perform(planned.change)
                try runner.verify(planned.expectation)
            } catch {
                // The kernel holds the lock of a stuck device: every further write would wait as long.
                let done = error.isStuck ? [] : changes[...step].reversed()
                throw TransactionFailure(
                    message: error.message,
                    left: done.flatMap { takeBack($0) },
                    isStuck: error.isStuck
                )
            }
        }
    }

    private func takeBack(_ planned: PlannedChange) -> [Text] {
        var inverse = planned.inverse
        if case .writeFile(let path, _, let mode) = planned.change {
            inverse = [.writeFile(path: path, content: planned.original, mode: mode)]
        }
        return inverse.compactMap { change in
            // What it would take the function from may never have had it.
            if case .writeAttribute(let path, let value) = change, path.hasSuffix("/unbind"),
                let address = PCIAddress(value)
            {
                let driver = Machine.lastComponent(of: Machine.parent(of: path))
                guard (try? runner.driver(of: address)) == .some(.some(driver)) else { return nil }
            }
            do throws(StepFailure) {
                try runner.perform(change)
                return nil
            } catch {
                return error.message
            }
        }
    }
}
