import Guests
import Inventory
import Machine

/// Asks the programs that run a guest what they are.
struct HypervisorProbe {
    /// Where the programs are: the host, or a container from the inside.
    let machine: Machine
    let virsh: String?
    /// QEMU, as the guest's configuration names it; nil for the installed one.
    let emulator: String?

    /// - Parameter devices: whether QEMU is asked for its version and for what its devices can be told.
    func hypervisor(withDevices devices: Bool) -> Hypervisor {
        let program = emulator.flatMap { machine.exists($0) ? $0 : nil }
        var found = devices ? (try? InstalledQEMU.read(machine, program: program)) ?? Hypervisor() : Hypervisor()
        found.libvirt = libvirt
        return found
    }

    /// Of the daemon that answers, else of the library that its next start will load.
    private var libvirt: SoftwareVersion? {
        virsh.flatMap(answering) ?? LibvirtVersion.read(machine).flatMap { SoftwareVersion("\($0)") }
    }

    private func answering(_ virsh: String) -> SoftwareVersion? {
        let call = ProgramCall(
            virsh,
            ["-c", LibvirtGuest.connection, "version", "--daemon"],
            milliseconds: 20_000,
            limit: 1 << 16
        )
        guard let answer = try? machine.run(call), answer.status == 0 else { return nil }
        return version(answer.output, after: "daemon: ") ?? version(answer.output, after: "libvirt ")
    }

    /// The version that follows a word: `Running against daemon: 9.0.0`.
    private func version(_ bytes: [UInt8], after word: String) -> SoftwareVersion? {
        let word = Array(word.utf8)
        for index in bytes.indices where bytes[index...].starts(with: word) {
            let line = bytes[(index + word.count)...].prefix { $0 != 0x0A }
            if let version = SoftwareVersion(String(decoding: line, as: UTF8.self)) { return version }
        }
        return nil
    }
}
