import Changes
import Formats
import Inventory
import Machine
import Wording

/// What becomes of lines about modules.
extension Adoption {
    static let modulesConf = "/etc/modules.conf"

    mutating func cleanModuleFiles() {
        let reason = Text(en: "devices are chosen by their address now", zh: "现在按地址选择设备")
        for file in found.moduleFiles where file.path != Self.modulesConf {
            change(file.path, file.lines.bytes, cleaned(file), reason)
        }
        // Last of all: it takes in what the others had.
        let before = found.modulesConf
        var after = before ?? []
        if let conf = found.moduleFiles.first(where: { $0.path == Self.modulesConf }) { after = cleaned(conf) }
        if !movedOptions.isEmpty {
            after = ModuleLines(after).adding(["options vfio-pci \(movedOptions.joined(separator: " "))"])
        }
        if let before {
            change(Self.modulesConf, before, after, reason)
        } else if !after.isEmpty {
            cleaning.append(.file(Self.modulesConf, before: nil, after: FileContent(after), reason: reason))
        }
    }

    private mutating func cleaned(_ file: HandMade.ModuleFile) -> [UInt8] {
        var edits: [Int: [String]] = [:]
        for line in file.lines.lines {
            if let options = file.vfioOptions(of: line), !options.isEmpty {
                edits[line.number] = vfioLine(line, options, file)
            } else if let module = file.keptAway(by: line), goes(module, file, line) {
                edits[line.number] = []
            }
        }
        return file.lines.rewriting { edits[$0.number] ?? $0.words }
    }

    /// A line with vfio-pci's options as it reads afterwards.
    private mutating func vfioLine(_ line: ModuleLines.Line, _ options: [String], _ file: HandMade.ModuleFile) -> [String] {
        let ids = file.ids(of: line)
        let staying = ids.filter { item in item.id.map { !isCovered($0) } ?? true }.map(\.text)
        guard staying.count < ids.count else { return line.words }
        var kept = options.filter { !$0.hasPrefix("ids=") }
        if !staying.isEmpty { kept.insert("ids=" + staying.joined(separator: ","), at: 0) }
        if !needsVGA, let index = kept.firstIndex(where: { $0.hasPrefix("disable_vga=") }) {
            notes.append(
                Text(
                    en: """
                        \(file.path): \(kept[index]) goes: it only keeps a graphics card out of the arbitration between \
                        several, and no such card leaves here.
                        """,
                    zh: "\(file.path)：去掉 \(kept[index])：它只让某块显卡不参与多显卡之间的仲裁，而这里并非如此。"
                )
            )
            kept.remove(at: index)
        }
        if file.isList {
            // passthru's own list loads vfio-pci first of all: what a later line gives to it is not looked at.
            movedOptions += kept.filter { !movedOptions.contains($0) }
            return [line.words[0]]
        }
        return kept.isEmpty ? [] : Array(line.words.prefix(2)) + kept
    }

    /// Whether `disable_vga=1` means something: of several VGA cards one leaves and another stays
    /// (drivers/vfio/pci/vfio_pci_core.c, vfio_pci_vga_init).
    private var needsVGA: Bool {
        let cards = host.functions.filter { $0.class.short == 0x0300 }
        let leaving = cards.count { covered.contains($0.address) }
        return leaving > 0 && leaving < cards.count
    }

    /// Whether a driver need not be kept away any longer.
    private mutating func goes(_ module: String, _ file: HandMade.ModuleFile, _ line: ModuleLines.Line) -> Bool {
        let served = DriverFamily.served(by: module, on: host)
        let others = served.filter { !covered.contains($0.address) }
        guard others.count < served.count else { return false }
        guard !others.isEmpty else { return true }
        notes.append(Self.kept("\(file.path):\(line.number)", module, others))
        return false
    }
}
