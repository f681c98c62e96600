import Machine

/// How long programs of a plan may take. Ending one in the middle can leave what does not boot, so that the time is far
/// beyond what a slow machine needs.
enum ProgramLimits {
    /// Milliseconds that a program may take.
    static func milliseconds(_ path: String) -> Int {
        minutes[Machine.lastComponent(of: path), default: usual] * 60_000
    }

    /// Milliseconds that one whose time is over has to end by itself after SIGTERM.
    static let grace = 10_000

    private static let usual = 2

    private static let minutes: [String: Int] = {
        // On a router's eMMC an initramfs takes minutes, and there is one for each kernel.
        let makeImages = ["update-initramfs", "mkinitcpio", "dracut", "kernel-install", "kernelstub"]
        // They look for systems on every disk (os-prober), or copy all kernels to every boot disk.
        let writeLoaders = ["update-grub", "grub-mkconfig", "grub2-mkconfig", "grub", "proxmox-boot-tool"]
        // Debian's networking.service itself waits five minutes for an address.
        let restartNetworks = ["systemctl", "ifreload", "networking", "network"]
        var minutes: [String: Int] = [:]
        for name in makeImages + writeLoaders { minutes[name] = 20 }
        for name in restartNetworks { minutes[name] = 6 }
        return minutes
    }()
}
