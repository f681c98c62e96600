# libvirt's own daemon in a container, as iStoreOS' webvirtcloud runs it: the host has neither virsh nor the daemon, the
# container has a /dev of its own. passthru changes a guest there, sees that a node is missing, and the guest starts once the
# container was restarted.
# shellcheck shell=sh source=rig/lib/checks.sh
. /rig/checks.sh
# shellcheck source=rig/lib/container.sh
. /rig/container.sh

card=0000:01:00.0 disk=0000:02:00.0
config=/srv/webvirtcloud
mkdir -p $config
cp -a /etc/libvirt $config/libvirt
modprobe overlay
cat >/tmp/root.sh <<'ROOT'
mkdir -p "$containers/$name/upper" "$containers/$name/work"
mount -t overlay overlay -o "lowerdir=/,upperdir=$containers/$name/upper,workdir=$containers/$name/work" "$root" || exit
mount --bind /srv/webvirtcloud/libvirt "$root/etc/libvirt"
mount --bind /var/log/guests "$root/var/log/guests"
mount --rbind /sys "$root/sys"
ROOT
# What hides a file from the host does not hide it from the overlay.
for program in /usr/bin/virsh /usr/sbin/libvirtd; do mount --bind /dev/null $program; done
mkdir /tmp/empty
mount --bind /tmp/empty /etc/libvirt

# in_container COMMAND…: as `docker exec`.
in_container() { nsenter -t "$(container_pid webvirtcloud)" -m -u -i -p -- "$@"; }
# start: starts the container, and waits a minute for its libvirt. Its first process collects what others leave behind: else
# libvirt waits for each QEMU that it asks for its capabilities.
start() {
    container_start webvirtcloud sh -c 'libvirt-up; while :; do sleep 1; done' || return
    tries=60
    until in_container timeout 20 virsh --quiet list >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || return 1
        sleep 1
    done
}
attach() { ends 0 timeout 200 passthru guest attach "$@" --yes; }
# doctor_says VERDICT TEXT: a line of doctor.
doctor_says() {
    passthru doctor --verbose >/tmp/doctor
    grep -q "^$1 .*webvirtcloud: .*$2" /tmp/doctor || { grep webvirtcloud /tmp/doctor; false; }
}

container_make webvirtcloud /tmp/root.sh
check "the container starts" start
check "the host has no virsh" [ ! -x /usr/bin/virsh ]
in_container virsh --quiet define /usr/share/guests/q35.xml
in_container virsh dumpxml --inactive q35 >/tmp/q35.before
check "its configuration is noted" grep -q "<name>q35</name>" /tmp/q35.before
check "its guest is listed" ends 0 passthru guest list
check "…" says webvirtcloud
check "it is shown, with this libvirt's version" ends 0 passthru guest show webvirtcloud/q35 --json
check "…" says '"libvirtVersion" : "9.0.0"'
check "… and QEMU's" says '"qemuVersion" : "7.2'
check "… and where its file is here" says "\"hostConfiguration\" : \"$config/libvirt/qemu\""

check "a card is attached" attach q35 $card
check "… and bound" has_driver $card vfio-pci
in_container virsh dumpxml --inactive q35 >/tmp/q35.now
check "the container's libvirt has it" grep -q ua-passthru-0000-01-00-0 /tmp/q35.now
group=$(basename "$(readlink /sys/bus/pci/devices/$card/iommu_group)")
check "doctor: the node is missing there" doctor_says problem "not there: /dev/vfio/$group"
check "… and a restart helps" grep -q 'docker restart webvirtcloud' /tmp/doctor
check "indeed it does not start" ends 1 in_container timeout 120 virsh start q35
check "…" says "/dev/vfio/$group"
check "the container is restarted" start
check "doctor: the node is there" doctor_says ok "/dev/vfio/$group"
check "the guest starts" in_container guest-start q35
check "… and has the card" guest-sees q35 60 'L2-NET .* 52:54:00:00:00:01 carrier=1'
check "it is listed as running" ends 0 passthru guest show webvirtcloud/q35
check "…" says running
check "its card is not released" ends 77 passthru release $card --yes

# A device that is bound while the guest runs has no node in there.
check "what has no node there is not plugged in" ends 77 passthru guest attach q35 $disk --live --yes
check "…" says "does not see /dev/vfio/"
check "the disk has its driver" has_driver $disk nvme
check "from its next start on it may have it" ends 0 passthru guest attach q35 $disk --dry-run
check "… with the advice" says "docker restart webvirtcloud"
check "a stick that is there is plugged in" attach q35 2-1 --live
check "the guest sees it" guest-sees q35 60 'L2-USB .* STICK01 ' '!L2-DISK'
check "the guest is stopped" in_container virsh --quiet destroy q35
check "the disk is bound" ends 0 passthru assign $disk --once --yes
check "the container is restarted" start
check "the guest starts" in_container guest-start q35
check "now the disk is plugged in" attach q35 $disk --live
check "the guest sees it" guest-sees q35 60 'L2-DISK .* NVME0001' 'L2-NET .* 52:54:00:00:00:01 carrier=1'
check "the guest is stopped" in_container virsh --quiet destroy q35
check "all is taken back" ends 0 timeout 200 passthru undo --all --yes
in_container virsh dumpxml --inactive q35 >/tmp/q35.now
check "its configuration is as it was" cmp /tmp/q35.before /tmp/q35.now
check "the card has its driver" has_driver $card e1000e

# As --privileged is left out: libvirt cannot raise its guests' limit.
in_container virsh --quiet attach-device q35 --config /dev/stdin <<ELEMENT
<hostdev mode='subsystem' type='pci' managed='yes'><source><address domain='0x0000' bus='0x01' slot='0x00' function='0x0'/></source></hostdev>
ELEMENT
memlock=64 without=-sys_resource,-ipc_lock
export memlock without
check "it starts with a limit" start
check "doctor: the guest cannot lock its memory" doctor_says problem "limit 64 KiB, no CAP_SYS_RESOURCE; q35 has 384 MiB"
check "… and what to do" grep -q 'ulimit memlock=-1' /tmp/doctor
container_stop webvirtcloud
verdict
