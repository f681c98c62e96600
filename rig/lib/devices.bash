# Devices that the machines are put together from. A machine file calls these; each appends to the array `devices`.
# Addresses and MAC addresses are fixed, so that tests can name them. Sourced by rig/boot.
# shellcheck shell=bash

# add ARGUMENT…: QEMU arguments as they stand.
add() { devices+=("$@"); }

# root_port ID SLOT[.FUNCTION] [multifunction=on]: a PCIe root port, which has ACS. Its number is its slot's.
root_port() {
    add -device "pcie-root-port,id=$1,bus=pcie.0,chassis=$((++port_count)),slot=$port_count,addr=$2${3:+,$3}"
}

# network_card MODEL BUS ADDRESS LAST_BYTE [PROPERTY]: a card with MAC 52:54:00:00:00:LAST_BYTE on a network of its own
# that has a DHCP server (10.0.2.2, or the second address of ${networks[LAST_BYTE]}), no IPv6 and no way out. What
# --forward wants to go in must be for the fifteenth address.
network_card() {
    add -netdev "user,id=net$4,restrict=on,ipv6=off${networks[$4]:+,net=${networks[$4]}}${forwards[$4]:-}"
    add -device "$1,bus=$2,addr=$3,netdev=net$4,mac=52:54:00:00:00:$4${5:+,$5}"
}

# replace_iommu KIND: the machine's IOMMU becomes one of intel or amd, with all that passthrough needs.
replace_iommu() {
    local unit at
    case $1 in
    intel) unit=intel-iommu,intremap=on,caching-mode=on ;;
    amd) unit=amd-iommu,intremap=on,dma-remap=on emulator=backports ;;
    *) usage "no such IOMMU: $1" ;;
    esac
    for at in "${!devices[@]}"; do
        [[ ${devices[at]} != intel-iommu,* && ${devices[at]} != amd-iommu,* ]] || devices[at]=$unit
    done
}

# blank_drive ID: a drive of 64 MiB of zeros. What the machine writes is thrown away.
blank_drive() {
    add -drive "if=none,id=$1,format=raw,snapshot=on,file=${rig//,/,,}/disks/blank"
}

# root_drive: the drive with the root file system: $disk, or a copy of $image that is thrown away.
root_drive() {
    if [[ -n $disk ]]; then
        add -drive "if=none,id=root,format=qcow2,cache=writeback,file=${disk//,/,,}"
    else
        add -drive "if=none,id=root,format=raw,snapshot=on,file=${rig//,/,,}/disks/$image"
    fi
}

# root_disk BUS SERIAL: an NVMe disk with it. It is the first function of its slot, and others may join it there.
root_disk() {
    root_drive
    # With a kernel that QEMU starts, the first place is that kernel's.
    add -device "nvme,bus=$1,serial=$2,drive=root,addr=00.0,multifunction=on$([[ $loader != grub || -n $other_kernel ]] || echo ,bootindex=0)"
}

# nvme BUS SERIAL
nvme() {
    blank_drive "drive-$2"
    add -device "nvme,bus=$1,serial=$2,drive=drive-$2"
}

# The usual board: 22 functions in 12 groups, with each kind of sharing. Bus numbers in brackets.
#
#   00:03.0 root port [01]                    e1000e                          alone in its group
#   00:04.0 root port [02], 00:04.1 [03]      NVMe; USB controller            root ports in one slot, yet all apart
#   00:05.0 root port without ACS [04]        switch without ACS [05]: e1000e with two functions [06], edu [07]:
#                                             one group of seven
#   00:06.0 bridge to conventional PCI [08]   two e1000, in one group with the bridge
#   00:07.0 USB controller                    tablet, keyboard, serial adapter, stick
#   00:1b.0 sound
usual_board() {
    root_port port1 03.0
    network_card e1000e port1 00.0 01

    root_port port2 04.0 multifunction=on
    root_port port3 04.1
    nvme port2 NVME0001
    add -device nec-usb-xhci,bus=port3,id=usb3

    add -device "ioh3420,id=port4,bus=pcie.0,chassis=$((++port_count)),slot=$port_count,addr=05.0"
    add -device x3130-upstream,id=up,bus=port4
    add -device xio3130-downstream,id=down1,bus=up,chassis=20,slot=20,addr=00.0
    add -device xio3130-downstream,id=down2,bus=up,chassis=21,slot=21,addr=01.0
    network_card e1000e down1 00.0 02 multifunction=on
    network_card e1000e down1 00.1 03
    add -device edu,bus=down2

    add -device pcie-pci-bridge,id=pci,bus=pcie.0,addr=06.0
    network_card e1000 pci 01.0 04
    network_card e1000 pci 02.0 05

    add -device qemu-xhci,id=usb,bus=pcie.0,addr=07.0
    add -device usb-tablet,bus=usb.0,port=1
    add -device usb-kbd,bus=usb.0,port=2,serial=KEYBOARD01
    # Without always-plugged an adapter with nothing behind it never shows up.
    add -chardev null,id=nowhere -device usb-serial,bus=usb.0,port=3,chardev=nowhere,always-plugged=on
    blank_drive stick
    add -device usb-storage,bus=usb.0,port=4,drive=stick,serial=STICK01

    add -device ich9-intel-hda,bus=pcie.0,addr=1b.0
}

