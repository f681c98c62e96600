import Guests
import Inventory
import Machine
import TestHosts

/// A device of some machine that somebody wants to give to a guest.
struct RecipeScenario: Sendable {
    var name: String
    /// The recipe that should be found.
    var recipe: String
    /// The machine's functions, as `TestHosts` reads them; the first ones are given.
    var lines: String
    /// How many of the functions are given.
    var given = 1
    var guest = GuestShape()
    /// Bytes of a ROM file that somebody brought.
    var rom: [UInt8]?

    static let romPath = "/var/lib/passthru/card.rom"

    func host() throws -> Host {
        let machine = try Manifest.host("recipe", text: lines + "\n").machine
        return Host.read(machine, [.pci, .pciDetails])
    }

    func advice(_ hypervisor: Hypervisor) throws -> [RecipeAdvice] {
        let host = try host()
        // In the order of the lines: sysfs has none.
        let addresses = lines.split(separator: "\n").prefix(given).compactMap { line in
            PCIAddress(line.split(separator: " ")[1])
        }
        let functions = addresses.compactMap { host.function($0) }
        let brought = rom.map { bytes in
            BroughtROM(
                path: Self.romPath,
                contents: ROMVerdict(bytes, for: GuestRecipes.romOwner(among: functions))
            )
        }
        return GuestRecipes.advice(for: functions, on: host, guest: guest, hypervisor: hypervisor, rom: brought)
    }
}

extension RecipeScenario {
    private static let sound = "pci 0000:00:1f.3 8086:7ad0 040300 driver=snd_hda_intel group=9"

    private static func igd(_ id: String, class code: String = "030000") -> String {
        "pci 0000:00:02.0 \(id) \(code) rom vga=1 driver=i915 group=0\n" + sound
    }

    private static let i440fx = GuestShape(machine: .i440fx)
    private static let bios = GuestShape(machine: .i440fx, firmware: .bios)
    private static let uefi = GuestShape(machine: .q35, firmware: .uefi)
    private static let gop = SyntheticROM.image(.efi, vendor: 0x8086, device: 0x4680)
    private static let vbios = SyntheticROM.image(.bios, vendor: 0x8086, device: 0x4680)

    static let all: [RecipeScenario] = graphics + cards + others

    private static let graphics: [RecipeScenario] = [
        .init(name: "igd-upt", recipe: "igd_upt", lines: igd("8086:4680")),
        .init(name: "igd-upt-rom", recipe: "igd_upt", lines: igd("8086:4680"), guest: uefi, rom: gop),
        .init(name: "igd-upt-rom-of-bios", recipe: "igd_upt", lines: igd("8086:4680"), guest: uefi, rom: vbios),
        .init(name: "igd-upt-not-vga", recipe: "igd_upt", lines: igd("8086:a780", class: "038000")),
        .init(
            name: "igd-upt-seabios",
            recipe: "igd_upt",
            lines: igd("8086:4e61"),
            guest: GuestShape(machine: .q35, firmware: .bios, hasEmulatedVideo: false)
        ),
        .init(name: "igd-upt-kabylake", recipe: "igd_upt", lines: igd("8086:5912")),
        .init(name: "igd-upt-meteorlake", recipe: "igd_upt", lines: igd("8086:7d55")),
        .init(
            name: "igd-upt-with-vfs",
            recipe: "igd_upt",
            lines: "pci 0000:00:02.0 8086:a780 030000 rom vga=1 driver=i915 group=0 vfs=2/7@1+1:a780 caps=sriov\n"
                + "pci 0000:00:02.1 8086:a780 030000 group=1 pf=0000:00:02.0\n"
                + "pci 0000:00:02.2 8086:a780 030000 group=2 pf=0000:00:02.0"
        ),
        .init(
            name: "igd-secondary",
            recipe: "igd_secondary",
            lines: igd("8086:9bc5"),
            guest: GuestShape(hasEmulatedVideo: true)
        ),
        .init(
            name: "igd-secondary-i440fx",
            recipe: "igd_secondary",
            lines: igd("8086:3e92"),
            guest: GuestShape(machine: .i440fx, firmware: .bios, hasEmulatedVideo: true)
        ),
        .init(name: "igd-uefi-i440fx", recipe: "igd_uefi_i440fx", lines: igd("8086:9a49"), guest: i440fx, rom: nil),
        .init(
            name: "igd-uefi-i440fx-coffeelake",
            recipe: "igd_uefi_i440fx",
            lines: igd("8086:3e92"),
            guest: GuestShape(machine: .i440fx, firmware: .uefi)
        ),
        .init(name: "igd-legacy", recipe: "igd_legacy", lines: igd("8086:1912"), guest: i440fx),
        .init(name: "igd-legacy-cometlake", recipe: "igd_legacy", lines: igd("8086:9bc5"), guest: bios),
        .init(name: "igd-legacy-amberlake", recipe: "igd_legacy", lines: igd("8086:87ca"), guest: bios),
        .init(
            name: "igd-legacy-no-rom",
            recipe: "igd_legacy",
            lines: "pci 0000:00:02.0 8086:1912 030000 vga=1 driver=i915 group=0",
            guest: bios
        ),
        .init(name: "igd-legacy-gen12", recipe: "igd_upt", lines: igd("8086:4680"), guest: bios),
        .init(name: "igd-early", recipe: "igd_early", lines: igd("8086:0412")),
        .init(name: "igd-early-q35", recipe: "igd_early", lines: igd("8086:0162"), guest: uefi),
        .init(
            name: "igd-vf",
            recipe: "igd_vf",
            lines: "pci 0000:00:02.1 8086:a780 030000 group=1 pf=0000:00:02.0\n"
                + "pci 0000:00:02.0 8086:a780 030000 rom vga=1 driver=i915 group=0 vfs=1/7@1+1:a780 caps=sriov"
        ),
        .init(name: "igd-unknown", recipe: "igd_unknown", lines: igd("8086:ffff")),
        .init(name: "sound-platform", recipe: "sound_platform", lines: sound),
    ]

