import Guests
import Inventory
import Machine
import SystemPackage
import Wording

/// The guests of this machine by name, with what changes them.
struct GuestCatalog {
    let machine: Machine
    let inventory: GuestInventory

    init(_ machine: Machine, _ inventory: GuestInventory? = nil) {
        self.machine = machine
        self.inventory = inventory ?? GuestInventory.read(machine)
    }

    /// The guest that somebody named: by its name, or by Proxmox' number; nil when none has it.
    ///
    /// - Throws: 64 where several have it.
    func find(_ name: String) throws(Failure) -> KnownGuest? {
        let found = inventory.guests.filter { $0.name == name || $0.number.map { "\($0)" } == name }
        guard found.count < 2 else {
            throw Failure(
                .usage,
                Text(
                    en: "\(found.count) guests are called \(name): say which, as CONTAINER/NAME.",
                    zh: "有 \(found.count) 个虚拟机名为 \(name)：请写成 容器/名称 以指明是哪一个。"
                ),
                details: found.map { Text(verbatim: "\($0.qualifiedName)  \($0.source)") }
            )
        }
        return found.first ?? inventory.guests.first { $0.qualifiedName == name }
    }

    /// - Throws: 65 where its file cannot be understood, 66 where no guest has the name.
    func guest(_ name: String) throws(Failure) -> KnownGuest {
        if let guest = try find(name) { return guest }
        let unseen = inventory.unknown.sorted { $0.key < $1.key }
        let files = [name + ".xml", name + ".conf"]
        if let own = unseen.first(where: { files.contains(Machine.lastComponent(of: $0.key)) }) {
            throw Failure(
                .malformed,
                Text(en: "\(name) cannot be read: ", zh: "无法读取 \(name)：") + Text(reason: own.value)
            )
        }
        let known = inventory.guests.map(\.qualifiedName).sorted()
        throw Failure(
            .notFound,
            Text(
                en: "No guest called \(name) is known here: `passthru guest list` shows those that are.",
                zh: "这里没有名为 \(name) 的虚拟机：`passthru guest list` 会列出已知的。"
            ),
            details: known.map { Text(verbatim: $0) }
                + unseen.map {
                    Text(en: "not read: ", zh: "未能读取：") + Text(reason: $0.value)
                }
        )
    }

    /// What changes a guest's configuration.
    func editor(_ guest: KnownGuest) throws(Failure) -> any GuestEditor {
        let runner = inventory.runner(of: guest)
        let answers = runner?.canAnswer == true
        var inside = machine
        if guest.place != nil, answers, let pid = runner?.pid {
            do {
                inside = try machine.inside(process: pid)
            } catch {
                throw Failure(
                    .failed,
                    Text(
                        en: "The container of \(guest.name) cannot be entered: \(error.description.lowercased()).",
                        zh: "无法进入 \(guest.name) 所在的容器：\(Text(reason: error.description.lowercased()).zh)。"
                    )
                )
            }
        }
        let file = guest.hostFile
        // What is in a container's folder the container may have put there.
        if !answers, guest.place != nil, let file, (try? machine.link(file)) != nil {
            throw Failure(
                .refused,
                Text(
                    en: "\(file) is a link that the container could have made: start the container first.",
                    zh: "\(file) 是容器可能创建的链接：请先启动该容器。"
                )
            )
        }
        switch guest.manager {
        case .libvirt:
            return try LibvirtGuest(
                guest,
                on: machine,
                inside: inside,
                place: guest.place,
                file: file,
                answers: answers
            )
        case .proxmox:
            return try ProxmoxGuest(
                guest,
                on: machine,
                inside: inside,
                place: guest.place,
                file: file,
                answers: answers
            )
        case .qemu:
            throw Failure(
                .refused,
                Text(
                    en: """
                        \(guest.name) is a QEMU that somebody started by hand: it has no configuration to change. `passthru \
                        export qemu` prints the arguments for its next start.
                        """,
                    zh: "\(guest.name) 是手动启动的 QEMU：没有可更改的配置。`passthru export qemu` 会输出下次启动所需的参数。"
                )
            )
        }
    }
}
