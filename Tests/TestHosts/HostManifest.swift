public import Machine
public import SystemPackage

/// A machine made from a text that lists its files.
///
///     [net /sys/devices/pci0000:00/0000:00:1c.0/0000:02:00.0/net/eth0]   a class entry and its device's folder
///     mtu = 1500                                                        a file in that folder
///     device -> ../../../0000:02:00.0                                   a link in it
///     lower_eth1/                                                       a folder in it
///     carrier ! EINVAL                                                  reading it fails
///     [/proc/net]                                                       another folder
///     route <<                                                          a file of several lines, up to a line of "."
///     /sys/class/mem/                                                   absolute paths stand for themselves
///
/// Blank lines and lines that begin with `#` say nothing.
public enum HostManifest {
    public static func machine(_ manifest: String) -> Machine {
        Machine(tree(manifest))
    }

    public static func tree(_ manifest: String) -> FailingTree {
        var tree = MemoryTree()
        var failures: [String: Errno] = [:]
        var folder = ""
        var lines = manifest.split(separator: "\n", omittingEmptySubsequences: false)[...]
        func path(_ name: Substring) -> String {
            name.hasPrefix("/") ? String(name) : folder + "/" + name
        }
        while let line = lines.popFirst() {
            let words = line.split(separator: " ", maxSplits: 2)
            guard let name = words.first, !name.hasPrefix("#") else { continue }
            if name.hasPrefix("[") {
                folder = String((words.last ?? name).drop { $0 == "[" }.dropLast())
                tree.put(.directory, at: folder)
                if words.count == 2 {
                    let entry = folder.split(separator: "/").last.map(String.init) ?? ""
                    let target = "../../" + folder.dropFirst("/sys/".count)
                    let isBus = name == "[usb"
                    let link = isBus ? "/sys/bus/usb/devices/" + entry : "/sys/class/\(name.dropFirst())/" + entry
                    tree.put(.symbolicLink(isBus ? "../" + target : target), at: link)
                }
            } else if words.count == 1 {
                precondition(name.hasSuffix("/"), "not understood: \(line)")
                tree.put(.directory, at: path(name))
            } else if words[1] == "->" {
                tree.put(.symbolicLink(String(words[2])), at: path(name))
            } else if words[1] == "!" {
                tree.put("", at: path(name))
                failures[path(name)] = words[2] == "EACCES" ? .permissionDenied : .invalidArgument
            } else if words[1] == "<<" {
                var text = ""
                while let more = lines.popFirst(), more != "." { text += more + "\n" }
                tree.put(text, at: path(name))
            } else {
                precondition(words[1] == "=", "not understood: \(line)")
                tree.put((words.count == 3 ? words[2] : "") + "\n", at: path(name))
            }
        }
        return FailingTree(base: tree, failures: failures)
    }
}

/// A tree in which reading some files fails, as it does on a real machine.
public struct FailingTree: FileTree {
    public var base: MemoryTree
    public var failures: [String: Errno]

    public func read(_ path: String, limit: Int) throws(Errno) -> [UInt8] {
        if let error = failures[path] { throw error }
        return try base.read(path, limit: limit)
    }

    public func link(_ path: String) throws(Errno) -> String { try base.link(path) }
    public func list(_ path: String) throws(Errno) -> [String] { try base.list(path) }
    public func status(_ path: String, following: Bool) throws(Errno) -> FileStatus {
        try base.status(path, following: following)
    }
}
