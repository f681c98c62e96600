import Changes
import Inventory
import Machine
import Wording

/// What carries the udev rule and vfio into the initramfs, where display, storage and USB drivers load long before any
/// service could run.
enum Initramfs {
    /// Builders of initramfs images.
    private enum Builder { case initramfsTools, dracut, mkinitcpio }

    private static func builder(on machine: Machine) -> Builder? {
        if machine.exists("/etc/initramfs-tools") { return .initramfsTools }
        if machine.exists("/etc/dracut.conf.d") || machine.program("dracut") != nil { return .dracut }
        if machine.exists("/etc/mkinitcpio.conf") { return .mkinitcpio }
        return nil
    }

    static func files(on machine: Machine) -> [BootFile] {
        let reason = Text(en: "puts the rule and vfio into the initramfs", zh: "把规则和 vfio 放进 initramfs")
        switch builder(on: machine) {
        case .initramfsTools:
            return [
                BootFile(
                    path: "/etc/initramfs-tools/hooks/passthru",
                    content: .text(hook, mode: 0o755),
                    reason: reason
                )
            ]
        case .dracut:
            // Only files whose names end in .conf are read.
            return [
                BootFile(
                    path: "/etc/dracut.conf.d/passthru.conf",
                    content: .text(
                        """
                        # Made by passthru.
                        add_drivers+=" vfio_iommu_type1 vfio-pci "
                        install_items+=" \(SystemdBoot.rulePath) "

                        """,
                        mode: 0o644
                    ),
                    reason: reason
                )
            ]
        case .mkinitcpio:
            return [
                BootFile(
                    path: "/etc/mkinitcpio.conf.d/passthru.conf",
                    content: .text(
                        """
                        # Made by passthru.
                        MODULES+=(vfio_iommu_type1 vfio-pci)
                        FILES+=(\(SystemdBoot.rulePath))

                        """,
                        mode: 0o644
                    ),
                    reason: reason
                )
            ]
        case nil: return []
        }
    }

    /// As initramfs-tools(7) describes hooks.
    private static let hook = """
        #!/bin/sh
        # Made by passthru: puts its udev rule and vfio into the initramfs.
        case "$1" in
        prereqs)
            exit 0
            ;;
        esac
        . /usr/share/initramfs-tools/hook-functions
        manual_add_modules vfio_iommu_type1 vfio-pci
        if [ -e \(SystemdBoot.rulePath) ]; then
            mkdir -p "$DESTDIR/etc/udev/rules.d"
            cp -p \(SystemdBoot.rulePath) "$DESTDIR/etc/udev/rules.d/"
        fi

        """

    /// The program that makes the image anew, with its arguments; nil where none is known.
    static func program(on machine: Machine) -> (path: String, arguments: [String])? {
        func found(_ name: String, _ arguments: String...) -> (path: String, arguments: [String])? {
            machine.program(name).map { ($0, arguments) }
        }
        switch builder(on: machine) {
        case .initramfsTools: return found("update-initramfs", "-u")
        case .dracut: return found("dracut", "-f")
        case .mkinitcpio: return found("mkinitcpio", "-P")
        case nil: return nil
        }
    }
}

extension BootBindingFiles {
    /// Runs the builder, and again when the files are taken back: an image is too large to be kept.
    mutating func rebuildInitramfs(_ machine: Machine) {
        guard let program = Initramfs.program(on: machine) else {
            warnings.append(
                Text(
                    en: """
                        Nothing that passthru knows builds this system's initramfs: if it loads the driver of such a \
                        device, the device is taken from it later in the boot.
                        """,
                    zh: "passthru 不认识本系统的 initramfs 生成工具：若其中会加载这类设备的驱动，则要到启动后期才会收回设备。"
                )
            )
            return
        }
        changes.append(
            .program(
                program.path,
                program.arguments,
                isRepeatedAfterUndo: true,
                reason: Text(en: "makes the initramfs anew", zh: "重新生成 initramfs")
            )
        )
    }
}
