import Inventory
import Machine
import Platforms
import Wording

/// Whether libvirt's daemon knows of passthru's hook. It looks for hook scripts when it starts, and where it found none it
/// calls none, whatever comes later; where it found one it runs all that there are by then (src/util/virhook.c).
struct HookDaemon {
    enum State: Equatable {
        /// It calls the hook, or no daemon runs and the next one will.
        case ready
        /// This daemon started before the hook was there.
        case older(String)
        /// Why it cannot be told.
        case unknown(Text)
    }

    let state: State
    private let hasSystemd: Bool

    /// Seconds by which a clock that was set meanwhile may be wrong.
    private static let margin = 2

    /// - Parameter own: files that are there by our doing.
    init(on machine: Machine, own: [String]) {
        hasSystemd = machine.exists("/run/systemd/system")
        let installed = (try? machine.status(LibvirtHook.file(on: machine, own: own).path)).map(\.changed)
        let others = LibvirtHook.others(on: machine, own: own).map { (try? machine.status($0))?.changed ?? .max }
        state = Self.state(LibvirtDaemon.read(machine), installed: installed, others: others)
    }

    /// - Parameters:
    ///   - daemons: nil where they cannot be seen.
    ///   - installed: when the hook came: nil when it is not there yet, a nil time when that is not known.
    ///   - others: when the other hooks came.
    static func state(_ daemons: [LibvirtDaemon]?, installed: Int??, others: [Int]) -> State {
        guard let daemons else {
            return .unknown(Text(en: "the processes of this machine cannot be seen", zh: "无法看到本机的进程"))
        }
        for daemon in daemons {
            guard let started = daemon.started else {
                return .unknown(
                    Text(en: "when \(daemon.name) started cannot be told", zh: "无法得知 \(daemon.name) 的启动时间")
                )
            }
            if others.contains(where: { $0 < started - margin }) { continue }
            guard case .some(let time) = installed else { return .older(daemon.name) }
            guard let time, abs(time - started) > margin else {
                return .unknown(
                    Text(
                        en: "whether \(daemon.name) started before the hook came cannot be told",
                        zh: "无法判断 \(daemon.name) 是否在钩子安装之前启动"
                    )
                )
            }
            if time > started { return .older(daemon.name) }
        }
        return .ready
    }

    /// Whether it runs, and will not call the hook.
    var isOlder: Bool { if case .older = state { true } else { false } }

    /// What the owner has to do before the first guest starts; nil when nothing.
    var advice: Text? {
        switch state {
        case .ready: nil
        case .unknown(let why):
            Text(
                en: "Whether libvirt knows of the hook is unknown: \(why.en).",
                zh: "不知道 libvirt 是否已识别该钩子：\(why.zh)。"
            )
        case .older(let name):
            Text(
                en: """
                    \(name) looks for hooks when it starts, and has found none: restart it once\(command(name)). Guests \
                    that run go on.
                    """,
                zh: "\(name) 只在启动时查找钩子，当时没有找到：请重启它一次\(command(name))。正在运行的虚拟机不受影响。"
            )
        }
    }

    private func command(_ name: String) -> String { hasSystemd ? " (systemctl restart \(name))" : "" }
}
