import Formats
public import Machine
internal import SystemPackage
public import Wording

/// Why a path is no captured host.
public struct HostSourceError: Error, Sendable {
    /// What, where, and what to do.
    public let message: Text
}

extension Machine {
    /// A captured host: a folder laid out as a machine's root, or a plain tar archive of one.
    public static func captured(at path: String) throws(HostSourceError) -> Machine {
        func failure(_ error: Errno) -> HostSourceError {
            HostSourceError(
                message: Text(
                    en: "\(path) cannot be read as a captured host: \(error.description.lowercased()).",
                    zh: "无法把 \(path) 当作捕获的主机读取：\(Text(reason: error.description.lowercased()).zh)。"
                )
            )
        }
        func refusal(_ error: TarError) -> HostSourceError {
            HostSourceError(
                message: Text(en: "\(path) is no captured host. \(error)", zh: "\(path) 不是捕获的主机。\(error.chinese)")
            )
        }
        let size: Int
        do {
            let status = try Machine.live.status(path)
            switch status.kind {
            case .directory: return Machine(try FolderTree(folder: path))
            case .file: size = status.size
            default:
                throw HostSourceError(
                    message: Text(
                        en: "\(path) is no captured host: it is neither a folder nor a tar archive.",
                        zh: "\(path) 不是捕获的主机：它既不是文件夹，也不是 tar 归档。"
                    )
                )
            }
        } catch let error as Errno {
            throw failure(error)
        } catch let error as HostSourceError {
            throw error
        } catch {
            throw HostSourceError(message: Text(verbatim: "\(error)"))
        }
        let limit = TarLimits().totalBytes
        guard size <= limit else { throw refusal(TarError(.tooManyBytes(limit: limit), offset: 0)) }
        let bytes: [UInt8]
        do {
            bytes = try Machine.live.read(path, limit: limit + 1)
        } catch {
            throw failure(error)
        }
        do {
            return Machine(MemoryTree(try TarArchive.read(bytes: bytes), of: bytes))
        } catch {
            throw refusal(error)
        }
    }
}

extension MemoryTree {
    fileprivate init(_ members: [TarMember], of archive: [UInt8]) {
        self.init(archive: archive)
        for member in members {
            let path = "/" + member.path
            switch member.kind {
            case .directory: put(.directory, at: path)
            case .symbolicLink(let target): put(.symbolicLink(target), at: path)
            case .file(let range):
                put(range, mode: UInt32(member.mode), at: path)
                if member.owner != 0 || member.group != 0 {
                    setOwner(Owner(user: member.owner, group: member.group), at: path)
                }
            }
        }
    }
}

extension TarError {
    /// ``description`` in Chinese.
    fileprivate var chinese: String {
        let subject = path.map { "成员 '\($0)'" } ?? "归档"
        let place = "（第 \(offset) 字节）"
        return switch reason {
        case .empty: "归档是空的：一个字节也没有。"
        case .compressed(let program): "归档被 \(program) 压缩过：请先解压，只能读取普通 tar。"
        case .notTar: "这不是 tar 归档：开头 512 字节不是 tar 头。"
        case .truncated(let missing): "归档不完整：\(subject) 还缺 \(missing) 字节\(place)。"
        case .badChecksum: "归档已损坏：有一个头的校验和错误\(place)。"
        case .badNumber(let field): "归档已损坏：\(subject) 的字段 '\(field)' 不是有效数字\(place)。"
        case .badExtendedHeader: "归档已损坏：扩展头格式错误\(place)。"
        case .dataAfterEnd: "归档已损坏：结束标记之后还有非零数据\(place)。"
        case .tooManyMembers(let limit): "归档的成员超过 \(limit) 个\(place)。"
        case .tooManyBytes(let limit): "归档的内容超过 \(limit) 字节\(place)。"
        case .tooManyPathBytes(let limit): "归档中的路径合计超过 \(limit) 字节\(place)。"
        case .pathTooLong(let limit): "拒绝该归档：\(subject) 的路径超过 \(limit) 字节\(place)。"
        case .absolutePath: "拒绝该归档：\(subject) 使用了绝对路径\(place)。"
        case .parentComponent: "拒绝该归档：\(subject) 的路径中有 '..'\(place)。"
        case .badPath: "拒绝该归档：\(subject) 的路径为空或不是 UTF-8 文本\(place)。"
        case .belowSymbolicLink(let link): "拒绝该归档：\(subject) 位于符号链接 '\(link)' 之下\(place)。"
        case .conflictingKinds: "拒绝该归档：\(subject) 同时是文件、目录或链接\(place)。"
        case .linkLeavesArchive(let target): "拒绝该归档：\(subject) 是指向归档之外 '\(target)' 的链接\(place)。"
        case .badLinkTarget: "拒绝该归档：链接 \(subject) 没有可用的目标\(place)。"
        case .hardLinkToNothing(let target): "拒绝该归档：\(subject) 是指向 '\(target)' 的硬链接，但前面没有该文件\(place)。"
        case .unexpectedContent: "归档已损坏：\(subject) 不是文件却声称有内容\(place)。"
        case .notPartOfCapturedHost(let kind): "拒绝该归档：\(subject) 是\(kind)，捕获的主机中不应有它\(place)。"
        }
    }
}
