// usage: start-probe (die|begin) SCRIPT
// Runs a shell's script as passthru runs programs. `die`: kills itself with SIGKILL before the program may begin; `begin`:
// prints its process first.
import Foundation
import Machine
import SystemPackage

let arguments = CommandLine.arguments
guard arguments.count == 3 else { exit(64) }
let dies = arguments[1] == "die"
_ = try Machine.live.run(ProgramCall("/bin/sh", ["-c", arguments[2]], milliseconds: 20_000)) { process throws(Errno) in
    if dies { kill(getpid(), SIGKILL) }
    FileHandle.standardOutput.write(Data("\(process)\n".utf8))
}
