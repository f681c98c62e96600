# The disk of the nested machines: QEMU with its libraries, and the guest that it starts. Sourced by rig/setup.
# shellcheck shell=bash

# make_nested_disk FILE: an ext4 image, read-only when in use. QEMU is the one that apt installed on this host; its
# libraries are those that the loader names, and of its modules only the emulated processor is needed.
make_nested_disk() {
    local tree=$1.tree program=/usr/bin/qemu-system-x86_64 modules=/usr/lib/x86_64-linux-gnu/qemu
    mkdir -p "$tree/guest"
    {
        echo "$program"
        ls "$modules"/accel-*.so
        ldd "$program" "$modules"/accel-*.so | awk '$2 == "=>" { print $3 } $1 ~ /ld-linux/ { print $1 }'
        # What QEMU reads at start: BIOS and option ROMs. The key maps and the other machines' firmware stay here.
        find -L /usr/share/qemu /usr/share/seabios -maxdepth 1 -name '*.bin' -size -2000k
        find -L /usr/share/qemu -maxdepth 1 -name '*.rom'
    } | sort -u | while read -r file; do
        mkdir -p "$tree$(dirname "$file")"
        cp -L "$file" "$tree$file"
    done
    # In Debian /lib is a link to /usr/lib.
    mkdir -p "$tree/usr/lib"
    cp -r "$tree/lib/." "$tree/usr/lib"
    rm -r "${tree:?}/lib"
    cp "$(kernel_image stock)" "$tree/guest/vmlinux"
    cp "$rig/initramfs/inner" "$tree/guest/initrd"
    mke2fs -q -t ext4 -O ^has_journal -m 0 -d "$tree" "$1" "$(($(du -sm "$tree" | cut -f1) * 11 / 10 + 8))M"
    rm -rf "$tree"
}
