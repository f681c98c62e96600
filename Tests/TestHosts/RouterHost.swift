/// An OpenWrt router: br-lan over two ports, PPPoE over a VLAN of the third, overlay root on an NVMe disk.
public let routerManifest = """
    [/sys/class/mem]
    [/sys/class/misc]
    [/sys/bus/platform]

    [net /sys/devices/pci0000:00/0000:00:1c.0/0000:01:00.0/net/eth0]
    address = 02:00:00:00:00:01
    flags = 0x1103
    ifindex = 2
    operstate = up
    carrier = 1
    mtu = 1500
    speed = 2500
    device -> ../../../0000:01:00.0
    master -> ../../../../../virtual/net/br-lan
    upper_br-lan -> ../../../../../virtual/net/br-lan
    phys_port_id ! EINVAL
    [/sys/devices/pci0000:00/0000:00:1c.0/0000:01:00.0]
    driver -> ../../../../bus/pci/drivers/igc

    [net /sys/devices/pci0000:00/0000:00:1c.1/0000:02:00.0/net/eth1]
    address = 02:00:00:00:00:02
    flags = 0x1003
    ifindex = 3
    operstate = up
    carrier = 1
    mtu = 1500
    speed = 1000
    device -> ../../../0000:02:00.0
    upper_eth1.2 -> ../../../../../virtual/net/eth1.2
    [/sys/devices/pci0000:00/0000:00:1c.1/0000:02:00.0]
    driver -> ../../../../bus/pci/drivers/igc

    [net /sys/devices/pci0000:00/0000:00:1c.2/0000:03:00.0/net/eth2]
    address = 02:00:00:00:00:03
    flags = 0x1002
    ifindex = 4
    operstate = down
    carrier ! EINVAL
    mtu = 1500
    speed ! EINVAL
    device -> ../../../0000:03:00.0
    master -> ../../../../../virtual/net/br-lan
    upper_br-lan -> ../../../../../virtual/net/br-lan

    [net /sys/devices/virtual/net/br-lan]
    address = 02:00:00:00:00:01
    flags = 0x1003
    ifindex = 5
    operstate = up
    carrier = 1
    mtu = 1500
    speed = 2500
    bridge/
    lower_eth0 -> ../../../pci0000:00/0000:00:1c.0/0000:01:00.0/net/eth0
    lower_eth2 -> ../../../pci0000:00/0000:00:1c.2/0000:03:00.0/net/eth2
    uevent = DEVTYPE=bridge

    [net /sys/devices/virtual/net/eth1.2]
    address = 02:00:00:00:00:02
    flags = 0x1003
    ifindex = 6
    operstate = up
    carrier = 1
    mtu = 1500
    speed = 1000
    lower_eth1 -> ../../../pci0000:00/0000:00:1c.1/0000:02:00.0/net/eth1
    uevent = DEVTYPE=vlan

    [net /sys/devices/virtual/net/pppoe-wan]
    address =
    flags = 0x10d1
    ifindex = 7
    operstate = unknown
    carrier = 1
    mtu = 1492
    speed ! EINVAL
    uevent = DEVTYPE=ppp

    [net /sys/devices/virtual/net/wg0]
    address =
    flags = 0x90
    ifindex = 8
    operstate = down
    mtu = 1420
    carrier ! EINVAL
    speed ! EINVAL
    uevent = DEVTYPE=wireguard

    [net /sys/devices/virtual/net/lo]
    address = 00:00:00:00:00:00
    flags = 0x9
    ifindex = 1
    operstate = unknown
    carrier = 1
    mtu = 65536
    speed ! EINVAL

    [/proc/net]
    dev =
    pppoe <<
    Id       Address              Device
    00000A01 02:aa:bb:cc:dd:ee   eth1.2
    .
    route <<
    Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
    pppoe-wan	00000000	01004064	0003	0	0	0	00000000	0	0	0
    pppoe-wan	01004064	00000000	0005	0	0	0	FFFFFFFF	0	0	0
    br-lan	0064A8C0	00000000	0001	0	0	0	00FFFFFF	0	0	0
    *	0000000A	00000000	0200	0	0	0	000000FF	0	0	0
    .
    fib_trie <<
    Main:
      +-- 0.0.0.0/0 3 0 5
         |-- 100.64.0.1
            /32 link UNICAST
    Local:
      +-- 0.0.0.0/0 3 0 5
         |-- 127.0.0.0
            /8 host LOCAL
         |-- 127.0.0.1
            /32 host LOCAL
         |-- 100.64.0.9
            /32 host LOCAL
         |-- 192.168.100.1
            /32 host LOCAL
         |-- 192.168.100.255
            /32 link BROADCAST
    .
    if_inet6 <<
    00000000000000000000000000000001 01 80 10 80       lo
    fe80000000000000000000fffe000001 05 40 20 80   br-lan
    .
    ipv6_route <<
    fe800000000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001   br-lan
    fe80000000000000000000fffe000001 80 00000000000000000000000000000000 00 00000000000000000000000000000000 00000000 00000002 00000000 80200001   br-lan
    ff000000000000000000000000000000 08 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000003 00000000 00000001   br-lan
    00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo
    .
    vlan/config <<
    VLAN Dev name	 | VLAN ID
    Name-Type: VLAN_NAME_TYPE_RAW_PLUS_VID_NO_PAD
    eth1.2         | 2  | eth1
    .

    [block /sys/devices/pci0000:00/0000:00:1d.0/0000:04:00.0/nvme/nvme0/nvme0n1]
    size = 500118192
    dev = 259:0
    ro = 0
    removable = 0
    queue/rotational = 0
    wwid = eui.0025385000000001
    device -> ../../nvme0
    holders/
    slaves/
    [/sys/devices/pci0000:00/0000:00:1d.0/0000:04:00.0/nvme/nvme0]
    model = PRACTICE SSD 256
    serial = S000000000000001
    [block /sys/devices/pci0000:00/0000:00:1d.0/0000:04:00.0/nvme/nvme0/nvme0n1/nvme0n1p1]
    size = 32768
    dev = 259:1
    partition = 1
    [block /sys/devices/pci0000:00/0000:00:1d.0/0000:04:00.0/nvme/nvme0/nvme0n1/nvme0n1p2]
    size = 614400
    dev = 259:2
    partition = 2
    [block /sys/devices/pci0000:00/0000:00:1d.0/0000:04:00.0/nvme/nvme0/nvme0n1/nvme0n1p3]
    size = 499000000
    dev = 259:3
    partition = 3
    [block /sys/devices/virtual/block/loop0]
    size = 0
    dev = 7:0

    [/proc]
    cmdline = root=PARTUUID=8308ec9b-02 rootwait noinitrd
    mounts <<
    /dev/root /rom squashfs ro,relatime 0 0
    proc /proc proc rw,nosuid,nodev,noexec,noatime 0 0
    tmpfs /tmp tmpfs rw,nosuid,nodev,noatime 0 0
    /dev/nvme0n1p3 /overlay ext4 rw,noatime 0 0
    overlayfs:/overlay / overlay rw,noatime,lowerdir=/,upperdir=/overlay/upper,workdir=/overlay/work 0 0
    /dev/nvme0n1p1 /boot vfat rw,noatime 0 0
    overlay /overlay/upper/opt/docker/overlay2/ab/merged overlay rw,lowerdir=/opt/docker/overlay2/l/X,upperdir=/opt/docker/overlay2/ab/diff,workdir=/opt/docker/overlay2/ab/work 0 0
    .
    swaps <<
    Filename				Type		Size		Used		Priority
    .
    consoles = tty0                 -WU (EC  p  )    4:7
    iomem <<
    00000000-00000000 : Reserved
    .
    [/sys/devices/virtual/tty/console]
    active = tty0
    [tty /sys/devices/virtual/tty/console]
    [/sys/devices/pci0000:00/0000:00:1d.0/0000:04:00.0/nvme/nvme0/nvme0n1/nvme0n1p2]
    uevent = PARTUUID=8308ec9b-02
    """
