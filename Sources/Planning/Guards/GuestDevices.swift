import Inventory
import Wording

/// A function or disk that a guest has, or is configured to get.
enum GuestDevices: Guard {
    static let name = "guest-devices"
    static let levels = [GuardLevel.refuse, .consent, .warn]

    static func findings(_ request: Request) -> [GuardFinding] {
        guard request.movesAnything, let first = request.wanted.first else { return [] }
        guard let guests = request.host.guests else { return [unseen(.warn, first, "not read")] }
        var findings = request.touched.compactMap { function in
            running(function, request.name(function), guests) ?? disks(function, request, guests)
        }
        findings += request.wanted.compactMap { configured($0, guests) }
        return findings + unseen(first, guests, request.host.storage)
    }

    static func releaseFindings(_ request: Request) -> [GuardFinding] {
        let bound = request.wanted.filter(\.mayBeAway)
        guard let first = bound.first else { return [] }
        guard let guests = request.host.guests else { return [unseen(.warn, first, "not read")] }
        let found = bound.compactMap { running($0, Text(verbatim: "\($0.address)"), guests) }
        // Of a captured host the holders of VFIO's nodes say so already.
        guard let why = guests.unknown["running"], level(of: why) == .consent else { return found }
        return found + [unseen(.consent, first, why)]
    }

    private static func running(_ function: PCIFunction, _ who: Text, _ guests: GuestInventory) -> GuardFinding? {
        guard let guest = guests.guests(with: function.address).first(where: { $0.isRunning == true }) else {
            return nil
        }
        return finding(
            .refuse,
            function,
            Text(
                en: """
                    \(who.en) belongs to \(guest.qualifiedName), a guest that runs now\(process(guest).en). \
                    Shut it down, or unplug the device from it first.
                    """,
                zh: "\(who.zh) 属于正在运行的虚拟机 \(guest.qualifiedName)\(process(guest).zh)。请先关闭它，或从中拔出该设备。"
            )
        )
    }

    /// Guests that get a disk of the host as a whole, which hangs below the function.
    private static func disks(_ function: PCIFunction, _ request: Request, _ guests: GuestInventory) -> GuardFinding? {
        guard let storage = request.host.storage else { return nil }
        let address = function.address.description
        let found = guests.guests.compactMap { guest -> (KnownGuest, String)? in
            let disk = guest.disks.first { disk in
                guard let device = storage.deviceName(of: disk) else { return false }
                return storage.disks(below: device).contains { $0.isBelow(address) }
            }
            return disk.map { (guest, $0.path) }
        }
        guard let (guest, path) = found.first(where: { $0.0.isRunning == true }) ?? found.first else { return nil }
        let who = request.name(function)
        let isRunning = guest.isRunning == true
        return finding(
            isRunning ? .refuse : .consent,
            function,
            Text(
                en: "\(path) behind \(who.en) is a disk of the guest \(guest.qualifiedName)",
                zh: "\(who.zh) 后面的 \(path) 是虚拟机 \(guest.qualifiedName) 的磁盘"
            )
                + (isRunning
                    ? Text(en: ", which runs now. Shut it down first.", zh: "，它正在运行。请先关闭它。")
                    : Text(en: ", which cannot start without it.", zh: "，没有它虚拟机无法启动。"))
        )
    }

    /// That one guest is configured for it is the usual way; two cannot have it.
    private static func configured(_ function: PCIFunction, _ guests: GuestInventory) -> GuardFinding? {
        let claims = guests.guests(with: function.address).filter { $0.isRunning != true }
        guard let first = claims.first else { return nil }
        if claims.count > 1 {
            let list = claims.map(\.qualifiedName).joined(separator: ", ")
            return finding(
                .consent,
                function,
                Text(
                    en:
                        "\(function.address) is configured for \(claims.count) guests (\(list)): only one of them can run.",
                    zh: "\(function.address) 配置给了 \(claims.count) 个虚拟机（\(list)）：其中只有一个能运行。"
                )
            )
        }
        if let why = first.unknown["isRunning"], level(of: why) == .consent {
            return unseen(.consent, function, why)
        }
        return finding(
            .warn,
            function,
            Text(
                en: "\(function.address) is configured for the guest \(first.qualifiedName) (\(first.source)).",
                zh: "\(function.address) 配置给了虚拟机 \(first.qualifiedName)（\(first.source)）。"
            )
        )
    }

    /// On a live machine what cannot be seen needs the owner's word; a captured one shows no processes, and changes
    /// nothing.
    private static func level(of why: String) -> GuardLevel {
        why == HolderInventory.notLive ? .warn : .consent
    }

    private static func unseen(
        _ function: PCIFunction,
        _ guests: GuestInventory,
        _ storage: StorageInventory?
    ) -> [GuardFinding] {
        var findings: [GuardFinding] = []
        if let why = guests.unknown["running"] { findings.append(unseen(level(of: why), function, why)) }
        // That a captured host shows no guests needs to be said but once.
        let isSaid = { (why: String) in why == GuestInventory.notCaptured && !findings.isEmpty }
        let closed = guests.unknown.filter { $0.key != "running" && !isSaid($0.value) }
        let files = closed.sorted { $0.key < $1.key }.map { key, why in
            why.contains(key) ? why : "\(key): \(why)"
        }
        let devices = guests.guests.compactMap { $0.unknown["functions"] }
        let disks = guests.guests.flatMap { guest in
            guest.disks.filter { storage?.deviceName(of: $0) == nil }.map { "no such block device: \($0.path)" }
        }
        let list = files + devices + disks
        if !list.isEmpty {
            findings.append(
                finding(
                    .warn,
                    function,
                    Text(
                        en: "Not every guest's devices are known: \(list.joined(separator: "; ")).",
                        zh: "并非所有虚拟机的设备都已知：\(list.map { Text(reason: $0).zh }.joined(separator: "；"))。"
                    )
                )
            )
        }
        return findings
    }

    private static func unseen(_ level: GuardLevel, _ function: PCIFunction, _ why: String) -> GuardFinding {
        finding(
            level,
            function,
            Text(
                en: "Whether a guest has \(function.address) cannot be seen (\(why)).",
                zh: "无法判断 \(function.address) 是否被虚拟机使用（\(Text(reason: why).zh)）。"
            )
        )
    }

    private static func process(_ guest: KnownGuest) -> Text {
        guest.pid.map { Text(en: " (process \($0))", zh: "（进程 \($0)）") } ?? .empty
    }
}

extension StorageInventory {
    /// The block device that a guest's disk is; nil when it leads to none.
    fileprivate func deviceName(of disk: HostDisk) -> String? {
        // In a captured host the links of /dev are missing, but device-mapper says its names itself.
        disk.device ?? devices.first { device in device.mapperName.map { "/dev/mapper/" + $0 } == disk.path }?.name
    }
}
