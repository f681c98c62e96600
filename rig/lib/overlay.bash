# What one boot adds to a machine's image, and what comes back from it. Sourced by rig/boot.
# shellcheck shell=bash

# make_overlay FOLDER: scripts, what they share, files and the saved boot configuration.
make_overlay() {
    local folder=$1 spec source target number=0 script
    mkdir -p "$folder/rig/scripts"
    cp "$rig_source/lib/checks.sh" "$rig_source/lib/container.sh" "$folder/rig"
    for script in "${scripts[@]}"; do
        number=$((number + 1))
        cp "$script" "$folder/rig/scripts/$(printf '%02d' $number)-$(basename "$script")"
    done
    if [[ $loader != grub ]]; then
        save_boot_configuration "$folder"
        # A root on a disk gets these once, and what --file names at every boot.
        (cd "$folder" && find etc boot -type f >rig/once)
    fi
    : >"$folder/rig/files"
    for spec in "${put[@]}"; do
        source=$spec target=/rig/$(basename "$spec")
        if [[ $spec == *:/* ]]; then source=${spec%:/*} target=/${spec##*:/}; fi
        [[ -e $source ]] || usage "no such file: $source"
        mkdir -p "$folder$(dirname "$target")"
        cp -aHT "$source" "$folder$target"
        [[ $target == /rig/* ]] || echo "${target#/}" >>"$folder/rig/files"
    done
    if [[ -n $shell ]]; then
        {
            echo "RIG_MACHINE='$machine'"
            [[ ! -t 0 ]] || echo "stty $(stty size | awk '{ print "rows", $1, "cols", $2 }')"
        } >"$folder/rig/shell"
    fi
}

# save_boot_configuration FOLDER: GRUB's files as Debian has them. What they say is what the next boot would use;
# what this boot used is the machine's `arguments`.
save_boot_configuration() {
    local release
    release=$(kernel_release "$kernel")
    mkdir -p "$1/etc/default" "$1/boot/grub"
    cat >"$1/etc/default/grub" <<-GRUB
		# If you change this file, run 'update-grub' afterwards to update /boot/grub/grub.cfg.
		GRUB_DEFAULT=0
		GRUB_TIMEOUT=5
		GRUB_DISTRIBUTOR=Debian
		GRUB_CMDLINE_LINUX_DEFAULT="quiet${saved_arguments:+ $saved_arguments}"
		GRUB_CMDLINE_LINUX="console=ttyS0 panic=-1"
	GRUB
    cat >"$1/boot/grub/grub.cfg" <<-GRUB
		set default="0"
		set timeout=5
		menuentry 'Debian GNU/Linux' --class debian --class gnu-linux --class os {
		    linux /boot/vmlinuz-$release console=ttyS0 panic=-1${root:+ root=$root} quiet${saved_arguments:+ $saved_arguments}
		    initrd /boot/initrd.img-$release
		}
	GRUB
    # The day of the system's release, so that every disk that gets them begins the same.
    touch -d 2023-06-10T00:00:00Z "$1/etc/default/grub" "$1/boot/grub/grub.cfg"
}

# script_output: of the serial line, what the scripts wrote. The line before RIG-EXIT is empty when a script's output
# ended with a line end, and is then ours, not the script's.
script_output() {
    local line inside='' held=''
    # Line by line as they come: sed and awk would wait until a buffer is full.
    while IFS= read -r line; do
        line=${line//$'\r'/}
        case $line in
        'RIG-START '*) inside=1 held='' ;;
        'RIG-EXIT '* | RIG-REBOOT) inside='' ;;
        *)
            [[ -n $inside ]] || continue
            [[ -z $held ]] || echo
            held=''
            if [[ -z $line ]]; then held=1; else printf '%s\n' "$line"; fi
            ;;
        esac
    done
}
