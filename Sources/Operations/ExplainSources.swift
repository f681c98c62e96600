import Inventory
import Machine
import SystemPackage
import Wording

extension Explain {
    /// A text to explain, and where it came from.
    public struct Source: Sendable, Encodable {
        /// `standard input`, `the command line`, a file, or a log of this machine.
        public var name: String
        public var bytes: [UInt8]
        /// Why there is nothing, or not all of it.
        @Nullable public var unknown: Text?

        private enum CodingKeys: String, CodingKey { case name, size, unknown }

        public init(name: String, bytes: [UInt8], unknown: Text? = nil) {
            self.name = name
            self.bytes = bytes
            self.unknown = unknown
        }

        public func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(name, forKey: .name)
            try container.encode(bytes.count, forKey: .size)
            try container.encode(unknown, forKey: .unknown)
        }
    }

    /// As much of a text as is looked at.
    static let mostBytes = 64 << 20

    /// What the words of the command line mean: `-`, a file, or the text itself. None: this machine's own logs; who has a
    /// text on standard input says `-`.
    public static func sources(_ words: [String], on machine: Machine) throws(Failure) -> [Source] {
        guard !words.isEmpty else { return try ownLogs(machine) }
        if words == ["-"] { return [try file("-", named: "standard input")] }
        guard words.count == 1, let word = words.first, isFile(word) else {
            return [Source(name: "the command line", bytes: Array(words.joined(separator: " ").utf8))]
        }
        return [try file(word, named: word)]
    }

    /// A word that can only be a file: one that exists, or one that is written like a path.
    private static func isFile(_ word: String) -> Bool {
        guard !word.isEmpty, word.utf8.count < 4096, !word.utf8.contains(0x0A) else { return false }
        if Machine.live.exists(word) { return true }
        guard !word.utf8.contains(0x20) else { return false }
        return word.hasPrefix("/") || word.hasPrefix("./") || word.hasPrefix("../") || word.hasSuffix(".log")
            || word.hasSuffix(".txt")
    }

    private static func file(_ path: String, named name: String) throws(Failure) -> Source {
        do {
            if path != "-", try Machine.live.status(path).kind == .directory {
                throw Failure(
                    .malformed,
                    Text(
                        en: "\(path) is a folder: name a file, or - for standard input.",
                        zh: "\(path) 是目录：请指定文件，或用 - 表示标准输入。"
                    )
                )
            }
            let bytes = try Machine.named(path, limit: mostBytes + 1)
            if path == "-", bytes.isEmpty {
                return Source(
                    name: name,
                    bytes: [],
                    unknown: Text(
                        en: "it is empty; for this machine's own logs: passthru explain </dev/null",
                        zh: "内容为空；要读取本机日志：passthru explain </dev/null"
                    )
                )
            }
            guard bytes.count > mostBytes else { return Source(name: name, bytes: utf8(bytes)) }
            return Source(
                name: name,
                bytes: utf8(Array(bytes.prefix(mostBytes))),
                unknown: Text(en: "only its first 64 MiB were read", zh: "只读取了前 64 MiB")
            )
        } catch let failure as Failure {
            throw failure
        } catch let error as Errno {
            let status: ExitStatus =
                switch error {
                case .noSuchFileOrDirectory, .notDirectory: .notFound
                case .permissionDenied, .notPermitted: .refused
                default: .failed
                }
            let why = error.description.lowercased()
            throw Failure(
                status,
                Text(en: "\(path) cannot be read: \(why).", zh: "无法读取 \(path)：\(Text(reason: why).zh)。")
            )
        } catch {
            throw Failure(.bug, Text(verbatim: "\(error)"))
        }
    }

    /// Text of Windows' editors, two bytes a letter with a mark in front, as UTF-8.
    private static func utf8(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.count >= 2 else { return bytes }
        let isLittle = bytes[0] == 0xFF && bytes[1] == 0xFE
        guard isLittle || bytes[0] == 0xFE && bytes[1] == 0xFF else { return bytes }
        var units: [UInt16] = []
        for index in stride(from: 2, to: bytes.count - 1, by: 2) {
            let (low, high) = isLittle ? (bytes[index], bytes[index + 1]) : (bytes[index + 1], bytes[index])
            units.append(UInt16(low) | UInt16(high) << 8)
        }
        return Array(String(decoding: units, as: UTF16.self).utf8)
    }

    // MARK: This machine's own logs

    private static func ownLogs(_ machine: Machine) throws(Failure) -> [Source] {
        var sources = machine.isLive ? liveLogs(machine) : []
        sources += fileLogs(machine)
        if machine.isLive { sources += containerLogs(machine) }
        guard sources.contains(where: { !$0.bytes.isEmpty }) else {
            guard machine.isLive else {
                throw Failure(
                    .notFound,
                    Text(
                        en: "This captured host holds no logs: give the text, a file, or - for standard input.",
                        zh: "该捕获的主机中没有日志：请给出文本、文件，或用 - 表示标准输入。"
                    )
                )
            }
            throw Failure(
                machine.isRoot ? .missing : .refused,
                Text(
                    en: "No log of this machine can be read: run it as root, or give the text, a file, or -.",
                    zh: "无法读取本机的任何日志：请以 root 运行，或给出文本、文件或 -。"
                ),
                details: sources.compactMap { source in source.unknown.map { Text(verbatim: source.name + ": ") + $0 } }
            )
        }
        return sources
    }

    private static func liveLogs(_ machine: Machine) -> [Source] {
        var sources: [Source] = []
        do {
            sources.append(Source(name: "dmesg", bytes: try machine.kernelLog()))
        } catch {
            let why = error.description.lowercased()
            sources.append(Source(name: "dmesg", bytes: [], unknown: Text(reason: why)))
        }
        let programs: [(name: String, arguments: [String])] = [
            ("logread", ["-l", "600"]),
            ("journalctl", ["-b", "-q", "-p", "4", "-o", "short-iso", "--no-pager", "-n", "2000"]),
        ]
        for (name, arguments) in programs {
            guard let path = machine.program(name) else { continue }
            do {
                let answer = try machine.run(ProgramCall(path, arguments, milliseconds: 5_000, limit: 4 << 20))
                guard answer.status == 0 else { continue }
                sources.append(Source(name: name, bytes: answer.output))
            } catch {
                let why = error.description.lowercased()
                sources.append(Source(name: name, bytes: [], unknown: Text(reason: why)))
            }
        }
        return sources
    }

    /// The ends of files, newest programs last: of hypervisors always, of the system where no program keeps its log.
    private static func fileLogs(_ machine: Machine) -> [Source] {
        var paths = guestLogs(machine)
        if !machine.isLive {
            paths += ["/var/log/dmesg", "/var/log/kern.log", "/var/log/syslog", "/var/log/messages"]
        }
        return paths.compactMap { path in tail(path, machine, named: path) }
    }

    /// What libvirt and QEMU wrote in the containers that run guests: their files are not the host's.
    private static func containerLogs(_ machine: Machine) -> [Source] {
        let runners = Host.read(machine, .guests).guests?.runners ?? []
        return runners.flatMap { runner -> [Source] in
            guard let container = runner.container, let there = try? runner.machine(machine) else { return [] }
            return guestLogs(there).compactMap { tail($0, there, named: "\(container.name):\($0)") }
        }
    }

    private static func guestLogs(_ machine: Machine) -> [String] {
        ["/var/log/libvirt/qemu", "/var/log/libvirt"].flatMap { folder in
            machine.listIfAny(folder).filter { $0.hasSuffix(".log") }.prefix(40).map { "\(folder)/\($0)" }
        }
    }

    private static func tail(_ path: String, _ machine: Machine, named name: String) -> Source? {
        guard let bytes = try? machine.read(path, limit: 16 << 20), !bytes.isEmpty else { return nil }
        return Source(name: name, bytes: Array(bytes.suffix(path.contains("/libvirt") ? 32 << 10 : 4 << 20)))
    }
}
