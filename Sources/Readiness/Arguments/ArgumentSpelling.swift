import Formats
import Wording

/// Misspelt names and options. Names that resemble none of the table's are not judged: the kernel has many more.
extension ArgumentLint {
    /// A name that is almost one of the table's.
    static func misspelling(of word: KernelCommandLine.Word, in table: ArgumentTable) -> ArgumentFinding? {
        let name = word.canonicalName
        guard !table.knows(name) else { return nil }
        guard let meant = closest(to: name, in: table.parameters.map(\.name)) else { return nil }
        return ArgumentFinding(
            word: word.text,
            kind: .typo,
            rule: "typo",
            reason: Text(
                en: "the kernel knows no \(word.name); \(meant) looks like what was meant",
                zh: "内核没有 \(word.name) 参数；可能想写的是 \(meant)"
            ),
            remedy: Text(
                en: "Write \(meant)\(word.value.map { "=\($0)" } ?? "").",
                zh: "请改写为 \(meant)\(word.value.map { "=\($0)" } ?? "")。"
            )
        )
    }

    /// Options that the kernel's own parser of this parameter skips, and that no advice speaks about.
    static func unknownOptions(of word: KernelCommandLine.Word, in table: ArgumentTable) -> [ArgumentFinding] {
        let name = word.canonicalName
        guard let options = table.parameter(name)?.options, !options.isEmpty, let value = word.value else { return [] }
        let line = KernelCommandLine("\(name)=\(value)")
        let unknown =
            switch name {
            case "intel_iommu": line.intelIOMMU.unknownOptions
            case "amd_iommu": line.amdIOMMU.unknownOptions
            case "iommu": line.iommu.unknownOptions
            case "intremap": line.interruptRemapping.unknownOptions
            default: [String]()
            }
        return unknown.compactMap { option in
            let item = "\(name)=\(option)"
            let isKnown = table.advice.contains { advice in advice.items.contains { $0.matches(item) } }
            guard !isKnown else { return nil }
            let meant = closest(to: option, in: options)
            let hint = Text(
                en: meant.map { "; \($0) looks like what was meant" } ?? "",
                zh: meant.map { "；可能想写的是 \($0)" } ?? ""
            )
            return ArgumentFinding(
                word: word.text,
                kind: meant == nil ? .noOp : .typo,
                rule: "option",
                reason: Text(en: "\(name)= has no option \(option)", zh: "\(name)= 没有 \(option) 选项") + hint,
                remedy: meant.map { Text(en: "Write \(name)=\($0).", zh: "请改写为 \(name)=\($0)。") }
                    ?? Text(en: "Take it out.", zh: "删除它。")
            )
        }
    }

    /// The one name that is nearest, if it is near enough to be a slip of the hand; nil when two are equally near.
    static func closest(to word: String, in names: [String]) -> String? {
        let mine = Array(word.lowercased().utf8)
        var best: (name: String, distance: Int)?
        var isTied = false
        for name in names {
            let distance = editDistance(mine, Array(name.lowercased().utf8))
            // One slip in a short word, two in a long one; of the shortest ("on", "pt") nothing would be left.
            guard distance <= (name.utf8.count < 4 ? 0 : name.utf8.count < 8 ? 1 : 2) else { continue }
            if let known = best, known.distance <= distance {
                isTied = isTied || known.distance == distance
            } else {
                best = (name, distance)
                isTied = false
            }
        }
        return isTied ? nil : best?.name
    }

    /// How many letters were left out, added, changed or swapped with their neighbour.
    static func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var rows = [Array(0...right.count)]
        for i in 0..<left.count {
            var row = [i + 1]
            for j in 0..<right.count {
                var cost = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (left[i] == right[j] ? 0 : 1))
                if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
                    cost = min(cost, rows[i - 1][j - 1] + 1)
                }
                row.append(cost)
            }
            rows.append(row)
        }
        return rows[left.count][right.count]
    }
}

extension ArgumentTable {
    /// Whether a name is in the table: a parameter, or what an advice is about. One that an advice only describes, such
    /// as "vfio_pci.*", may still be misspelt.
    func knows(_ name: String) -> Bool {
        if parameter(name) != nil { return true }
        return advice.contains { advice in
            (advice.matches + advice.items).contains { $0.text.prefix { $0 != "=" } == name }
        }
    }
}
