import Inventory
import Wording

/// Whether the firmware asks the kernel to stay away from x2APIC (DMAR, flags, bit 1; VT-d specification, section 8.1).
/// Interrupts are remapped all the same, for at most 255 processors.
public enum X2APICOptOut: Check {
    public static let id = "x2apic"
    public static let title = Text(en: "Firmware leaves x2APIC to the kernel", zh: "固件允许内核使用 x2APIC")
    public static let importance = Importance.advice

    public static func applies(to host: Host) -> Bool { host.firmware?.iommuKind == .intel }

    public static func answer(_ host: Host) -> Finding.Answer {
        let path = "\(Firmware.tablesRoot)/DMAR"
        guard let dmar = host.firmware?.dmar else { return .unknown(host.firmware?.unknown["dmar"] ?? "not read") }
        let evidence = Text(
            en: "\(path): flags 0x\(String(dmar.flags, radix: 16))",
            zh: "\(path)：标志 0x\(String(dmar.flags, radix: 16))"
        )
        guard dmar.x2APICOptOut else { return .ok(evidence) }
        return .problem(
            evidence + Text(en: ", x2APIC opt-out", zh: "，要求不使用 x2APIC"),
            remedy: Text(
                en: """
                    Switch x2APIC on in the BIOS set-up, or add intremap=no_x2apic_optout: only needed with more than 255 \
                    processors, or where interrupt remapping is off.
                    """,
                zh: "请在 BIOS 中开启 x2APIC，或加入 intremap=no_x2apic_optout：仅在处理器超过 255 个或中断重映射未生效时需要。"
            ),
            actor: .firmware
        )
    }
}
