import Changes
import Formats
import Inventory
import Machine
import Wording

/// What becomes of lines in scripts.
extension Adoption {
    /// What a line of a script is about.
    private enum Meaning {
        case ids([VFIOID])
        case device(PCIAddress)
        /// Opens vfio's nodes: those of groups, or the container's alone, which opens nothing by itself.
        case nodes(isGroups: Bool, isWorld: Bool)
        case module
        /// It is about vfio, and what it means is only known when it runs.
        case unclear
        /// Nothing that passthru has to do with.
        case nothing
    }

    private static func meaning(_ purpose: ScriptLines.Purpose) -> Meaning {
        switch purpose {
        case .newID(let text, let path):
            guard path.hasSuffix("/vfio-pci/new_id") else { return .nothing }
            return VFIOID(newID: text).map { .ids([$0]) } ?? .unclear
        case .bind(let device, let path):
            guard path.hasSuffix("/vfio-pci/bind") else { return .nothing }
            return PCIAddress(device).map { .device($0) } ?? .unclear
        case .unbind(let device, let path):
            guard !path.hasSuffix("/vfio-pci/unbind") else { return .nothing }
            return PCIAddress(device).map { .device($0) } ?? .unclear
        case .probe(let device): return PCIAddress(device).map { .device($0) } ?? .unclear
        case .driverOverride(let driver, let path):
            guard driver == "vfio-pci" else { return .nothing }
            return path.split(separator: "/").lazy.compactMap { PCIAddress(String($0)) }.first.map { .device($0) }
                ?? .unclear
        case .loadModule(_, let options):
            let items = options.filter { $0.hasPrefix("ids=") }.flatMap { VFIOID.items(of: String($0.dropFirst(4))) }
            guard !items.isEmpty else { return .module }
            let ids = items.compactMap(\.id)
            return ids.count == items.count ? .ids(ids) : .unclear
        case .nodeMode(let mode, let paths):
            return .nodes(isGroups: paths.contains { $0 != "/dev/vfio/vfio" }, isWorld: isWorldWritable(mode))
        }
    }

    /// Whether a mode of chmod(1) lets everybody write.
    private static func isWorldWritable(_ mode: String) -> Bool {
        if mode.allSatisfy(\.isNumber) { return mode.last.flatMap { Int(String($0)) }.map { $0 & 2 != 0 } ?? false }
        return mode.split(separator: ",").contains { part in
            guard let sign = part.firstIndex(where: { $0 == "+" || $0 == "=" }) else { return false }
            let who = part[..<sign]
            return (who.isEmpty || who.contains("a") || who.contains("o")) && part[sign...].contains("w")
        }
    }

    /// Whether a script has to do with vfio at all: only then an unbind means a guest.
    private static func isAboutVFIO(_ script: HandMade.Script) -> Bool {
        script.lines.lines.contains { line in
            switch line.purpose {
            case .newID(_, let path), .bind(_, let path): path.contains("/vfio-pci/")
            case .driverOverride(let driver, _): driver == "vfio-pci"
            case .loadModule: true
            case .unbind, .probe, .nodeMode: false
            }
        }
    }

    mutating func claim(_ script: HandMade.Script) {
        guard Self.isAboutVFIO(script) else { return }
        for line in script.lines.lines {
            let place = Self.place(script.path, line.number)
            switch Self.meaning(line.purpose) {
            case .ids(let ids): for id in ids { claim(functions(with: id), id, place) }
            case .device(let address):
                if let function = host.function(address) {
                    claim([function])
                } else {
                    noteAbsent(address, "\(script.path):\(line.number)")
                }
            case .nodes, .module, .unclear, .nothing: break
            }
        }
    }

    mutating func clean(_ script: HandMade.Script) {
        // Nothing is taken over where nothing belongs to guests.
        guard !covered.isEmpty else { return }
        let isAboutVFIO = Self.isAboutVFIO(script)
        var gone: Set<Int> = []
        for line in script.lines.lines {
            let place = Self.place(script.path, line.number)
            let isDone: Bool
            switch Self.meaning(line.purpose) {
            case .nothing: continue
            case .ids(let ids):
                guard isAboutVFIO else { continue }
                isDone = ids.allSatisfy(isCovered)
                if !isDone { continue }
            case .device(let address):
                guard isAboutVFIO, covered.contains(address) else { continue }
                isDone = true
            case .module: isDone = true
            case .unclear:
                guard isAboutVFIO else { continue }
                isDone = false
            case .nodes(let isGroups, let isWorld): isDone = open(isGroups: isGroups, isWorld: isWorld, place, line)
            }
            if isDone, line.isAlone {
                gone.insert(line.number)
            } else if !isNoted(line) {
                notes.append(
                    Text(
                        en: "\(place.en) stays, as it does more, or what it does is only known when it runs: \(line.text)",
                        zh: "\(place.zh)：保留，因为它还做了别的事，或者要到运行时才知道做什么：\(line.text)"
                    )
                )
            }
        }
        change(
            script.path,
            script.lines.bytes,
            script.lines.removing(gone),
            Text(en: "the boot service does it now", zh: "现由启动服务完成")
        )
    }

    /// A line of chmod that stays has a note of its own.
    private func isNoted(_ line: ScriptLines.Line) -> Bool {
        if case .nodes(let isGroups, let isWorld) = Self.meaning(line.purpose) { return isGroups && !isWorld }
        return false
    }

    /// - Returns: whether the line is done with.
    private mutating func open(isGroups: Bool, isWorld: Bool, _ place: Text, _ line: ScriptLines.Line) -> Bool {
        guard isGroups else {
            notes.append(
                Text(
                    en: """
                        \(place.en): /dev/vfio/vfio alone opens nothing, and whoever starts guests as root does not need \
                        it. Another user needs `passthru assign DEVICE --nodes group=NAME`.
                        """,
                    zh: """
                        \(place.zh)：仅开放 /dev/vfio/vfio 没有作用，以 root 启动虚拟机也不需要它。其他用户需要 \
                        `passthru assign DEVICE --nodes group=NAME`。
                        """
                )
            )
            return true
        }
        guard isWorld else {
            notes.append(
                Text(
                    en: """
                        \(place.en) stays: which group gets the nodes is not in it; say it with \
                        `passthru assign DEVICE --nodes group=NAME`: \(line.text)
                        """,
                    zh: """
                        \(place.zh)：保留，其中没有说明哪个组得到节点；请用 `passthru assign DEVICE --nodes group=NAME` 说明：\
                        \(line.text)
                        """
                )
            )
            return false
        }
        if line.isAlone { access = .world }
        return line.isAlone
    }
}
