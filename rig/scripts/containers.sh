# A container as iStoreOS' store makes one for libvirt, with its own /dev, limits and a `virsh` that exists only there; both
# daemon and virsh are stand-ins (scripts/libvirt-container.sh has the real ones). passthru finds it, changes its guests
# through that virsh, sees what it cannot reach, and finds it again after its restart.
# shellcheck shell=sh source=rig/lib/checks.sh
. /rig/checks.sh
# shellcheck source=rig/lib/container.sh
. /rig/container.sh

card=0000:01:00.0
config=/srv/webvirtcloud
domains=$config/libvirt/qemu
mkdir -p $domains

# JSON of `guest list`, one value a line, to look for words in.
guests() { passthru guest list --json; }

cat >/tmp/root.sh <<'ROOT'
mount -t tmpfs -o mode=755 tmpfs "$root"
mkdir -p "$root/bin" "$root/usr/bin" "$root/usr/sbin" "$root/etc/libvirt"
cp /bin/busybox "$root/bin"
for applet in sh sleep cat sed grep cp mv rm ls hostname ulimit basename; do ln -s busybox "$root/bin/$applet"; done
mount --bind /srv/webvirtcloud/libvirt "$root/etc/libvirt"
cat >"$root/usr/sbin/libvirtd" <<'DAEMON'
#!/bin/sh
: >/run/libvirt-is-up
while :; do sleep 1000; done
DAEMON
cat >"$root/usr/bin/virsh" <<'VIRSH'
#!/bin/sh
# As much of virsh(1) as passthru asks for.
[ ! -e /etc/libvirt/hang ] || { sleep 998 & sleep 999; }
[ -e /run/libvirt-is-up ] || { echo "error: failed to connect to the hypervisor" >&2; exit 1; }
[ "$1" != -c ] || shift 2
case $1 in
dumpxml)
    while [ $# -gt 1 ]; do shift; done
    cat "/etc/libvirt/qemu/$1.xml" || { echo "error: failed to get domain '$1'" >&2; exit 1; }
    ;;
define)
    cat "$2" >/etc/libvirt/defined
    name=$(sed -n 's:.*<name>\(.*\)</name>.*:\1:p' /etc/libvirt/defined)
    [ -n "$name" ] || { echo "error: XML error" >&2; exit 1; }
    mv /etc/libvirt/defined "/etc/libvirt/qemu/$name.xml"
    ;;
version) echo "Using library: libvirt 9.0.0"; echo "Running against daemon: 9.0.0" ;;
*) echo "error: unknown command: '$1'" >&2; exit 1 ;;
esac
VIRSH
chmod +x "$root/usr/sbin/libvirtd" "$root/usr/bin/virsh"
ROOT
cat >$domains/win.xml <<'DOMAIN'
<!-- A comment that stays. -->
<domain type='kvm'>
  <name>win</name>
  <memory unit='MiB'>512</memory>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices>
    <controller type='pci' model='pcie-root'/>
    <disk type='file' device='disk'><source file='/var/lib/libvirt/images/win.qcow2'/><target dev='vda' bus='virtio'/></disk>
  </devices>
</domain>
DOMAIN
cp $domains/win.xml /tmp/win.xml
dd if=/dev/zero bs=1024 count=2048 2>/dev/null | tr '\0' 'x' >/tmp/long
{
    printf "<domain type='kvm'>\n  <name>long</name>\n  <memory unit='MiB'>64</memory>\n  <description>"
    cat /tmp/long
    printf '</description>\n  <devices>\n  </devices>\n</domain>\n'
} >$domains/long.xml

check "where no container is, nobody asks for one" no_line guest-nodes passthru doctor --json
check "there is no guest" ends 0 guests
check "…" says '"guests" : [

  ]'

container_make webvirtcloud /tmp/root.sh
memlock=64
export memlock
check "the container starts" container_start webvirtcloud /bin/sh /usr/sbin/libvirtd
first_pid=$(container_pid webvirtcloud)
check "virsh is only in there" [ ! -e /usr/bin/virsh ]

check "its guests are found" ends 0 guests
check "… with its name" says '"container" : "webvirtcloud"'
check "… by its process" says "\"pid\" : $first_pid"
check "… and its virsh" says '"virsh" : "/usr/bin/virsh"'
check "… whose file the host has elsewhere" says "\"hostConfiguration\" : \"$domains\""
check "… under a name of its own" says '"source" : "webvirtcloud:/etc/libvirt/qemu/win.xml"'
check "… and what it may lock" says '"lockedMemory" : 65536'
check "a guest is shown by its name" ends 0 passthru guest show webvirtcloud/win

