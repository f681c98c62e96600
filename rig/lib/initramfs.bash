# The initramfs images: busybox, kernel modules and our /init. Sourced by rig/setup.
# shellcheck shell=bash

# Modules of a machine, by subject. What they depend on comes along; a name that the kernel does not have is left out.
machine_modules=(
    vfio vfio_iommu_type1 vfio-pci kvm kvm-amd kvm-intel pci-stub
    e1000 e1000e igb igbvf virtio_net nvme ahci sd_mod sr_mod
    xhci-pci ehci-pci uhci-hcd usb-storage uas usbhid hid-generic ftdi_sio usbserial
    snd_hda_intel snd_hda_codec_generic i2c-i801 lpc_ich
    virtio_pci virtio_blk virtio_console virtio_scsi
    ext4 crc32c_generic crc32c-intel vfat nls_cp437 nls_ascii overlay loop dm-mod md-mod raid1
    bridge 8021q bonding dummy tun
)
# Modules of the inner guest: it gets one card and one disk.
inner_modules=(e1000e igbvf nvme)

# make_initramfs KERNEL FILE: the image of a machine that runs the unpacked kernel KERNEL.
make_initramfs() {
    local tree=$2.tree
    fill_tree "$1" "$tree" "${machine_modules[@]}"
    archive "$tree" >"$2"
    rm -rf "$tree"
}

# make_initramfs_without_vfio FILE: the stock kernel's, as if its package had been cut down.
make_initramfs_without_vfio() {
    local tree=$1.tree
    fill_tree stock "$tree" "${machine_modules[@]}"
    find "$tree/lib/modules" -path '*/vfio/*' -name '*.ko' -delete
    sed -i '/\/vfio\//d' "$tree"/lib/modules/*/modules.order
    depmod -b "$tree" "$(kernel_release stock)"
    archive "$tree" >"$1"
    rm -rf "$tree"
}

# make_inner_initramfs FILE: the image of the guest inside a machine.
make_inner_initramfs() {
    local tree=$1.tree
    mkdir -p "$tree"/{bin,dev,proc,sys,rig}
    add_busybox "$tree"
    add_modules stock "$tree" "${inner_modules[@]}"
    cp "$rig_source/guest/inner/init" "$tree/init"
    last_archive "$tree" >"$1"
    rm -rf "$tree"
}

# fill_tree KERNEL TREE MODULE…: a small Debian-like root.
fill_tree() {
    local kernel=$1 tree=$2
    mkdir -p "$tree"/{bin,sbin,usr/bin,usr/sbin,usr/lib,usr/share,dev,proc,sys,tmp,run,mnt,root,boot,etc,var/lib,rig}
    add_busybox "$tree"
    cp -r "$rig_source/guest/machine/." "$tree"
    cp "$rig/kernels/$kernel/boot/config-"* "$tree/boot"
    add_modules "$kernel" "$tree" "${@:3}"
}

add_busybox() {
    cp "$rig/busybox/bin/busybox" "$1/bin"
    ln -s busybox "$1/bin/sh"
}

# add_modules KERNEL TREE MODULE…: copies the modules and what modules.dep says that they need, and makes the indexes.
add_modules() {
    local kernel=$1 tree=$2 release source
    release=$(kernel_release "$kernel")
    source=$rig/kernels/$kernel/lib/modules/$release
    mkdir -p "$tree/lib/modules/$release"
    # A line of modules.dep is "PATH: PATH…", the right side already being complete.
    printf '%s\n' "${@:3}" | awk '
        NR == FNR { gsub("-", "_"); wanted[$1] = 1; next }
        {
            sub(":", "", $1)
            name = $1
            sub(".*/", "", name)
            sub("[.]ko.*", "", name)
            gsub("-", "_", name)
            if (name in wanted) for (i = 1; i <= NF; i++) print $i
        }' - "$source/modules.dep" | sort -u |
        (cd "$source" && xargs cp --parents -t "$tree/lib/modules/$release")
    cp "$source"/modules.{builtin,builtin.modinfo,order} "$tree/lib/modules/$release"
    depmod -b "$tree" "$release"
}
