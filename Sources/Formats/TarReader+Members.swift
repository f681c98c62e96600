/// Members: what a header says, checked against the members before it.
extension TarReader {
    mutating func readMember(_ type: UInt8, size: Int) throws(TarError) {
        let header = offset
        let written = writtenPath()
        guard let mode = number(100..<108) else { throw fault(.badNumber(field: "mode")) }
        // Who owned a device node decides who may open it; an archive made elsewhere may say nothing useful.
        owner = UInt32(clamping: number(108..<116) ?? 0)
        group = UInt32(clamping: number(116..<124) ?? 0)
        guard members.count < limits.members else {
            throw fault(.tooManyMembers(limit: limits.members))
        }
        let linkName = extended.linkPath ?? text(157..<257)
        let path = try normalised(written, header: header)
        let endsInSlash = written.last == UInt8(ascii: "/")

        switch type {
        case 0, UInt8(ascii: "0"), UInt8(ascii: "7"):
            // Archives before POSIX mark a directory by the slash alone.
            if endsInSlash {
                guard size == 0 else { throw fault(.unexpectedContent) }
                _ = try content(0)
                try add(path, .directory, mode, written, header)
            } else {
                let range = try content(size)
                try add(path, .file(range), mode, written, header)
            }
        case UInt8(ascii: "5"):
            guard size == 0 else { throw fault(.unexpectedContent) }
            _ = try content(0)
            try add(path, .directory, mode, written, header)
        case UInt8(ascii: "2"):
            guard size == 0 else { throw fault(.unexpectedContent) }
            _ = try content(0)
            let target = try checkedTarget(linkName, of: path, written, header)
            try add(path, .symbolicLink(target), mode, written, header)
        case UInt8(ascii: "1"):
            guard size == 0 else { throw fault(.unexpectedContent) }
            _ = try content(0)
            try addHardLink(path, to: Array(bytes[linkName]), mode, written, header)
        default:
            throw fault(.notPartOfCapturedHost(kind: Self.kindName(type)))
        }
    }

    private static func kindName(_ type: UInt8) -> String {
        switch type {
        case UInt8(ascii: "3"): "a character device"
        case UInt8(ascii: "4"): "a block device"
        case UInt8(ascii: "6"): "a named pipe"
        case UInt8(ascii: "S"): "a sparse file"
        case UInt8(ascii: "M"): "the continuation of a file from another volume"
        case UInt8(ascii: "V"): "a volume label"
        case UInt8(ascii: "D"): "a GNU incremental directory"
        default: "of the unknown type '\(printable([type]))'"
        }
    }

    /// The name as the headers give it: pax or GNU long name, else ustar's prefix and name.
    func writtenPath() -> [UInt8] {
        if let path = extended.path {
            return Array(bytes[path])
        }
        let name = text(0..<100)
        let magic = bytes[offset + 257..<offset + 263]
        // GNU headers ("ustar  ") keep other things where POSIX has the prefix.
        guard magic.elementsEqual([0x75, 0x73, 0x74, 0x61, 0x72, 0]) else { return Array(bytes[name]) }
        let prefix = text(345..<500)
        return prefix.isEmpty ? Array(bytes[name]) : bytes[prefix] + [UInt8(ascii: "/")] + bytes[name]
    }

    /// A path without "." and repeated slashes; empty for the root itself.
    private func normalised(_ written: [UInt8], header: Int) throws(TarError) -> [UInt8] {
        let failure: TarError.Reason
        if written.isEmpty || written.contains(0) {
            failure = .badPath
        } else if written.count > limits.pathLength {
            failure = .pathTooLong(limit: limits.pathLength)
        } else if written[0] == UInt8(ascii: "/") {
            failure = .absolutePath
        } else {
            var path: [UInt8] = []
            path.reserveCapacity(written.count)
            var climbs = false
            for component in written.split(separator: UInt8(ascii: "/")) {
                if component.elementsEqual([UInt8(ascii: ".")]) {
                    continue
                }
                climbs = climbs || component.elementsEqual([UInt8(ascii: "."), UInt8(ascii: ".")])
                if !path.isEmpty {
                    path.append(UInt8(ascii: "/"))
                }
                path += component
            }
            if !climbs {
                return path
            }
            failure = .parentComponent
        }
        throw TarError(failure, offset: header, path: printable(written))
    }

