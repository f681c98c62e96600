# What the disks have in common that GRUB boots from: the initramfs, partitions, GRUB itself. Sourced by rig/setup.
# shellcheck shell=bash

# What the kernels of real systems of this kind have built in, or what a bridge and --share need before anything else.
disk_modules=(nvme ahci sd_mod ext4 crc32c_generic crc32c-intel vfat nls_cp437 nls_ascii nls_utf8 squashfs overlay
    bridge virtio_pci virtio_blk virtio_console xhci-pci usb-storage)

# make_disk_initramfs FILE: the image that GRUB loads. Compressed, because GRUB reads a disk through emulated firmware,
# slower than the kernel unpacks.
make_disk_initramfs() {
    local tree=$1.tree
    rm -rf "$tree"
    mkdir -p "$tree"/{bin,dev,proc,sys,tmp,run,rig}
    add_busybox "$tree"
    add_modules stock "$tree" "${disk_modules[@]}"
    cp -r "$rig_source/guest/disk/." "$tree"
    echo "${disk_modules[*]}" >"$tree/modules"
    archive "$tree" | zstd -q -12 >"$1"
    rm -rf "$tree"
}

# needed_libraries TREE PROGRAM…: the libraries below TREE that the PROGRAMs, paths below it, need, and the loader.
needed_libraries() {
    local tree=$1 program
    for program in "${@:2}"; do
        "$tree/lib64/ld-linux-x86-64.so.2" --inhibit-cache \
            --library-path "$tree/lib/x86_64-linux-gnu:$tree/usr/lib/x86_64-linux-gnu" --list "$tree/$program"
    done | awk -v tree="$tree/" '
        $2 == "=>" && index($3, tree) == 1 { print substr($3, length(tree) + 1) }
        END { print "lib64/ld-linux-x86-64.so.2" }' | sort -u
}

# put_partition FILE IMAGE START: copies a partition's contents to the sector START of IMAGE; holes stay holes.
put_partition() { dd if="$1" of="$2" bs=1M seek="$(($3 / 2048))" conv=notrunc,sparse status=none; }

# install_bios_grub IMAGE CORE: as grub-bios-setup leaves it: the first 440 bytes, and the core between there and the
# first partition, which begins at 1 MiB.
install_bios_grub() {
    (($(stat -c %s "$2") < 2047 * 512)) || { echo "GRUB's core image is too large" && return 1; }
    dd if=/usr/lib/grub/i386-pc/boot.img of="$1" bs=440 count=1 conv=notrunc status=none
    dd if="$2" of="$1" bs=512 seek=1 conv=notrunc status=none
}

# make_fat FILE TREE MEGABYTES LABEL [OPTION…]: a FAT file system with the contents of TREE.
make_fat() {
    truncate --size="$3M" "$1"
    mkfs.vfat -n "$4" "${@:5}" "$1" >/dev/null
    (cd "$2" && mcopy -s -i "$1" -- * ::/)
}
