# A driver that does not let go: vfio-pci waits until the guest that has the device gives it up. passthru must say so in
# time and come back, and must finish the job once the device is free.
# shellcheck source=rig/lib/checks.sh
. /rig/checks.sh
card=0000:01:00.0

check "the card is assigned" passthru assign $card --yes
# The guest never starts to run, and its QEMU was told not to listen when the host wants the card back.
timeout 75 qemu-system-x86_64 -accel tcg -machine q35 -m 128 -nodefaults -no-user-config -display none -S \
    -device vfio-pci,host=$card,x-req=off >/tmp/qemu.log 2>&1 &
holder=$!
tries=0
until ls -l /proc/$holder/fd /proc/"$(pidof qemu-system-x86_64)"/fd 2>/dev/null | grep -q vfio-device || [ $tries -ge 200 ]; do
    tries=$((tries + 1))
    sleep 0.2
done
check "a guest has the card" [ $tries -lt 200 ]
cat /tmp/qemu.log
passthru release $card --yes >/tmp/release.log 2>&1
status=$?
cat /tmp/release.log
check "release is refused while the guest has it: exit 77 (was $status)" [ $status -eq 77 ]
check "and the guest is named" grep -q "process $(pidof qemu-system-x86_64)" /tmp/release.log
passthru undo --all --yes >/tmp/undo.log 2>&1
status=$?
check "so is undo: exit 77 (was $status)" [ $status -eq 77 ]
check "the card stays with vfio-pci" [ "$(driver $card)" = vfio-pci ]

# A program that cannot be seen, as one of another PID namespace: nothing can refuse in time.
for process in $holder $(pidof qemu-system-x86_64); do mount -t tmpfs none /proc/"$process"; done
began=$(cut -d. -f1 /proc/uptime)
passthru release $card --yes >/tmp/release.log 2>&1
status=$?
took=$(($(cut -d. -f1 /proc/uptime) - began))
cat /tmp/release.log
check "release says that it is stuck: exit 78 (was $status)" [ $status -eq 78 ]
check "and names the remedy" grep -q "only a reboot" /tmp/release.log
check "it came back within 45 s (took $took s)" [ $took -lt 45 ]
began=$(cut -d. -f1 /proc/uptime)
passthru devices >/tmp/devices.log 2>&1
took=$(($(cut -d. -f1 /proc/uptime) - began))
check "devices still answers (took $took s)" [ $took -lt 10 ]
check "and lists the card" grep -q "$card" /tmp/devices.log
# Both names may be of one process, which is covered twice then.
for process in /proc/[0-9]*; do while umount "$process" 2>/dev/null; do :; done; done
check "the program can be seen again" [ -d "/proc/$(pidof qemu-system-x86_64)/fd" ]
# While the unbind waits, the driver's link is gone, and without a record only the open node tells who has the card.
check "the link to the driver is gone" [ -z "$(driver $card)" ]
for record in there gone; do
    [ $record = there ] || mv /var/run/passthru/home /tmp/home
    passthru release $card --yes >/tmp/release.log 2>&1
    status=$?
    cat /tmp/release.log
    check "with the record $record, release is refused: exit 77 (was $status)" [ $status -eq 77 ]
    check "and the guest is named" grep -q "process $(pidof qemu-system-x86_64)" /tmp/release.log
    check "nobody calls it given back" no_line "given back" cat /tmp/release.log
done
mv /tmp/home /var/run/passthru/home
kill "$(pidof qemu-system-x86_64)"
wait $holder
sleep 2
check "once the guest is gone, release finishes" passthru release $card --yes
check "the card is home" [ "$(driver $card)" = e1000e ]
verdict
