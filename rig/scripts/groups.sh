# Inside a machine: makes virtual functions, then keeps in /mnt/share what passthru and the kernel say of the groups.
failed=0
for file in /sys/bus/pci/devices/*/sriov_totalvfs; do
    [ -e "$file" ] || continue
    # NVMe can have virtual functions that are not online, and 3 are enough.
    echo 3 >"${file%/*}/sriov_numvfs" || failed=1
done
for link in /sys/bus/pci/devices/*/iommu_group; do
    [ ! -e "$link" ] || echo "$(basename "$(readlink "$link")") $(basename "${link%/*}")"
done | sort -n >/mnt/share/kernel-groups
passthru capture --full --yes /mnt/share/host.tar >/dev/null || failed=1
passthru devices --json >/mnt/share/devices.json || failed=1
uname -r >/mnt/share/release
exit $failed
