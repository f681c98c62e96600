import Changes
import Inventory
import Machine
import Planning
import Platforms
import Wording

/// `passthru assign --at-guest-start`: the host keeps the devices until their guest starts. The guards are asked now, while
/// somebody is here to answer, and what was consented to is written down for that moment.
struct HookAssign {
    private let machine: Machine
    private let host: Host
    private let file: WantedFile
    private let guest: KnownGuest
    private let manager: WantedState.HandOver.Manager
    private let access: NodeAccess?

    init(_ machine: Machine, _ host: Host, _ file: WantedFile, guest: String?, _ access: NodeAccess?) throws(Failure) {
        guard let guest, !guest.isEmpty else {
            throw Failure(
                .usage,
                Text(
                    en: "--at-guest-start needs --guest NAME: whose start is meant?",
                    zh: "--at-guest-start 需要 --guest 名称：指的是哪个虚拟机？"
                )
            )
        }
        self.machine = machine
        self.host = host
        self.file = file
        self.access = access
        (self.guest, manager) = try Self.find(guest, host)
    }

    /// The guest's name as its hook will say it: Proxmox says its number.
    private var name: String { manager == .proxmox ? guest.number.map(String.init) ?? guest.name : guest.name }

    // MARK: The guest

    private static func find(_ name: String, _ host: Host) throws(Failure) -> (
        KnownGuest, WantedState.HandOver.Manager
    ) {
        let guests = host.guests?.guests ?? []
        // A number means one guest of Proxmox, even where another one of it is called so.
        let numbered = guests.filter { $0.isCalled(name, by: .proxmox) }
        let named = guests.filter { guest in
            guest.name == name ? numbered.isEmpty || guest.manager != .proxmox : guest.qualifiedName == name
        }
        let candidates = numbered + named
        guard candidates.count < 2 else {
            throw Failure(
                .usage,
                Text(en: "Several guests are called \(name).", zh: "有多个虚拟机名为 \(name)。"),
                details: candidates.map(\.line)
            )
        }
        guard let guest = candidates.first else {
            throw Failure(
                .notFound,
                Text(
                    en: "There is no guest \(name) in the configuration of libvirt or Proxmox on this host.",
                    zh: "本机的 libvirt 或 Proxmox 配置中没有虚拟机 \(name)。"
                ),
                details: guests.map(\.line)
                    + (host.guests?.unknown ?? [:]).sorted { $0.key < $1.key }.map { path, why in
                        Text(verbatim: "\(path): ") + Text(reason: why)
                    }
            )
        }
        switch guest.manager {
        case .libvirt where guest.source.hasPrefix("/etc/libvirt/qemu/") || guest.source.hasPrefix("/run/libvirt/"):
            return (guest, .libvirt)
        case .proxmox where guest.source.hasPrefix("/etc/pve/"): return (guest, .proxmox)
        case .libvirt, .proxmox, .qemu:
            throw Failure(
                .missing,
                Text(
                    en: """
                        \(name) (\(guest.source)) is not started by this host's libvirt or Proxmox, which alone call \
                        passthru then. Without --at-guest-start the devices are bound at every boot.
                        """,
                    zh: """
                        \(name)（\(guest.source)）不是由本机的 libvirt 或 Proxmox 启动的，只有它们会在那时调用 passthru。\
                        不加 --at-guest-start 则在每次启动时绑定设备。
                        """
                )
            )
        }
    }

    // MARK: The plan

    /// Writes the wish down, and puts the hook in place; nothing is bound now.
    func intention(
        _ functions: [PCIFunction],
        _ records: [PCIAddress: HomeRecord],
        _ permissions: Permissions
    ) throws(Failure) -> Intention {
        var plan = Plan(identities: functions.map(Identity.init))
        plan.warnings = try judge(functions, permissions)
        if let access { plan.open(to: access, on: machine) }
        var state = file.state
        write(functions, to: &state, records, permissions)
        if let access { state.nodes = access == .root ? nil : WantedState.Nodes(access: access) }
        let permanence = Permanence(on: machine, host, from: file, to: state)
        plan.changes += permanence.changes
        plan.warnings += permanence.warnings
        if manager == .libvirt, let advice = HookDaemon(on: machine, own: file.state.ownFiles).advice {
            plan.warnings.append(advice)
        }
        return Intention(plan: plan, devices: functions.map(\.address), guest: name)
    }

