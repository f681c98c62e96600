import Formats
import Inventory
import Machine
import Platforms
import TestHosts
import Testing
import Wording

/// Of several loaders the one that booted counts.
@Suite struct BootChoiceTests {
    private func title(_ host: TestHost) -> String? {
        let machine = host.machine
        let loader = BootLoader.read(machine, BootConfiguration.read(machine))
        return BootPlatforms.find(machine, loader: loader)?.title.en
    }

    private func both(_ first: String, _ second: String) throws -> TestHost {
        var host = try BootHost(second).host
        host.merge(try BootHost(first).host)
        return host
    }

    @Test func theBootedOneOfTwoIsTaken() throws {
        var host = try both("arch-systemd-boot", "debian-two-kernels")
        #expect(title(host) == "the boot entries in /boot/loader/entries")
        host = try both("debian-two-kernels", "arch-systemd-boot")
        host.file(BootHost.path(of: "LoaderInfo"), bytes: BootHost.variable("GRUB 2.06"))
        #expect(title(host) == "GRUB (/etc/default/grub.d)")
        // Without the variable the kernel's line tells.
        host.remove(BootHost.path(of: "LoaderInfo"))
        #expect(title(host) == "GRUB (/etc/default/grub.d)")
    }

    @Test func whenNothingTellsItNoneIsTaken() throws {
        var host = try both("arch-systemd-boot", "debian-two-kernels")
        host.remove(BootHost.path(of: "LoaderInfo"))
        host.file("/proc/cmdline", "root=/dev/sda9")
        #expect(title(host) == nil)
    }

    @Test(arguments: [
        ("fedora-bls", "the boot entries in /boot/loader/entries"), ("pop-os-kernelstub", "kernelstub"),
        ("proxmox-systemd-boot", "proxmox-boot-tool"), ("proxmox-grub-boot-tool", "GRUB"),
        ("arch-uki-cmdline-d", "the unified kernel image"), ("syslinux", "SYSLINUX"),
        ("efi-stub", "the firmware's own"),
    ])
    func eachHasItsOwn(_ name: String, _ beginning: String) throws {
        #expect(title(try BootHost(name).host)?.hasPrefix(beginning) == true)
    }

    @Test func theNumberOfTheLoaderIsBelieved() throws {
        var host = try BootHost("debian-two-kernels").host
        host.file("/proc/sys/kernel/bootloader_type", "49")
        #expect(title(host)?.hasPrefix("SYSLINUX") == true)
        host.file("/proc/sys/kernel/bootloader_type", "114")
        #expect(title(host) == "GRUB (/etc/default/grub.d)")
    }

    @Test func kernelstubsSettingsKeepTheirShape() throws {
        let text = try #require(try BootHost("pop-os-kernelstub").host.text("/etc/kernelstub/configuration"))
        let words = ["intel_iommu=on", "dyndbg=\"file a.c +p\""]
        let after = try #require(KernelstubSettings.edited(Array(text.utf8), ArgumentEdit(add: words)))
        #expect(KernelstubSettings(after)?.options?.suffix(2) == words[...])
        #expect(KernelstubSettings.edited(after, ArgumentEdit(remove: words)) == Array(text.utf8))
        #expect(KernelstubSettings.edited(Array("{}".utf8), ArgumentEdit(add: words)) == nil)
        for empty in ["{\"user\": {\"kernel_options\": []}}", "{\"user\": {\"kernel_options\": [\"a\"]}}"] {
            let after = try #require(
                KernelstubSettings.edited(Array(empty.utf8), ArgumentEdit(remove: ["a"], add: ["b"]))
            )
            #expect(KernelstubSettings(after)?.options == ["b"], "\(empty)")
        }
    }
}
