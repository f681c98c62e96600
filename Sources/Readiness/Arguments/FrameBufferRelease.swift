import Formats
import Inventory
import Wording

/// How the firmware's picture lets go of a display, by version of the kernel.
///
/// What holds the display's memory is a platform device of sysfb: "BOOTFB" belongs to that device itself, whichever
/// driver runs it (drivers/firmware/sysfb_simplefb.c); "efifb" and "vesafb" belong to their drivers, and of these only
/// efifb can be switched off by `video=` (drivers/video/fbdev/{efifb,vesafb}.c). Without `sysfb_init` none of them comes
/// to be. Since Linux 6.0 vfio-pci takes a VGA device from all of them when it binds (vfio_pci_vga_init in
/// drivers/vfio/pci/vfio_pci_core.c, drivers/video/aperture.c).
extension WantedArguments {
    /// The first version whose vfio-pci does it by itself.
    static let evictingVersion = KernelVersion("6.0")

    private static let sysfb = "initcall_blacklist=sysfb_init"
    private static let efifb = "video=efifb:off"

    /// What belongs on the line so that vfio-pci gets the memory of a display.
    public static func frameBufferRelease(for host: Host, _ device: PCIAddress) -> WantedArguments {
        guard let function = host.function(device) else { return unread(host.pci?.unknown["functions"]) }
        switch isBootDisplay(function, host) {
        case false?:
            return .nothing(
                Text(en: "the firmware does not show its picture on it", zh: "固件没有使用它显示画面")
            )
        case nil: return unread(host.display?.unknown["bootFrameBuffers"] ?? function.details?.unknown["bootVGA"])
        case true?: break
        }
        guard let version = host.kernel?.version else { return unread(host.kernel?.unknown["release"]) }
        if let evicting = evictingVersion, version >= evicting {
            if function.class.short == 0x0300 {
                return .nothing(
                    Text(
                        en: "since 6.0 vfio-pci releases the firmware's frame buffer by itself",
                        zh: "6.0 起 vfio-pci 会自动释放固件的帧缓冲"
                    )
                )
            }
            return want(
                sysfb,
                en: "vfio-pci releases the firmware's frame buffer of VGA devices only, and this is another class",
                zh: "vfio-pci 只会自动释放 VGA 设备的帧缓冲，而它属于其他类别"
            )
        }
        return ofOlderKernel(function, host)
    }

    /// Whether the firmware shows its picture on a function; nil when it cannot be told.
    static func isBootDisplay(_ function: PCIFunction, _ host: Host) -> Bool? {
        guard function.class.isDisplay else { return false }
        if function.details?.bootVGA == true || !holders(of: function, host).isEmpty { return true }
        let cards = host.display?.cards.filter { $0.functions.last == function.address.description } ?? []
        if cards.contains(where: { $0.bootVGA == true }) { return true }
        let isSeen = function.details?.bootVGA == false || cards.contains { $0.bootVGA == false }
        // Only VGA devices have the mark; of others the map of memory tells.
        let isMapRead = host.display.map { $0.unknown["bootFrameBuffers"] == nil } ?? false
        return isSeen || (isMapRead && function.class.short != 0x0300) ? false : nil
    }

    /// The firmware's frame buffers that lie in the memory of a function.
    private static func holders(of function: PCIFunction, _ host: Host) -> [BootFrameBuffer] {
        let bars = (function.details?.resources ?? []).filter { $0.kind == .memory && $0.index < 6 }
        return (host.display?.bootFrameBuffers ?? []).filter { buffer in
            if buffer.functions.last == function.address.description { return true }
            guard let first = buffer.first, let last = buffer.last else { return false }
            return bars.contains { bar in
                let digits = bar.start.utf8.starts(with: "0x".utf8) ? bar.start.dropFirst(2) : bar.start[...]
                guard let start = UInt64(digits, radix: 16), bar.size > 0 else { return false }
                return first <= start.addingReportingOverflow(bar.size - 1).partialValue && start <= last
            }
        }
    }

    private static func ofOlderKernel(_ function: PCIFunction, _ host: Host) -> WantedArguments {
        let names = Set(holders(of: function, host).map(\.name))
        if names == ["efifb"] {
            return want(efifb, en: "efifb holds its memory (/proc/iomem)", zh: "efifb 占用了它的内存（/proc/iomem）")
        }
        if let name = names.sorted().first {
            return want(
                sysfb,
                en: "\(name) holds its memory (/proc/iomem), and no video= releases that",
                zh: "\(name) 占用了它的内存（/proc/iomem），video= 无法释放"
            )
        }
        let isMapRead = host.display.map { $0.unknown["bootFrameBuffers"] == nil } ?? false
        let isDriven = function.driver != nil && function.driver != "vfio-pci"
        if isMapRead, !isDriven, let line = host.kernel?.arguments {
            // Nobody holds it: by a word that works, or because there is nothing to release.
            for word in [sysfb, efifb] where line.words.contains(where: { $0.text == word }) {
                return want(word, en: "it released the memory at this boot", zh: "本次启动时它释放了内存")
            }
            return .nothing(
                Text(en: "nothing of the firmware holds its memory (/proc/iomem)", zh: "没有固件帧缓冲占用它的内存（/proc/iomem）")
            )
        }
        // Its own driver has taken the place of what held it at boot: what that was follows from how the kernel is built.
        let config = host.kernel?.config
        let options = [config?["SYSFB_SIMPLEFB"], config?["X86_SYSFB"]]
        if options.contains("y") {
            return want(
                sysfb,
                en: "sysfb of this kernel holds its memory from the start (BOOTFB), and no video= releases that",
                zh: "当前内核的 sysfb 在启动时就占用它的内存（BOOTFB），video= 无法释放"
            )
        }
        guard host.firmware?.mode == .efi else {
            return .unknown(
                Text(
                    en: "what held its memory before its own driver cannot be seen",
                    zh: "无法看到在其自身驱动之前是什么占用了它的内存"
                )
            )
        }
        return options.contains(nil)
            ? want(
                sysfb,
                en: "efifb or sysfb holds its memory at boot; this releases it from either",
                zh: "启动时 efifb 或 sysfb 占用它的内存；该参数对两者都有效"
            )
            : want(efifb, en: "efifb holds its memory at boot", zh: "启动时 efifb 占用它的内存")
    }

    private static func want(_ word: String, en: String, zh: String) -> WantedArguments {
        .wanted([WantedArgument(word, Text(en: en, zh: zh))])
    }
}
