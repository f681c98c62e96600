# How a machine boots whose disk has a boot loader: through its firmware. Sourced by rig/boot.
# shellcheck shell=bash

# boot_from_disk OVERLAY: sets `start` to the arguments for QEMU. Scripts and files of OVERLAY go along as a tar archive
# on a small disk at the board's own SATA controller, so that there is no function and no group more than without;
# guest/disk/rig/files, which the disk's initramfs has, unpacks it.
boot_from_disk() {
    local vars=${disk:-$work/efi}.vars
    cp -r "$rig_source/guest/machine/rig/." "$1/rig"
    cat /proc/sys/kernel/random/uuid >"$1/rig/run"
    [[ ! -s $1/rig/files ]] || touch "$1/rig/puts"
    (
        cd "$1"
        find rig ! -type d >"$work/sent"
        tar -cf "$work/files" --owner=0 --group=0 --numeric-owner -T "$work/sent"
        find . -path ./rig -prune -o ! -type d -printf '%P\n' >"$work/sent"
        tar -rf "$work/files" --owner=0 --group=0 --numeric-owner --transform 's,^,root/,SH' -T "$work/sent"
    )
    start=(-drive "if=none,id=files,format=raw,snapshot=on,file=$work/files"
        -device ide-hd,bus=ide.0,drive=files,model=RIG)
    if [[ $firmware == efi ]]; then
        [[ -e $vars ]] || cp /usr/share/OVMF/OVMF_VARS_4M.fd "$vars"
        start+=(-drive if=pflash,format=raw,unit=0,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd
            -drive "if=pflash,format=raw,unit=1,file=${vars//,/,,}")
    fi
}

