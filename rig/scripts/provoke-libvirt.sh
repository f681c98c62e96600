# Makes libvirt's daemon, and the QEMU that it starts, refuse devices, and lets `passthru explain` name the cause. Runs in
# libvirt-intel and libvirt-amd.
# shellcheck shell=sh source=rig/lib/checks.sh
. /rig/checks.sh

card=0000:01:00.0 first=0000:03:00.0
said=/tmp/said
cd /tmp || exit

# explained NAME ID: what virsh said, and the kernel meanwhile, has this cause first.
explained() {
    ends 0 passthru explain $said
    id=$(echo "$output" | sed -n 's/^  .*\[\([a-z0-9-]*\)\].*$/\1/p' | head -1)
    check "$1: ${id:-nothing}" is "$id" "$2"
}
is() {
    [ "$1" = "$2" ] || {
        sed 's/^/    said: /' $said | head -12
        echo "$output" | head -24
        false
    }
}
# virsh_says ARGUMENT…
virsh_says() {
    dmesg -c >/dev/null
    timeout 90 virsh --quiet "$@" >$said 2>&1
    dmesg >>$said
}
# pci ADDRESS MANAGED [CHILD]: a <hostdev> for that function.
pci() {
    bus=${1#*:} slot=${1##*:}
    echo "<hostdev mode='subsystem' type='pci' managed='$2'><source><address domain='0x${1%%:*}' bus='0x${bus%%:*}'" \
        "slot='0x${slot%.*}' function='0x${1#*.}'/></source>$3</hostdev>"
}
usb() { echo "<hostdev mode='subsystem' type='usb'><source>$1</source></hostdev>"; }
stick() { usb "<address bus='$(cat /sys/bus/usb/devices/2-1/busnum)' device='$(cat /sys/bus/usb/devices/2-1/devnum)'/>"; }
# with GUEST ELEMENTS [AFTER]: defines the guest with these among its devices; status and words are kept.
with() {
    sed "s|</devices>|$2</devices>$3|" "/usr/share/guests/$1.xml" >"$1.xml"
    virsh_says define "$1.xml"
}
plug() { # GUEST ELEMENT
    echo "$2" >element.xml
    virsh_says attach-device "$1" element.xml --live
}
start() { # ELEMENTS [AFTER]
    with q35 "$@"
    virsh_says start q35
}

check "libvirt answers" libvirt-up
start "$(pci $card no)"
explained "a card that its driver still has" lv-unmanaged
start "$(pci $first yes)"
explained "one of two functions" qemu-notviable
start "$(pci 0000:77:00.0 yes)"
explained "an address with nothing at it" lv-notfound
start "$(pci 0000:00:03.0 yes)"
explained "a bridge" lv-bridge
start "$(pci $card yes "<rom file='/nowhere/vbios.rom'/>")"
explained "a ROM that is not there" qemu-romfile
start "$(usb "<vendor id='0x0403'/><product id='0x6002'/>")"
explained "a USB device that is not there" usb-notfound
start "$(usb "<vendor id='0x46f4'/><product id='0x0001'/>")"
explained "one of two equal USB devices" usb-multi
start "<hostdev mode='subsystem' type='mdev' model='vfio-pci'><source><address uuid='4b20d080-1b54-4048-85b3-a6a62d165c01'/></source></hostdev>"
explained "a mediated device that is not there" lv-mdev
start "<interface type='hostdev' managed='yes'><source><address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'/></source></interface>"
explained "a card as if it were a virtual function" lv-iface-vf
start "$(pci $card yes)" "<memtune><hard_limit unit='MiB'>64</hard_limit></memtune>"
explained "a limit below the guest's memory" oom

with i440fx "$(pci $card yes)$(stick)"
check "a guest with the card and a stick starts" guest-start i440fx
start "$(pci $card yes)"
explained "a card that another guest has" lv-inuse
start "$(stick)"
explained "a stick that another guest has" usb-inuse
plug i440fx "$(pci 0000:03:00.1 yes "<address type='pci' domain='0x0000' bus='0x00' slot='0x09' function='0x1'/>")"
explained "a function other than 0" lv-hotplug-function
plug i440fx "$(pci 0000:03:00.1 yes)"
explained "one of two functions, plugged in" qemu-notviable
virsh_says destroy i440fx
verdict
