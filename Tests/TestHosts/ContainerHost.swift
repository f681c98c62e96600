public import Machine

/// A machine with iStoreOS' containers for guests, seen as the live one.
public struct ContainerHost {
    public static let id = String(repeating: "0123456789abcdef", count: 4)
    public static let data = "/mnt/data_nvme0n1/webvirtcloud"

    /// What the host has: the mounts of iStoreOS with Docker's folder on a disk.
    public var tree: LiveTree
    /// What libvirt's container sees.
    public let inside = ProgramTree()

    public init(_ host: TestHost) {
        tree = LiveTree(host)
        tree.process(1, "procd")
        tree.base.put("/sbin/procd\0", at: "/proc/1/cmdline")
        tree.base.put(.symbolicLink("mnt:[4026531841]"), at: "/proc/self/ns/mnt")
        tree.base.put(
            """
            20 1 259:2 / /rom ro,relatime - squashfs /dev/root ro
            22 20 259:3 / /overlay rw,noatime - ext4 /dev/nvme0n1p3 rw
            23 20 0:20 / / rw,noatime - overlay overlayfs:/overlay rw,lowerdir=/,upperdir=/overlay/upper
            24 23 0:5 / /dev rw,nosuid - tmpfs tmpfs rw
            30 23 259:5 / /mnt/data_nvme0n1 rw - ext4 /dev/nvme0n1p5 rw
            31 23 259:5 /docker /overlay/upper/opt/docker rw - ext4 /dev/nvme0n1p5 rw
            40 30 0:57 / /mnt/data_nvme0n1/docker/overlay2/abc/merged rw - overlay overlay rw,lowerdir=x

            """,
            at: "/proc/self/mountinfo"
        )
        tree.base.put(
            "config globals 'globals'\n\toption data_root '/mnt/data_nvme0n1/docker/'\n",
            at: "/etc/config/dockerd"
        )
        tree.base.put(
            "config main\n\toption config_path '\(Self.data)'\n\toption http_port '6009'\n",
            at: "/etc/config/webvirtcloud"
        )
        let note = "/mnt/data_nvme0n1/docker/containers/\(Self.id)/"
        tree.base.put(#"{"State":{},"ID":"\#(Self.id)","Name":"/webvirtcloud"}"#, at: note + "config.v2.json")
        tree.base.put(#"{"Binds":[],"Privileged":true}"#, at: note + "hostconfig.json")
    }

    /// Writes a domain where the container keeps it: the host and the container have one file.
    public mutating func domain(_ name: String, _ text: String) {
        tree.base.put(text, at: "\(Self.data)/libvirt/qemu/\(name).xml")
        inside.base.put(text, at: "/etc/libvirt/qemu/\(name).xml")
    }

    /// Starts libvirtd in it.
    public mutating func start(
        pid: Int = 77,
        limit: String = "unlimited",
        capabilities: String = "000001ffffffffff"
    ) {
        process(pid, "/usr/sbin/libvirtd\0--listen\0")
        tree.base.put(
            "Limit  Soft Limit  Hard Limit  Units\nMax locked memory         \(limit)    \(limit)    bytes\n",
            at: "/proc/\(pid)/limits"
        )
        tree.base.put("Name:\tlibvirtd\nCapEff:\t\(capabilities)\n", at: "/proc/\(pid)/status")
        inside.base.put(.file([], mode: 0o755), at: "/usr/bin/virsh")
        inside.base.put(.file([], mode: 0o755), at: "/usr/bin/qemu-system-x86_64")
        inside.base.put("", at: "/run/libvirt/libvirt-sock")
    }

    /// Any process in it.
    public mutating func process(_ pid: Int, _ words: String) {
        let folder = "/proc/\(pid)"
        tree.base.put(words, at: folder + "/cmdline")
        tree.base.put("0::/docker/\(Self.id)\n", at: folder + "/cgroup")
        tree.base.put(.symbolicLink("/"), at: folder + "/root")
        tree.base.put(.symbolicLink("mnt:[4026532577]"), at: folder + "/ns/mnt")
        tree.base.put(
            """
            600 500 0:57 / / rw - overlay overlay rw,lowerdir=x
            601 600 0:60 / /dev rw - tmpfs tmpfs rw
            602 600 259:5 /webvirtcloud/libvirt /etc/libvirt rw - ext4 /dev/nvme0n1p5 rw
            603 600 259:5 /webvirtcloud/images /var/lib/libvirt/images rw - ext4 /dev/nvme0n1p5 rw
            604 600 259:5 /docker/containers/\(Self.id)/hostname /etc/hostname rw - ext4 /dev/nvme0n1p5 rw

            """,
            at: folder + "/mountinfo"
        )
        tree.insides[pid] = inside
    }

    public var machine: Machine { Machine(tree) }
}
