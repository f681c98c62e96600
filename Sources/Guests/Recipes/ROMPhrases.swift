internal import Formats
internal import Inventory
internal import Wording

/// What ``ROMVerdict`` says, in words.
enum ROMPhrases {
    typealias Finding = ROMVerdict.Finding

    static func finding(_ finding: OptionROM.Finding, in rom: OptionROM, firmware: GuestFirmware?) -> Finding {
        switch finding {
        case .empty:
            problem("The file is empty.", "文件是空的。")
        case .uniform(let byte):
            uniform(byte)
        case .foreign(let what):
            foreign(what)
        case .noSignature:
            problem(
                "This is no expansion ROM: it does not begin with 55 aa, and there is none further on.",
                "这不是扩展 ROM：开头不是 55 aa，后面也没有。"
            )
        case .header(let start, let isNVIDIA):
            header(start, isNVIDIA)
        case .noDataStructure(let offset):
            problem(
                "The image at byte \(offset) has no PCI data structure (PCIR): the file is damaged.",
                "第 \(offset) 字节处的镜像没有 PCI 数据结构（PCIR）：文件已损坏。"
            )
        case .noLength(let offset):
            problem(
                "The image at byte \(offset) says that its length is 0: the file is damaged.",
                "第 \(offset) 字节处的镜像声明长度为 0：文件已损坏。"
            )
        case .cutOff(let offset, let end, let size):
            problem(
                "The image at byte \(offset) goes on to byte \(end), and the file ends at \(size): it was cut off.",
                "第 \(offset) 字节处的镜像应到第 \(end) 字节，而文件只到 \(size)：文件不完整。"
            )
        case .noLastImage(let offset):
            Finding(
                level: .warning,
                text: Text(
                    en: "No image is marked as the last one, and none follows byte \(offset): the end may be missing.",
                    zh: "没有镜像标为最后一个，而第 \(offset) 字节之后也没有镜像：可能缺了结尾。"
                )
            )
        case .badChecksum(let offset):
            badChecksum(offset, rom, firmware)
        case .noEFISignature(let offset):
            problem(
                "The UEFI image at byte \(offset) lacks its signature 0ef1: no firmware starts it.",
                "第 \(offset) 字节处的 UEFI 镜像缺少签名 0ef1：任何固件都不会启动它。"
            )
        case .trailing(let count, let isNVIDIA):
            trailing(count, isNVIDIA)
        }
    }

    /// Whether the ROM is for the device that it is to stand behind.
    static func match(_ rom: OptionROM, _ function: PCIFunction) -> [Finding] {
        let vendor = function.vendor.value
        let device = function.device.value
        if rom.images.contains(where: { $0.isFor(vendor: vendor, device: device) }) {
            let address = function.address
            return [note("It is for \(function.id), as \(address) is.", "它用于 \(function.id)，与 \(address) 相符。")]
        }
        guard let first = rom.images.first else { return [] }
        let id = "\(HardwareID(first.vendor)):\(HardwareID(first.device))"
        guard first.vendor == vendor, vendor == 0x8086, function.class.isDisplay else {
            return [
                problem(
                    "It is for \(id), but \(function.address) is \(function.id): take the ROM of this very model.",
                    "它用于 \(id)，而 \(function.address) 是 \(function.id)：请使用该型号自己的 ROM。"
                )
            ]
        }
        return [
            Finding(
                level: .warning,
                text: Text(
                    en: """
                        It says \(id), and \(function.address) is \(function.id). Intel gives one ROM to many graphics of a \
                        generation, so it may be the right one: but SeaBIOS runs it only with the same id, which QEMU puts \
                        into a ROM that it reads from the device, and into a file only in its newest versions.
                        """,
                    zh: """
                        它标的是 \(id)，而 \(function.address) 是 \(function.id)。Intel 同一代的多款核显共用一个 ROM，\
                        因此它可能正合适：但 SeaBIOS 只运行 ID 相同的 ROM；QEMU 会改写从设备读到的 ROM 的 ID，\
                        对文件则只有最新版本才会改写。
                        """
                )
            )
        ]
    }

    /// Which guests can use it.
    static func use(_ rom: OptionROM, _ firmware: GuestFirmware?) -> [Finding] {
        switch firmware {
        case .uefi? where !rom.hasEFI:
            [
                problem(
                    "It has no part for UEFI on x86-64, so a guest with UEFI firmware (OVMF) does nothing with it.",
                    "其中没有 x86-64 UEFI 部分，UEFI 固件（OVMF）的虚拟机用不上它。"
                )
            ]
        case .bios? where !rom.hasBIOS:
            [
                problem(
                    "It has no part for a BIOS, so a guest with SeaBIOS does nothing with it.",
                    "其中没有 BIOS 部分，SeaBIOS 虚拟机用不上它。"
                )
            ]
        case .uefi?, .bios?: []
        case nil:
            switch (rom.hasBIOS, rom.hasEFI) {
            case (true, true): [note("It serves guests with UEFI and with a BIOS.", "UEFI 和 BIOS 的虚拟机都能使用。")]
            case (false, true): [note("It serves guests with UEFI only.", "只能用于 UEFI 的虚拟机。")]
            case (true, false): [note("It serves guests with a BIOS only.", "只能用于 BIOS 的虚拟机。")]
            case (false, false):
                [
                    problem(
                        "No image in it is for the firmware of a PC: neither for a BIOS nor for UEFI on x86-64.",
                        "其中没有适用于 PC 固件的镜像：既没有 BIOS 的，也没有 x86-64 UEFI 的。"
                    )
                ]
            }
        }
    }

