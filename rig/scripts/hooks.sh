# Calls the hook as libvirt does, on a machine with a graphics card whose driver draws the text consoles. Every line that
# begins with "ok" or "not ok" is a test.
# shellcheck shell=sh source=rig/lib/checks.sh
. /rig/checks.sh
is_one_line() { [ "$(echo "$output" | wc -l)" = 1 ] || { echo "  $output"; false; }; }
# What must be as before: drivers, overrides, frame buffers, cards, consoles, who runs.
state() {
    for device in /sys/bus/pci/devices/*; do echo "$device $(driver "${device##*/}") $(cat "$device/driver_override")"; done
    for console in /sys/class/vtconsole/*; do echo "$console $(cat "$console/name") $(cat "$console/bind")"; done
    for buffer in /sys/class/graphics/fb*; do echo "$buffer $(cat "$buffer/name")"; done
    ls /sys/class/drm /dev/dri /dev/fb0
    ls -R /var/run/passthru 2>/dev/null
    cat /sys/fs/cgroup/system.slice/login.service/cgroup.events
}
same() { # compares with /tmp/before
    state >/tmp/after 2>&1
    # Two empty snapshots would be equal.
    [ "$(wc -l </tmp/before)" -ge 10 ] || { echo "  nothing to compare with"; return 1; }
    cmp -s /tmp/before /tmp/after || {
        diff /tmp/before /tmp/after
        false
    }
}
hook() { passthru hook libvirt "$@" </etc/libvirt/qemu/win11.xml; }

card=0000:00:02.0
for module in /rig/modules/*.ko; do insmod "$module"; done
sleep 2
check "the card has its driver" has_driver $card bochs-drm
check "the text consoles are drawn on it" grep -q 1 /sys/class/vtconsole/vtcon1/bind
grep . /sys/class/vtconsole/*/name /sys/class/vtconsole/*/bind /sys/class/graphics/fb*/name

# A guest of libvirt, as its files tell of it, and a login screen, as systemd's tell of it: a process that holds the card.
# The library says which libvirt this is where no daemon answers.
mkdir -p /usr/lib
ln -s libvirt.so.0.9000.0 /usr/lib/libvirt.so.0
mkdir -p /etc/libvirt/qemu /run/systemd/system /etc/systemd/system /lib/systemd/system /usr/bin
cat >/etc/libvirt/qemu/win11.xml <<XML
<domain type='kvm'>
  <name>win11</name>
  <memory unit='MiB'>128</memory>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices/>
</domain>
XML
echo "[Unit]" >/lib/systemd/system/login.service
ln -s /lib/systemd/system/login.service /etc/systemd/system/display-manager.service
mkdir -p /sys/fs/cgroup
mount -t cgroup2 none /sys/fs/cgroup
mkdir -p /sys/fs/cgroup/system.slice/login.service /sys/fs/cgroup/system.slice/other.service
cat >/usr/bin/systemctl <<'CTL'
#!/bin/sh
echo "$*" >>/run/systemctl
group=/sys/fs/cgroup/system.slice/login.service
case "$*" in
"start login.service")
    (echo 0 >$group/cgroup.procs && exec sleep 10000 3</dev/dri/card0 >/dev/null 2>&1 </dev/null) &
    sleep 1
    ;;
"stop login.service") kill $(cat $group/cgroup.procs) ;;
*) exit 1 ;;
esac
CTL
chmod +x /usr/bin/systemctl

check "without consent the screen is not given away" ends 77 passthru assign $card --guest win11 --at-guest-start --yes
check "… and the message names it" says "--consent console-display=$card"
consents=$(echo "$output" | grep -o -- '--consent [a-z-]*=[^ ]*' | sort -u | tr '\n' ' ')
echo "  consents: $consents"
# shellcheck disable=SC2086
check "with consent it is" ends 0 passthru assign $card --guest win11 --at-guest-start --yes $consents
check "… and says when" says "handed over when win11 starts"
check "nothing is bound yet" has_driver $card bochs-drm
check "the script is there" [ -x /etc/libvirt/hooks/qemu.d/passthru ]
check "the guest has it in its configuration" grep -q "managed='no'" /etc/libvirt/qemu/win11.xml
# shellcheck disable=SC2086
check "a second time" ends 0 passthru assign $card --guest win11 --at-guest-start --yes $consents
check "… there is nothing to do" says "Nothing to do"
check "status says when" ends 0 passthru
check "…" says "handed over when win11 starts"

