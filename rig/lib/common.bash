# Paths and small helpers that every script of the rig shares. Source it, do not run it.
# shellcheck shell=bash

rig_source=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
checkout=$(dirname "$rig_source")

# Everything that the rig downloads, unpacks or writes stays below this folder.
rig=${PASSTHRU_RIG:-$checkout/.rig}
# An absolute path, because QEMU and dpkg are started from elsewhere.
[[ $rig == /* ]] || rig=$PWD/$rig

die() {
    echo "${0##*/}: $*" >&2
    exit 69
}

# seconds_since T: the seconds passed since T, one digit after the point.
seconds_since() {
    local microseconds=$((${EPOCHREALTIME/./} - ${1/./}))
    printf '%d.%d' $((microseconds / 1000000)) $((microseconds % 1000000 / 100000))
}

# kernel_release NAME: the release of an unpacked kernel, for example 6.1.0-56-amd64.
kernel_release() {
    local config
    config=$(echo "$rig/kernels/$1/boot/config-"*)
    echo "${config##*/config-}"
}

# host_qemu NAME: sets the array `qemu` to the command that starts that QEMU.
#   debian     the one that apt installed
#   backports  the newest one, unpacked below $rig/trixie and started with the C library that stands there
host_qemu() {
    case $1 in
    debian) qemu=(qemu-system-x86_64) ;;
    backports) qemu=("$rig_source/bin/qemu-backports") ;;
    *) die "no such QEMU: $1" ;;
    esac
}
# kernel_image NAME: the file that QEMU is given.
kernel_image() {
    if [[ -e $rig/kernels/$1/vmlinux ]]; then
        echo "$rig/kernels/$1/vmlinux"
    else
        echo "$rig/kernels/$1/boot/vmlinuz-"*
    fi
}
