// usage: transaction-probe DEVICE [--hold-at N]
// Carries out a plan with every kind of change on this machine, through the journal, and names each event that outlives a
// crash. With --hold-at it stops for ever at the event of that number, for the one who pulls the plug.
import Glibc
import Inventory
import Machine
import TestPlans
import Transactions
import Wording

/// Says it at once: print(_:) keeps lines back.
func say(_ text: String) {
    var line = text + "\n"
    line.withUTF8 { _ = write(STDOUT_FILENO, $0.baseAddress, $0.count) }
}

let arguments = CommandLine.arguments.dropFirst()
guard let device = arguments.first.flatMap({ PCIAddress($0) }) else {
    say("usage: transaction-probe DEVICE [--hold-at N]")
    exit(64)
}
let hold = arguments.count == 3 ? arguments.last.flatMap { Int($0) } : nil
var count = 0
do {
    let transaction = Transaction(
        on: .live,
        onEvent: { event in
            count += 1
            say("\(count == hold ? "HOLD" : "EVENT") \(count) \(event)")
            if count == hold { while true { sleep(1000) } }
        }
    )
    let lock = try transaction.journal.lock(milliseconds: 1000)
    let entry = try transaction.apply(EveryKind.plan(for: device, on: .live), verb: "probe")
    withExtendedLifetime(lock) {}
    say("EVENTS \(count)")
    say("transaction \(entry.id): \(entry.state.rawValue)")
} catch let failure as TransactionFailure {
    say("FAILED \(failure.message.en) \(failure.left.map(\.en))")
    exit(1)
} catch {
    say("FAILED \(error)")
    exit(1)
}
