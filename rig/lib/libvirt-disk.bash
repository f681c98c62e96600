# The disk of the machines with libvirt, and the guest that they start. Sourced by rig/setup.
# shellcheck shell=bash

# make_libvirt_guest FILE: the initramfs of the guest inside, which may be given USB devices, too.
make_libvirt_guest() {
    # shellcheck disable=SC2034  # in place of the list that make_inner_initramfs would take
    local inner_modules=(e1000e igbvf nvme xhci-pci usb-storage uas sd_mod ftdi_sio usbhid hid-generic)
    make_inner_initramfs "$1"
}

# make_libvirt_disk FILE: an ext4 file system on the whole disk. Boots use copies and leave this one as it is.
make_libvirt_disk() {
    local tree=$1.tree
    rm -rf "$tree"
    cp -a "$rig/libvirt-root" "$tree"
    # Debian's /sbin/init is a link with an absolute path, through which this machine's own file would be overwritten.
    cp -r --remove-destination "$rig_source/guest/libvirt/." "$tree"
    ln -s /run/rig "$tree/rig"
    ln -s /bin/busybox "$tree/usr/local/bin/cttyhack"
    add_modules stock "$tree" "${machine_modules[@]}"
    cp "$rig/kernels/stock/boot/config-"* "$tree/boot"
    mkdir -p "$tree/var/lib/libvirt/boot" "$tree/var/log/guests"
    cp "$(kernel_image stock)" "$tree/var/lib/libvirt/boot/vmlinux"
    cp "$rig/initramfs/libvirt-guest" "$tree/var/lib/libvirt/boot/initrd"
    mke2fs -q -t ext4 -m 0 -L root -d "$tree" "$1" "$(($(du -sm "$tree" | cut -f1) * 11 / 10 + 160))M"
    rm -rf "$tree"
}
