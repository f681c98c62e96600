# One of the boots of rig/power-cut-udev: looks at what the last cut left, and goes on to the moment of the next one, where
# it says HOLD. /rig/cut names both. Below bash, whose `read` waits for milliseconds without another process.
[ -n "$BASH_VERSION" ] || exec bash "$0"
# shellcheck shell=bash source=rig/lib/checks.sh
. /rig/checks.sh
read -r last next </rig/cut

device=0000:00:09.0 twin=0000:05:00.0
journal=/var/lib/passthru/journal rule=/etc/udev/rules.d/70-passthru.rules hook=/etc/initramfs-tools/hooks/passthru
before=/var/lib/rig/files

# Whole systems have files that change by themselves: those are not looked at.
files() { find /etc /boot -xdev -type f ! -name 'initrd.img*' ! -name grubenv -print0 | sort -z | xargs -0 md5sum; }
# image: what is in the one that the next boot starts with; an image that cannot be read is neither old nor new.
image() { lsinitramfs "/boot/initrd.img-$(uname -r)" >/tmp/image && grep -qx init /tmp/image; }
is_old() { files >/tmp/files && diff $before /tmp/files && image && ! grep 70-passthru.rules /tmp/image; }
is_new() {
    grep "$device" /etc/passthru.conf && [ -e $rule ] && [ -e $hook ] && image && grep 70-passthru.rules /tmp/image &&
        passthru verify
}
# told: the state of the newest transaction.
told() { passthru history --json | tr -d ' \n' | grep -oE '"state":"[a-z-]+","steps"' | tail -n 1 | cut -d'"' -f4; }
# named ADDRESS: there is a record of it.
named() {
    grep -qs "$1" /etc/passthru.conf || [ -e "/etc/driverctl.d/pci-$1" ] ||
        passthru history --json | tr -d ' \n' | sed 's/{"began"/\n&/g' | grep '"state":"applied","steps"' | grep -q "\"$1\""
}
nothing_else_is_bound() {
    local function well=0
    for function in /sys/bus/pci/drivers/vfio-pci/0000:*; do
        function=${function##*/}
        [ "$function" = '0000:*' ] || named "$function" || { echo "  $function is with vfio-pci, and no record says so"; well=1; }
    done
    return $well
}
# settled: the boot service has done its work.
settled() {
    local tries
    for ((tries = 0; tries < 120; tries++)); do
        case $(systemctl show -P ActiveState passthru-early.service passthru.service | tr -d '\n') in
        *activating*) sleep 1 ;;
        *) return 0 ;;
        esac
    done
    return 1
}

look() {
    local state=neither story
    check "the boot service comes to its end" settled
    check "recover" ends 0 passthru recover
    story=$(told)
    if is_old >/tmp/is-old 2>&1; then state=old; elif is_new >/tmp/is-new 2>&1; then state=new; fi
    # In a release the old is what an assignment left.
    case $last-$state-$story in
    assign:*-old-rolled-back | assign:*-old-undone | assign:*-new-applied | \
        release:*-new-rolled-back | release:*-new-undone | release:*-old-applied) story=right ;;
    *) cat /tmp/is-old /tmp/is-new 2>/dev/null; passthru history | tail -n 12 ;;
    esac
    check "the system is $state, and history says so ($(told))" [ "$story" = right ]
    check "nothing is bound that no record names" nothing_else_is_bound
    if [ $state = old ]; then
        check "the controller is with its own driver" has_driver $device xhci_hcd
        check "nothing holds it back" has_no_override $device
    else
        check "the controller is with vfio-pci" has_driver $device vfio-pci
    fi
    check "the card that driverctl bound is bound" has_driver $twin vfio-pci
    check "… by its own file" grep -q vfio-pci /etc/driverctl.d/pci-$twin
    echo "# $last: $state"
    echo "looked at $last: $(verdict)"
}

# reached MOMENT: it is now.
reached() {
    local text=
    case $next in
    assign:rule) [ -e $rule ] ;;
    release:rule) [ ! -e $rule ] ;;
    *:hook) [ -e $hook ] ;;
    *:building) [ -e /run/image-begun ] ;;
    *:image) [ -e /run/image-ended ] ;;
    assign:state) [ ! -e /etc/passthru.conf ] || { mapfile -t text </etc/passthru.conf && [[ ${text[*]} == *"$device"* ]]; } ;;
    release:state) [ ! -e /etc/passthru.conf ] ;;
    *:commit) mapfile -t text <"$1" && [[ ${text[*]} == *'"record":{"commit"'* ]] ;;
    *) echo "no such moment: $next" && exit 64 ;;
    esac
}

# What initramfs-tools calls before and after it makes an image; there somebody waits, so that the moment lasts.
prepare() {
    mkdir -p /etc/initramfs/post-update.d
    printf '#!/bin/sh\n[ "$1" != prereqs ] || exit 0\ntouch /run/image-begun\necho "# image begun $(cut -d\\  -f1 /proc/uptime)" >/dev/console\nwhile [ -e /run/hold-begun ]; do sleep 0.1; done\n' >/etc/initramfs-tools/hooks/zz-rig-begun
    printf '#!/bin/sh\ntouch /run/image-ended\nwhile [ -e /run/hold-ended ]; do sleep 0.1; done\n' >/etc/initramfs/post-update.d/zz-rig
    chmod 755 /etc/initramfs-tools/hooks/zz-rig-begun /etc/initramfs/post-update.d/zz-rig
    # An image for this machine alone is made in a fraction of the time.
    printf 'MODULES=list\nCOMPRESSLEVEL=1\n' >/etc/initramfs-tools/conf.d/rig
    printf '%s\n' nvme ext4 crc32c_generic e1000e xhci_pci >/etc/initramfs-tools/modules
    driverctl set-override $twin vfio-pci
    files >$before
    [ "$(wc -l <$before)" -gt 50 ] || exit 1
}

# hold VERB: lets passthru run for two milliseconds at a time until the moment has come, and longer where it waits itself.
hold() {
    local process newest file never pace
    rm -f /run/image-begun /run/image-ended
    case $next in
    *:building) touch /run/hold-begun ;;
    *:image) touch /run/hold-ended ;;
    esac
    newest=$(find $journal -name '0*' 2>/dev/null | sort | tail -n 1)
    file=$journal/$(printf %04d $((10#$(basename "${newest:-0}") + 1)))
    exec {never}<> <(:)
    passthru "$1" $device --yes >/tmp/passthru.log 2>&1 &
    process=$!
    while kill -STOP $process 2>/dev/null; do
        if [ -e "$file" ] && reached "$file"; then
            echo "# $next: $(wc -l <"$file") lines in the journal, $(cut -d' ' -f1 /proc/uptime) s after power-on"
            echo "HOLD $next"
            sleep 60
        fi
        kill -CONT $process
        pace=0.002
        case $next in *:building | *:image) pace=0.2 ;; esac
        [ ! -e /run/image-begun ] || [ -e /run/image-ended ] || pace=0.2
        read -r -t $pace -u "$never"
    done
    cat /tmp/passthru.log
    echo "not ok passthru $1 ended before the moment $next"
}

[ -e $before ] || prepare
[ "$last" = - ] || look
[ "$next" != - ] || exit "$fail"
case $next in
assign:*) ! grep -qs "$device" /etc/passthru.conf || passthru undo --all --yes ;;
release:*) grep -qs "$device" /etc/passthru.conf || passthru assign $device --yes ;;
esac
sync
echo "# $next: passthru begins $(cut -d' ' -f1 /proc/uptime) s after power-on"
hold "${next%:*}"
exit 1
