# Boards that show how the kernel makes IOMMU groups, for rig/groups. Sourced by rig/boot, after devices.bash.
# shellcheck shell=bash

# bare_port ID SLOT[.FUNCTION] [PROPERTY] [BUS]: a PCIe root port without ACS.
bare_port() {
    add -device "ioh3420,id=$1,bus=${4:-pcie.0},chassis=$((++port_count)),slot=$port_count,addr=$2${3:+,$3}"
}

# switch ID BUS PORT…: a switch; its downstream ports are ID1, ID2 … None of QEMU's switches has ACS.
switch() {
    local id=$1 bus=$2 number
    add -device "x3130-upstream,id=$id,bus=$bus"
    for number in $(seq "$3"); do
        add -device "xio3130-downstream,id=$id$number,bus=$id,chassis=$((100 + ++port_count)),slot=$port_count,addr=0$number.0"
    done
}

# card BUS ADDRESS [PROPERTY]: a network card on no network.
card() { add -device "e1000e,bus=$1,addr=$2${3:+,$3}"; }

# Switches, one below the other, behind a port with ACS and behind one without.
#
#   00:03.0 port with ACS       switch: card; switch: two cards
#   00:04.0 port without ACS    switch: card, NVMe
#   00:05.0 port with ACS       card
#   00:06.0 port without ACS    card
switches_board() {
    root_port port1 03.0
    switch outer port1 2
    card outer1 00.0
    switch inner outer2 2
    card inner1 00.0
    card inner2 00.0
    bare_port port2 04.0
    switch plain port2 2
    card plain1 00.0
    nvme plain2 NVME0001
    root_port port3 05.0
    card port3 00.0
    bare_port port4 06.0
    card port4 00.0
}

# Devices with several functions, with ACS, without, and with a quirk of the kernel instead of it.
#
#   00:03.0 port    two e1000e: no ACS
#   00:04.0 port    two igb: no ACS, and a quirk
#   00:05.0 port    igb and NVMe: a quirk for only one of them
#   00:06.0, .1, .2 ports of one slot: with ACS, without, without; a card behind each
#   00:07.0, .1     ports of one slot, without ACS; a card behind each
#   00:08.0 port    three functions, the second missing
functions_board() {
    root_port port1 03.0
    card port1 00.0 multifunction=on
    card port1 00.1
    root_port port2 04.0
    add -device igb,bus=port2,addr=00.0,multifunction=on -device igb,bus=port2,addr=00.1
    root_port port3 05.0
    add -device igb,bus=port3,addr=00.0,multifunction=on
    blank_drive drive1
    add -device nvme,bus=port3,addr=00.1,serial=NVME0001,drive=drive1
    root_port port4 06.0 multifunction=on
    bare_port port5 06.1
    bare_port port6 06.2
    card port4 00.0
    card port5 00.0
    card port6 00.0
    bare_port port7 07.0 multifunction=on
    bare_port port8 07.1
    card port7 00.0
    card port8 00.0
    root_port port9 08.0
    card port9 00.0 multifunction=on
    card port9 00.2
    card port9 00.3
}

# Conventional PCI behind bridges of every kind.
#
#   00:03.0 PCIe-to-PCI bridge          card; bridge: card, bridge: card
#   00:04.0 port with ACS               PCIe-to-PCI bridge: two cards
#   00:05.0 port with ACS               conventional card
#   00:06.0 conventional bridge (244e)  bridge: card
#   00:07.0 port without ACS            switch: PCIe-to-PCI bridge: card; NVMe
bridges_board() {
    add -device pcie-pci-bridge,id=pci,bus=pcie.0,addr=03.0
    add -device e1000,bus=pci,addr=01.0
    add -device pci-bridge,id=second,bus=pci,chassis_nr=1,addr=02.0
    add -device e1000,bus=second,addr=01.0
    add -device pci-bridge,id=third,bus=second,chassis_nr=2,addr=02.0
    add -device e1000,bus=third,addr=01.0
    root_port port1 04.0
    add -device pcie-pci-bridge,id=behind,bus=port1
    add -device e1000,bus=behind,addr=01.0 -device e1000,bus=behind,addr=02.0
    root_port port2 05.0
    add -device rtl8139,bus=port2,addr=00.0
    add -device i82801b11-bridge,id=old,bus=pcie.0,addr=06.0
    add -device pci-bridge,id=oldest,bus=old,chassis_nr=3,addr=01.0
    add -device e1000,bus=oldest,addr=01.0
    bare_port port3 07.0
    switch plain port3 2
    add -device pcie-pci-bridge,id=below,bus=plain1
    add -device e1000,bus=below,addr=01.0
    nvme plain2 NVME0001
}