    /// The target of the link at `path`, unless it climbs above the root.
    private func checkedTarget(
        _ range: Range<Int>,
        of path: [UInt8],
        _ written: [UInt8],
        _ header: Int
    ) throws(TarError) -> String {
        let target = bytes[range]
        guard !target.isEmpty, !target.contains(0), let text = String(validating: target, as: UTF8.self) else {
            throw TarError(.badLinkTarget, offset: header, path: printable(written))
        }
        guard !Self.climbs(target, from: path) else {
            throw TarError(.linkLeavesArchive(target: printable(target)), offset: header, path: printable(written))
        }
        return text
    }

    /// Whether a link target, read word by word from the directory of `path` (or from the root), leaves the root.
    private static func climbs(_ target: some Collection<UInt8>, from path: [UInt8]) -> Bool {
        let slash = UInt8(ascii: "/")
        var depth = target.first == slash ? 0 : path.lazy.filter { $0 == slash }.count
        for component in target.split(separator: slash) where !component.elementsEqual(".".utf8) {
            depth += component.elementsEqual("..".utf8) ? -1 : 1
            if depth < 0 {
                return true
            }
        }
        return false
    }

    private mutating func addHardLink(
        _ path: [UInt8],
        to target: [UInt8],
        _ mode: Int,
        _ written: [UInt8],
        _ header: Int
    ) throws(TarError) {
        let wanted = try normalised(target, header: header)
        guard let node = tree.find(wanted), let member = tree.member(of: node) else {
            throw TarError(.hardLinkToNothing(target: printable(target)), offset: header, path: printable(written))
        }
        switch members[member].kind {
        case .file(let range):
            try add(path, .file(range), mode, written, header)
        case .symbolicLink(let text):
            // The same link in another place: its target must stay inside from there, too.
            guard !Self.climbs(text.utf8, from: path) else {
                let reason = TarError.Reason.linkLeavesArchive(target: printable(text.utf8))
                throw TarError(reason, offset: header, path: printable(written))
            }
            try add(path, .symbolicLink(text), mode, written, header)
        case .directory:
            throw TarError(.hardLinkToNothing(target: printable(target)), offset: header, path: printable(written))
        }
    }

    private mutating func add(
        _ path: [UInt8],
        _ kind: TarMember.Kind,
        _ mode: Int,
        _ written: [UInt8],
        _ header: Int
    ) throws(TarError) {
        func failure(_ reason: TarError.Reason) -> TarError {
            TarError(reason, offset: header, path: printable(written))
        }
        if path.isEmpty {
            // "./", the root itself.
            guard kind == .directory else { throw failure(.badPath) }
            return
        }
        guard let text = String(validating: path, as: UTF8.self) else { throw failure(.badPath) }
        pathBytes += path.count
        let treeKind: TarTree.Kind
        switch kind {
        case .directory: treeKind = .directory
        case .symbolicLink(let target):
            treeKind = .symbolicLink
            pathBytes += target.utf8.count
        case .file(let range):
            treeKind = .file
            contentBytes += range.count
            guard contentBytes <= limits.totalBytes else { throw failure(.tooManyBytes(limit: limits.totalBytes)) }
        }
        guard pathBytes <= limits.pathBytes else { throw failure(.tooManyPathBytes(limit: limits.pathBytes)) }
        let node: Int
        do throws(TarTree.Failure) {
            node = try tree.insert(path)
        } catch {
            switch error {
            case .belowSymbolicLink(let end): throw failure(.belowSymbolicLink(printable(path[..<end])))
            case .belowFile: throw failure(.conflictingKinds)
            case .full: throw failure(.tooManyMembers(limit: limits.members))
            }
        }
        let permissions = UInt16(truncatingIfNeeded: mode & 0o7777)
        let member = TarMember(path: text, kind: kind, mode: permissions, owner: owner, group: group)
        let known = tree.kind(of: node)
        guard known == treeKind || (known == .implied && (treeKind == .directory || !tree.hasChildren(node))) else {
            throw failure(.conflictingKinds)
        }
        if let index = tree.member(of: node) {
            members[index] = member
        } else {
            tree.set(node, kind: treeKind, member: members.count)
            members.append(member)
        }
    }
}
