# A Debian with libvirt's daemon and QEMU as apt leaves them, in a folder. Sourced by rig/setup.
# shellcheck shell=bash

# debootstrap takes no package that is only another name for one, and dpkg alone finds no order in which to set up
# systemd; so each does its part. systemd is never started.
libvirt_base_packages=(systemd-sysv udev dbus kmod iproute2 procps attr busybox)
libvirt_packages=(libvirt-daemon-system libvirt-clients libxml2-utils qemu-system-x86 ovmf)

# make_libvirt_root FOLDER
make_libvirt_root() {
    local root=$1 codename
    # shellcheck source=/dev/null
    codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
    debootstrap --variant=minbase --include="$(IFS=, && echo "${libvirt_base_packages[*]}")" "$codename" "$root" \
        "$(debian_mirror)"
    rm -f "$root"/var/cache/apt/archives/*.deb
    install_into "$root" "${libvirt_packages[@]}"
    # What nobody reads in a practice machine. Of OVMF one firmware and its variables stay.
    rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/usr/share/{doc,man,locale,info,lintian}
    find "$root/usr/share/OVMF" "$root/usr/share/ovmf" ! -type d ! -name 'OVMF_CODE_4M.fd' ! -name 'OVMF_VARS_4M.fd' -delete
    find "$root/usr/share/qemu/firmware" -name '*.json' ! -name '*60-edk2-x86_64*' -delete
}

# install_into ROOT PACKAGE…: as `apt-get install` in that Debian, but this machine's apt looks for the packages and
# fetches them, so that nothing in ROOT need reach the network. No daemon is started.
install_into() {
    local root=$1 archives=$1/var/cache/apt/archives
    refresh_lists_unless_known "${@:2}"
    local fetch=(apt-get install -y -qq --download-only --no-install-recommends
        -o "Dir::State::status=$root/var/lib/dpkg/status" -o "Dir::State::extended_states=$root/var/lib/apt/extended_states"
        -o "Dir::Cache::archives=$archives" -o APT::Sandbox::User=root "${@:2}")
    "${fetch[@]}" || { apt-get update -qq && "${fetch[@]}"; }
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
    chmod +x "$root/usr/sbin/policy-rc.d"
    # A namespace of its own, so that an interrupted set-up leaves nothing mounted.
    # shellcheck disable=SC2016  # for the shell inside
    unshare --mount --propagation private bash -euc '
        mount -t proc proc "$1/proc"
        mount --bind /dev "$1/dev"
        cd "$1"
        DEBIAN_FRONTEND=noninteractive LC_ALL=C chroot . dpkg --force-unsafe-io --install var/cache/apt/archives/*.deb
    ' - "$root"
    rm "$root/usr/sbin/policy-rc.d"
}
