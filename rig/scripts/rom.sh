# Reads expansion ROMs through sysfs; started by rig/rom, which says what the devices at 00:0a.0 to 00:0c.0 have. Every line
# that begins with "ok" or "not ok" is a test.
# shellcheck shell=sh source=rig/lib/checks.sh
. /rig/checks.sh
folder() { echo "/sys/bus/pci/devices/$1"; }
# The kernel answers EINVAL as long as the ROM is not switched on.
is_on() { dd if="$(folder "$1")/rom" of=/dev/null bs=1 count=1 2>/dev/null; }
is_off() { ! is_on "$1"; }
state() { cat "$(folder "$1")/power/control" "$(folder "$1")/enable"; }
unbind() { echo "$1" >"$(folder "$1")/driver/unbind"; }
same() { cmp "$1" "$2"; }

card=0000:01:00.0 disk=0000:02:00.0 broken=0000:00:0a.0 sum=0000:00:0b.0 large=0000:00:0c.0

check "the judge: a ROM that is on can be told" sh -c "echo 1 >$(folder $large)/rom"
check "the judge: it reads" is_on $large
echo 0 >"$(folder $large)/rom"
check "the judge: and one that is off" is_off $large

check "the file that the ROM was made of is a good one" ends 0 passthru rom check /rig/truth.rom $card
check "and not for a disk" ends 1 passthru rom check /rig/truth.rom $disk
check "a device that a driver uses is left alone" ends 77 passthru rom dump $card /tmp/card.rom
check "with the driver's name" says e1000e
check "nothing was written" [ ! -e /tmp/card.rom ]

passthru assign $card --once --yes >/tmp/assign.log 2>&1 || cat /tmp/assign.log
before=$(state $card)
check "a dry run says what it would do" ends 0 passthru rom dump $card /tmp/card.rom --dry-run
check "and does none of it" [ ! -e /tmp/card.rom ]
check "the ROM of a card bound to vfio-pci" ends 0 passthru rom dump $card /tmp/card.rom
check "is byte for byte that of QEMU's file" same /tmp/card.rom /rig/truth.rom
check "the card is as it was" [ "$before" = "$(state $card)" ]
check "its ROM is off" is_off $card
check "a file is not written over" ends 77 passthru rom dump $card /tmp/card.rom
check "but with --force" ends 0 passthru rom dump $card /tmp/card.rom --force
check "as JSON" ends 0 passthru rom dump $card /tmp/json.rom --json
check "with a schema" says '"schema" : "passthru/rom-dump/1"'

group=$(basename "$(readlink "$(folder $card)/iommu_group")")
exec 7<>"/dev/vfio/$group"
check "a card that a guest holds is left alone" ends 75 passthru rom dump $card /tmp/held.rom
exec 7>&-
check "nothing was written then either" [ ! -e /tmp/held.rom ]

passthru release $card --yes >/tmp/release.log 2>&1 || cat /tmp/release.log
unbind $card
before=$(state $card)
check "the ROM of a card without a driver" ends 0 passthru rom dump $card /tmp/unbound.rom
check "is the same" same /tmp/unbound.rom /rig/truth.rom
check "the card without a driver is as it was" [ "$before" = "$(state $card)" ]

check "a disk has no ROM" ends 1 passthru rom dump $disk /tmp/disk.rom
check "no such device" ends 66 passthru rom dump 0000:09:00.0 /tmp/none.rom
check "no device at all" ends 64 passthru rom dump eth0 /tmp/none.rom

for device in $broken $sum $large; do unbind $device; done
check "a ROM without a data structure" ends 1 passthru rom dump $broken /tmp/broken.rom
check "is called broken" says "broken"
check "and not written" [ ! -e /tmp/broken.rom ]
check "it is off again" is_off $broken
check "a ROM with a wrong checksum" ends 1 passthru rom dump $sum /tmp/sum.rom
check "is called that" says "checksum"
check "and written, for who wants to look" [ -s /tmp/sum.rom ]

# Killed while the ROM is on.
hit=
for try in 1 2 3 4 5 6 7 8 9 10; do
    rm -f /tmp/large.rom
    before=$(state $large)
    passthru rom dump $large /tmp/large.rom >/tmp/kill.log 2>&1 &
    process=$!
    turns=0
    while ! is_on $large && kill -0 $process 2>/dev/null && [ $turns -lt 2000 ]; do turns=$((turns + 1)); done
    kill -9 $process 2>/dev/null
    wait $process 2>/dev/null
    [ $? -eq 137 ] && [ ! -e /tmp/large.rom ] || continue
    hit=$try
    break
done
check "the reading was killed half-way" [ -n "$hit" ]
waited=0
while is_on $large && [ $waited -lt 50 ]; do
    sleep 0.1
    waited=$((waited + 1))
done
check "a killed reader leaves the ROM off" is_off $large
check "and the device as it was" [ "$before" = "$(state $large)" ]
check "nobody is left behind" no_line "passthru rom" ps
# Whatever happened, it can be read again.
check "a large ROM" ends 0 passthru rom dump $large /tmp/large.rom
check "comes whole" [ "$(wc -c </tmp/large.rom)" -eq 8388608 ]

verdict