# The driver is not there yet, so neither are its nodes.
check "doctor has nothing to complain about its nodes" ends 0 passthru doctor --verbose
check "… but says when a new one is seen" says "would be seen after a restart of the container"
check "a device is put into its guest" ends 0 passthru guest attach win $card --yes
check "… by that virsh" says "virsh"
check "its document has the device" grep -q "ua-passthru-0000-01-00-0" $domains/win.xml
check "… and what is not ours stayed" grep -q "A comment that stays" $domains/win.xml
check "the device waits for it" has_driver $card vfio-pci
check "again nothing is to be done" ends 0 passthru guest attach win $card --yes
check "its claim is seen by another guest's" ends 0 passthru guest attach long $card --dry-run
check "… with the container's name" says "webvirtcloud/win"

group=$(basename "$(readlink /sys/bus/pci/devices/$card/iommu_group)")
check "the node is on the host and not in there" [ -e "/dev/vfio/$group" -a ! -e "/proc/$first_pid/root/dev/vfio/$group" ]
passthru doctor --verbose >/tmp/doctor
check "doctor sees that" grep -q "webvirtcloud: not there: /dev/vfio/vfio, /dev/vfio/$group" /tmp/doctor
check "… and says what helps" grep -q 'docker restart webvirtcloud' /tmp/doctor
check "… in Chinese, too" passthru doctor --lang zh
grep -A1 webvirtcloud /tmp/doctor

check "it is started anew" container_start webvirtcloud /bin/sh /usr/sbin/libvirtd
second_pid=$(container_pid webvirtcloud)
check "… as another process" [ "$first_pid" != "$second_pid" ]
passthru doctor --verbose >/tmp/doctor
check "now its nodes are right" grep -q "webvirtcloud: /dev/vfio/vfio, /dev/vfio/$group" /tmp/doctor
# A module that is loaded anew may give its nodes other numbers.
rm "/proc/$second_pid/root/dev/vfio/$group"
mknod "/proc/$second_pid/root/dev/vfio/$group" c 1 5
passthru doctor --verbose >/tmp/doctor
check "a node with another device's number is no right one" grep -q "another device's number" /tmp/doctor

check "all is taken back through the new container" ends 0 passthru undo --all --yes
check "its document is as it was, byte for byte" cmp $domains/win.xml /tmp/win.xml
check "the card has its driver" has_driver $card e1000e

check "a document of 2 MB comes and goes whole" ends 0 passthru guest attach long $card --yes
check "…" grep -q "ua-passthru-0000-01-00-0" $domains/long.xml
check "… with its text" [ "$(tr -cd x <$domains/long.xml | wc -c)" -ge 2097152 ]
check "… and back" ends 0 passthru undo --all --yes
check "…" [ "$(wc -c <$domains/long.xml)" -lt 2097500 ]

: >$config/libvirt/hang
before=$(cut -d. -f1 /proc/uptime)
check "a virsh that does not answer is given up" ends 75 passthru guest attach win $card --yes
after=$(cut -d. -f1 /proc/uptime)
check "… in $((after - before)) s" [ $((after - before)) -lt 60 ]
check "… and ended with what it started" [ -z "$(grep -l 'sleep.99[89]' /proc/[0-9]*/cmdline 2>/dev/null)" ]
check "… and nothing was changed" cmp $domains/win.xml /tmp/win.xml
check "… nor bound" has_driver $card e1000e
rm $config/libvirt/hang

# What iStoreOS' settings say of a container that does not run.
container_stop webvirtcloud
mkdir -p /etc/config
printf "config main\n\toption config_path '%s'\n" $config >/etc/config/webvirtcloud
check "when it is down its guests are known by its settings" ends 0 guests
check "…" says "\"hostConfiguration\" : \"$domains\""
check "… and do not run" says '"isRunning" : false'
check "doctor does not say ok for what it cannot see" [ "$(passthru doctor --verbose | grep -c 'webvirtcloud: does not run now')" = 4 ]
check "its guest's file is edited" ends 0 passthru guest attach win $card --yes
check "…" grep -q "ua-passthru-0000-01-00-0" $domains/win.xml
check "… and put back" ends 0 passthru undo --all --yes
check "…" cmp $domains/win.xml /tmp/win.xml

# A plan of a container that is gone when it is to be taken back.
check "it starts once more" container_start webvirtcloud /bin/sh /usr/sbin/libvirtd
check "a device is put into its guest" ends 0 passthru guest attach win $card --yes
container_stop webvirtcloud
check "without it that cannot be taken back" ends 78 passthru undo --all --yes
check "… and is said" says "libvirt does not run in the container webvirtcloud"
check "it starts a last time" container_start webvirtcloud /bin/sh /usr/sbin/libvirtd
check "then it can" ends 0 passthru undo --all --yes
check "…" cmp $domains/win.xml /tmp/win.xml
container_stop webvirtcloud
verdict
