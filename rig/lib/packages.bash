# Packages: from the machine's own apt sources, whatever mirror they name. Sourced by rig/setup.
# shellcheck shell=bash

# refresh_lists_unless_known PACKAGE…: refreshes apt's lists once, if a package is not known or not downloadable.
refresh_lists_unless_known() {
    local package
    for package; do
        if ! apt-cache policy "$package" | grep -q 'Candidate: [0-9]'; then
            apt-get update -qq
            return
        fi
    done
}

# Programs that run on this host. Only what is missing is installed.
install_host_tools() {
    install_missing "$1" qemu-system-x86 qemu-utils seabios cpio kmod e2fsprogs xz-utils openssh-client
}

# What makes disks that GRUB boots from.
install_disk_tools() {
    install_missing "$1" grub-common grub-pc-bin grub-efi-amd64-bin ovmf squashfs-tools mtools dosfstools fdisk zstd
}

# What makes a whole Debian.
install_bootstrap_tools() { install_missing "$1" debootstrap debian-archive-keyring; }

# install_missing FILE PACKAGE…: leaves the list in FILE.
install_missing() {
    local packages=("${@:2}") missing=() package
    for package in "${packages[@]}"; do
        dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
    done
    if ((${#missing[@]})); then
        refresh_lists_unless_known "${missing[@]}"
        # Somebody else may be installing something.
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 \
            "${missing[@]}"
    fi
    echo "${packages[*]}" >"$1"
}

# unpack_package PACKAGE FOLDER: downloads it and unpacks it into FOLDER; nothing is installed.
unpack_package() {
    local package=$1 folder=$2 download
    refresh_lists_unless_known "$package"
    download=$(mktemp -d "$rig/download.XXXXXX")
    # Lists can be older than the mirror, which then no longer has the file: refresh and try once more.
    (cd "$download" && { apt-get download -qq "$package" || { apt-get update -qq && apt-get download -qq "$package"; }; })
    mkdir -p "$folder"
    dpkg -x "$download"/*.deb "$folder"
    rm -rf "$download"
}

# unpack_with_dependencies FOLDER PACKAGE…: this machine's release of the PACKAGEs and of all that they depend on, as if
# nothing were installed yet. Their maintainer scripts do not run.
unpack_with_dependencies() {
    local folder=$1 download package
    refresh_lists_unless_known "${@:2}"
    download=$(mktemp -d "$rig/download.XXXXXX")
    mkdir -p "$download/partial" "$folder"
    : >"$download/status"
    local fetch=(apt-get install -y -qq --download-only --no-install-recommends -o "Dir::State::status=$download/status"
        -o "Dir::Cache::archives=$download" -o APT::Sandbox::User=root "${@:2}")
    "${fetch[@]}" || { apt-get update -qq && "${fetch[@]}"; }
    for package in "$download"/*.deb; do dpkg -x "$package" "$folder"; done
    rm -rf "$download"
}

# The address of the mirror that this machine gets its Debian packages from.
debian_mirror() {
    local codename
    # shellcheck source=/dev/null
    codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
    apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' |
        awk -v release="$codename" '$2 == release && !found++ { print $1 }'
}

# unpack_trixie PACKAGE… FOLDER: Debian 13's (or its backports') PACKAGEs and all that they depend on, unpacked into
# FOLDER/unpacked. apt works on a private, empty state, so that this machine's own packages stay out of the reckoning.
unpack_trixie() {
    local packages=("${@:1:$#-1}") folder=${!#} mirror suite package
    mirror=$(debian_mirror)
    if [[ -z $mirror ]]; then
        # Without lists apt does not know which release an address belongs to.
        apt-get update -qq
        mirror=$(debian_mirror)
    fi
    [[ -n $mirror ]] || { echo "no Debian mirror in apt's sources"; return 1; }
    mkdir -p "$folder"/{unpacked,lists/partial,archives/partial,parts}
    : >"$folder/status"
    for suite in trixie trixie-backports; do
        echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main"
    done >"$folder/sources.list"
    cat >"$folder/apt.conf" <<-CONFIG
		Dir::State "$folder";
		Dir::State::lists "$folder/lists";
		Dir::State::status "$folder/status";
		Dir::Cache "$folder";
		Dir::Cache::archives "$folder/archives";
		Dir::Etc::sourcelist "$folder/sources.list";
		Dir::Etc::sourceparts "$folder/parts";
		Dir::Etc::preferencesparts "$folder/parts";
		Acquire::Languages "none";
		APT::Sandbox::User "root";
	CONFIG
    APT_CONFIG=$folder/apt.conf apt-get update -qq
    APT_CONFIG=$folder/apt.conf apt-get install -y -qq --download-only --no-install-recommends \
        -t trixie-backports "${packages[@]}"
    for package in "$folder"/archives/*.deb; do dpkg -x "$package" "$folder/unpacked"; done
    rm -rf "$folder/archives" "$folder/lists" "$folder"/*.bin
}
