# Prints facts about a machine that booted from its disk, as NAME=VALUE lines. Read by rig/selftest over SSH.
echo "cmdline=$(cat /proc/cmdline)"
echo "boots=$(cat /rig/boots)"
echo "init=$(cat /proc/1/comm)"
echo "system=$(sed -n 's/^ID=//p' /etc/os-release | tr -d '"')"
echo "firmware=$([ -d /sys/firmware/efi ] && echo efi || echo bios)"
awk '{ print "mount=" $1, $2, $3, substr($4, 1, 2) }' /proc/mounts
echo "boot_mounts=$(awk '$2 == "/boot"' /proc/mounts | wc -l)"
# The newest is the first of /proc/modules.
echo "modules=$(awk '/^(tun|e1000e|kvm|kvm_amd|i6300esb|vfio|vfio_pci) / { list = $1 " " list } END { print list }' /proc/modules)"
echo "groups=$(find /sys/kernel/iommu_groups -mindepth 1 -maxdepth 1 | wc -l)"
for device in /sys/bus/pci/devices/0000:0[1-5]:00.0 /sys/bus/pci/devices/0000:00:0[89].0; do
    [ ! -e "$device" ] || echo "${device##*/}=$(basename "$(readlink "$device/driver")" 2>/dev/null)"
done
for card in /sys/class/net/*; do
    [ ! -e "$card/device" ] || echo "${card##*/}=$(cat "$card/address") $(basename "$(readlink "$card/master")" 2>/dev/null)"
done
echo "gateway=$(ip route | awk '$1 == "default" { print $3, $5 }')"
echo "disks=$(cd /sys/block && echo *)"
grub-editenv /boot/grub/grubenv set rig_says="$(cat /rig/boots)" 2>&1
echo "environment=$(grub-editenv /boot/grub/grubenv list | tr '\n' ' ')"
echo "environment_size=$(wc -c </boot/grub/grubenv)"
echo "services=$(cd /etc/rc.d 2>/dev/null && echo S*)"
echo "node=$(stat -c %a /dev/watchdog 2>/dev/null)"
