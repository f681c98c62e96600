import Foundation

/// A process in namespaces and below a root of its own, as a container's: needs root.
///
/// Its root is a tmpfs with the programs of this machine, a `/dev` with what every container has, a `/proc`, and the given
/// files.
public final class FakeContainer: Sendable {
    public let folder: URL
    private let process: Process
    /// The process that is inside, as the host counts it.
    public let pid: Int

    public struct NotStarted: Error, CustomStringConvertible {
        public let description: String
    }

    /// Whether this machine lets tests make namespaces.
    public static let isPossible: Bool = {
        guard geteuid() == 0 else { return false }
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/unshare")
        process.arguments = ["-m", "-p", "-u", "-f", "/bin/true"]
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }()

    private static let script = """
        set -e
        root=$1 name=$2 files=$3 daemon=$4 without=$5
        hostname "$name"
        mount -t tmpfs -o mode=755 tmpfs "$root"
        for folder in usr bin sbin lib lib64; do
            if [ -L "/$folder" ]; then cp -P "/$folder" "$root/$folder"
            elif [ -d "/$folder" ]; then mkdir "$root/$folder"; mount --rbind "/$folder" "$root/$folder"; fi
        done
        mkdir "$root/proc" "$root/dev" "$root/old" "$root/tmp" "$root/etc"
        mount -t proc proc "$root/proc"
        for node in null zero; do
            # In a user namespace nobody makes nodes.
            touch "$root/dev/$node"
            mount --bind "/dev/$node" "$root/dev/$node"
        done
        ln -s /proc/self/fd/0 "$root/dev/stdin"
        cp -a "$files/." "$root/"
        cd "$root"
        pivot_root . old
        umount -l /old
        echo ready > /tmp/ready
        exec setpriv ${without:+--bounding-set="$without"} /bin/bash -c 'exec -a "$0" sleep 1000' "$daemon"
        """

    /// Starts one and waits for it.
    ///
    /// - Parameters:
    ///   - files: put below its root; `.sh` in the end of a path is taken off, and the file is made a program.
    ///   - daemon: what its process calls itself.
    ///   - without: capabilities that it cannot have, as setpriv(1) takes them away: `-sys_module,-sys_time`.
    ///   - options: of unshare(1), which kinds of namespaces it gets.
    public init(
        named name: String,
        files: [String: String] = [:],
        daemon: String = "/usr/sbin/libvirtd",
        without: String = "",
        options: [String] = ["-m", "-p", "-u", "-i", "-n"]
    ) throws {
        let sandbox = try Sandbox()
        folder = sandbox.folder
        let source = folder.appending(path: "files")
        let root = folder.appending(path: "root")
        for place in [source, root] {
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        }
        for (path, text) in files {
            let isProgram = path.hasSuffix(".sh")
            let file = source.appending(path: isProgram ? String(path.dropLast(3)) : path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try text.write(to: file, atomically: false, encoding: .utf8)
            if isProgram {
                try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
            }
        }
        process = Process()
        process.executableURL = URL(filePath: "/usr/bin/unshare")
        process.arguments =
            options + ["-f", "--kill-child", "--propagation", "private", "/bin/sh", "-c", Self.script, "sh"]
            + [root.path, name, source.path, daemon, without]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        let errors = folder.appending(path: "errors")
        try Data().write(to: errors)
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        var found: Int?
        let parent = process.processIdentifier
        for _ in 0..<200 where found == nil && process.isRunning {
            usleep(20_000)
            let children =
                (try? String(contentsOfFile: "/proc/\(parent)/task/\(parent)/children", encoding: .utf8)) ?? ""
            guard let child = children.split(separator: " ").first.flatMap({ Int($0) }),
                let words = try? String(contentsOfFile: "/proc/\(child)/cmdline", encoding: .utf8),
                words.hasPrefix(daemon + "\0")
            else { continue }
            found = child
        }
        guard let found else {
            kill(process.processIdentifier, SIGKILL)
            throw NotStarted(description: (try? String(contentsOf: errors, encoding: .utf8)) ?? "")
        }
        pid = found
    }

    /// Ends it with everything in it.
    public func stop() {
        // unshare(1) waits for it, and holds back other signals meanwhile.
        kill(pid_t(pid), SIGKILL)
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: folder)
    }
}