    private static func card(_ id: String, _ audio: String, boot: Bool = false, code: String = "030000") -> String {
        let place = "group=12 parent=0000:00:01.0 express=endpoint"
        return "pci 0000:01:00.0 \(id) \(code) rom vga=\(boot ? 1 : 0) \(place) caps=rebar\n"
            + "pci 0000:01:00.1 \(audio) 040300 \(place)"
    }

    private static let cards: [RecipeScenario] = [
        .init(
            name: "gpu-nvidia",
            recipe: "gpu_nvidia",
            lines: card("10de:1e84", "10de:10f8") + "\n"
                + "pci 0000:01:00.2 10de:1ad8 0c0330 group=12 parent=0000:00:01.0 express=endpoint\n"
                + "pci 0000:01:00.3 10de:1ad9 0c8000 group=12 parent=0000:00:01.0 express=endpoint",
            given: 4
        ),
        .init(name: "gpu-nvidia-alone", recipe: "gpu_nvidia", lines: card("10de:1b80", "10de:10f0", boot: true)),
        .init(
            name: "gpu-nvidia-bios",
            recipe: "gpu_nvidia",
            lines: card("10de:1b80", "10de:10f0"),
            given: 2,
            guest: GuestShape(machine: .q35, firmware: .bios, hasEmulatedVideo: false)
        ),
        .init(
            name: "gpu-nvidia-boot-rom",
            recipe: "gpu_nvidia",
            lines: card("10de:1b80", "10de:10f0", boot: true),
            given: 2,
            guest: uefi,
            rom: SyntheticROM.image(.bios, vendor: 0x10DE, device: 0x1B80, isLast: false)
                + SyntheticROM.image(.efi, vendor: 0x10DE, device: 0x1B80)
        ),
        .init(
            name: "gpu-nvidia-rom-with-header",
            recipe: "gpu_nvidia",
            lines: card("10de:1b80", "10de:10f0", boot: true),
            given: 2,
            rom: SyntheticROM.nvidiaHeader + SyntheticROM.image(.bios, vendor: 0x10DE, device: 0x1B80)
        ),
        .init(
            name: "gpu-nvidia-3d",
            recipe: "gpu_nvidia",
            lines: card("10de:20b0", "10de:10f0", code: "030200"),
            given: 1
        ),
        .init(name: "gpu-amd-polaris", recipe: "gpu_amd", lines: card("1002:67df", "1002:aaf0"), given: 2),
        .init(name: "gpu-amd-vega", recipe: "gpu_amd", lines: card("1002:687f", "1002:aaf8"), given: 2),
        .init(name: "gpu-amd-navi1", recipe: "gpu_amd", lines: card("1002:731f", "1002:ab38", boot: true), given: 2),
        .init(name: "gpu-amd-navi2", recipe: "gpu_amd", lines: card("1002:73bf", "1002:ab28"), given: 2),
        .init(name: "gpu-amd-navi3", recipe: "gpu_amd", lines: card("1002:744c", "1002:ab30"), given: 2),
        .init(
            name: "gpu-amd-apu",
            recipe: "gpu_amd_apu",
            lines: "pci 0000:05:00.0 1002:1638 030000 vga=1 group=20 parent=0000:00:08.1 express=legacy\n"
                + "pci 0000:05:00.1 1002:1637 040300 group=20 parent=0000:00:08.1 express=endpoint"
        ),
        .init(name: "gpu-intel", recipe: "gpu_intel", lines: card("8086:56a0", "8086:4f90"), given: 1),
        .init(name: "gpu-other", recipe: "gpu", lines: "pci 0000:03:00.0 1a03:2000 030000 rom vga=1 group=7"),
    ]

