# Debian's newest packaged kernel (trixie-backports), unpacked below .rig/kernels/newest. Sourced by rig/setup.
# shellcheck shell=bash

# unpack_newest_kernel FOLDER: the image and its modules, as the other kernels are laid out.
unpack_newest_kernel() {
    local tree=$1.tree release
    unpack_trixie linux-image-amd64 "$tree"
    mkdir -p "$1/boot" "$1/lib"
    mv "$tree/unpacked/usr/lib/modules" "$1/lib"
    rm -rf "$tree"
    release=$(basename "$1"/lib/modules/*)
    # Its package keeps both beside the modules.
    mv "$1/lib/modules/$release/vmlinuz" "$1/boot/vmlinuz-$release"
    mv "$1/lib/modules/$release/config" "$1/boot/config-$release"
    # busybox loads plain modules only.
    find "$1/lib/modules" -name '*.ko.xz' -exec xz -d {} +
    depmod -b "$1" "$release"
}
