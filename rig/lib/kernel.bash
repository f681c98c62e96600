# Debian's kernels, unpacked below .rig/kernels/NAME and never installed. Sourced by rig/setup.
# shellcheck shell=bash

# unpack_kernel METAPACKAGE FOLDER: the kernel that METAPACKAGE stands for today (its name moves with each release).
unpack_kernel() {
    local package
    refresh_lists_unless_known "$1"
    package=$(apt-cache depends "$1" | awk '/Depends: linux-image/ && !found++ { print $2 }')
    unpack_package "$package" "$2"
    # The unpacked tree has no list of dependencies yet.
    depmod -b "$2" "$(basename "$2"/lib/modules/*)"
}

# uncompress_kernel NAME FILE: the ELF image inside vmlinuz. QEMU starts it through the PVH entry, and so an emulated
# processor need not run the decompressor: that is 3 of the 5 seconds of a boot. The offsets are those of the
# kernel's boot protocol (Documentation/arch/x86/boot.rst): setup_sects, payload_offset, payload_length.
uncompress_kernel() {
    local image sectors offset length
    image=$(echo "$rig/kernels/$1/boot/vmlinuz-"*)
    sectors=$(od -An -tu1 -j$((0x1f1)) -N1 "$image")
    offset=$(od -An -tu4 -j$((0x248)) -N4 "$image")
    length=$(od -An -tu4 -j$((0x24c)) -N4 "$image")
    # The last four bytes of the payload are the uncompressed size, not xz data.
    head -c $(((sectors + 1) * 512 + offset + length - 4)) "$image" | tail -c $((length - 4)) | xz -dc >"$2"
}

