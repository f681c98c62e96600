import CLinux

/// What this binary knows of messages about passthrough, as the text that contributors edit.
public enum MessageData {
    /// The bytes of `Sources/CLinux/data/messages/*.json`, one file a component, in the order in which devices are
    /// handed over: kernel, vfio, hypervisors, guests.
    public static var files: [[UInt8]] {
        var files: [[UInt8]] = []
        while true {
            let table = clinux_messages(CInt(files.count))
            guard table.length > 0 else { return files }
            files.append(table.contents)
        }
    }
}
