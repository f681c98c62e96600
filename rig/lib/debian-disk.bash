# The disks of the machines with a Debian that GRUB starts. Sourced by rig/setup.
# shellcheck shell=bash

# Sizes in MiB: the EFI system partition, and the root.
debian_efi_size=32 debian_root_size=640
debian_root_uuid=6d2a0b57-4a1e-4c35-9d1d-7c1b5e0f3a42 debian_efi_uuid=52494720
# What a Debian with GRUB has beside the router's. The rest of the tools that grub-mkconfig calls is busybox.
debian_packages=(base-files sysvinit-utils dash ifupdown iproute2 dropbear-bin attr kmod dpkg coreutils sed grep mawk
    grub-common grub2-common gettext-base)

systemd_packages=(systemd-sysv udev initramfs-tools driverctl busybox kmod iproute2 dropbear-bin attr procps
    grub-common grub2-common gettext-base)

# make_debian_disk bios|efi FILE: a Debian with the router's kind of init.
make_debian_disk() {
    make_small_debian "$2.tree" "router debian debian-grub" "${debian_packages[@]}"
    finish_debian_disk "$1" "debian-$1" "$2"
}

# make_systemd_disk FILE: a Debian as its installer leaves one: systemd, udev, initramfs-tools; GRUB for BIOS.
make_systemd_disk() {
    local tree=$1.tree release mirror codename
    release=$(kernel_release stock)
    mirror=$(debian_mirror)
    # shellcheck source=/dev/null
    codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
    rm -rf "$tree"
    debootstrap --variant=minbase --include="$(IFS=, && echo "${systemd_packages[*]}")" "$codename" "$tree" "$mirror"
    rm -rf "$tree"/var/cache/apt/* "$tree"/var/lib/apt/lists/* "$tree"/usr/share/{doc,man,locale,info,lintian}
    cp -r "$rig_source/guest/systemd/." "$rig_source/guest/debian-grub/." "$tree"
    install -D "$rig_source/guest/disk/rig/files" "$tree/usr/local/lib/rig/files"
    ln -s /run/rig "$tree/rig"
    mkdir -p "$tree/root/.ssh" "$tree/etc/dropbear"
    cp "$rig/ssh/key.pub" "$tree/root/.ssh/authorized_keys"
    chmod 700 "$tree/root/.ssh"
    ln -s /bin/busybox "$tree/usr/local/bin/cttyhack"
    add_modules stock "$tree" "${machine_modules[@]}" efivarfs i6300esb
    cp "$rig/kernels/stock/boot/"{vmlinuz,config}-"$release" "$tree/boot"
    chroot "$tree" systemctl --quiet enable systemd-networkd rig-ssh rig-session
    chroot "$tree" systemctl --quiet mask serial-getty@ttyS0.service getty@tty1.service
    chown -R 0:0 "$tree/etc" "$tree/root"
    chroot "$tree" update-initramfs -c -k "$release"
    finish_debian_disk bios debian-systemd "$1"
}

# finish_debian_disk bios|efi MACHINE FILE: the disk out of the root $FILE.tree: kernel, an initramfs when there is none,
# GRUB as grub-install leaves it, and a menu that update-grub made inside.
finish_debian_disk() {
    local firmware=$1 name=$2 image=$3 tree=$3.tree work=$3.parts release start=2048 platform=i386-pc
    release=$(kernel_release stock)
    rm -rf "$work"
    mkdir -p "$work/efi/EFI"/{BOOT,debian} "$tree/boot/grub"
    cp "$rig/kernels/stock/boot/"{vmlinuz,config}-"$release" "$tree/boot"
    [[ -e $tree/boot/initrd.img-$release ]] || cp "$rig/initramfs/disk" "$tree/boot/initrd.img-$release"
    echo "$name" >"$tree/etc/hostname"
    printf '127.0.0.1 localhost\n127.0.1.1 %s\n' "$name" >"$tree/etc/hosts"
    {
        echo "# <file system> <mount point> <type> <options> <dump> <pass>"
        echo "UUID=$debian_root_uuid / ext4 errors=remount-ro 0 1"
        [[ $firmware == bios ]] || echo "UUID=${debian_efi_uuid::4}-${debian_efi_uuid:4} /boot/efi vfat umask=0077 0 1"
    } >"$tree/etc/fstab"
    # Until update-grub has run in the machine.
    cat >"$tree/boot/grub/grub.cfg" <<-MENU
		search --no-floppy --fs-uuid --set=root $debian_root_uuid
		linux /boot/vmlinuz-$release root=UUID=$debian_root_uuid console=ttyS0 no_timer_check quiet
		initrd /boot/initrd.img-$release
		boot
	MENU

    if [[ $firmware == efi ]]; then
        platform=x86_64-efi
        mkdir -p "$tree/boot/efi"
        # shellcheck disable=SC2016  # GRUB's variable
        printf 'search.fs_uuid %s root\nset prefix=($root)/boot/grub\n' "$debian_root_uuid" >"$work/early.cfg"
        grub-mkimage -O x86_64-efi -p /boot/grub -c "$work/early.cfg" -o "$work/efi/EFI/BOOT/BOOTX64.EFI" \
            part_gpt ext2 fat search_fs_uuid
        cp "$work/efi/EFI/BOOT/BOOTX64.EFI" "$work/efi/EFI/debian/grubx64.efi"
        make_fat "$work/p1" "$work/efi" "$debian_efi_size" EFI -i "$debian_efi_uuid"
        printf 'label: gpt\nstart=%d,size=%d,type=uefi\nstart=%d,size=%d,type=linux\n' "$start" \
            $((debian_efi_size * 2048)) $((start + debian_efi_size * 2048)) $((debian_root_size * 2048)) >"$work/table"
    else
        grub-mkimage -O i386-pc -p '(,msdos1)/boot/grub' -o "$work/core.img" biosdisk part_msdos ext2
        printf 'label: dos\nstart=%d,size=%d,type=83,bootable\n' "$start" $((debian_root_size * 2048)) >"$work/table"
    fi
    mkdir -p "$tree/boot/grub/$platform"
    cp /usr/lib/grub/$platform/*.{mod,lst} "$tree/boot/grub/$platform"
    # As grub-install leaves it: empty, and full length.
    grub-editenv "$tree/boot/grub/grubenv" create

    mke2fs -q -t ext4 -m 0 -b 4096 -L root -U "$debian_root_uuid" -d "$tree" "$work/root" "${debian_root_size}M"
    truncate --size="$((debian_root_size + debian_efi_size + 3))M" "$work/disk"
    sfdisk -q "$work/disk" <"$work/table"
    if [[ $firmware == efi ]]; then
        put_partition "$work/p1" "$work/disk" "$start"
        put_partition "$work/root" "$work/disk" $((start + debian_efi_size * 2048))
    else
        put_partition "$work/root" "$work/disk" "$start"
        install_bios_grub "$work/disk" "$work/core.img"
    fi
    rm -rf "$tree"

    # The menu is one that Debian's own programs made, in the machine.
    echo update-grub >"$work/script"
    qemu-img create -q -f qcow2 -F raw -b "$work/disk" "$work/booted"
    "$rig_source/boot" "$name" --disk "$work/booted" --script "$work/script" --timeout 200
    qemu-img convert -O raw "$work/booted" "$image"
    rm -rf "$work"
}
