extension BootLoaderEntry {
    /// The file with its kernel arguments edited, nothing else changed.
    ///
    /// New words go to the last `options` line; an entry without one gets one. Variables such as `$kernelopts` stay. An
    /// `options` line that is left without a word goes.
    public func edited(_ edit: ArgumentEdit) -> [UInt8] {
        bytes.applying(changes(edit))
    }

    /// The text of a second entry for another file: another title, edited arguments, all else the same, `sort-key`,
    /// `version` and `machine-id` too.
    public func copy(title: String, edit: ArgumentEdit) -> [UInt8] {
        var changes = changes(edit)
        let text = Array(title.utf8.map { $0 < 0x20 ? UInt8(ascii: " ") : $0 })
        if let field = fields.first(where: { $0.key == "title" }) {
            changes.append(ByteChange(field.range, (field.range.isEmpty ? [UInt8(ascii: " ")] : []) + text))
        } else {
            changes.append(.insertion(Array("title ".utf8) + text + bytes.lineEnd, at: 0))
        }
        return bytes.applying(changes)
    }

    private func changes(_ edit: ArgumentEdit) -> [ByteChange] {
        let lines = fields.filter { $0.key == "options" }
        var places = ArgumentPlaces(bytes)
        for line in lines {
            if line.range.isEmpty {
                places.beginPart(at: line.range.lowerBound, isBehindWord: true)
            } else {
                places.beginPart(at: line.range.lowerBound, isBehindWord: false)
                places.append(KernelCommandLine(bytes[line.range]), from: line.range.lowerBound)
            }
        }
        if lines.isEmpty {
            let new = KernelCommandLine([]).edited(ArgumentEdit(add: edit.add))
            guard !new.isEmpty else { return [] }
            let text = Array("options ".utf8) + new
            let isEnded = bytes.isEmpty || bytes.last == UInt8(ascii: "\n")
            return [.insertion(isEnded ? text + bytes.lineEnd : bytes.lineEnd + text, at: bytes.count)]
        }
        let changes = places.changes(remove: edit.removedTexts, add: edit.plainAdditions)
        let emptied = lines.filter { isEmptied($0, by: changes) }
        return changes + bytes.removals(ofLines: emptied.map { bytes.line(at: $0.start) })
    }

    /// Whether the changes leave no word of a line.
    private func isEmptied(_ line: Field, by changes: [ByteChange]) -> Bool {
        let mine = changes.filter { $0.range.lowerBound >= line.start && $0.range.upperBound <= line.range.upperBound }
        guard !mine.isEmpty, mine.allSatisfy({ $0.bytes.isEmpty }) else { return false }
        let left = Array(bytes[..<line.range.upperBound]).applying(mine).dropFirst(line.start + "options".utf8.count)
        return left.allSatisfy(isBlank)
    }
}