    private static let others: [RecipeScenario] = [
        .init(
            name: "nvme",
            recipe: "nvme",
            lines: "pci 0000:02:00.0 144d:a808 010802 group=13 caps=flr"
        ),
        .init(
            name: "nvme-sm2263",
            recipe: "nvme",
            lines: "pci 0000:02:00.0 126f:2263 010802 group=13"
        ),
        .init(
            name: "nvme-slow-reset",
            recipe: "nvme",
            lines: "pci 0000:02:00.0 8086:0a54 010802 group=13"
        ),
        .init(name: "hba", recipe: "hba", lines: "pci 0000:04:00.0 1000:0097 010700 rom group=15 express=endpoint"),
        .init(name: "sata", recipe: "sata", lines: "pci 0000:00:17.0 8086:a352 010601 group=6"),
        .init(
            name: "nic",
            recipe: "nic",
            lines: "pci 0000:06:00.0 8086:1521 020000 rom group=16 express=endpoint\n"
                + "pci 0000:06:00.1 8086:1521 020000 rom group=17 express=endpoint",
            given: 2
        ),
        .init(
            name: "nic-with-vfs",
            recipe: "nic",
            lines: "pci 0000:06:00.0 8086:1521 020000 rom group=16 vfs=2/7@16+4:1520 caps=sriov\n"
                + "pci 0000:06:10.0 8086:1520 020000 group=18 pf=0000:06:00.0\n"
                + "pci 0000:06:10.4 8086:1520 020000 group=19 pf=0000:06:00.0"
        ),
        .init(
            name: "nic-vf",
            recipe: "nic_vf",
            lines: "pci 0000:06:10.0 8086:1520 020000 group=18 pf=0000:06:00.0\n"
                + "pci 0000:06:10.4 8086:1520 020000 group=19 pf=0000:06:00.0\n"
                + "pci 0000:06:00.0 8086:1521 020000 rom group=16 vfs=2/7@16+4:1520 caps=sriov",
            given: 2
        ),
        .init(name: "nic-bcm57810", recipe: "nic", lines: "pci 0000:06:00.0 14e4:168e 020000 rom group=16"),
        .init(name: "usb-controller", recipe: "usb_controller", lines: "pci 0000:00:14.0 8086:a2af 0c0330 group=4"),
        .init(
            name: "usb-controller-matisse",
            recipe: "usb_controller",
            lines: "pci 0000:0e:00.3 1022:149c 0c0330 group=30\npci 0000:0e:00.4 1022:1487 040300 group=31"
        ),
        .init(name: "sound", recipe: "sound", lines: "pci 0000:0e:00.4 1022:1487 040300 group=31"),
        .init(name: "generic", recipe: "generic", lines: "pci 0000:07:00.0 1a2b:0001 120000 group=21"),
    ]
}
