/// A file that holds kernel arguments and nothing else: /etc/kernel/cmdline and /usr/lib/kernel/cmdline (kernel-install,
/// ukify, mkinitcpio, proxmox-boot-tool), /etc/cmdline.d/*.conf (dracut, mkinitcpio). Its lines are one command line;
/// those that begin with "#" are comments.
public struct ArgumentFile: Equatable, Sendable {
    /// The file as given.
    public let bytes: [UInt8]
    /// The places of the lines that are no comments, without their ends.
    private let lines: [Range<Int>]

    /// The arguments of a file.
    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
        lines = ByteLines(bytes).compactMap { line in
            line.trimmed().first == UInt8(ascii: "#") ? nil : line.startIndex..<line.endIndex
        }
    }

    /// All lines as one, comments left out.
    public var commandLine: KernelCommandLine {
        KernelCommandLine(Array(lines.map { bytes[$0] }.joined(separator: [UInt8(ascii: " ")])))
    }

    /// The file after an edit, nothing else changed: new words go to the last line that has some, see
    /// ``KernelCommandLine/edited(_:)``.
    public func edited(_ edit: ArgumentEdit) -> [UInt8] {
        var places = ArgumentPlaces(bytes)
        let filled = lines.filter { !bytes[$0].trimmed().isEmpty }
        for line in filled {
            places.beginPart(at: line.lowerBound, isBehindWord: false)
            places.append(KernelCommandLine(bytes[line]), from: line.lowerBound)
        }
        if filled.isEmpty, let line = lines.first {
            places.beginPart(at: line.lowerBound, isBehindWord: false)
        } else if filled.isEmpty {
            // Nothing but comments.
            let new = KernelCommandLine([]).edited(ArgumentEdit(add: edit.add))
            guard !new.isEmpty else { return bytes }
            let isEnded = bytes.isEmpty || bytes.last == UInt8(ascii: "\n")
            return bytes + (isEnded ? [] : bytes.lineEnd) + new + (bytes.isEmpty || !isEnded ? [] : bytes.lineEnd)
        }
        return bytes.applying(places.changes(remove: edit.removedTexts, add: edit.plainAdditions))
    }
}
