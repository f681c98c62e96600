import Guests
import Machine
import TestHosts

/// A machine with a libvirt that keeps domains and takes new ones by virsh. It writes nothing anew: what it is given it keeps.
final class SimulatedLibvirt: @unchecked Sendable {
    let sysfs: SimulatedSysfs
    /// The configurations by name, and of those that run what they have now.
    var domains: [String: String] = [:]
    var running: [String: String] = [:]
    /// What it says to `define` in place of taking it.
    var refusal: String?
    /// The devices that it was told are home.
    private(set) var reattached: [String] = []

    init(_ host: TestHost) {
        var host = host.with(["/run/libvirt/libvirt-sock": ""])
        host.file("/usr/bin/virsh", "", mode: 0o755)
        sysfs = SimulatedSysfs(host)
        sysfs.answers["/usr/bin/virsh"] = { [unowned self] in answer($0) }
    }

    var machine: Machine { Machine(sysfs) }

    func define(_ name: String, _ text: String) {
        domains[name] = text
        sysfs.change { $0 = $0.with(["/etc/libvirt/qemu/\(name).xml": text]) }
    }

    private func answer(_ call: ProgramCall) -> ProgramAnswer {
        let words = call.arguments
        func value(_ option: String) -> String {
            words.firstIndex(of: option).flatMap { words.indices.contains($0 + 1) ? words[$0 + 1] : nil } ?? ""
        }
        func failed(_ text: String) -> ProgramAnswer { ProgramAnswer(status: 1, errors: "error: \(text)\n") }
        guard words.starts(with: ["-c", "qemu:///system"]), words.count > 2 else { return failed("no connection") }
        let input = call.input.map { String(decoding: $0, as: UTF8.self) } ?? ""
        switch words[2] {
        case "version":
            return ProgramAnswer(
                status: 0,
                output: Array("Using library: libvirt 9.0.0\nRunning against daemon: 9.0.0\n".utf8)
            )
        case "dumpxml":
            let name = value("--domain")
            let text = words.contains("--inactive") ? domains[name] : running[name] ?? domains[name]
            guard let text else { return failed("failed to get domain '\(name)'") }
            return ProgramAnswer(status: 0, output: Array(text.utf8))
        case "define":
            if let refusal { return failed(refusal) }
            guard let domain = try? DomainDocument(call.input ?? []) else { return failed("no domain") }
            define(domain.name, input)
            return ProgramAnswer(status: 0)
        case "attach-device":
            let name = value("--domain")
            guard let now = running[name] else { return failed("domain is not running") }
            running[name] = now.inserting(input, before: "</devices>")
            return ProgramAnswer(status: 0)
        case "detach-device":
            let name = value("--domain")
            guard let now = running[name], now.contains(input) else { return failed("device not found") }
            running[name] = now.removing(input)
            return ProgramAnswer(status: 0)
        case "nodedev-reattach":
            if let refusal { return failed(refusal) }
            reattached.append(words.last ?? "")
            return ProgramAnswer(status: 0)
        default: return failed("unknown command: '\(words[2])'")
        }
    }
}

extension String {
    fileprivate func inserting(_ text: String, before mark: String) -> String {
        guard let place = range(of: mark) else { return self }
        return self[..<place.lowerBound] + text + self[place.lowerBound...]
    }

    fileprivate func removing(_ text: String) -> String {
        guard let place = range(of: text) else { return self }
        return String(self[..<place.lowerBound] + self[place.upperBound...])
    }

    private func range(of text: String) -> Range<String.Index>? {
        indices.first { self[$0...].hasPrefix(text) }.map { $0..<index($0, offsetBy: text.count) }
    }
}
