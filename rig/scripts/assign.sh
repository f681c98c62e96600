# Hands devices over and takes them back on the usual board, and tries what must be refused.
# shellcheck source=rig/lib/checks.sh
. /rig/checks.sh

# Every driver, override, module, interface, and every file that passthru may write: what a refused or dry command must
# leave alone.
state() {
    for device in /sys/bus/pci/devices/*; do echo "$device $(driver "${device##*/}") $(cat "$device/driver_override")"; done
    cut -d' ' -f1 /proc/modules | sort
    ls /sys/class/net /sys/class/block /dev
    ls -R /var/run/ 2>/dev/null
    find /etc /boot /var/lib -exec stat -c '%n %f %u:%g %s %y' {} + | sort
    find /etc /boot /var/lib -type f -exec md5sum {} + | sort
}
unchanged() { # COMMAND…: runs it and compares
    snapshot /tmp/before state || return 1
    "$@"
    result=$?
    snapshot /tmp/after state || return 1
    cmp -s /tmp/before /tmp/after || {
        diff /tmp/before /tmp/after
        return 1
    }
    return $result
}

changed() { ! unchanged "$@" >/dev/null; }
check "the judge: a file in /etc is seen" changed touch /etc/judge
check "the judge: one in /boot is seen" changed touch /boot/judge
check "the judge: one in /var/lib is seen" changed touch /var/lib/judge
check "the judge: what a file says is seen" changed sh -c 'date >/etc/judge'
rm /etc/judge /boot/judge /var/lib/judge
check "the judge: nothing is nothing" unchanged true

card=0000:01:00.0 first=0000:06:00.0 second=0000:06:00.1 disk=0000:02:00.0

check "a report is made" ends 0 passthru capture /mnt/share/redacted.tar
check "a dry run changes nothing" unchanged ends 0 passthru assign $card --dry-run
check "a dry run shows the sysfs writes" says "$card > /sys/bus/pci/drivers/e1000e/unbind"
check "no terminal, no --yes: refused as usage" unchanged ends 64 passthru assign $card
check "an absent device is 66" unchanged ends 66 passthru assign 0000:7f:00.0 --yes
check "no device at all is 64" unchanged ends 64 passthru assign nonsense --yes
check "an ambiguous id is 64" unchanged ends 64 passthru assign 8086:10d3 --yes
check "its candidates are listed" says $second
check "a bridge is refused" unchanged ends 77 passthru assign 0000:00:03.0 --yes
check "the host bridge is refused" unchanged ends 77 passthru assign 0000:00:00.0 --yes
check "the SMBus is refused" unchanged ends 77 passthru assign 0000:00:1f.3 --yes
check "the ISA bridge is refused" unchanged ends 77 passthru assign 0000:00:1f.0 --yes
check "a member of the ISA bridge's group is refused" unchanged ends 77 passthru assign 0000:00:1f.2 --yes
check "a group-mate must be named" unchanged ends 77 passthru assign $first --yes
check "and is listed with its cost" says "$second Intel Corporation 82574L Gigabit Network Connection [e1000e]: network eth2"
check "conventional PCI shares a group too" unchanged ends 77 passthru assign 0000:08:01.0 --yes

ip addr add 192.168.77.1/24 dev eth0
check "a card with an address is refused" unchanged ends 77 passthru assign $card --yes
check "and the address is named" says 192.168.77.1
ip addr del 192.168.77.1/24 dev eth0

check "one card is assigned" ends 0 passthru assign $card --yes
check "vfio-pci has it" has_driver $card vfio-pci
check "its override says so" [ "$(override $card)" = vfio-pci ]
check "the group's node is there" [ -c "/dev/vfio/$(basename "$(readlink /sys/bus/pci/devices/$card/iommu_group)")" ]
check "its interface is gone" [ ! -e /sys/class/net/eth0 ]
check "an equal card elsewhere keeps its driver" has_driver $first e1000e
check "assigning again changes nothing" unchanged ends 0 passthru assign $card --yes
check "and says so" says "Nothing to do"
check "status names the home driver" ends 0 passthru
check "…" says "home driver e1000e"

check "both functions go together" ends 0 passthru assign $first --with $second --yes
check "the first is bound" has_driver $first vfio-pci
check "the second is bound" has_driver $second vfio-pci
check "the disk is assigned" ends 0 passthru assign $disk --yes
check "the disk is gone" [ ! -e /sys/block/nvme0n1 ]
check "doctor says the nodes are there" ends 0 passthru doctor --verbose
check "…" says "/dev/vfio/vfio"
check "doctor has no unknowns now" [ "${output#*unknown }" = "$output" ]

check "everything is released" ends 0 passthru release $card $first $second $disk --yes
for device in $card $first $second; do check "$device is home" has_driver "$device" e1000e; done
check "the disk is home" has_driver $disk nvme
check "no override is left" [ "$(override $card)" = "(null)" ]
check "no record is left" [ -z "$(ls /var/run/passthru/home)" ]
check "releasing again changes nothing" unchanged ends 0 passthru release $card --yes

# The home driver is no longer loaded: release loads it first.
check "the card again" ends 0 passthru assign $card $first --with $second --yes
modprobe -r e1000e
check "its driver is unloaded" [ ! -e /sys/module/e1000e ]
check "release loads the driver" ends 0 passthru release $card $first $second --yes
check "the card is home" has_driver $card e1000e

# drivers_probe succeeds although nothing binds: what was read back counts, and everything is rolled back.
echo 1 >/sys/bus/pci/devices/$card/enable 2>/dev/null
rmmod vfio_pci 2>/dev/null
mv /lib/modules/*/modules.dep /tmp/ && : >"/lib/modules/$(uname -r)/modules.dep"
check "without a module that can be loaded: exit 74, rolled back" ends 74 passthru assign $card --yes
check "the card kept its driver" has_driver $card e1000e
check "no override is left behind" [ "$(override $card)" = "(null)" ]
mv /tmp/modules.dep "/lib/modules/$(uname -r)/"

verdict
