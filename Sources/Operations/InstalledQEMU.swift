import Guests
import Inventory
import Machine
import SystemPackage
import Wording

/// The QEMU of a machine, as it describes itself.
enum InstalledQEMU {
    /// What distributions call it.
    private static let names = ["qemu-system-x86_64", "qemu-kvm", "kvm"]
    /// The models of its devices that are asked for what properties they have.
    private static let models = ["vfio-pci", "vfio-pci-nohotplug"]

    /// Nothing is known where there is none, or none that runs here.
    ///
    /// - Parameter program: nil for the one that is installed.
    static func read(_ machine: Machine, program: String?) throws(Failure) -> Hypervisor {
        let path = program ?? names.lazy.compactMap { machine.program($0) }.first ?? "/usr/libexec/qemu-kvm"
        var hypervisor = Hypervisor()
        guard program != nil || machine.exists(path) else { return hypervisor }
        do throws(Errno) {
            let answer = try machine.run(path, ["--version"], milliseconds: 10_000)
            hypervisor.qemu = version(answer.output)
            for model in models {
                let answer = try machine.run(path, ["-device", model + ",help"], milliseconds: 10_000)
                let properties = properties(answer.output)
                if answer.status == 0, !properties.isEmpty { hypervisor.properties[model] = properties }
            }
        } catch {
            guard let program else { return hypervisor }
            throw Failure(
                .notFound,
                Text(
                    en: "\(program) cannot be run: \(error.description.lowercased()).",
                    zh: "无法运行 \(program)：\(Text(reason: error.description.lowercased()).zh)。"
                )
            )
        }
        if let program, hypervisor.qemu == nil {
            throw Failure(
                .malformed,
                Text(en: "\(program) does not say that it is a QEMU.", zh: "\(program) 没有表明自己是 QEMU。")
            )
        }
        return hypervisor
    }

    /// `QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)`
    static func version(_ output: String) -> SoftwareVersion? {
        let mark = "QEMU emulator version ".utf8
        guard let line = lines(output).first(where: { $0.starts(with: mark) }) else { return nil }
        return SoftwareVersion(String(Substring(line.dropFirst(mark.count))))
    }

    /// The names in lines such as `  x-vga=<bool>           - on/off (default: false)`.
    static func properties(_ output: String) -> Set<String> {
        Set(
            lines(output).compactMap { line in
                guard line.starts(with: "  ".utf8), let end = line.firstIndex(of: UInt8(ascii: "=")) else { return nil }
                return String(Substring(line[..<end].dropFirst(2)))
            }
        )
    }

    private static func lines(_ output: String) -> [Substring.UTF8View] {
        output.utf8.split(separator: UInt8(ascii: "\n"))
    }
}
