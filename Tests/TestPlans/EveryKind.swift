public import Changes
public import Inventory
public import Machine
import Planning
import Wording

/// A plan with every kind of change: what is asked of a transaction that is stopped at any point.
public enum EveryKind {
    public static let edited = "/etc/default/grub"
    public static let created = "/etc/passthru-test/new/vfio.conf"
    public static let removed = "/etc/passthru-test.old"
    public static let linked = "/etc/passthru-test/links/S09passthru"
    public static let generated = "/boot/passthru-test.cfg"
    public static let touched = "/etc/passthru-test.touched"

    /// Assigning `device`; files that are edited, made and removed, a link, and programs, of which one makes a file.
    public static func plan(for device: PCIAddress, on machine: Machine) throws -> Plan {
        var host = Host.read(machine, .all.union([.session, .holders, .guests]))
        let modules = ModuleIndex.read(machine, for: host.functions)
        for index in (host.pci?.functions ?? []).indices {
            host.pci?.functions?[index].readDetails(from: machine, modules: modules)
        }
        guard let function = host.function(device) else { throw Missing(device: device) }
        let consents = Set(Guards.findings(Request([function], on: host)).map(\.consent))
        var plan = try AssignPlanner(host: host).plan([function], with: [], consents: consents)
        let before = try machine.tree.snapshot(edited)?.content
        plan.changes += [
            .file(
                edited,
                before: before,
                after: FileContent((before?.bytes ?? []) + Array("GRUB_CMDLINE_LINUX=\"intel_iommu=on\"\n".utf8)),
                reason: why
            ),
            .file(created, before: nil, after: "options vfio-pci disable_vga=1\n", mode: 0o640, reason: why),
            .file(removed, before: try machine.tree.snapshot(removed)?.content, after: nil, reason: why),
            .link(linked, before: nil, after: "../init.d/passthru", reason: why),
            .program("/bin/cp", [edited, generated], generates: [generated], reason: why),
            PlannedChange(
                .runProgram(path: "/bin/touch", arguments: [touched]),
                before: nil,
                after: nil,
                inverse: [.runProgram(path: "/bin/rm", arguments: ["-f", touched])],
                reason: why
            ),
        ]
        return plan
    }

    private static let why = Text(en: "a test", zh: "测试")

    public struct Missing: Error { public var device: PCIAddress }
}
