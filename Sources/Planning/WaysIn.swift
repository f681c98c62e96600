import Inventory
import Wording

/// The ways to reach this host that a request leaves alone.
struct WaysIn {
    /// A network interface with a link, and with an address or a default route of its own or on top of it.
    struct Wire {
        var name: String
        var consumer: Consumer
        var hasDefaultRoute: Bool { consumer.uses.contains(Consumer.defaultRoute) }

        /// `eth1 (br-lan, 192.168.1.1)`
        var text: Text { Text(verbatim: "\(name) (") + consumer.usesText + Text(verbatim: ")") }
    }

    let wires: [Wire]
    /// Terminals on a serial line that the kernel's console is on.
    let serialConsoles: [String]
    /// The session that runs now, when it stays and came by network or serial line.
    let session: Session?
    /// Whether nothing is known of the session, as on a captured host.
    let isSessionUnknown: Bool
    /// Whether some interface with a device stays, used or not.
    let keepsAnInterface: Bool

    init(_ request: Request) {
        let host = request.host
        let physical = host.network?.interfaces.filter { $0.kind == .physical } ?? []
        let lost = Set(physical.filter(request.takes).map(\.name))
        func carriers(_ name: String) -> [String] { host.network?.carriers(of: name).interfaces ?? [] }
        let kept = physical.filter { !lost.contains($0.name) && $0.unknown["functions"] == nil }
        keepsAnInterface = !kept.isEmpty
        wires = kept.filter { $0.carrier == true && lost.isDisjoint(with: carriers($0.name)) }
            .map { Wire(name: $0.name, consumer: host.consumer(for: $0)) }.filter(\.consumer.isVital)
        let gone = Set((host.serial?.ports ?? []).filter(request.takes).map(\.name))
        let active = (host.display?.activeConsoles ?? []) + (host.display?.kernelConsoles.map(\.name) ?? [])
        serialConsoles = host.serial == nil ? [] : Set(active).filter(Self.isSerial).subtracting(gone).sorted()
        isSessionUnknown = host.session.map { $0.kind == nil } ?? false
        session = host.session.flatMap { session in
            switch session.kind {
            case .ssh, .network:
                guard let interface = session.interface else { return nil }
                // Which port of a bridge it comes through is not known: all must stay. What a tunnel runs over is not
                // known at all.
                let below = carriers(interface)
                return below.isEmpty ? (lost.isEmpty ? session : nil) : lost.isDisjoint(with: below) ? session : nil
            case .serial:
                return host.serial != nil && !(session.terminal.map(gone.contains) ?? true) ? session : nil
            case .console, .other, nil: return nil
            }
        }
    }

    /// `ttyS0`, `ttyUSB0`, `hvc0`; not `tty0`, which is the screen.
    static func isSerial(_ terminal: String) -> Bool {
        if terminal.hasPrefix("hvc") { return true }
        guard terminal.hasPrefix("tty"), terminal != "ttynull", let first = terminal.utf8.dropFirst(3).first else {
            return false
        }
        return (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first)
    }

    /// A way in without this host's screen and keyboard that is proven to work, as a part of a sentence; nil when none is.
    ///
    /// Where the session could not be seen, an interface with a link and an address must do.
    var withoutScreen: Text? {
        if let session {
            if session.kind == .serial {
                let terminal = session.terminal ?? ""
                return Text(en: "this session on the serial line \(terminal)", zh: "当前的串口会话 \(terminal)")
            }
            let interface = session.interface
            return session.kind == .ssh
                ? Text(
                    en: "this SSH session" + (interface.map { " over \($0)" } ?? ""),
                    zh: "当前的 SSH 会话" + (interface.map { "（经 \($0)）" } ?? "")
                )
                : Text(
                    en: "this session over the network" + (interface.map { " (\($0))" } ?? ""),
                    zh: "当前的网络会话" + (interface.map { "（经 \($0)）" } ?? "")
                )
        }
        if let terminal = serialConsoles.first {
            return Text(en: "the serial console \(terminal)", zh: "串口控制台 \(terminal)")
        }
        guard isSessionUnknown, let wire = wires.first else { return nil }
        return Text(
            en: "the network by \(wire.text.en), as far as can be seen without a session",
            zh: "经 \(wire.text.zh) 的网络（没有会话可供确认）"
        )
    }

    /// A way in by network, as a part of a sentence; nil when none stays.
    var byNetwork: Text? {
        if session?.isRemote == true { return withoutScreen }
        return wires.first.map { Text(en: "the network by \($0.text.en)", zh: "经 \($0.text.zh) 的网络") }
    }
}

extension Request {
    /// Whether something is lost when the request is carried out.
    func takes(_ thing: some BelowFunction) -> Bool {
        touched.contains { thing.isBelow($0.address.description) }
    }

    /// Whether the host keeps a function of some kind.
    func leavesAny(_ kind: (PCIClass) -> Bool) -> Bool {
        let touched = Set(touched.map(\.address))
        return host.functions.contains {
            kind($0.class) && $0.driver != "vfio-pci" && !touched.contains($0.address)
        }
    }

    /// The touched functions that the host still has: one that is bound to vfio-pci already costs nothing more.
    var losses: [PCIFunction] { touched.filter { $0.driver != "vfio-pci" } }
}

extension Guard {
    /// Consent while a way in stays, else a refusal; both say which.
    ///
    /// - Parameters:
    ///   - what: what is lost, as a whole sentence.
    ///   - way: the way in that stays, as a part of a sentence.
    ///   - lack: what to do when none stays, as a whole sentence.
    static func finding(
        _ function: PCIFunction,
        on host: Host,
        losing what: Text,
        way: Text?,
        lack: Text
    ) -> GuardFinding {
        let end =
            way.map { Text(en: "A way in that stays: \($0.en).", zh: "仍保留的访问途径：\($0.zh)。") } ?? lack
        return finding(
            way == nil ? .refuse : .consent,
            function,
            .sentences([what, end]),
            costs: [host.deviceCost(function)]
        )
    }
}