    /// Asks what there is to ask before the guest starts.
    ///
    /// - Returns: what the owner should know.
    func judge(_ functions: [PCIFunction], _ permissions: Permissions) throws(Failure) -> [Text] {
        if let obstacle = Hooks.obstacle(name, manager, on: machine) { throw Failure(.refused, obstacle) }
        for function in functions where function.driver == "vfio-pci" { throw Self.isBound(function) }
        let request = Request(functions, on: host, unsafe: permissions.unsafe)
        let findings = HandOverGuards.ahead(request)
        if let refusal = Refusal(findings, consents: permissions.consents) { throw Failure(refusal) }
        var warnings = findings.filter { $0.level == .warn }.map(\.message)
        warnings += HandOverGuards.holders(request).map { $0.message + atTheStart }
        warnings += displayWarnings(functions)
        if manager == .libvirt { warnings += LibvirtHook.warnings(on: machine) }
        return warnings
    }

    /// Takes in that the functions go when the guest starts, with all that was allowed for that.
    func write(
        _ functions: [PCIFunction],
        to state: inout WantedState,
        _ records: [PCIAddress: HomeRecord],
        _ permissions: Permissions
    ) {
        let addresses = functions.map(\.address.description)
        for function in functions {
            // A disk's serial number, or another function of the group, belongs to no single one of them.
            let consents = permissions.consents.filter { consent in
                consent.token == function.address.description || !addresses.contains(consent.token)
            }
            let handOver = WantedState.HandOver(
                manager: manager,
                consents: consents,
                unsafe: permissions.unsafe.subtracting([.worldNodes])
            )
            state.assign(function, guest: name, records[function.address], handOver: handOver)
        }
    }

    private static func isBound(_ function: PCIFunction) -> Failure {
        Failure(
            .refused,
            Text(
                en: """
                    \(function.address) is with vfio-pci now, so that nobody can see what the host loses with it: give it \
                    back first, `passthru release \(function.address)`.
                    """,
                zh: """
                    \(function.address) 现在由 vfio-pci 接管，无法看出主机会因此失去什么：请先收回它，\
                    `passthru release \(function.address)`。
                    """
            )
        )
    }

    private var atTheStart: Text {
        Text(
            en: " When \(name) starts, nobody may hold it.",
            zh: "在 \(name) 启动时不能有程序占用它。"
        )
    }

    private func displayWarnings(_ functions: [PCIFunction]) -> [Text] {
        let clearing = DisplayClearing(functions, on: host)
        guard clearing.isDisplay else { return [] }
        var warnings: [Text] = []
        if let manager = DisplayManager.read(machine) {
            warnings.append(
                Text(
                    en: """
                        If the login screen or a session on it holds the display when \(name) starts, \(manager.unit) is \
                        stopped, and with it every session on the screen; it is started again when \(name) has stopped.
                        """,
                    zh: """
                        如果 \(name) 启动时登录界面或其会话占用着显示设备，会停止 \(manager.unit)，屏幕上的所有会话都会结束；\
                        \(name) 停止后会重新启动它。
                        """
                )
            )
        }
        let changes = clearing.changes(firmware: FirmwareFrameBuffer.read(machine))
        if changes.contains(where: { $0.isOfFirmware }) {
            warnings.append(
                Text(
                    en: """
                        The text consoles are drawn on the firmware's picture, which newer kernels do not make again before \
                        the next restart.
                        """,
                    zh: "文本控制台画在固件的画面上，较新的内核在下次重启之前不会重新创建它。"
                )
            )
        }
        return warnings
    }
}

extension KnownGuest {
    /// One line of a list of candidates.
    fileprivate var line: Text {
        Text(verbatim: (number.map { "\($0) " } ?? "") + "\(name) (\(manager.rawValue): \(source))")
    }
}

extension PlannedChange {
    /// Whether it takes the firmware's picture away.
    fileprivate var isOfFirmware: Bool {
        if case .deviceDriver? = expectation { true } else { false }
    }
}
