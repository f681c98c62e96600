extension KernelstubSettings {
    /// The file with `user.kernel_options` edited, nothing else changed: kernelstub(8) writes the same bytes when it saves
    /// what it wrote itself.
    ///
    /// - Returns: nil when the document, or that list, is not as kernelstub writes it.
    public static func edited(_ bytes: [UInt8], _ edit: ArgumentEdit) -> [UInt8]? {
        guard let now = KernelstubSettings(bytes)?.options, let list = list(in: bytes) else { return nil }
        var words = now
        for word in edit.remove {
            if let index = words.lastIndex(of: word) { words.remove(at: index) }
        }
        let missing = KernelCommandLine(words.joined(separator: " ")).missing(edit.add)
        guard words.count < now.count || !missing.isEmpty else { return bytes }
        var kept = list.items
        for word in edit.remove {
            if let index = kept.lastIndex(where: { $0.text == word }) { kept.remove(at: index) }
        }
        let texts = kept.map { Array(bytes[$0.range]) } + missing.map(quoted)
        guard !texts.isEmpty else {
            return Array(bytes[...list.open]) + Array(bytes[list.close...])
        }
        // Between two items as between those that are there; where there is none, as Python's json module indents.
        let first =
            list.items.first.map { Array(bytes[(list.open + 1)..<$0.range.lowerBound]) } ?? Array("\n      ".utf8)
        let last = list.items.last.map { Array(bytes[$0.range.upperBound..<list.close]) } ?? Array("\n    ".utf8)
        let between: [UInt8] =
            list.items.count > 1
            ? Array(bytes[list.items[0].range.upperBound..<list.items[1].range.lowerBound])
            : Array(",".utf8) + (first.isEmpty ? [UInt8(ascii: " ")] : first)
        return Array(bytes[...list.open]) + first + Array(texts.joined(separator: between)) + last
            + Array(bytes[list.close...])
    }

    private struct List {
        /// The places of "[" and "]".
        var open: Int
        var close: Int
        var items: [(range: Range<Int>, text: String)]
    }

    /// A string of JSON, as Python writes it.
    private static func quoted(_ word: String) -> [UInt8] {
        Array("\"".utf8) + word.utf8.flatMap { "\"\\".utf8.contains($0) ? [UInt8(ascii: "\\"), $0] : [$0] }
            + Array("\"".utf8)
    }

    /// Where the list is in a document that is known to be JSON.
    private static func list(in bytes: [UInt8]) -> List? {
        var depth = 0
        var isInUser = false
        var key: String?
        var list: List?
        var index = 0
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                let start = index
                index += 1
                while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
                    index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
                }
                guard index < bytes.count else { return nil }
                let range = start..<(index + 1)
                let text = KernelstubSettings.text(bytes[range])
                if list != nil { list?.items.append((range, text)) } else { key = text }
            case UInt8(ascii: "{"):
                depth += 1
                if depth == 2 { isInUser = key == "user" }
            case UInt8(ascii: "}"): depth -= 1
            case UInt8(ascii: "["):
                guard list == nil else { return nil }
                if depth == 2, isInUser, key == "kernel_options" { list = List(open: index, close: index, items: []) }
            case UInt8(ascii: "]"):
                if list != nil {
                    list?.close = index
                    return list
                }
            default: break
            }
            index += 1
        }
        return nil
    }

    /// A string's text, by the reader of the whole.
    private static func text(_ string: ArraySlice<UInt8>) -> String {
        let document = Array("{\"user\":{\"kernel_options\":[".utf8) + string + Array("]}}".utf8)
        return KernelstubSettings(document)?.options?.first ?? ""
    }
}
