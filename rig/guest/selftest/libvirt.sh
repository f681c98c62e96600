# What a machine with libvirt is, for rig/selftest: a line per fact. Starts libvirt and a guest, which has nothing.
driver() { basename "$(readlink -f "/sys/bus/pci/devices/$1/driver")"; }
echo "root=$(findmnt -no SOURCE,FSTYPE / | tr -s ' ')"
echo "init=$(cat /proc/1/comm)"
echo "kvm=$(stat -c '%A %G' /dev/kvm)"
echo "nodes=$(cd /dev && ls -d stdin vfio/vfio net/tun 2>/dev/null | tr '\n' ' ')"
for device in 0000:01:00.0 0000:02:00.0 0000:03:00.0 0000:03:00.1; do
    echo "$device=$(driver $device) $(ls /sys/bus/pci/devices/$device/iommu_group/devices | wc -l)"
done
echo "macs=$(cat /sys/class/net/eth?/address | cut -d: -f6 | tr '\n' ' ')"
echo 1 >/sys/bus/pci/devices/0000:05:00.0/sriov_numvfs
udevadm settle
echo "virtual=$(driver 0000:05:10.0)"
echo "usb=$(cat /sys/bus/usb/devices/2-?/serial | tr '\n' ' ')$(ls -d /dev/ttyUSB0)"
echo "packages=$(dpkg-query -W -f '${Version} ' libvirt-daemon-system qemu-system-x86)"
echo "unconfigured=$(dpkg --audit | wc -l)"
libvirt-up
echo "daemon=$(virsh version | sed -n 's/^Running hypervisor: //p')"
virsh --quiet define /usr/share/guests/q35.xml
guest-start q35
guest-sees q35 60 '!L2-NET' '!L2-DISK' '!L2-USB'
echo "guest=$?"
echo "user=$(ps -o user:20= -C qemu-system-x86_64)"
libvirt-down
echo "alone=$(pidof libvirtd | wc -w) $(pidof qemu-system-x86_64 | wc -w)"
