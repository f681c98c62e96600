# Prints facts about the machine as NAME=VALUE lines, read by rig/selftest.
pci=/sys/bus/pci/devices
release=$(uname -r)

count() { ls "$1" 2>/dev/null | wc -l; }
driver() { basename "$(readlink "$pci/$1/driver" 2>/dev/null)"; }
group() { basename "$(readlink "$pci/$1/iommu_group" 2>/dev/null)"; }

echo "cmdline=$(cat /proc/cmdline)"
echo "kernel=$release"
echo "functions=$(count $pci)"
echo "groups=$(count /sys/kernel/iommu_groups)"
echo "units=$(ls /sys/class/iommu 2>/dev/null | tr '\n' ' ')"
echo "tables=$(ls /sys/firmware/acpi/tables | grep -E '^(DMAR|IVRS)$' | tr '\n' ' ')"
echo "remapped_interrupts=$(grep -c ' IR-' /proc/interrupts)"
echo "svm=$(grep -cw svm /proc/cpuinfo)"
echo "kvm=$(ls -l /dev/kvm 2>/dev/null | awk '{ print $1, $4 }')"
echo "vfio_modules=$(find /lib/modules -name 'vfio*.ko' | wc -l)"
echo "vfio_loaded=$(grep -c '^vfio' /proc/modules)"
echo "vfio_works=$(modprobe vfio-pci 2>/dev/null && [ -e /dev/vfio/vfio ] && echo yes || echo no)"
echo "amd_iommu_built=$(grep -c '^CONFIG_AMD_IOMMU=y' "/boot/config-$release")"
echo "saved=$(sed -n 's/^GRUB_CMDLINE_LINUX_DEFAULT=//p' /etc/default/grub)"
echo "menu=$(sed -n 's/^ *linux //p' /boot/grub/grub.cfg)"
echo "system=$(sed -n 's/^ID=//p' /etc/os-release)"
echo "hostname=$(hostname)"
for index in dep alias builtin builtin.modinfo order; do
    [ -s "/lib/modules/$release/modules.$index" ] && echo "index_$index=yes"
done
echo "autoload=$(cat /proc/sys/kernel/modprobe) $([ -x /sbin/modprobe ] && echo present)"
echo "port_driver=$(driver 0000:00:03.0)"
echo "switch_group=$(ls $pci/0000:06:00.1/iommu_group/devices 2>/dev/null | wc -l)"
echo "bridge_group=$(ls $pci/0000:08:02.0/iommu_group/devices 2>/dev/null | wc -l)"
echo "card_group=$(ls $pci/0000:01:00.0/iommu_group/devices 2>/dev/null | wc -l)"
echo "card_driver=$(driver 0000:01:00.0)"
echo "own_group_of_unit=$(group 0000:00:01.0)"
echo "eth0=$(cat /sys/class/net/eth0/address 2>/dev/null)"
echo "cards=$(ls -d /sys/class/net/*/device 2>/dev/null | wc -l)"
echo "lo=$(cat /sys/class/net/lo/flags)"
sleep 1
echo "carrier=$(cat /sys/class/net/eth0/carrier 2>/dev/null)"
echo "disk=$(tr -d ' ' </sys/class/nvme/nvme0/serial 2>/dev/null)"
echo "usb=$(cat /sys/bus/usb/devices/*/serial 2>/dev/null | grep -v : | sort | tr '\n' ' ')"
echo "tty=$(ls /dev/ttyUSB0 2>/dev/null)"
echo "stick=$(ls /dev/sda 2>/dev/null)"
echo "virtual_functions=$(cat $pci/0000:01:00.0/sriov_totalvfs 2>/dev/null)"
echo "table_sum=$(cat /sys/firmware/acpi/tables/DMAR /sys/firmware/acpi/tables/IVRS 2>/dev/null | md5sum | cut -d' ' -f1)"
echo report >/mnt/share/report