    private static func uniform(_ byte: UInt8) -> Finding {
        switch byte {
        case 0xFF:
            problem(
                "All bytes are ff: the device did not answer when it was read, or its ROM is empty.",
                "全部字节都是 ff：读取时设备没有应答，或者它的 ROM 是空的。"
            )
        case 0:
            problem(
                "All bytes are 0: the ROM was not switched on when it was read, or the device was asleep.",
                "全部字节都是 0：读取时 ROM 没有启用，或者设备处于休眠。"
            )
        default:
            problem("All bytes are \(hex(byte, width: 2)): this is no ROM.", "全部字节都是 \(hex(byte, width: 2))：这不是 ROM。")
        }
    }

    private static func foreign(_ what: OptionROM.Foreign) -> Finding {
        switch what {
        case .efiProgram:
            problem(
                """
                This is a UEFI driver by itself (an .efi file), not a ROM: EfiRom of EDK2 puts it into one \
                (EfiRom -f VENDOR -i DEVICE -e FILE -o ROM).
                """,
                """
                这只是 UEFI 驱动本身（.efi 文件），不是 ROM：可用 EDK2 的 EfiRom 封装\
                （EfiRom -f 厂商 -i 设备 -e 文件 -o ROM）。
                """
            )
        case .firmwareImage:
            problem(
                """
                This is the firmware of a board, or a part of it: the ROM of a device is a small part of that and has to be \
                extracted first (UEFITool and the like do it).
                """,
                "这是主板的整个固件或其中一部分：设备的 ROM 只是其中一小块，需要先提取出来（可用 UEFITool 等工具）。"
            )
        case .gzip: packed("gzip")
        case .zip: packed("zip")
        case .xz: packed("xz")
        case .sevenZip: packed("7-Zip")
        case .rar: packed("RAR")
        case .text:
            problem(
                "This is text, a web page perhaps: the download was not the file itself.",
                "这是文本，可能是网页：下载到的不是文件本身。"
            )
        }
    }

    private static func packed(_ name: String) -> Finding {
        problem("This is a \(name) archive: unpack it first.", "这是 \(name) 压缩文件：请先解压。")
    }

    private static func header(_ start: Int, _ isNVIDIA: Bool) -> Finding {
        let cut = "tail -c +\(start + 1) OLD > NEW"
        guard isNVIDIA else {
            return problem(
                "Something else stands before the ROM, which begins at byte \(start): cut it off (\(cut)).",
                "ROM 前面还有别的内容，真正的 ROM 从第 \(start) 字节开始：请去掉前面的部分（\(cut)）。"
            )
        }
        return problem(
            """
            NVIDIA's header stands before the ROM, which begins at byte \(start): a guest does not find it behind that. \
            Cut it off (\(cut)).
            """,
            "ROM 前面有 NVIDIA 的文件头，真正的 ROM 从第 \(start) 字节开始，虚拟机找不到它：请去掉文件头（\(cut)）。"
        )
    }

    private static func badChecksum(_ offset: Int, _ rom: OptionROM, _ firmware: GuestFirmware?) -> Finding {
        // UEFI does not look at it.
        let isNeeded = firmware == .bios || (firmware == nil && !rom.hasEFI)
        return Finding(
            level: isNeeded ? .problem : .warning,
            text: Text(
                en: """
                    The checksum of the BIOS image at byte \(offset) is wrong, so a BIOS does not run it: the file is \
                    damaged, or was dumped from a card whose firmware had changed it in memory.
                    """,
                zh: """
                    第 \(offset) 字节处的 BIOS 镜像校验和错误，BIOS 不会运行它：文件已损坏，\
                    或者转储时它在内存中已被固件改动。
                    """
            )
        )
    }

    private static func trailing(_ count: Int, _ isNVIDIA: Bool) -> Finding {
        isNVIDIA
            ? note(
                "\(count) bytes of NVIDIA's own follow the last image, as usual.",
                "最后一个镜像之后还有 \(count) 字节 NVIDIA 自有数据，这是正常的。"
            )
            : note(
                "\(count) bytes follow the last image; no firmware looks at them.",
                "最后一个镜像之后还有 \(count) 字节，固件不会理会。"
            )
    }

    private static func problem(_ en: String, _ zh: String) -> Finding {
        Finding(level: .problem, text: Text(en: en, zh: zh))
    }

    private static func note(_ en: String, _ zh: String) -> Finding {
        Finding(level: .note, text: Text(en: en, zh: zh))
    }
}
