import Changes
import Machine
import SystemPackage

extension Machine {
    /// Replaces or removes a file as ``FileTree/put(_:at:)`` does, and what a boot loader reads in a way that is safe for it.
    ///
    /// Boot loaders do not replay journals: after the write the journal is emptied. GRUB's environment block, which GRUB
    /// writes itself, keeps its blocks (GNU GRUB manual, "Environment block").
    func keep(_ snapshot: FileSnapshot?, at path: String) throws(Errno) {
        guard Self.isForLoader(path) else { return try tree.put(snapshot, at: path) }
        if let snapshot, Machine.lastComponent(of: path) == "grubenv",
            let now = try tree.snapshot(path), now.bytes.count == snapshot.bytes.count
        {
            try tree.overwrite(path, with: snapshot)
        } else {
            try tree.put(snapshot, at: path)
        }
        try tree.settle(path)
    }

    static func isForLoader(_ path: String) -> Bool { path.hasPrefix("/boot/") || path.hasPrefix("/efi/") }
}

extension StepRunner {
    /// What a program is about to replace.
    func replaced(_ paths: [String]) throws(StepFailure) -> [String: ReplacedFile]? {
        guard !paths.isEmpty else { return nil }
        var found: [String: ReplacedFile] = [:]
        for path in paths {
            do {
                let snapshot = try machine.tree.snapshot(path)
                found[path] = ReplacedFile(snapshot: snapshot, newFolders: machine.missingFolders(above: path))
            } catch {
                throw Self.unwritable(path, error)
            }
        }
        return found
    }

    /// The checksums of what a change's program wrote; of a document that it keeps, in the program's own words.
    func written(_ planned: PlannedChange) throws(StepFailure) -> [String: String]? {
        guard case .writeDocument(let document, _) = planned.change else {
            return try checksums(planned.generates)
        }
        return [document.name: checksum(of: FileSnapshot(bytes: try kept(document).bytes))]
    }

    /// The checksums of what a program wrote.
    private func checksums(_ paths: [String]) throws(StepFailure) -> [String: String]? {
        guard !paths.isEmpty else { return nil }
        var found: [String: String] = [:]
        for path in paths { found[path] = try checksum(path) }
        return found
    }

    /// The checksum of a file; `-` when there is none.
    func checksum(_ path: String) throws(StepFailure) -> String {
        do {
            return checksum(of: try machine.tree.snapshot(path))
        } catch {
            throw Self.unwritable(path, error)
        }
    }

    func checksum(of snapshot: FileSnapshot?) -> String { snapshot.map { Journal.checksum($0.bytes[...]) } ?? "-" }

    /// Makes files that a program wrote durable for a boot loader.
    func settle(_ paths: [String]) throws(StepFailure) {
        for path in Set(paths.filter(Machine.isForLoader).map(Machine.parent)) {
            do {
                try machine.tree.settle(path)
            } catch {
                throw Self.unwritable(path, error)
            }
        }
    }
}
