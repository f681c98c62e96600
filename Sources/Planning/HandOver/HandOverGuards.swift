import Inventory
import Wording

/// The guards of a device that goes when its guest starts: asked when the owner wants it so, and again at that moment.
public enum HandOverGuards {
    /// What speaks against it now, without what only counts at the moment itself: who holds the device then.
    public static func ahead(_ request: Request) -> [GuardFinding] {
        Guards.findings(request).filter { !isOfHolders($0) || $0.level != .refuse }
    }

    /// Programs that hold the device now, and must not when the guest starts.
    public static func holders(_ request: Request) -> [GuardFinding] {
        Guards.findings(request).filter { isOfHolders($0) && $0.level == .refuse }
    }

    /// What stands in the way at that moment; nil when nothing does.
    ///
    /// - Parameter withHolders: whether programs that hold the device count already: those of a display manager that is
    ///   going to be stopped do not.
    public static func refusal(_ request: Request, consents: Set<Consent>, withHolders: Bool = true) -> Refusal? {
        Refusal(Guards.findings(request).filter { withHolders || !isOfHolders($0) }, consents: consents)
    }

    /// Whether nothing but programs that hold the device stand in the way.
    public static func isOnlyHolders(_ refusal: Refusal) -> Bool { refusal.findings.allSatisfy(isOfHolders) }

    private static func isOfHolders(_ finding: GuardFinding) -> Bool { finding.guardName == BusyHolders.name }

    /// Programs that a refusal of this kind would name, by their process numbers.
    public static func processes(holding functions: [PCIFunction], on host: Host) -> [Int] {
        (host.holders?.holders ?? []).filter { holder in
            holder.nodes.contains { node in
                !["input", "vfio", "vfio-dev"].contains(node.subsystem)
                    && functions.contains { node.isBelow($0.address.description) }
            }
        }.map(\.pid)
    }
}

extension Host {
    /// The host as it is while a guest starts or has stopped: the guest itself, which libvirt may show as running already,
    /// is nobody else's; and whoever gave the order is not here to be told from others.
    public func seenByHook(of guest: String, _ manager: WantedState.HandOver.Manager) -> Host {
        var host = self
        host.session = Session(nil)
        for index in (host.guests?.guests ?? []).indices {
            guard let known = host.guests?.guests[index], known.isCalled(guest, by: manager) else { continue }
            host.guests?.guests[index].isRunning = false
            host.guests?.guests[index].pid = nil
        }
        return host
    }
}

extension KnownGuest {
    /// Whether a hook of this manager means it by this name.
    public func isCalled(_ name: String, by manager: WantedState.HandOver.Manager) -> Bool {
        // Hooks inside of a container do not reach this host.
        guard container == nil else { return false }
        return switch manager {
        case .libvirt: self.manager == .libvirt && self.name == name
        case .proxmox: self.manager == .proxmox && number.map(String.init) == name
        }
    }
}
