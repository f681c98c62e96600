# Prints facts about a machine with its root on a disk, one that lost its power before, as NAME=VALUE lines. Read by
# rig/selftest.
for address in 0000:01:00.0 0000:01:00.1 0000:02:00.0 0000:02:00.1 0000:03:00.0 0000:04:00.0 0000:04:00.1; do
    device=/sys/bus/pci/devices/$address
    [ -e $device ] || continue
    set -- $device/iommu_group/devices/*
    echo "$address=$(basename "$(readlink $device/driver)") $#"
done
echo "root=$(awk '$2 == "/" { print $1, $3 }' /proc/mounts)"
echo "init=$(cat /proc/1/comm)"
echo "hostname=$(hostname)"
echo "eth0=$(cat /sys/class/net/eth0/address) $(ip -4 -o address show eth0 | awk '{ print $4 }')"
echo "gateway=$(ip route | awk '$1 == "default" { print $3 }')"
echo "ssh=$(netstat -ltn | awk '$4 ~ /^0.*:22$/ { print $4 }')"
echo "shell=$(readlink /bin/sh)"
echo "kept=$([ -s /root/kept ] && echo yes || echo no)"
echo "lost=$([ -s /root/lost ] && echo yes || echo no)"
echo "recovered=$(dmesg | grep 'recovery complete')"
echo "vfio_works=$(modprobe vfio-pci 2>/dev/null && [ -e /dev/vfio/vfio ] && echo yes || echo no)"
