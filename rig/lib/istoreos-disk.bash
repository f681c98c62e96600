# The disks of the machines that are laid out like iStoreOS: boot partition, squashfs, overlay. Sourced by rig/setup.
# shellcheck shell=bash

# The modules in GRUB's core images, exactly those of iStoreOS' (and what these need). The BIOS one has no `test`.
istoreos_bios_grub=(at_keyboard biosdisk boot chain configfile echo ext2 linux loadenv ls part_msdos reboot search
    serial vga)
istoreos_efi_grub=(at_keyboard boot chain configfile echo fat linux loadenv ls part_gpt reboot search serial test
    efi_gop efi_uga)
# Sizes in MiB. Room for a boot partition is scarce on iStoreOS too. The fourth partition, which iStoreOS does not have,
# keeps the first one as it was, for `sysupgrade`.
istoreos_boot_size=32 istoreos_root_size=96 istoreos_overlay_size=256

# make_istoreos_root FILE: the squashfs, not compressed, because an emulated processor is slow at that.
make_istoreos_root() {
    local tree=$1.tree packages=$1.packages release file applet programs
    programs=(usr/sbin/dropbear usr/bin/grub-editenv usr/bin/dash usr/bin/flock)
    rm -rf "$tree" "$packages"
    unpack_with_dependencies "$packages" dropbear-bin grub-common dash util-linux
    # The packages have /bin and /usr/bin; here they are one while files are picked.
    for file in bin sbin; do
        [[ ! -d $packages/$file ]] || cp -a "$packages/$file/." "$packages/usr/$file"
    done
    mkdir -p "$tree"/{bin,sbin,usr/bin,usr/sbin,usr/lib,lib,lib64,etc/rc.d,etc/dropbear,etc/uci-defaults,proc,sys,dev} \
        "$tree"/{tmp,mnt,rom,overlay,boot,root/.ssh}
    ln -s tmp "$tree/var"
    ln -s var/run "$tree/run"
    ln -s /tmp/rig "$tree/rig"
    ln -s /proc/mounts "$tree/etc/mtab"
    cp -r "$rig_source/guest/istoreos/." "$tree"
    for file in "${programs[@]}"; do cp "$packages/$file" "$tree/$file"; done
    needed_libraries "$packages" "${programs[@]}" | while read -r file; do
        mkdir -p "$tree/$(dirname "$file")"
        cp -L "$packages/$file" "$tree/$file"
    done
    mv "$tree/usr/bin/dash" "$tree/bin/sh"
    cp "$rig/busybox/bin/busybox" "$tree/bin"
    "$tree/bin/busybox" --list-full | while read -r applet; do
        [[ $applet == */* && ! -e $tree/$applet && ! -L $tree/$applet ]] || continue
        mkdir -p "$tree/${applet%/*}"
        ln -s /bin/busybox "$tree/$applet"
    done
    for file in modprobe insmod; do ln -sf kmodloader "$tree/sbin/$file"; done
    for file in "$tree"/etc/init.d/*; do enable_service "$tree" "${file##*/}"; done

    # OpenWrt keeps modules flat, without indexes; what they need stands in the modules, and here in a list.
    release=$(kernel_release stock)
    add_modules stock "$packages/modules" "${machine_modules[@]}" i6300esb
    mkdir -p "$tree/lib/modules/$release"
    find "$packages/modules" -name '*.ko' -exec cp -t "$tree/lib/modules/$release" {} +
    cp "$packages/modules/lib/modules/$release"/modules.builtin{,.modinfo} "$tree/lib/modules/$release"
    sed 's/://; s:[^ ]*/::g; s/[.]ko\>//g' "$packages/modules/lib/modules/$release/modules.dep" \
        >"$tree/usr/lib/rig/depends"
    cp "$rig/ssh/key.pub" "$tree/etc/dropbear/authorized_keys"
    cp "$rig/ssh/key.pub" "$tree/root/.ssh/authorized_keys"
    chmod 700 "$tree/root" "$tree/root/.ssh" "$tree/etc/dropbear"
    chmod 1777 "$tree/tmp"
    mksquashfs "$tree" "$1" -all-root -noI -noD -noF -noX -no-progress -quiet
    rm -rf "$tree" "$packages"
}

# enable_service TREE NAME: its links in /etc/rc.d, as `/etc/init.d/NAME enable` makes them.
enable_service() {
    local start stop
    start=$(sed -n 's/^START=//p' "$1/etc/init.d/$2") stop=$(sed -n 's/^STOP=//p' "$1/etc/init.d/$2")
    [[ -z $start ]] || ln -s "../init.d/$2" "$1/etc/rc.d/S$start$2"
    [[ -z $stop ]] || ln -s "../init.d/$2" "$1/etc/rc.d/K$stop$2"
}

# make_istoreos_disk bios|efi FILE
make_istoreos_disk() {
    local firmware=$1 image=$2 work=$2.parts boot=$2.parts/boot type find_root early
    local signature=8308ec9b guid=fe638594-e6b3-fa9f-3a56-4d4f9cfc03 sizes size start=2048 starts=()
    sizes=($istoreos_boot_size $istoreos_root_size $istoreos_overlay_size $istoreos_boot_size)
    rm -rf "$work"
    mkdir -p "$boot/boot/grub" "$work/overlay"/{upper,work}
    cp "$rig/kernels/stock/boot/vmlinuz-"* "$boot/boot/vmlinuz"
    # The one thing on this partition that iStoreOS does not have: Debian's kernel has file systems as modules.
    cp "$rig/initramfs/disk" "$boot/boot/initrd"

    {
        if [[ $firmware == bios ]]; then
            echo "label: dos"
            echo "label-id: 0x$signature"
            type='type=83'
        else
            echo "label: gpt"
            echo "label-id: ${guid}00"
        fi
        for size in "${!sizes[@]}"; do
            starts+=("$start")
            [[ $firmware == bios ]] || {
                type=type=linux,uuid=${guid}0$((size + 1))
                ((size > 0)) || type=type=uefi,uuid=${guid}01
            }
            echo "start=$start,size=$((sizes[size] * 2048)),$type"
            start=$((start + sizes[size] * 2048))
        done
    } >"$work/table"
    truncate --size="$((start / 2048 + 1))M" "$image"
    sfdisk -q "$image" <"$work/table"

    if [[ $firmware == bios ]]; then
        early='configfile (hd0,msdos1)/boot/grub/grub.cfg'
        find_root="set root='(hd0,msdos1)'\\nset rompart=\"root=PARTUUID=$signature-02 rootwait\""
    else
        early='configfile (hd0,gpt1)/boot/grub/grub.cfg'
        find_root="set rompart=\"root=PARTUUID=${guid}02 rootwait\"\\n\\nif [ ! -e /boot/vmlinuz ]; then\\n"
        find_root+="\\tsearch -l kernel -s root\\nfi"
    fi
    echo "$early" >"$work/early.cfg"
    sed "s|@FIND_ROOT@|$find_root|; s|@ARGUMENTS@|console=ttyS0 no_timer_check quiet|" \
        "$rig_source/guest/istoreos-menu.cfg" >"$boot/boot/grub/grub.cfg"

    if [[ $firmware == bios ]]; then
        grub-mkimage -O i386-pc -p /boot/grub -c "$work/early.cfg" -o "$boot/boot/grub/core.img" "${istoreos_bios_grub[@]}"
        cp /usr/lib/grub/i386-pc/boot.img "$boot/boot/grub"
        # The plain features of make_ext4fs, with a journal.
        mke2fs -q -t ext4 -m 0 -O '^64bit,^metadata_csum,has_journal' -L kernel -d "$boot" "$work/p1" \
            "${istoreos_boot_size}M"
        install_bios_grub "$image" "$boot/boot/grub/core.img"
    else
        mkdir -p "$boot/efi/boot"
        grub-mkimage -O x86_64-efi -p /boot/grub -c "$work/early.cfg" -o "$boot/efi/boot/bootx64.efi" \
            "${istoreos_efi_grub[@]}"
        make_fat "$work/p1" "$boot" "$istoreos_boot_size" kernel
    fi
    mke2fs -q -t ext4 -m 0 -L etc -d "$work/overlay" "$work/p3" "${istoreos_overlay_size}M"
    put_partition "$work/p1" "$image" "${starts[0]}"
    put_partition "$rig/disks/istoreos-root" "$image" "${starts[1]}"
    put_partition "$work/p3" "$image" "${starts[2]}"
    put_partition "$work/p1" "$image" "${starts[3]}"
    rm -rf "$work"
}
