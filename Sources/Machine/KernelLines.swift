public import SystemPackage

extension Machine {
    /// Where a captured host keeps lines of its kernel's log: as a text here, on a live machine a node of another form.
    static let kernelLines = "/dev/kmsg"

    /// The lines of the kernel's log that `wanted` picks, as ``kernelLog(limit:)`` has them. A captured host keeps only these.
    public func kernelLines(where wanted: (ArraySlice<UInt8>) -> Bool) throws(Errno) -> [String] {
        if let recorder = tree as? RecordingTree { return try recorder.kernelLines(where: wanted) }
        guard isLive, tree is FolderTree else { return try lines(in: Self.kernelLines, where: wanted) }
        return pick(from: try kernelLog(), where: wanted)
    }
}
