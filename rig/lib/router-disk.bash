# The disk of the machines whose root is on one: a small Debian with SSH and ifupdown. Sourced by rig/setup.
# shellcheck shell=bash

router_packages=(base-files sysvinit-utils dash ifupdown iproute2 dropbear-bin attr)

# make_router_disk FILE: a disk with one partition, an ext4 file system. Boots use copies and leave this one as it is.
make_router_disk() {
    local tree=$1.tree start=1 size=320
    make_small_debian "$tree" router "${router_packages[@]}"
    cp "$rig/kernels/stock/boot/config-"* "$tree/boot"

    truncate --size="$((start + size))M" "$1"
    partition_table $((start * 2048)) $((size * 2048)) |
        dd of="$1" bs=1 seek=446 conv=notrunc status=none
    mke2fs -q -t ext4 -m 0 -b 4096 -L root -E "offset=$((start << 20)),lazy_itable_init=0" -d "$tree" "$1" "${size}M"
    rm -rf "$tree"
}

# make_small_debian TREE "GUEST…" PACKAGE…: the root of a Debian out of PACKAGEs and what they depend on, none of them
# configured, with the files of each folder GUEST, the key for SSH, the modules, and busybox for all that is missing.
make_small_debian() {
    local tree=$1 guests=$2 folder
    rm -rf "$tree"
    unpack_with_dependencies "$tree" "${@:3}"
    # The packages have /lib and /usr/lib; in an installed Debian they are the same.
    for folder in bin sbin lib lib64; do
        mkdir -p "$tree/usr/$folder" "$tree/$folder"
        cp -a "$tree/$folder/." "$tree/usr/$folder"
        rm -r "${tree:?}/$folder"
        ln -s "usr/$folder" "$tree/$folder"
    done
    rm -rf "$tree"/usr/share/{doc,man,locale,info,lintian} "$tree"/usr/lib/systemd
    mkdir -p "$tree"/{proc,sys,dev,run,tmp,mnt,boot,root/.ssh,var/lib,var/log,etc/dropbear,etc/network/interfaces.d}
    ln -sfn /run "$tree/var/run"
    ln -sfn /run/rig "$tree/rig"
    ln -s /proc/mounts "$tree/etc/mtab"
    for folder in $guests; do cp -r "$rig_source/guest/$folder/." "$tree"; done
    # Not busybox' own, which prefers its applets to the programs of the packages.
    ln -sf dash "$tree/usr/bin/sh"
    cp "$rig/busybox/bin/busybox" "$tree/usr/bin"
    # Where Debian's own program is there, it stays.
    "$tree/usr/bin/busybox" --list-full | while read -r applet; do
        [[ $applet == */* && ! -e $tree/$applet && ! -L $tree/$applet ]] || continue
        mkdir -p "$tree/${applet%/*}"
        ln -s /usr/bin/busybox "$tree/$applet"
    done
    add_modules stock "$tree" "${machine_modules[@]}" efivarfs i6300esb
    cp "$rig/ssh/key.pub" "$tree/root/.ssh/authorized_keys"
    chmod 700 "$tree/root" "$tree/root/.ssh"
    chmod 1777 "$tree/tmp"
    chown -R 0:0 "$tree"
}

# partition_table START COUNT: the end of a master boot record with one Linux partition, in sectors.
partition_table() {
    local number
    printf '\0\xfe\xff\xff\x83\xfe\xff\xff'
    for number; do
        # shellcheck disable=SC2059  # the format is made of the four bytes
        printf "$(printf '\\x%02x\\x%02x\\x%02x\\x%02x' $((number & 255)) $((number >> 8 & 255)) \
            $((number >> 16 & 255)) $((number >> 24 & 255)))"
    done
    head -c 48 /dev/zero
    printf '\x55\xaa'
}

# make_ssh_key FOLDER: the key that opens every router; it is for this folder's machines only.
make_ssh_key() {
    mkdir -p "$1"
    ssh-keygen -q -t ed25519 -N '' -C rig -f "$1/key"
}
