/// The service that runs `passthru boot` at every start, in the words of each service manager. What stands in the
/// folder `packaging` is the same text.
public enum BootService {
    /// Where the service expects the program.
    public static let program = "/usr/sbin/passthru"

    // MARK: OpenWrt

    public static let initScriptPath = "/etc/init.d/passthru"
    /// What makes procd's rc run it: `/etc/init.d/passthru enable` makes the same link.
    public static let initLinkPath = "/etc/rc.d/S09passthru"
    public static let initLinkTarget = "../init.d/passthru"

    /// The number puts it before `boot` (10), whose kmodloader loads the drivers, and `network` (20): what was told to
    /// belong to a guest by then is left alone by them. `/etc`, with the journal, is there already.
    public static let initScript = """
        #!/bin/sh /etc/rc.common
        # OpenWrt: puts back what a power failure left half done, and binds the devices that belong to guests, before drivers
        # are loaded and the network is started.
        START=09

        boot() {
        	/usr/sbin/passthru boot
        }

        start() {
        	boot
        }

        """

    // MARK: systemd

    public static let earlyUnitPath = "/etc/systemd/system/passthru-early.service"
    public static let earlyLinkPath = "/etc/systemd/system/sysinit.target.wants/passthru-early.service"
    public static let unitPath = "/etc/systemd/system/passthru.service"
    public static let linkPath = "/etc/systemd/system/multi-user.target.wants/passthru.service"

    /// Binds before udev loads the drivers. It needs nothing but `/`, which may still be read-only: the journal in `/var`
    /// cannot be waited for, because udev has to find `/var`'s disk first.
    public static let earlyUnit = """
        # systemd: binds the devices that belong to guests before udev loads their drivers. Needs no more than / read-only.
        [Unit]
        Description=Bind the devices of guests to vfio-pci
        Documentation=man:passthru(8)
        DefaultDependencies=no
        After=systemd-journald.socket
        Before=systemd-modules-load.service systemd-udev-trigger.service sysinit.target shutdown.target
        Conflicts=shutdown.target

        [Service]
        Type=oneshot
        RemainAfterExit=yes
        ExecStart=/usr/sbin/passthru boot --early

        [Install]
        WantedBy=sysinit.target

        """

    /// All that needs the journal, and the binding once more for what only appeared since; before anything starts that a
    /// device could matter to.
    public static let unit = """
        # systemd: puts back what a power failure left half done, and looks after what passthru-early.service has bound, before
        # the network, displays and guests are started.
        [Unit]
        Description=Devices of guests, and interrupted passthru transactions
        Documentation=man:passthru(8)
        DefaultDependencies=no
        RequiresMountsFor=/var/lib/passthru
        After=local-fs.target passthru-early.service
        Before=display-manager.service network-pre.target libvirtd.service virtqemud.service pve-guests.service
        Before=shutdown.target
        Wants=network-pre.target
        Conflicts=shutdown.target

        [Service]
        Type=oneshot
        RemainAfterExit=yes
        ExecStart=/usr/sbin/passthru boot

        [Install]
        WantedBy=multi-user.target

        """
}
