/// Who may open vfio's device nodes, `/dev/vfio/vfio` and `/dev/vfio/N`.
public enum NodeAccess: Sendable, Hashable {
    /// What the system gives by itself: root alone.
    case root
    /// Members of this group, too.
    case group(String)
    /// Everybody: any program on the host can then take over any assigned device, and write to memory with it.
    case world

    /// Whether a text can be a group's name: what shadow-utils allow (useradd(8)), so that it is safe in rules and
    /// scripts.
    public static func isGroupName(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 32 else { return false }
        func isLetter(_ byte: UInt8) -> Bool { byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A || byte == 0x5F }
        return isLetter(first)
            && text.utf8.allSatisfy { isLetter($0) || $0 >= 0x30 && $0 <= 0x39 || $0 == 0x2D }
    }
}
