import Changes
import Machine
import Planning
import Platforms
import Wording

/// The files by which those who start guests call passthru: there as long as anything is handed over by them.
struct Hooks {
    var changes: [PlannedChange] = []
    var warnings: [Text] = []
    /// What is there by our doing.
    var own: [String]

    /// What turns the hooks of one wanted state into those of another.
    init(on machine: Machine, from old: WantedState, to new: WantedState, own: [String]) {
        self.own = own
        let guests = new.guests(of: .proxmox)
        for guest in old.guests(of: .proxmox) where !guests.contains(guest) {
            changes += ProxmoxHook.removing(from: guest, on: machine, own: &self.own)
        }
        let pairs: [(HookFile?, WantedState.HandOver.Manager)] = [
            (LibvirtHook.file(on: machine, own: own), .libvirt), (ProxmoxHook.file(on: machine), .proxmox),
        ]
        for case (let file?, let manager) in pairs {
            if !new.guests(of: manager).isEmpty {
                changes += file.installing(on: machine, own: &self.own)
            } else if !old.guests(of: manager).isEmpty {
                changes += file.removing(on: machine, own: &self.own, warnings: &warnings)
            }
        }
        for guest in guests { changes += ProxmoxHook.adding(to: guest, on: machine, own: &self.own) }
        if !changes.isEmpty, !new.atGuestStart.isEmpty, !machine.exists(HookScript.program) {
            warnings.append(
                Text(
                    en: "\(HookScript.program) is not there, and the hook needs it: put this program there.",
                    zh: "\(HookScript.program) 不存在，而钩子需要它：请把本程序放到那里。"
                )
            )
        }
    }

    /// Why a guest's devices cannot be handed over by a hook; nil when they can.
    static func obstacle(_ guest: String, _ manager: WantedState.HandOver.Manager, on machine: Machine) -> Text? {
        switch manager {
        case .libvirt: LibvirtHook.file(on: machine).obstacle(on: machine)
        case .proxmox: ProxmoxHook.obstacle(guest, on: machine)
        }
    }
}

extension WantedState {
    /// The guests that a hook serves, each once.
    func guests(of manager: HandOver.Manager) -> [String] {
        Set(atGuestStart.filter { $0.handOver?.manager == manager }.compactMap(\.guest)).sorted()
    }

    /// What is handed over when this guest starts.
    func assignments(handedTo guest: String, by manager: HandOver.Manager) -> [Assignment] {
        atGuestStart.filter { $0.guest == guest && $0.handOver?.manager == manager }
    }
}
