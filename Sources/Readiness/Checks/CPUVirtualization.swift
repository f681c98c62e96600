import Inventory
import Wording

/// Whether the processor can run guests at full speed.
public enum CPUVirtualization: Check {
    public static let id = "cpu-virtualization"
    public static let title = Text(en: "CPU virtualization (VT-x / AMD-V)", zh: "CPU 虚拟化（VT-x / AMD-V）")

    public static func answer(_ host: Host) -> Finding.Answer {
        guard let cpu = host.cpu else { return .unknown("not read") }
        if let why = cpu.unknown["virtualization"] { return .unknown(why) }
        if let flag = cpu.virtualization {
            return .ok(Text(verbatim: "/proc/cpuinfo: \(flag.rawValue)"))
        }
        if cpu.hypervisor == true {
            return .problem(
                Text(
                    en: "/proc/cpuinfo has neither vmx nor svm, and this machine is itself a guest",
                    zh: "/proc/cpuinfo 中没有 vmx 或 svm，而且本机自己就是虚拟机"
                ),
                remedy: Text(
                    en:
                        "Switch nested virtualization on for this guest on its host; without it guests here run slowly.",
                    zh: "请在外层主机上为本机开启嵌套虚拟化；否则这里的虚拟机会很慢。"
                ),
                actor: .owner
            )
        }
        let why = host.kernel?.note(.virtualizationLocked).map {
            Text(en: "; the kernel: \($0.text)", zh: "；内核：\($0.text)")
        }
        return .problem(
            Text(en: "/proc/cpuinfo has neither vmx nor svm", zh: "/proc/cpuinfo 中没有 vmx 或 svm") + (why ?? .empty),
            remedy: Text(
                en: "Switch on Intel VT-x or AMD SVM in the BIOS set-up, then power off completely once.",
                zh: "请在 BIOS 中开启 Intel VT-x 或 AMD SVM，然后完全断电一次。"
            ) + BIOSMenus.hint(cpu.isAMD ? .svm : .vtx, host),
            actor: .firmware
        )
    }
}