# A board for handing devices to a guest inside: one card, one NVMe disk, and the disk with QEMU.
nested_board() {
    root_port port1 03.0
    network_card e1000e port1 00.0 01
    root_port port2 04.0
    nvme port2 NVME0001
    add -drive "if=none,id=qemu,format=raw,readonly=on,file=${rig//,/,,}/disks/nested"
    add -device virtio-blk-pci,bus=pcie.0,addr=05.0,drive=qemu,serial=qemu
    root_port port3 06.0
    network_card e1000e port3 00.0 02
}

# A board for libvirt: what its guests may be given, and the disk with the root. Bus numbers in brackets.
#
#   00:03.0 root port [01]    e1000e, eth0
#   00:04.0 root port [02]    NVMe disk
#   00:05.0                   disk with the root, vda
#   00:06.0 root port [03]    e1000e with two functions, eth1 and eth2, in one group
#   00:07.0 USB controller    1: stick STICK01, 2: an equal one but for its serial number STICK02, 3: serial adapter
#   00:08.0 root port [04]    e1000e, eth3, for the host: passthru never gives away the last one
#   00:09.0 root port [05]    igb, eth4, which can have 7 virtual functions: 05:10.0, 05:10.2, …
libvirt_board() {
    root_port port1 03.0
    network_card e1000e port1 00.0 01
    root_port port2 04.0
    nvme port2 NVME0001
    root_drive
    add -device virtio-blk-pci,bus=pcie.0,addr=05.0,drive=root,serial=ROOT0001
    root_port port3 06.0
    network_card e1000e port3 00.0 02 multifunction=on
    network_card e1000e port3 00.1 03
    root_port port4 08.0
    network_card e1000e port4 00.0 04
    root_port port5 09.0
    network_card igb port5 00.0 05
    add -device qemu-xhci,id=usb,bus=pcie.0,addr=07.0
    blank_drive stick1
    add -device usb-storage,bus=usb.0,port=1,drive=stick1,serial=STICK01
    blank_drive stick2
    add -device usb-storage,bus=usb.0,port=2,drive=stick2,serial=STICK02
    # Without always-plugged an adapter with nothing behind it never shows up.
    add -chardev null,id=nowhere -device usb-serial,bus=usb.0,port=3,chardev=nowhere,always-plugged=on
}

# A small router with its root on an NVMe disk. Bus numbers in brackets, addresses as /etc/network/interfaces has them.
#
#   00:03.0 root port [01]    e1000e, eth0                  10.0.2.15, the way in
#   00:04.0 root port [02]    NVMe disk with the root
#   00:05.0 root port [03]    e1000e, eth1                  10.0.3.15 when it is up
#   00:06.0 root port [04]    e1000e with two functions, eth2 and eth3, in one group: nothing; 10.0.5.15 when it is up
router_board() {
    networks=([02]=10.0.3.0/24 [03]=10.0.4.0/24 [04]=10.0.5.0/24)
    root_port port1 03.0
    network_card e1000e port1 00.0 01
    root_port port2 04.0
    root_disk port2 ROUTER01
    root_port port3 05.0
    network_card e1000e port3 00.0 02
    root_port port4 06.0
    network_card e1000e port4 00.0 03 multifunction=on
    network_card e1000e port4 00.1 04
}

# The same router with a card that nobody uses beside the way in, and another beside the disk with the root, each pair
# in one slot and so in one group.
#
#   00:03.0 root port [01]    e1000e with two functions: eth0, the way in; eth1, unused
#   00:04.0 root port [02]    NVMe disk with the root; e1000e, eth2, unused
shared_router_board() {
    networks=([02]=10.0.3.0/24 [03]=10.0.4.0/24)
    root_port port1 03.0
    network_card e1000e port1 00.0 01 multifunction=on
    network_card e1000e port1 00.1 02
    root_port port2 04.0
    root_disk port2 ROUTER01
    network_card e1000e port2 00.1 03
}

# The board of the machines that boot from their disk. Bus numbers in brackets.
#
#   00:03.0 root port [01]    e1000e, eth0, the way in      10.0.2.15
#   00:04.0 root port [02]    NVMe disk
#   00:05.0 root port [03]    e1000e, eth1                  10.0.3.15; on iStoreOS it is the port of br-lan
#   00:06.0 root port [04]    e1000e, nobody's, MAC 03      no address: they are alike, and only their
#   00:07.0 root port [05]    e1000e, nobody's, MAC 04      serial numbers, made of the MAC, tell them apart
#   00:08.0                   serial port, which a driver in the kernel takes: 8250_pci
disk_board() {
    networks=([02]=10.0.3.0/24 [03]=10.0.4.0/24 [04]=10.0.5.0/24)
    root_port port1 03.0
    network_card e1000e port1 00.0 01
    root_port port2 04.0
    root_disk port2 DISK0001
    root_port port3 05.0
    network_card e1000e port3 00.0 02
    root_port port4 06.0
    network_card e1000e port4 00.0 "${1:-03}"
    root_port port5 07.0
    network_card e1000e port5 00.0 "${2:-04}"
    add -chardev null,id=nowhere -device pci-serial,chardev=nowhere,bus=pcie.0,addr=08.0
}

# Two equal cards, and a serial port whose driver is built into Debian's kernel. Bus numbers in brackets.
#
#   00:03.0 root port [01]    e1000e with a MAC that ends in FIRST
#   00:04.0 root port [02]    e1000e with a MAC that ends in SECOND
#   00:06.0 serial port
equal_cards_board() { # FIRST SECOND
    root_port port1 03.0
    network_card e1000e port1 00.0 "$1"
    root_port port2 04.0
    network_card e1000e port2 00.0 "$2"
    add -chardev null,id=line -device pci-serial,bus=pcie.0,addr=06.0,chardev=line
}
