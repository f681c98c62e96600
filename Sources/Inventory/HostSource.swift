import Formats
public import Machine
internal import SystemPackage

/// Why a path is no host.
public struct HostSourceError: Error, Sendable, CustomStringConvertible {
    public let description: String
}

extension Machine {
    /// A captured host: a folder laid out as a machine's root, or a plain tar archive of one.
    public static func captured(at path: String) throws(HostSourceError) -> Machine {
        let kind: FileKind
        do {
            kind = try Machine.live.status(path).kind
        } catch {
            throw HostSourceError(description: "\(path): \(error.description.lowercased())")
        }
        switch kind {
        case .directory:
            do {
                return Machine(try FolderTree(folder: path))
            } catch {
                throw HostSourceError(description: "\(path): \(error.description.lowercased())")
            }
        case .file:
            let bytes: [UInt8]
            do {
                bytes = try Machine.live.read(path, limit: 1 << 30)
            } catch {
                throw HostSourceError(description: "\(path): \(error.description.lowercased())")
            }
            do {
                return Machine(MemoryTree(try TarArchive.read(bytes: bytes), of: bytes))
            } catch {
                throw HostSourceError(description: "\(path): \(error)")
            }
        default:
            throw HostSourceError(description: "\(path): neither a folder nor a tar archive")
        }
    }
}

extension MemoryTree {
    init(_ members: [TarMember], of archive: [UInt8]) {
        self.init()
        for member in members {
            let path = "/" + member.path
            switch member.kind {
            case .directory: put(.directory, at: path)
            case .symbolicLink(let target): put(.symbolicLink(target), at: path)
            case .file(let range): put(.file(Array(archive[range]), mode: UInt32(member.mode)), at: path)
            }
        }
    }
}