echo "--- by the script itself, as libvirt calls it"
state >/tmp/before 2>&1
script() { /etc/libvirt/hooks/qemu.d/passthru "$@" </etc/libvirt/qemu/win11.xml; }
check "prepare begin" ends 0 script win11 prepare begin -
check "it says nothing" [ -z "$output" ]
check "vfio-pci has the card" has_driver $card vfio-pci
check "no frame buffer is left" [ ! -e /sys/class/graphics/fb0 ]
grep . /sys/class/vtconsole/*/name /sys/class/vtconsole/*/bind
check "no login screen ran, and none was stopped" [ ! -e /run/systemctl ]
check "the journal knows" ends 0 passthru history
check "…" says "hand-over"
check "…" says "for win11"
for moment in "start begin" "started begin" "reconnect begin" "migrate begin" "restore begin" "stopped end"; do
    # shellcheck disable=SC2086
    check "$moment: nothing" ends 0 hook win11 $moment -
    check "…" [ -z "$output" ]
done
check "still with vfio-pci" has_driver $card vfio-pci
check "another guest's start changes nothing" ends 0 hook other prepare begin -
check "a second start changes nothing" ends 0 hook win11 prepare begin -
check "release is refused" ends 77 passthru release $card --yes
check "… and says how" says "passthru undo"
check "status says that the guest does not run" ends 0 passthru
check "…" says "win11 does not run, and they did not come back"
check "release end" ends 0 hook win11 release end -
check "all is as before" same
check "release end once more" ends 0 hook win11 release end -
check "all is as before" same

echo "--- somebody has the card open"
(echo 0 >/sys/fs/cgroup/system.slice/other.service/cgroup.procs && exec sleep 10000 3</dev/dri/card0 </dev/null >/dev/null 2>&1) &
sleep 1
holder=$(cat /sys/fs/cgroup/system.slice/other.service/cgroup.procs)
check "refused" ends 77 hook win11 prepare begin -
check "… in one line" is_one_line
check "… which names the program" says "sleep (PID $holder: /dev/dri/card0)"
check "all is as before" same
kill "$holder"
sleep 1
(exec sleep 10000 3</dev/fb0 </dev/null >/dev/null 2>&1) &
sleep 1
check "the frame buffer's node is open: refused, too" ends 77 hook win11 prepare begin -
check "… which names the node" says "/dev/fb0"
check "all is as before" same
kill $!
sleep 1

echo "--- the login screen"
systemctl start login.service
state >/tmp/before 2>&1
rm -f /run/systemctl
check "prepare begin" ends 0 hook win11 prepare begin -
check "vfio-pci has the card" has_driver $card vfio-pci
check "the login screen was stopped" [ "$(cat /run/systemctl)" = "stop login.service" ]
check "release end" ends 0 hook win11 release end -
check "it was started again" [ "$(tail -n 1 /run/systemctl)" = "start login.service" ]
check "all is as before" same
passthru history

echo "--- a step that fails"
rmmod vfio_pci 2>/dev/null
mkdir /tmp/modules
mv /lib/modules/*/modules.dep /tmp/modules/ && : >"/lib/modules/$(uname -r)/modules.dep"
check "no vfio-pci to be had: the start fails" ends 74 hook win11 prepare begin -
check "… in one line" is_one_line
check "all is as before" same
mv /tmp/modules/modules.dep "/lib/modules/$(uname -r)/"

echo "--- the end"
check "release takes it out of what is wanted" ends 0 passthru release $card --yes
check "… and the script" [ ! -e /etc/libvirt/hooks/qemu.d/passthru ]
check "the hook does nothing now" ends 0 hook win11 prepare begin -
check "all is as before" same
verdict
