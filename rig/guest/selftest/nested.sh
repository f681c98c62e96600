# Hands the card and the disk to the inner guest, and takes the card back. Read by rig/selftest.
pci=/sys/bus/pci/devices
# rebind ADDRESS DRIVER: DRIVER may be empty, for the one that the kernel would choose.
rebind() {
    echo "$2" >"$pci/$1/driver_override"
    echo "$1" >"$pci/$1/driver/unbind"
    echo "$1" >/sys/bus/pci/drivers_probe
    echo "$1=$(basename "$(readlink "$pci/$1/driver")")"
}
modprobe -a vfio-pci vfio_iommu_type1
rebind 0000:01:00.0 vfio-pci
rebind 0000:02:00.0 vfio-pci
nested-guest -device vfio-pci,host=0000:01:00.0 -device vfio-pci,host=0000:02:00.0
echo "nested=$?"
rebind 0000:01:00.0 ''
ip link set eth0 up
tries=0
until [ "$(cat /sys/class/net/eth0/carrier 2>/dev/null)" = 1 ] || [ $tries -ge 50 ]; do
    tries=$((tries + 1))
    sleep 0.1
done
echo "back=$(cat /sys/class/net/eth0/address) carrier=$(cat /sys/class/net/eth0/carrier)"
