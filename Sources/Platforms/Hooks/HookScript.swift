import Wording

/// The small scripts by which those who start guests call passthru. They do nothing, and do it well, where passthru is
/// gone.
public enum HookScript {
    /// Where they expect the program: AppArmor lets libvirt run what is there, and nothing in `/usr/local` or a home.
    public static let program = BootService.program

    /// libvirt's arguments are the guest, the operation, its part, and one more (https://libvirt.org/hooks.html).
    public static let libvirt = script(
        "libvirt: hands devices over when their guest starts, and takes them back when it has stopped.",
        "libvirt"
    )

    /// Proxmox' arguments are the guest's number and the phase (qm(1), hookscript).
    public static let proxmox = script(
        "Proxmox VE: hands devices over when their guest starts, and takes them back when it has stopped.",
        "proxmox"
    )

    private static func script(_ comment: String, _ name: String) -> String {
        """
        #!/bin/sh
        # Made by passthru. \(comment)
        [ -x \(program) ] || exit 0
        exec \(program) hook \(name) "$@"

        """
    }

    /// Whether a script calls passthru, whatever else it does.
    static func callsPassthru(_ bytes: [UInt8]) -> Bool {
        String(decoding: bytes, as: UTF8.self).contains("passthru hook ")
    }
}
