import Inventory
import Wording

/// Whether guests can be started with KVM.
public enum KVMDevice: Check {
    public static let id = "kvm-device"
    public static let title = Text(en: "KVM is usable", zh: "KVM 可用")

    public static func answer(_ host: Host) -> Finding.Answer {
        guard let cpu = host.cpu else { return .unknown("not read") }
        if let why = cpu.unknown["kvm"] { return .unknown(why) }
        if let node = cpu.kvm {
            return .ok(Text(verbatim: "\(node.path): \(node.mode), \(node.owner):\(node.group)"))
        }
        guard let flag = cpu.virtualization else {
            if let why = cpu.unknown["virtualization"] { return .unknown(why) }
            return .problem(
                Text(en: "no /dev/kvm, and the CPU shows no virtualization", zh: "没有 /dev/kvm，CPU 也没有显示虚拟化功能"),
                remedy: Text(en: "See cpu-virtualization.", zh: "参见 cpu-virtualization。"),
                actor: .firmware
            )
        }
        let module = flag == .vmx ? "kvm_intel" : "kvm_amd"
        switch host.kernel?.module(module).state {
        case .absent:
            return .problem(
                Text(en: "no /dev/kvm, and no module \(module) for this kernel", zh: "没有 /dev/kvm，当前内核也没有模块 \(module)"),
                remedy: Text(
                    en:
                        "Install the kernel's KVM modules (OpenWrt: kmod-\(module == "kvm_intel" ? "kvm-intel" : "kvm-amd")).",
                    zh: "请安装内核的 KVM 模块（OpenWrt：kmod-\(module == "kvm_intel" ? "kvm-intel" : "kvm-amd")）。"
                ),
                actor: .distribution
            )
        case .loadable:
            return .problem(
                Text(en: "no /dev/kvm: the module \(module) is not loaded", zh: "没有 /dev/kvm：模块 \(module) 未加载"),
                remedy: Text(en: "Load it: modprobe \(module)", zh: "加载它：modprobe \(module)"),
                actor: .owner
            )
        case .loaded, .builtIn:
            if let note = host.kernel?.note(.virtualizationLocked) {
                return .problem(
                    Text(en: "no /dev/kvm; the kernel: \(note.text)", zh: "没有 /dev/kvm；内核：\(note.text)"),
                    remedy: Text(
                        en: "Switch virtualization on in the BIOS set-up, then power off completely once.",
                        zh: "请在 BIOS 中开启虚拟化，然后完全断电一次。"
                    ) + BIOSMenus.hint(flag == .svm ? .svm : .vtx, host),
                    actor: .firmware
                )
            }
            return .problem(
                Text(en: "no /dev/kvm although \(module) is there", zh: "\(module) 已加载，但没有 /dev/kvm"),
                remedy: Text(
                    en: "The firmware may have locked virtualization: look for \"disabled by BIOS\" in dmesg.",
                    zh: "固件可能锁定了虚拟化：请在 dmesg 中查找 “disabled by BIOS”。"
                ),
                actor: .firmware
            )
        case nil:
            return .unknown(host.kernel?.unknown["modules"] ?? "no /dev/kvm")
        }
    }
}
