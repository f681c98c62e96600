/// The difference between two versions of a file, as `diff -u` writes it and patch(1) reads it.
public enum UnifiedDiff {
    /// - Parameters:
    ///   - before: nil when the file was not there.
    ///   - after: nil when it goes.
    /// - Returns: an empty text when both are the same.
    public static func text(_ path: String, before: [UInt8]?, after: [UInt8]?, context: Int = 3) -> String {
        guard before != after else { return "" }
        let old = lines(before ?? [])
        let new = lines(after ?? [])
        // What a program keeps has a name, and no path.
        let name = path.hasPrefix("/") ? path : "/" + path
        var result = "--- \(before == nil ? "/dev/null" : "a" + name)\n+++ \(after == nil ? "/dev/null" : "b" + name)\n"
        for bytes in [before, after] where bytes.map({ String(validating: $0, as: UTF8.self) == nil }) == true {
            return result + "Binary files differ\n"
        }
        for hunk in hunks(edits(from: old, to: new), context) { result += hunk }
        return masked(result)
    }

    /// Without the passwords of a guest's configuration, which stand near its devices.
    private static func masked(_ text: String) -> String {
        let marks = ["passwd='", "passwd=\"", "cipassword: "].map { Array($0.utf8) }
        var result: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.first {
            guard let mark = marks.first(where: { rest.starts(with: $0) }) else {
                result.append(byte)
                rest = rest.dropFirst()
                continue
            }
            result += mark + Array("…".utf8)
            rest = rest.dropFirst(mark.count)
            let end = mark.last == UInt8(ascii: " ") ? 0x0A : mark.last
            rest = rest.drop { $0 != end && $0 != 0x0A }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private enum Edit {
        case same(Line), removed(Line), added(Line)

        var isSame: Bool { if case .same = self { true } else { false } }
    }

    private typealias Line = ArraySlice<UInt8>

    /// The lines with their ends.
    private static func lines(_ bytes: [UInt8]) -> [Line] {
        var lines: [Line] = []
        var start = bytes.startIndex
        while start < bytes.endIndex {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? bytes.endIndex
            lines.append(bytes[start..<end])
            start = end
        }
        return lines
    }

    private static func edits(from old: [Line], to new: [Line]) -> [Edit] {
        let difference = new.difference(from: old)
        var removed: Set<Int> = []
        var added: Set<Int> = []
        for change in difference {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, _, _): added.insert(offset)
            }
        }
        var edits: [Edit] = []
        var from = 0
        var to = 0
        while from < old.count || to < new.count {
            if removed.contains(from) {
                edits.append(.removed(old[from]))
                from += 1
            } else if added.contains(to) {
                edits.append(.added(new[to]))
                to += 1
            } else {
                edits.append(.same(old[from]))
                from += 1
                to += 1
            }
        }
        return edits
    }

    private static func hunks(_ edits: [Edit], _ context: Int) -> [String] {
        var hunks: [String] = []
        var index = 0
        var oldLine = 1
        var newLine = 1
        func advance(to end: Int) {
            for edit in edits[index..<end] {
                switch edit {
                case .same: (oldLine, newLine) = (oldLine + 1, newLine + 1)
                case .removed: oldLine += 1
                case .added: newLine += 1
                }
            }
            index = end
        }
        while let first = edits[index...].firstIndex(where: { !$0.isSame }) {
            advance(to: max(index, first - context))
            // The hunk goes on until more lines in a row are the same than two contexts have.
            var end = first + 1
            var same = 0
            for (position, edit) in zip((first + 1)..., edits[(first + 1)...]) {
                same = edit.isSame ? same + 1 : 0
                if same > 2 * context { break }
                if !edit.isSame { end = position + 1 }
            }
            end = min(end + context, edits.count)
            let start = (old: oldLine, new: newLine)
            let part = edits[index..<end]
            advance(to: end)
            hunks.append(header(start.old, oldLine - start.old, start.new, newLine - start.new) + body(part))
        }
        return hunks
    }

    private static func header(_ old: Int, _ oldCount: Int, _ new: Int, _ newCount: Int) -> String {
        func range(_ start: Int, _ count: Int) -> String {
            let start = count == 0 ? start - 1 : start
            return count == 1 ? "\(start)" : "\(start),\(count)"
        }
        return "@@ -\(range(old, oldCount)) +\(range(new, newCount)) @@\n"
    }

    private static func body(_ edits: ArraySlice<Edit>) -> String {
        edits.map { edit in
            let (mark, line) =
                switch edit {
                case .same(let line): (" ", line)
                case .removed(let line): ("-", line)
                case .added(let line): ("+", line)
                }
            let text = mark + String(decoding: line, as: UTF8.self)
            return line.last == UInt8(ascii: "\n") ? text : text + "\n\\ No newline at end of file\n"
        }.joined()
    }
}
