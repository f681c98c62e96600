# passthru's guest verbs against libvirt's daemon: devices of every kind go into a guest's configuration, the guest has
# them, and everything comes back; then the same while a guest runs; then while the daemon is down.
# shellcheck shell=sh source=rig/lib/checks.sh
. /rig/checks.sh

card=0000:01:00.0 disk=0000:02:00.0 first=0000:03:00.0 second=0000:03:00.1 virtual=0000:05:10.0
cd /tmp || exit
# saved NAME GUEST: keeps the guest's configuration, as libvirt says it, in the file NAME.
saved() { timeout 60 virsh dumpxml --inactive "$2" >"$1"; }
is_as() { saved now "$2" && diff "$1" now; }
validates() { saved now "$1" && virt-xml-validate now domain >validation 2>&1 || { cat validation; false; }; }
attach() { ends 0 timeout 120 passthru guest attach "$@" --yes; }
detach() { ends 0 timeout 120 passthru guest detach "$@" --yes; }
# warns DEVICE GUEST OTHER: when GUEST shall get DEVICE, something beside the plan and the differences names OTHER.
warns() {
    passthru guest attach "$2" "$1" --dry-run >warning 2>&1
    grep -v '^[-+ ]' warning | grep -q "$3" || { cat warning; false; }
}

check "libvirt answers" libvirt-up
for guest in q35 i440fx; do virsh --quiet define /usr/share/guests/$guest.xml; done
echo 1 >/sys/bus/pci/devices/0000:05:00.0/sriov_numvfs
ip link set eth4 up
saved q35.before q35
saved i440fx.before i440fx
check "the guests are listed" ends 0 passthru guest list
check "… q35" says "q35     libvirt  stopped  384 MiB  -"
check "a guest that is not there is 66" ends 66 passthru guest attach win11 $card --yes
check "a device that is not there is 66" ends 66 passthru guest attach q35 0000:7f:00.0 --yes
check "a dry run" ends 0 passthru guest attach q35 $card 2-1 --dry-run
check "… changes nothing" is_as q35.before q35
check "… binds nothing" has_driver $card e1000e
check "one of two functions alone is refused" ends 77 passthru guest attach q35 $first --yes

# What passthru binds itself, what libvirt binds, and what is USB, into one guest.
check "a card and a disk are attached" attach q35 $card $disk
check "… and bound" has_driver $card vfio-pci
check "both functions are attached, managed" attach q35 $first $second --managed
check "… and not bound" has_driver $first e1000e
check "a stick is attached by its serial number" attach q35 STICK01
check "a virtual function is attached" attach q35 $virtual --managed --mac 52:54:00:aa:00:02 --vlan 42
check "the domain validates" validates q35
saved q35.attached q35
check "attached again" attach q35 $card $disk
check "… nothing is left to do" says "Nothing to do"
check "… managed ones, too" attach q35 $first $second --managed
check "… and USB" attach q35 STICK01
check "the domain is as it was" is_as q35.attached q35
check "for another guest it is said who has the card" warns $card i440fx q35
check "the guest starts" guest-start q35
check "it has all of it" guest-sees q35 60 'L2-NET .* 52:54:00:00:00:01 carrier=1' 'L2-DISK .* NVME0001' \
    'L2-NET .*:00.0 .* 52:54:00:00:00:02 ' 'L2-NET .*:00.1 .* 52:54:00:00:00:03 ' \
    'L2-USB .* 46f4:0001 STICK01 usb-storage' '!STICK02' 'L2-NET .* igbvf 52:54:00:aa:00:02 '
check "the virtual function is in its VLAN" ends 0 ip link show eth4
check "…" says "52:54:00:aa:00:02 brd ff:ff:ff:ff:ff:ff, vlan 42"
check "its devices are shown" ends 0 passthru guest show q35
check "… with the state" says running
check "… with the card" says $card
check "its card is not released" ends 77 passthru release $card --yes
check "another guest is still told who has it" warns $card i440fx q35
check "functions that share a slot are not unplugged" ends 77 passthru guest detach q35 $first $second --live --yes
check "the disk is unplugged" detach q35 $disk --live
check "the stick is unplugged" detach q35 STICK01 --live
check "the guest sees it" guest-sees q35 60 '!L2-DISK' '!L2-USB' 'L2-NET .* 52:54:00:00:00:01 '
check "the disk is plugged in again" attach q35 $disk --live
check "the stick is plugged in again" attach q35 STICK01 --live
check "the guest sees them" guest-sees q35 60 'L2-DISK .* NVME0001' 'L2-USB .* STICK01 '
check "the guest is stopped" virsh --quiet destroy q35
for device in $first $second; do check "$device is home" has_driver "$device" e1000e; done
check "the virtual function is home" has_driver $virtual igbvf
for device in $card $disk; do check "$device waits for the next start" has_driver "$device" vfio-pci; done
check "everything is detached" detach q35 $card $disk $first $second $virtual STICK01
check "the domain is as it was before" is_as q35.before q35
check "detached again" detach q35 $card
check "… nothing is left to do" says "Nothing to do"
check "the devices are released" ends 0 passthru release $card $disk --yes
check "the card is home" has_driver $card e1000e
check "the disk is home" has_driver $disk nvme

# All again while a guest runs.
check "the other guest starts" guest-start i440fx
check "a card is plugged in" attach i440fx $card --live
# libvirt has seen it unmanaged: it would keep it, unless it was told when the disk was released.
check "a disk is plugged in, managed" attach i440fx $disk --live --managed
check "both functions are plugged in" attach i440fx $first $second --live
check "a stick is plugged in" attach i440fx 2-2 --live
check "an adapter is plugged in by its name" attach i440fx 0403:6001 --live
check "the guest sees them" guest-sees i440fx 60 'L2-NET .* 52:54:00:00:00:01 carrier=1' 'L2-DISK .* NVME0001' \
    'L2-NET .* 52:54:00:00:00:02 ' 'L2-NET .* 52:54:00:00:00:03 ' \
    'L2-USB .* 46f4:0001 STICK02 ' 'L2-USB .* 0403:6001 ' '!STICK01'
check "the domain validates" validates i440fx
check "the disk is unplugged" detach i440fx $disk --live
check "it is home" has_driver $disk nvme
check "the stick is unplugged" detach i440fx 2-2 --live
check "the guest sees it" guest-sees i440fx 60 '!L2-DISK' '!STICK02' 'L2-USB .* 0403:6001 '
check "the guest is stopped" virsh --quiet destroy i440fx
check "all of it is taken back" ends 0 timeout 200 passthru undo --all --yes
check "the domain is as it was before" is_as i440fx.before i440fx
for device in $card $first $second; do check "$device is home" has_driver "$device" e1000e; done
check "… with no override" has_no_override $first

# The daemon is down: the file is edited, and the daemon takes it.
check "the daemon is stopped" libvirt-down
cp /etc/libvirt/qemu/q35.xml q35.file
check "a card is attached in the file" attach q35 $card
check "the daemon comes back" libvirt-up
check "it has the card" ends 0 virsh dumpxml --inactive q35
check "…" says "ua-passthru-"
check "the domain validates" validates q35
check "the daemon is stopped" libvirt-down
check "the card is taken back" ends 0 passthru undo --all --yes
check "the file is as it was" cmp q35.file /etc/libvirt/qemu/q35.xml
check "the card is home" has_driver $card e1000e
verdict
