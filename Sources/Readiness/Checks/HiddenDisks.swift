import Inventory
import Wording

/// Intel VMD takes NVMe disks away from the ordinary bus: they hang in a domain of their own behind it, and all of them are
/// one device to the IOMMU (drivers/pci/controller/vmd.c).
public enum HiddenDisks: Check {
    public static let id = "vmd"
    public static let title = Text(en: "VMD hides no disks", zh: "VMD 没有隐藏硬盘")
    public static let importance = Importance.advice

    static func isVMD(_ function: PCIFunction) -> Bool {
        function.vendor.value == 0x8086 && function.class.short == 0x0104
            && HardwareFacts.builtIn?.vmd.contains(function.device) == true
    }

    public static func applies(to host: Host) -> Bool { host.functions.contains(where: isVMD) }

    public static func answer(_ host: Host) -> Finding.Answer {
        DeviceAnswers.of(host, where: isVMD) { function in
            if let why = function.unknown["driver"] { return .unknown(why) }
            guard function.driver == "vmd" else {
                return .unknown(
                    function.says(
                        Text(en: "without its driver nothing behind it can be seen", zh: "没有加载驱动，看不到它后面的设备")
                    )
                )
            }
            // The kernel numbers the domains behind VMDs from 10000h on.
            let hidden = host.functions.filter { $0.address.domain >= 0x1_0000 && !$0.class.isBridge }
            guard let first = hidden.first else {
                return .ok(function.says(Text(en: "nothing hangs behind it", zh: "它后面没有设备")))
            }
            return .problem(
                function.says(
                    Text(
                        en: "\(hidden.count) functions hang behind it (\(first.address) …)",
                        zh: "它后面有 \(hidden.count) 个功能（\(first.address) …）"
                    )
                ),
                remedy: Text(
                    en: """
                        None of them can be handed over alone. Switch VMD off in the BIOS set-up; a system that boots from \
                        a RAID of VMD does not start then.
                        """,
                    zh: "它们都不能单独交出。请在 BIOS 中关闭 VMD；若系统从 VMD 的 RAID 启动，关闭后将无法启动。"
                ) + BIOSMenus.hint(.vmd, host),
                actor: .firmware
            )
        }
    }
}
