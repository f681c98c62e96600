# The archives that an initramfs is made of: the kernel unpacks one after the other over what is there.
# shellcheck shell=bash

# archive FOLDER: its contents as a cpio archive on standard output, all of it root's. Nothing is compressed, because
# copying is faster than unpacking on an emulated processor.
archive() {
    (cd "$1" && find . -mindepth 1 | cpio --quiet -o -H newc -R 0:0)
}

# last_archive FOLDER: the same for the last archive of an image. Its last file is cut off in the middle, and only there
# to be damaged: QEMU puts the image at the very end of memory, over what SeaBIOS keeps there, and an emulated USB
# controller goes on writing into that until Linux takes it over.
last_archive() {
    mkdir -p "$1/rig"
    head -c 2M /dev/zero >"$1/rig/padding"
    (cd "$1" && { find . -mindepth 1 ! -path ./rig/padding && echo ./rig/padding; } |
        cpio --quiet -o -H newc -R 0:0 | head -c -1M)
}
