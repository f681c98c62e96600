# Starts this machine's QEMU with what `passthru export qemu` prints for devices that are really here, on the machine
# nested-intel. Every line that begins with "ok" or "not ok" is a test.
# shellcheck shell=sh source=rig/lib/checks.sh
. /rig/checks.sh

card=0000:01:00.0 disk=0000:02:00.0
# starts MACHINE LINE: with the CPU stopped; what its monitor lists is in $tree. The line is a shell's.
starts() {
    eval "set -- $1 $2"
    board=$1
    shift
    tree=$( (
        echo "info qtree"
        echo quit
    ) | timeout 60 qemu-system-x86_64 -machine "$board,accel=tcg" -m 64 -S -display none -nodefaults -serial none \
        -no-user-config -monitor stdio "$@" 2>&1)
    status=$?
    [ $status -eq 0 ] || {
        echo "  QEMU ended with $status: $tree"
        false
    }
}
fails() { ! starts "$@" >/dev/null; }
has() { # TEXT: in the monitor's list
    case $tree in
    *"$1"*) true ;;
    *)
        echo "  no '$1' in: $tree"
        false
        ;;
    esac
}
export_() { line=$(passthru export qemu "$@" 2>/tmp/why); }

passthru assign $card $disk --once --yes >/tmp/assign.log 2>&1 || cat /tmp/assign.log
passthru rom dump $card "/tmp/it's a, ROM.rom" >/tmp/dump.log 2>&1 || cat /tmp/dump.log

check "arguments for a card and a disk" export_ $card $disk
check "QEMU starts with them" starts q35 "$line"
check "it has the card" has "host = \"$card\""
check "it has the disk" has "host = \"$disk\""
check "the card shows no ROM" has "rombar = 0"
check "the judge: a wrong property is not accepted" fails q35 "$line,x-no-such-property=on"
check "the judge: a device that is not there neither" fails q35 "-device vfio-pci,host=0000:09:00.0"

check "the same for an i440fx machine" export_ $card $disk --machine i440fx
check "QEMU starts an i440fx machine with them" starts pc "$line"
check "it has the card, too" has "host = \"$card\""

check "a ROM file with a name that needs quotes" export_ $card --rom "/tmp/it's a, ROM.rom"
check "QEMU starts with the ROM" starts q35 "$line"
check "it shows that file" has "it's a, ROM.rom"

check "as JSON" sh -c "passthru export qemu $card --json | grep -q '\"schema\" : \"passthru/qemu/1\"'"
check "this QEMU was asked" sh -c "passthru export qemu $card --json | grep -q '\"qemu\" : \"7'"
check "it has no iommufd" sh -c "passthru export qemu $card --iommufd; [ \$? -eq 69 ]"
verdict
