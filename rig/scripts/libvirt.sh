# What a machine with libvirt can do, with elements written by hand: devices of every kind reach a guest, cold and hot,
# and come back; and what this pair of libvirt and QEMU refuses, word for word. Of passthru only assign and release.
# shellcheck shell=sh source=rig/lib/checks.sh
. /rig/checks.sh

card=0000:01:00.0 disk=0000:02:00.0 first=0000:03:00.0 second=0000:03:00.1
parent=0000:05:00.0 virtual=0000:05:10.0
cd /tmp || exit

# pci_element ADDRESS MANAGED [CHILD…]: a <hostdev> for that function.
pci_element() {
    address=$1 managed=$2
    shift 2
    bus=${address#*:}
    echo "<hostdev mode='subsystem' type='pci' managed='$managed'><source><address domain='0x${address%%:*}'" \
        "bus='0x${bus%%:*}' slot='0x00' function='0x${address#*.}'/></source>$*</hostdev>"
}
# usb_element SOURCE [ATTRIBUTE]: a <hostdev> for a USB device; SOURCE is what is in <source>.
usb_element() { echo "<hostdev mode='subsystem' type='usb'><source${2:+ $2}>$1</source></hostdev>"; }
# guest_address BUS SLOT FUNCTION [ATTRIBUTE]
guest_address() { echo "<address type='pci' domain='0x0000' bus='$1' slot='$2' function='$3'${4:+ $4}/>"; }
# usb_number PORT: its address on the bus, as an element.
usb_number() { echo "<address bus='$(cat "/sys/bus/usb/devices/$1/busnum")' device='$(cat "/sys/bus/usb/devices/$1/devnum")'/>"; }
# define_with GUEST NAMESPACES ELEMENTS END: defines the guest with ELEMENTS among its devices and END after them.
define_with() {
    awk -v namespaces="$2" -v elements="$3" -v end="$4" '
        /<domain / { sub(/>/, namespaces ">") }
        /<\/devices>/ { print elements }
        /<\/domain>/ { print end }
        { print }' "/usr/share/guests/$1.xml" >"$1.xml"
    virt-xml-validate "$1.xml" >validation 2>&1 && virsh --quiet define "$1.xml" || { cat validation; false; }
}
# live attach|detach GUEST ELEMENT
live() {
    echo "$3" >element.xml
    timeout 60 virsh --quiet "$1-device" "$2" --live element.xml
}
# make_rom: 64 KiB with the heads of an expansion ROM (0x55 0xAA, PCIR) for an 82574L, of a kind that no BIOS runs.
make_rom() {
    {
        printf '\125\252\200'
        head -c 21 /dev/zero
        printf '\034\0\0\0PCIR\206\200\323\020\0\0\030\0\0\0\0\002\200\0\0\0\003\200'
        head -c 64K /dev/zero
    } | head -c 64K
}
qemu="xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'"
hooks() { sed 's/ t=.*//' /tmp/hooks | tr '\n' ' '; }

# A hook that is there before the daemon starts is called.
mkdir -p /etc/libvirt/hooks/qemu.d
cat >/etc/libvirt/hooks/qemu.d/50-rig <<'HOOK'
#!/bin/sh
echo "$2-$3 t=$(cut -d' ' -f1 /proc/uptime) $1 $(grep -c '<hostdev')" >>/tmp/hooks
HOOK
chmod +x /etc/libvirt/hooks/qemu.d/50-rig
check "libvirt answers" libvirt-up
check "it knows QEMU" ends 0 timeout 60 virsh version
check "… Debian's" says "Running hypervisor: QEMU 7.2"
check "it knows the USB devices" ends 0 virsh nodedev-list --cap usb_device
check "… by udev" says usb_2_1
check "i440fx is defined" define_with i440fx

# Refused, each before a guest's kernel runs.
check "a domain with an unmanaged card is defined" define_with q35 "" "$(pci_element $card no)"
check "it does not start while the card's driver has it" ends 1 virsh start q35
check "…" says "Unmanaged PCI device $card must be manually detached from the host"
check "a domain with one of two functions is defined" define_with q35 "" "$(pci_element $first yes)"
check "it does not start" ends 1 virsh start q35
check "…" says "group $(basename "$(readlink /sys/bus/pci/devices/$first/iommu_group)") is not viable"
check "its driver has it again" has_driver $first e1000e
check "-set is defined" define_with q35 " $qemu" "$(pci_element $card yes "<alias name='ua-card'/>")" \
    "<qemu:commandline><qemu:arg value='-set'/><qemu:arg value='device.ua-card.x-no-mmap=on'/></qemu:commandline>"
check "-set does not start" ends 1 virsh start q35
check "…" says 'there is no device "ua-card" defined'
check "a property that QEMU does not have is defined" define_with q35 " $qemu" \
    "$(pci_element $card yes "<alias name='ua-card'/>")" "<qemu:override><qemu:device alias='ua-card'><qemu:frontend>
    <qemu:property name='x-nonsense' type='bool' value='true'/></qemu:frontend></qemu:device></qemu:override>"
check "it does not start" ends 1 virsh start q35
check "…" says "Property 'vfio-pci.x-nonsense' not found"
check "the card has its driver again" has_driver $card e1000e
echo 1 >/sys/bus/pci/devices/$parent/sriov_numvfs
ip link set eth4 down
network="<interface type='hostdev' managed='yes'><mac address='52:54:00:aa:00:01'/><source>
    <address type='pci' domain='0x0000' bus='0x05' slot='0x10' function='0x0'/></source><vlan><tag id='42'/></vlan></interface>"
check "a virtual function of a card that is down is defined" define_with q35 "" "$network"
check "it does not start" ends 1 virsh start q35
check "…" says "because the PF is not online"
ip link set eth4 up
rm -f /tmp/hooks

# Everything that a guest can have from its start.
make_rom >/usr/share/rig.rom
check "the disk is assigned" ends 0 passthru assign $disk --once --yes
check "a domain with everything is defined" define_with q35 " $qemu" "
    $(pci_element $card yes "<alias name='ua-card'/><rom file='/usr/share/rig.rom'/>")
    $(pci_element $disk no)
    $(pci_element $first yes "$(guest_address 0x04 0x00 0x0 "multifunction='on'")")
    $(pci_element $second yes "<rom bar='off'/>$(guest_address 0x04 0x00 0x1)")
    $(usb_element "$(usb_number 2-1)")
    $network
    $(usb_element "<vendor id='0x0403'/><product id='0x6002'/>" "startupPolicy='optional'")" \
    "<qemu:override><qemu:device alias='ua-card'><qemu:frontend>
    <qemu:property name='x-pci-sub-vendor-id' type='unsigned' value='4660'/>
    </qemu:frontend></qemu:device></qemu:override>"
check "it starts" guest-start q35
check "the guest has all of it" guest-sees q35 60 'L2-NET .* 52:54:00:00:00:01 carrier=1' 'L2-DISK .* NVME0001' \
    'L2-NET 0000:04:00.0 .* 52:54:00:00:00:02 ' 'L2-NET 0000:04:00.1 .* 52:54:00:00:00:03 ' \
    'L2-USB .* 46f4:0001 STICK01 usb-storage' 'L2-PCI .* 8086:10d3 .* subsystem=1234:.* rom=65536 ' \
    'L2-PCI 0000:04:00.0 .* multifunction=1 rom=262144' 'L2-PCI 0000:04:00.1 .* rom=- ' \
    'L2-NET .* 8086:10ca igbvf 52:54:00:aa:00:01 ' 'L2-ROM .* 55aa800+1c00000050434952$' '!STICK02' '!L2-USB.* 0403'
for device in $card $disk $first $second; do check "$device is with vfio-pci" has_driver "$device" vfio-pci; done
check "the virtual function is in its VLAN" ends 0 ip link show eth4
check "…" says "52:54:00:aa:00:01 brd ff:ff:ff:ff:ff:ff, vlan 42"
check "the absent USB device is marked" ends 0 virsh dumpxml q35
check "…" says "missing='yes'"
check "… and a usb-host without a filter, which takes what it may open" \
    grep -q '"driver":"usb-host","id":"hostdev' /var/log/libvirt/qemu/q35.log
check "one of two functions on a slot stays plugged in" ends 1 live detach q35 "$(pci_element $second yes)"
check "…" says "cannot hot unplug hostdev device with multifunction PCI guest address: 0000:04:00.1"
check "a running guest's device is not released" ends 77 passthru release $disk --yes
check "the guest is stopped" virsh --quiet destroy q35
for device in $card $first $second; do check "$device is home" has_driver "$device" e1000e; done
check "the virtual function is home" has_driver $virtual igbvf
check "what is unmanaged stays" has_driver $disk vfio-pci
check "until it is released" ends 0 passthru release $disk --yes
check "it is home" has_driver $disk nvme
# Else libvirt would not give it back after a later, managed use: it remembers what it found with vfio-pci.
check "libvirt is told so" virsh --quiet nodedev-reattach pci_0000_02_00_0
check "the hook was called: $(hooks)" [ "$(hooks)" = "prepare-begin start-begin started-begin stopped-end release-end " ]

# All again while a guest runs.
check "the other guest starts" guest-start i440fx
check "it has nothing" guest-sees i440fx 60 '!L2-NET' '!L2-DISK' '!L2-USB'
rm -f /tmp/hooks
check "the card is plugged in" live attach i440fx "$(pci_element $card yes "<alias name='ua-card'/>")"
check "the disk is plugged in" live attach i440fx "$(pci_element $disk yes)"
check "two equal sticks are refused by their name" ends 1 \
    live attach i440fx "$(usb_element "<vendor id='0x46f4'/><product id='0x0001'/>")"
check "…" says "Multiple USB devices for 46f4:1, use <address> to specify one"
check "one is plugged in by its address" live attach i440fx "$(usb_element "$(usb_number 2-2)")"
check "the serial adapter is plugged in by its name" \
    live attach i440fx "$(usb_element "<vendor id='0x0403'/><product id='0x6001'/>")"
check "the guest sees them" guest-sees i440fx 60 'L2-NET .* 52:54:00:00:00:01 ' 'L2-DISK .* NVME0001' \
    'L2-USB .* 46f4:0001 STICK02 ' 'L2-USB .* 0403:6001 .* ftdi_sio' '!STICK01'
check "a function other than 0 is refused" ends 1 live attach i440fx "$(pci_element $second yes "$(guest_address 0x00 0x09 0x1)")"
check "…" says "Only PCI device addresses with function=0 are supported"
check "the card is unplugged" live detach i440fx "$(pci_element $card yes)"
check "the disk is unplugged" live detach i440fx "$(pci_element $disk yes)"
check "the stick is unplugged" live detach i440fx "$(usb_element "$(usb_number 2-2)")"
check "the guest sees them no more" guest-sees i440fx 60 '!L2-NET' '!L2-DISK' '!STICK'
check "the card is home" has_driver $card e1000e
check "the disk is home" has_driver $disk nvme
check "no hook was called for that" [ ! -e /tmp/hooks ]
check "the guest is stopped" virsh --quiet destroy i440fx
verdict
