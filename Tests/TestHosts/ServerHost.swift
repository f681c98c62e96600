/// A Debian server: bond of two functions of one card, a VLAN on it, a bridge on that; LVM on RAID 1 on two NVMe disks,
/// one of them below a VMD; a USB boot stick, a keyboard and a serial adapter; an iGPU with the console.
public let serverManifest = """
    [/sys/class/mem]
    [/sys/class/misc]
    [/sys/bus/platform]

    [net /sys/devices/pci0000:16/0000:16:02.0/0000:17:00.0/net/eno1]
    address = 02:00:00:00:01:01
    flags = 0x1803
    ifindex = 2
    operstate = up
    carrier = 1
    mtu = 1500
    speed = 10000
    device -> ../../../0000:17:00.0
    master -> ../../../../../virtual/net/bond0
    upper_bond0 -> ../../../../../virtual/net/bond0
    phys_port_name = p0
    [net /sys/devices/pci0000:16/0000:16:02.0/0000:17:00.1/net/eno2]
    address = 02:00:00:00:01:01
    flags = 0x1803
    ifindex = 3
    operstate = up
    carrier = 1
    mtu = 1500
    speed = -1
    device -> ../../../0000:17:00.1
    master -> ../../../../../virtual/net/bond0
    upper_bond0 -> ../../../../../virtual/net/bond0
    [net /sys/devices/pci0000:16/0000:16:02.0/0000:17:02.0/net/eno1v0]
    address = 02:00:00:00:01:10
    flags = 0x1002
    ifindex = 9
    operstate = down
    carrier ! EINVAL
    mtu = 1500
    device -> ../../../0000:17:02.0
    [/sys/devices/pci0000:16/0000:16:02.0/0000:17:02.0]
    physfn -> ../0000:17:00.0
    driver -> ../../../../bus/pci/drivers/iavf
    [net /sys/devices/virtual/net/bond0]
    address = 02:00:00:00:01:01
    flags = 0x1403
    ifindex = 4
    operstate = up
    carrier = 1
    mtu = 1500
    speed = 10000
    bonding/
    bonding/mode = 802.3ad 4
    bonding/slaves = eno1 eno2
    uevent = DEVTYPE=bond
    upper_bond0.20 -> ../bond0.20
    [net /sys/devices/virtual/net/bond0.20]
    address = 02:00:00:00:01:01
    flags = 0x1003
    ifindex = 5
    operstate = up
    carrier = 1
    mtu = 1500
    speed = 10000
    uevent = DEVTYPE=vlan
    lower_bond0 -> ../bond0
    upper_vmbr0 -> ../vmbr0
    master -> ../vmbr0
    [net /sys/devices/virtual/net/tap100i0]
    address = 02:00:00:00:01:30
    flags = 0x1003
    ifindex = 7
    operstate = up
    carrier = 1
    mtu = 1500
    speed = 10000
    tun_flags = 0x1002
    master -> ../vmbr0
    [net /sys/devices/virtual/net/veth0]
    address = 02:00:00:00:01:40
    flags = 0x1003
    ifindex = 8
    iflink = 6
    type = 1
    operstate = up
    carrier = 1
    mtu = 1500
    speed = 10000
    [net /sys/devices/virtual/net/dummy0]
    address = 02:00:00:00:01:50
    flags = 0x1082
    ifindex = 10
    iflink = 10
    type = 1
    operstate = down
    carrier ! EINVAL
    mtu = 1500
    [net /sys/devices/virtual/net/vmbr0]
    address = 02:00:00:00:01:01
    flags = 0x1003
    ifindex = 6
    operstate = up
    carrier = 1
    mtu = 1500
    speed = 10000
    bridge/
    lower_bond0.20 -> ../bond0.20
    lower_tap100i0 -> ../tap100i0
    [/sys/class/net]
    bonding_masters = bond0

    [/proc/net]
    dev =
    route <<
    Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
    vmbr0	00000000	FE01A8C0	0003	0	0	0	00000000	0	0	0
    vmbr0	0001A8C0	00000000	0001	0	0	0	00FFFFFF	0	0	0
    .
    fib_trie <<
    Main:
    Local:
         |-- 192.168.1.10
            /32 host LOCAL
         |-- 203.0.113.7
            /32 host LOCAL
    .
    vlan/config ! EACCES

    [block /sys/devices/pci0000:64/0000:64:00.5/pci10000:00/10000:00:02.0/10000:01:00.0/nvme/nvme0/nvme0n1]
    size = 1000215216
    dev = 259:0
    ro = 0
    removable = 0
    [block /sys/devices/pci0000:64/0000:64:00.5/pci10000:00/10000:00:02.0/10000:01:00.0/nvme/nvme0/nvme0n1/nvme0n1p1]
    size = 1000000000
    dev = 259:1
    partition = 1
    holders/md0 -> ../../../../../../../../../../../virtual/block/md0
    [block /sys/devices/pci0000:64/0000:64:02.0/0000:65:00.0/nvme/nvme1/nvme1n1]
    size = 1000215216
    dev = 259:2
    [block /sys/devices/pci0000:64/0000:64:02.0/0000:65:00.0/nvme/nvme1/nvme1n1/nvme1n1p1]
    size = 1000000000
    dev = 259:3
    partition = 1
    holders/md0 -> ../../../../../../../../../virtual/block/md0
    [block /sys/devices/virtual/block/md0]
    size = 999999488
    dev = 9:0
    md/
    md/level = raid1
    slaves/nvme0n1p1 -> ../x
    slaves/nvme1n1p1 -> ../x
    holders/dm-0 -> ../../dm-0
    holders/dm-1 -> ../../dm-1
    holders/dm-2 -> ../../dm-2
    [block /sys/devices/virtual/block/dm-0]
    size = 800000000
    dev = 253:0
    dm/name = vg0-root
    dm/uuid = LVM-aaaaaaaa
    slaves/md0 -> ../../md0
    [block /sys/devices/virtual/block/dm-1]
    size = 8000000
    dev = 253:1
    dm/name = vg0-swap
    dm/uuid = LVM-bbbbbbbb
    slaves/md0 -> ../../md0
    [block /sys/devices/virtual/block/dm-2]
    size = 90000000
    dev = 253:2
    dm/name = vg0-vm--100--disk--0
    dm/uuid = LVM-cccccccc
    slaves/md0 -> ../../md0
    [block /sys/devices/virtual/block/loop0]
    size = 20480
    dev = 7:0
    loop/backing_file = /srv/disk image.img

    [block /sys/devices/pci0000:00/0000:00:14.0/usb1/1-2/1-2:1.0/host6/target6:0:0/6:0:0:0/block/sda]
    size = 60062500
    dev = 8:0
    removable = 1
    device -> ../../../6:0:0:0
    [/sys/devices/pci0000:00/0000:00:14.0/usb1/1-2/1-2:1.0/host6/target6:0:0/6:0:0:0]
    model = Flash Drive
    vpd_pg80 = x
    [block /sys/devices/pci0000:00/0000:00:14.0/usb1/1-2/1-2:1.0/host6/target6:0:0/6:0:0:0/block/sda/sda1]
    size = 60000000
    dev = 8:1
    partition = 1

    [/proc/self]
    mountinfo <<
    1 1 0:2 / / rw - rootfs rootfs rw
    22 28 0:20 / /sys rw,nosuid - sysfs sysfs rw
    28 1 253:0 / / rw,relatime shared:1 - ext4 /dev/mapper/vg0-root rw,errors=remount-ro
    29 28 8:1 / /boot rw,relatime shared:2 - ext4 /dev/sda1 rw
    30 28 253:0 /srv /srv rw,relatime shared:1 - ext4 /dev/mapper/vg0-root rw
    31 28 7:0 / /mnt/with\\040blank ro,relatime - iso9660 /dev/loop0 ro
    32 28 0:40 / /tank rw - zfs tank/data rw
    33 28 0:41 / /nfs rw - nfs4 server:/export rw
    .
    [/proc]
    swaps <<
    Filename				Type		Size		Used		Priority
    /dev/dm-1                               partition	3999996		1024		-2
    /swapfile                               file		1048572		0		-3
    .
    consoles <<
    tty0                 -WU (EC  p  )    4:7
    ttyS4                -W- (E   p a)    4:68
    .
    iomem <<
    00000000-00000fff : Reserved
    80000000-dfffffff : PCI Bus 0000:00
      80000000-8fffffff : 0000:00:02.0
        80000000-807e8fff : BOOTFB
      90000000-90ffffff : 0000:00:02.0
    e0000000-efffffff : PCI ECAM 0000 [bus 00-ff]
    .

    [usb /sys/devices/pci0000:00/0000:00:14.0/usb1]
    busnum = 1
    devnum = 1
    idVendor = 1d6b
    idProduct = 0002
    bDeviceClass = 09
    speed = 480
    product = xHCI Host Controller
    [usb /sys/devices/pci0000:00/0000:00:14.0/usb1/1-0:1.0]
    bInterfaceNumber = 00
    bInterfaceClass = 09
    bInterfaceSubClass = 00
    bInterfaceProtocol = 00
    driver -> ../../../../../bus/usb/drivers/hub
    [usb /sys/devices/pci0000:00/0000:00:14.0/usb1/1-2]
    busnum = 1
    devnum = 3
    idVendor = 0781
    idProduct = 5581
    bDeviceClass = 00
    speed = 480
    manufacturer = SanDisk
    product = Ultra
    serial = 4C530001
    [usb /sys/devices/pci0000:00/0000:00:14.0/usb1/1-2/1-2:1.0]
    bInterfaceNumber = 00
    bInterfaceClass = 08
    bInterfaceSubClass = 06
    bInterfaceProtocol = 50
    driver -> ../../../../../../bus/usb/drivers/usb-storage
    [usb /sys/devices/pci0000:00/0000:00:14.0/usb1/1-4]
    busnum = 1
    devnum = 4
    idVendor = 05e3
    idProduct = 0608
    bDeviceClass = 09
    speed = 480
    [usb /sys/devices/pci0000:00/0000:00:14.0/usb1/1-4/1-4.1]
    busnum = 1
    devnum = 5
    idVendor = 046d
    idProduct = c31c
    bDeviceClass = 00
    speed = 1.5
    [usb /sys/devices/pci0000:00/0000:00:14.0/usb1/1-4/1-4.3]
    busnum = 1
    devnum = 6
    idVendor = 0403
    idProduct = 6001
    bDeviceClass = 00
    speed = 12
    [tty /sys/devices/pci0000:00/0000:00:14.0/usb1/1-4/1-4.3/1-4.3:1.0/ttyUSB0/tty/ttyUSB0]
    [input /sys/devices/pci0000:00/0000:00:14.0/usb1/1-4/1-4.1/1-4.1:1.0/0003:046D:C31C.0001/input/input5]
    name = Keyboard K120
    capabilities/key = 1000000000007 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe
    capabilities/rel = 0
    [input /sys/devices/pci0000:00/0000:00:14.0/usb1/1-4/1-4.1/1-4.1:1.0/0003:046D:C31C.0001/input/input5/event3]
    [input /sys/devices/pci0000:00/0000:00:14.0/usb1/1-4/1-4.1/1-4.1:1.1/0003:046D:C31C.0002/input/input6]
    name = Mouse
    capabilities/key = 1f0000 0 0 0 0
    capabilities/rel = 903
    [input /sys/devices/pci0000:00/0000:00:14.0/usb1/1-4/1-4.1/1-4.1:1.1/0003:046D:C31C.0002/input/input6/mouse0]

    [drm /sys/devices/pci0000:00/0000:00:02.0/drm/card0]
    device -> ../../../0000:00:02.0
    [drm /sys/devices/pci0000:00/0000:00:02.0/drm/renderD128]
    [drm /sys/devices/pci0000:00/0000:00:02.0/drm/card0/card0-HDMI-A-1]
    status = connected
    enabled = enabled
    [drm /sys/devices/pci0000:00/0000:00:02.0/drm/card0/card0-DP-1]
    status = disconnected
    enabled = disabled
    [/sys/devices/pci0000:00/0000:00:02.0]
    boot_vga = 1
    driver -> ../../../bus/pci/drivers/i915
    [graphics /sys/devices/pci0000:00/0000:00:02.0/graphics/fb0]
    name = i915drmfb
    device -> ../../../0000:00:02.0
    [graphics /sys/devices/virtual/graphics/fbcon]
    [vtconsole /sys/devices/virtual/vtconsole/vtcon0]
    name = (S) dummy device
    bind = 0
    [vtconsole /sys/devices/virtual/vtconsole/vtcon1]
    name = (M) frame buffer device
    bind = 1
    [sound /sys/devices/pci0000:00/0000:00:1f.3/sound/card0]
    id = PCH
    device -> ../../../0000:00:1f.3
    [/sys/devices/pci0000:00/0000:00:1f.3]
    driver -> ../../../bus/pci/drivers/snd_hda_intel
    [tty /sys/devices/pci0000:00/0000:00:1c.4/0000:05:00.0/0000:05:00.0:0/0000:05:00.0:0.0/tty/ttyS4]
    [tty /sys/devices/virtual/tty/console]
    active = tty0 ttyS4
    """
