import Inventory
import Machine
import Planning
import Platforms
import Transactions
import Wording

/// What is handed over when one guest starts, and how far that is now.
public struct GuestHandOver: Sendable, Encodable {
    /// As its hook calls it: Proxmox by its number.
    public var guest: String
    public var manager: WantedState.HandOver.Manager
    public var devices: [PCIAddress]
    public var state: State
    /// The newest of the transactions by which the devices went; null when none stands.
    @Nullable public var transaction: Int?
    /// What must be done before the guest starts, or what could not be told; null when there is nothing.
    @Nullable public var problem: Text?

    public enum State: String, Sendable, Encodable {
        /// The host has them until the guest starts.
        case waiting
        /// The guest has them.
        case given
        /// The guest does not run, and something has not come back.
        case left
        /// They went, and whether the guest runs cannot be seen.
        case unknown
    }

    /// All of them, by guest; those of which only something is left included.
    static func all(_ wanted: WantedState, _ host: Host, _ machine: Machine) -> [GuestHandOver] {
        let entries = (try? Journal(on: machine).entries(made: HandOvers.verb)) ?? []
        let standing = HandOvers.standing(entries, on: machine)
        let inventory = standing.isEmpty ? nil : GuestInventory.read(machine)
        let hooks = hooks(wanted, machine)
        var all: [GuestHandOver] = []
        for manager in WantedState.HandOver.Manager.allCases {
            for guest in wanted.guests(of: manager) {
                let own = standing.filter { $0.header.guest == guest }
                var devices = wanted.assignments(handedTo: guest, by: manager).map(\.identity.address)
                devices += own.flatMap(\.header.devices).filter { !devices.contains($0) }
                all.append(
                    GuestHandOver(
                        guest: guest,
                        manager: manager,
                        devices: devices,
                        state: state(own, inventory) { $0.isCalled(guest, by: manager) },
                        transaction: own.last?.id,
                        problem: hooks.first { $0.guests.contains(guest) }.flatMap { $0.problem ?? $0.doubt }
                    )
                )
            }
        }
        // What is no longer wanted, and still away.
        for entry in standing.reversed() {
            guard let guest = entry.header.guest, !all.contains(where: { $0.guest == guest }) else { continue }
            let own = standing.filter { $0.header.guest == guest }
            all.append(
                GuestHandOver(
                    guest: guest,
                    manager: Int(guest) == nil ? .libvirt : .proxmox,
                    devices: Set(own.flatMap(\.header.devices)).sorted(),
                    state: state(own, inventory) { $0.name == guest || $0.number.map(String.init) == guest },
                    transaction: own.last?.id,
                    problem: nil
                )
            )
        }
        return all
    }

    private static func state(
        _ standing: [JournalEntry],
        _ inventory: GuestInventory?,
        _ isIt: (KnownGuest) -> Bool
    ) -> State {
        guard !standing.isEmpty, let inventory else { return .waiting }
        if inventory.unknown["running"] != nil { return .unknown }
        return inventory.guests.contains { isIt($0) && $0.isRunning == true } ? .given : .left
    }

    // MARK: The hooks

    /// A script or line by which passthru is called, and what is wrong with it.
    struct HookState {
        var path: String
        var guests: [String]
        var problem: Text?
        /// What could not be told.
        var doubt: Text?
    }

    static func hooks(_ wanted: WantedState, _ machine: Machine) -> [HookState] {
        var hooks: [HookState] = []
        let libvirt = wanted.guests(of: .libvirt)
        if !libvirt.isEmpty {
            let path = LibvirtHook.file(on: machine, own: wanted.ownFiles).path
            let daemon = HookDaemon(on: machine, own: wanted.ownFiles)
            var hook = HookState(path: path, guests: libvirt, problem: problem(path, machine))
            if hook.problem == nil {
                if daemon.isOlder { hook.problem = daemon.advice } else { hook.doubt = daemon.advice }
            }
            hooks.append(hook)
        }
        for guest in wanted.guests(of: .proxmox) {
            let path = ProxmoxHook.path(of: guest)
            var problem: Text?
            if let obstacle = ProxmoxHook.obstacle(guest, on: machine) {
                problem = obstacle
            } else if !ProxmoxHook.isNamed(by: guest, on: machine) {
                problem = Text(
                    en: "\(path) does not name passthru's script: the guest starts without its devices.",
                    zh: "\(path) 没有指定 passthru 的脚本：该虚拟机启动时得不到设备。"
                )
            } else if let file = ProxmoxHook.file(on: machine) {
                problem = Self.problem(file.path, machine)
            }
            hooks.append(HookState(path: path, guests: [guest], problem: problem))
        }
        return hooks
    }

    private static func problem(_ path: String, _ machine: Machine) -> Text? {
        guard let status = try? machine.status(path) else {
            return Text(
                en: "\(path) is missing: guests start without their devices.",
                zh: "缺少 \(path)：虚拟机启动时得不到设备。"
            )
        }
        guard status.mode & 0o111 != 0 else {
            return Text(
                en: "\(path) may not be executed (chmod 755 \(path)): guests start without their devices.",
                zh: "\(path) 不可执行（chmod 755 \(path)）：虚拟机启动时得不到设备。"
            )
        }
        guard machine.exists(HookScript.program) else {
            return Text(
                en: "\(HookScript.program) is missing: guests start without their devices.",
                zh: "缺少 \(HookScript.program)：虚拟机启动时得不到设备。"
            )
        }
        return nil
    }
}

extension GuestHandOver {
    /// Which devices, when, and where they are now.
    public var text: Text {
        let list = devices.map(\.description)
        let en = list.joined(separator: ", ")
        let zh = list.joined(separator: "、")
        let undo = transaction.map { "passthru undo \($0)" } ?? "passthru history"
        switch state {
        case .waiting: return Text(en: "\(en): handed over when \(guest) starts", zh: "\(zh)：在 \(guest) 启动时交出")
        case .given: return Text(en: "\(en): with \(guest) until it stops", zh: "\(zh)：已交给 \(guest)，停止后收回")
        case .left:
            return Text(
                en: "\(en): \(guest) does not run, and they did not come back: \(undo)",
                zh: "\(zh)：\(guest) 没有运行，但设备未收回：\(undo)"
            )
        case .unknown:
            return Text(
                en: "\(en): handed over when \(guest) started; whether it runs cannot be seen",
                zh: "\(zh)：已在 \(guest) 启动时交出；无法判断它是否仍在运行"
            )
        }
    }
}
