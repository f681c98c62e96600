import Machine

extension StorageInventory {
    /// What the host does with the disks below `function`, through partitions, LVM, RAID, encryption and loop devices.
    ///
    /// It is all that is known: see also `unknown` and `unplaced`.
    public func uses(ofFunction function: String) -> [StorageUse] {
        let disks = devices.filter { !$0.hidden && $0.kind != .partition && $0.isBelow(function) }
        var walk = Walk(inventory: self, function: function)
        walk.left = disks.reversed().map { ($0.name, []) }
        while let (name, below) = walk.left.popLast() { walk.visit(name, below) }
        return walk.uses
    }

    /// The disks that `name` stands on, in the order of their names.
    public func disks(below name: String) -> [BlockDevice] {
        var seen: Set<String> = []
        var left = [name]
        var found: [BlockDevice] = []
        while let next = left.popLast() {
            guard seen.insert(next).inserted, let device = device(next) else { continue }
            let lower = parents(of: device)
            if lower.isEmpty { found.append(device) } else { left += lower }
        }
        return found.sorted { Sysfs.inOrder($0.name, $1.name) }
    }

    /// The devices directly below: slaves, a partition's disk, what holds a loop device's file.
    private func parents(of device: BlockDevice) -> [String] {
        if !device.slaves.isEmpty { return device.slaves }
        if let disk = device.disk { return [disk] }
        return backing(of: device)
    }

    private func backing(of device: BlockDevice) -> [String] {
        guard let file = device.backingFile else { return [] }
        // OpenWrt puts a loop device over its root partition's own node.
        let name = Machine.lastComponent(of: file)
        let folder = Machine.parent(of: file)
        if name != device.name, folder == "/dev" || folder == "/", self.device(name) != nil { return [name] }
        return holder(of: file, among: mounts)?.devices ?? []
    }

    /// The mount that holds a path: of the longest mount points above it the last, as mounts hide each other.
    func holder(of path: String, among mounts: [Mount]) -> Mount? {
        var best: Mount?
        for mount in mounts where mount.holds(path) {
            if mount.mountPoint.utf8.count >= best?.mountPoint.utf8.count ?? 0 { best = mount }
        }
        return best
    }

    private struct Walk {
        let inventory: StorageInventory
        let function: String
        /// Devices to visit, each with those below it; the last one is next.
        var left: [(String, [String])] = []
        var seen: Set<String> = []
        var seenMounts: Set<Int> = []
        var uses: [StorageUse] = []

        mutating func visit(_ name: String, _ below: [String]) {
            guard seen.insert(name).inserted, let device = inventory.device(name) else { return }
            let chain = below + [name]
            let before = uses.count
            for (index, mount) in inventory.mounts.enumerated() where mount.devices.contains(name) {
                guard seenMounts.insert(index).inserted else { continue }
                let others = mount.devices.filter { $0 != name }
                uses.append(
                    StorageUse(
                        kind: .mount,
                        chain: chain,
                        mountPoint: mount.mountPoint,
                        fileSystem: mount.fileSystem,
                        isRoot: mount.mountPoint == "/" || inventory.rootLayers.contains(mount.mountPoint),
                        otherFunctions: otherFunctions(name, others)
                    )
                )
            }
            for swap in inventory.swaps where swap.devices.contains(name) {
                uses.append(StorageUse(kind: .swap, chain: chain, otherFunctions: otherFunctions(name, [])))
            }
            let loops = inventory.devices.filter {
                $0.kind == .loop && $0.slaves.isEmpty && inventory.backing(of: $0).contains(name)
            }
            let above = device.partitions + device.holders + loops.map(\.name)
            left += above.reversed().map { ($0, chain) }
            let isVolume = device.kind == .deviceMapper || device.kind == .md || device.kind == .bcache
            if isVolume && above.isEmpty && uses.count == before {
                uses.append(StorageUse(kind: .volume, chain: chain, otherFunctions: otherFunctions(name, [])))
            }
        }

        private func otherFunctions(_ name: String, _ others: [String]) -> [String] {
            var found: Set<String> = []
            for disk in ([name] + others).flatMap(inventory.disks(below:)) {
                for path in disk.paths where !path.contains(function) {
                    if let last = path.last { found.insert(last) }
                }
            }
            return found.sorted()
        }
    }

    /// The mount points that the root file system stands on, when it is an overlay.
    private var rootLayers: [String] {
        root?.layers.compactMap(\.mountPoint) ?? []
    }
}

extension Mount {
    /// Whether a path lies in the folder that this is mounted on.
    func holds(_ path: String) -> Bool {
        if mountPoint == "/" { return path.utf8.first == UInt8(ascii: "/") }
        guard path.utf8.starts(with: mountPoint.utf8) else { return false }
        let rest = path.utf8.dropFirst(mountPoint.utf8.count)
        return rest.isEmpty || rest.first == UInt8(ascii: "/")
    }
}
