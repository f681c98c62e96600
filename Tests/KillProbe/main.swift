// usage: kill-probe STATE (apply|fail|recover) [KILL-AT]
// Works on the simulated machine in the file STATE, and leaves there what its kernel and its disk hold: at the end, or at
// the event of that number, when it kills itself with SIGKILL. `fail` applies a plan whose last change fails.
import Changes
import Foundation
import Inventory
import Machine
import TestHosts
import TestPlans
import Transactions
import Wording

let arguments = CommandLine.arguments
guard arguments.count >= 3, let device = PCIAddress("0000:04:00.0") else { exit(64) }
let state = URL(fileURLWithPath: arguments[1])
let killAt = arguments.count > 3 ? Int(arguments[3]) : nil
let sysfs = SimulatedSysfs(try JSONDecoder().decode(TestHost.self, from: Data(contentsOf: state)))
sysfs.programs = [
    "/bin/touch": { sysfs, arguments in
        try? sysfs.put(FileSnapshot(bytes: []), at: arguments[0])
        return ProgramResult(status: arguments[0] == "/fail" ? 1 : 0, output: "")
    },
    "/bin/cp": { sysfs, arguments in
        let source = (try? sysfs.read(arguments[0], limit: .max)) ?? []
        try? sysfs.put(FileSnapshot(bytes: source), at: arguments[1])
        return ProgramResult(status: 0, output: "")
    },
    "/bin/rm": { sysfs, arguments in
        try? sysfs.put(nil, at: arguments[1])
        return ProgramResult(status: 0, output: "")
    },
]

func save() throws { try JSONEncoder().encode(sysfs.host).write(to: state) }

var count = 0
let transaction = Transaction(
    on: Machine(sysfs),
    settling: 200,
    onEvent: { event in
        count += 1
        guard count == killAt else { return }
        FileHandle.standardOutput.write(Data("killed at \(count): \(event)\n".utf8))
        try? save()
        kill(getpid(), SIGKILL)
    }
)
switch arguments[2] {
case "apply", "fail":
    var plan = try EveryKind.plan(for: device, on: Machine(sysfs))
    if arguments[2] == "fail", let last = plan.changes.popLast() {
        var failing = last
        failing.change = .runProgram(path: "/bin/touch", arguments: ["/fail"])
        failing.inverse = [.runProgram(path: "/bin/rm", arguments: ["-f", "/fail"])]
        plan.changes.append(failing)
    }
    do throws(TransactionFailure) {
        try transaction.apply(plan, verb: "probe")
    } catch {
        guard arguments[2] == "fail", error.left.isEmpty else {
            print("FAILED \(error.message.en) \(error.left.map(\.en))")
            exit(1)
        }
    }
case "recover":
    for (entry, left) in try transaction.recover() where !left.isEmpty {
        print("LEFT of \(entry.id): \(left.map(\.en))")
        exit(1)
    }
default: exit(64)
}
try save()
print("events \(count)")
