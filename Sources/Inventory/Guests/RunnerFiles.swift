internal import Machine
internal import SystemPackage

/// Where a runner's files are read.
struct RunnerFiles {
    /// The host, whose hardware guests are given.
    var host: Machine
    /// The machine as the runner sees it.
    var files: Machine
    var container: GuestContainer?
    /// The runner's folder of configurations on the host; nil where it is not reached.
    var hostConfiguration: String?
    /// For a container that does not run: a folder that it would see, and where that is on the host.
    var folder: (inside: String, host: String)?

    /// How a path of the runner is named, so that no two places have one name for two files.
    func name(_ path: String) -> String { container.map { "\($0.name):\(path)" } ?? path }

    func list(_ path: String) throws(Errno) -> [String] { try files.list(real(path)) }
    func read(_ path: String, limit: Int) throws(Errno) -> [UInt8] { try files.read(real(path), limit: limit) }

    func lines(_ path: String) throws(Unreadable) -> [String] {
        do throws(Errno) {
            return Lines.split(try read(path, limit: 16 << 20))
        } catch {
            throw Unreadable(error, name(path))
        }
    }

    /// The file on the host; nil where the host does not reach it.
    func hostPath(_ path: String, in configuration: String) -> String? {
        if container == nil { return path }
        guard let hostConfiguration else { return nil }
        return hostConfiguration + path.dropFirst(configuration.count)
    }

    private func real(_ path: String) -> String {
        guard let folder, path.utf8.starts(with: folder.inside.utf8) else { return path }
        return folder.host + path.dropFirst(folder.inside.count)
    }
}
