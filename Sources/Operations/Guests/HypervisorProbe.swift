import Guests
import Inventory
import Machine
import SystemPackage

/// Asks the programs that run a guest for their versions, and QEMU for what its devices can be told.
struct HypervisorProbe {
    /// Where the programs are: the host, or a container from the inside.
    let machine: Machine
    let virsh: String?
    /// QEMU, as the guest's configuration names it; nil for the usual ones.
    let emulator: String?

    /// Milliseconds that a question may take.
    private static let deadline = 20_000

    /// - Parameter models: the devices whose properties must be known.
    func hypervisor(asking models: Set<String>) -> Hypervisor {
        var found = Hypervisor(libvirt: libvirt, qemu: nil)
        guard let path = emulatorPath else { return found }
        found.qemu = says(path, ["--version"]).flatMap { version($0, after: "version ") }
        for model in models.sorted() {
            if let help = says(path, ["-device", "\(model),help"]) { found.properties[model] = Self.properties(help) }
        }
        return found
    }

    private var libvirt: SoftwareVersion? {
        guard let virsh else { return nil }
        return says(virsh, ["-c", LibvirtGuest.connection, "version", "--daemon"]).flatMap { text in
            version(text, after: "daemon: ") ?? version(text, after: "libvirt ")
        }
    }

    private var emulatorPath: String? {
        if let emulator, machine.exists(emulator) { return emulator }
        return ["qemu-system-x86_64", "kvm", "qemu-kvm"].lazy.compactMap(machine.program).first
            ?? ["/usr/libexec/qemu-kvm"].first(where: machine.exists)
    }

    private func says(_ path: String, _ arguments: [String]) -> String? {
        let call = ProgramCall(path, arguments, milliseconds: Self.deadline, limit: 1 << 20)
        guard let answer = try? machine.run(call), answer.status == 0 else { return nil }
        return answer.text
    }

    /// The version that follows a word: `QEMU emulator version 7.2.22 (Debian …)`.
    private func version(_ text: String, after word: String) -> SoftwareVersion? {
        let bytes = Array(text.utf8)
        let word = Array(word.utf8)
        for index in bytes.indices where bytes[index...].starts(with: word) {
            let line = bytes[(index + word.count)...].prefix { $0 != 0x0A }
            if let version = SoftwareVersion(String(decoding: line, as: UTF8.self)) { return version }
        }
        return nil
    }

    /// The names in `  x-igd-opregion=<bool>  - …` (default: off)`.
    static func properties(_ help: String) -> Set<String> {
        Set(
            help.utf8.split(separator: UInt8(ascii: "\n")).compactMap { line in
                let text = line.drop { $0 <= 0x20 }
                guard let equals = text.firstIndex(of: UInt8(ascii: "=")), equals > text.startIndex,
                    text[text.index(after: equals)...].first == UInt8(ascii: "<")
                else { return nil }
                return String(Substring(text[..<equals]))
            }
        )
    }
}
