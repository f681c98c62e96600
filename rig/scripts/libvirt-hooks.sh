# A card that goes when its guest starts and comes back when it has stopped, by the hook that a real libvirt calls: whether
# the daemon knows it, what happens when it fails, when the daemon is restarted, and when passthru is missing meanwhile.
# shellcheck shell=sh source=rig/lib/checks.sh
. /rig/checks.sh

card=0000:01:00.0
cd /tmp || exit
# The hook and AppArmor's profile of libvirt know it there.
[ -e /usr/sbin/passthru ] || cp "$(command -v passthru)" /usr/sbin/passthru
one_line() { [ "$(echo "$output" | grep -c .)" -le "$1" ] || { echo "  $output"; false; }; }
# hand_overs COUNT TEXT: history has so many hand-overs with it.
hand_overs() {
    ends 0 passthru history && says hand-over || return 1
    count=$(echo "$output" | grep hand-over | grep -c "$2")
    [ "$count" = "$1" ] || { echo "  $count in: $output"; false; }
}

check "libvirt answers" libvirt-up
virsh --quiet define /usr/share/guests/q35.xml
check "no hook is there" [ ! -e /etc/libvirt/hooks/qemu.d ]

# The first hook of a machine: libvirt looks for hooks when it starts.
check "a guest that is not there is 66" ends 66 passthru assign $card --guest win11 --at-guest-start --yes
check "without a guest it is 64" ends 64 passthru assign $card --at-guest-start --yes
check "the card is assigned" ends 0 passthru assign $card --guest q35 --at-guest-start --yes
check "… the host still has it" has_driver $card e1000e
check "… the daemon must be restarted" says "restart it once"
check "the script is there" [ -x /etc/libvirt/hooks/qemu.d/passthru ]
check "the guest has it in its configuration" ends 0 virsh dumpxml --inactive q35
check "… not managed by libvirt" says "managed='no'"
check "status says that, too" ends 0 passthru
check "…" says "$card: handed over when q35 starts"
check "…" says "restart it once"
check "a start fails until then" ends 1 virsh start q35
check "…" says "must be manually detached from the host"
check "the daemon is restarted" eval "libvirt-down && libvirt-up"
check "status has nothing more to say" ends 0 passthru
check "…" [ "${output#*restart it once}" = "$output" ]

check "the guest starts" guest-start q35
check "vfio-pci has the card" has_driver $card vfio-pci
check "the guest has it" guest-sees q35 60 'L2-NET .* 52:54:00:00:00:01 carrier=1'
check "status says so" ends 0 passthru
check "…" says "$card: with q35 until it stops"
check "release is refused" ends 77 passthru release $card --yes
check "undo is refused" ends 77 passthru undo --all --yes
check "the daemon is restarted while the guest runs" eval "libvirt-down && libvirt-up"
check "… the guest goes on" ends 0 virsh domstate q35
check "…" says running
check "… with the card" has_driver $card vfio-pci
check "the guest is stopped" virsh --quiet destroy q35
check "the card is home" has_driver $card e1000e
check "… with no override" has_no_override $card
check "history knows why" hand_overs 1 'the guest has stopped'

# What speaks against it is what virsh says.
ip addr add 192.168.77.1/24 dev eth0
check "the host needs the card now: the guest does not start" ends 1 virsh start q35
check "… virsh says why" says "passthru: "
check "…" says "192.168.77.1"
check "… in one line of its own" one_line 2
check "the card stays" has_driver $card e1000e
ip addr del 192.168.77.1/24 dev eth0
check "the guest starts again" guest-start q35
check "vfio-pci has the card" has_driver $card vfio-pci

# passthru is gone when the guest stops.
mv /usr/sbin/passthru /tmp/aside
check "the guest is stopped while passthru is away" virsh --quiet destroy q35
check "the card was left behind" has_driver $card vfio-pci
check "a start without passthru" guest-start q35
check "the guest is stopped" virsh --quiet destroy q35
mv /tmp/aside /usr/sbin/passthru
check "status says what is left" ends 0 passthru
check "…" says "q35 does not run, and they did not come back: passthru undo"
check "the next start goes on from there" guest-start q35
check "the guest has the card" guest-sees q35 60 'L2-NET .* 52:54:00:00:00:01 carrier=1'
check "the guest is stopped" virsh --quiet destroy q35
check "the card is home" has_driver $card e1000e

# A guest that ends by itself, and one that has nothing to do with it.
check "the guest starts" guest-start q35
kill -9 "$(cat /run/libvirt/qemu/q35.pid)"
tries=50
while [ "$(driver $card)" != e1000e ] && [ $tries -gt 0 ]; do
    tries=$((tries - 1))
    sleep 0.2
done
check "QEMU was killed: the card is home" has_driver $card e1000e

check "the card is released" ends 0 passthru release $card --yes
check "the script is gone" [ ! -e /etc/libvirt/hooks/qemu.d/passthru ]
check "nothing is left to undo of the hand-overs" hand_overs 0 applied
passthru history
verdict