# Virtual functions, which rig/scripts/groups.sh makes.
#
#   00:03.0 port with ACS       NVMe with four
#   00:04.0 port with ACS       igb with seven
#   00:05.0 port without ACS    switch: igb with seven; card
virtual_board() {
    root_port port1 03.0
    add -device nvme-subsys,id=subsystem
    add -device "nvme,serial=SRIOV001,subsys=subsystem,bus=port1,sriov_max_vfs=4,sriov_vq_flexible=8,sriov_vi_flexible=4,\
max_ioqpairs=12,msix_qsize=9"
    root_port port2 04.0
    add -device igb,bus=port2
    bare_port port3 05.0
    switch plain port3 2
    add -device igb,bus=plain1
    card plain2 00.0
}

# Devices of the chipset itself, on the root bus.
#
#   00:03.0, .1         e1000e: integrated endpoints of Intel, which have a quirk
#   00:04.0, .1         NVMe: integrated endpoints without ACS
#   00:05.0, .1         e1000e and NVMe: one of each
#   00:06.0, .1         conventional cards
#   00:07.0             NVMe, alone in its slot
#   00:08.0, .1         virtio, conventional and PCIe
#   00:1a.0 to .7       USB controllers of the ICH9
#   00:1b.0             sound
integrated_board() {
    card pcie.0 03.0 multifunction=on
    card pcie.0 03.1
    local serial
    for serial in 1 2 3 4; do blank_drive "drive$serial"; done
    add -device nvme,bus=pcie.0,addr=04.0,multifunction=on,serial=NVME0001,drive=drive1
    add -device nvme,bus=pcie.0,addr=04.1,serial=NVME0002,drive=drive2
    card pcie.0 05.0 multifunction=on
    add -device nvme,bus=pcie.0,addr=05.1,serial=NVME0003,drive=drive3
    add -device e1000,bus=pcie.0,addr=06.0,multifunction=on -device e1000,bus=pcie.0,addr=06.1
    add -device nvme,bus=pcie.0,addr=07.0,serial=NVME0004,drive=drive4
    add -device virtio-rng-pci,bus=pcie.0,addr=08.0,multifunction=on,disable-modern=on
    add -device virtio-rng-pci,bus=pcie.0,addr=08.1
    add -device ich9-usb-ehci2,id=ehci,bus=pcie.0,addr=1a.7,multifunction=on
    add -device ich9-usb-uhci4,masterbus=ehci.0,firstport=0,bus=pcie.0,addr=1a.0,multifunction=on
    add -device ich9-usb-uhci5,masterbus=ehci.0,firstport=2,bus=pcie.0,addr=1a.1
    add -device ich9-intel-hda,bus=pcie.0,addr=1b.0
}

# Two root buses, as machines with two sockets have them.
#
#   00:03.0 port with ACS       card
#   40:00.0 port with ACS       card
#   40:01.0 port without ACS    switch: card, NVMe
roots_board() {
    root_port port1 03.0
    card port1 00.0
    add -device pxb-pcie,id=far,bus=pcie.0,bus_nr=64,addr=04.0
    add -device "pcie-root-port,id=port2,bus=far,chassis=$((++port_count)),slot=$port_count,addr=00.0"
    card port2 00.0
    bare_port port3 01.0 "" far
    switch plain port3 2
    card plain1 00.0
    nvme plain2 NVME0001
}

# Ports of two slots with ACS, one of them told on the kernel's line to let devices talk past the IOMMU.
redirect_board() {
    root_port port1 03.0 multifunction=on
    root_port port2 03.1
    card port1 00.0 multifunction=on
    card port1 00.1
    card port2 00.0
    root_port port3 04.0
    card port3 00.0
}
