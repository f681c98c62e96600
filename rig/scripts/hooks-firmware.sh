# The same on a machine whose text consoles are drawn on the picture that EFI left, with no driver for the card: what the
# kernel itself does not give back is said.
# shellcheck shell=sh source=rig/lib/checks.sh
. /rig/checks.sh

card=0000:00:02.0
picture=/sys/bus/platform/devices/efi-framebuffer.0
hook() { passthru hook libvirt "$@" </etc/libvirt/qemu/win11.xml; }
mkdir -p /etc/libvirt/qemu
cat >/etc/libvirt/qemu/win11.xml <<'XML'
<domain type='kvm'>
  <name>win11</name>
  <memory unit='MiB'>128</memory>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices/>
</domain>
XML

check "the card has no driver" has_driver $card ""
check "the firmware's picture has one" [ -e $picture/driver ]
check "the text consoles are drawn on it" grep -q 1 /sys/class/vtconsole/vtcon1/bind
grep . /sys/class/vtconsole/*/name /sys/class/graphics/fb*/name
grep -B1 -A1 efifb /proc/iomem

check "without consent the screen is not given away" ends 77 passthru assign $card --guest win11 --at-guest-start --yes
consents=$(echo "$output" | grep -o -- '--consent [a-z-]*=[^ ]*' | sort -u | tr '\n' ' ')
echo "  consents: $consents"
# shellcheck disable=SC2086
check "with consent it is" ends 0 passthru assign $card --guest win11 --at-guest-start --yes $consents
check "… and it is said what does not come back" says "newer kernels do not make again before the next restart"
check "prepare begin" ends 0 hook win11 prepare begin -
check "vfio-pci has the card" has_driver $card vfio-pci
check "nothing is drawn on the card's memory" no_line efifb cat /proc/iomem
grep . /sys/class/vtconsole/*/name /sys/class/vtconsole/*/bind
ls -d $picture
hook win11 release end - >/tmp/said 2>&1
status=$?
cat /tmp/said
if [ -e $picture ]; then
    check "release end" [ $status -eq 0 ]
    check "the picture is back" [ -e $picture/driver ]
else
    check "release end says that something did not come back" [ $status -eq 78 ]
    check "… what" grep -q "efi-framebuffer.0 is no longer there" /tmp/said
    check "… in one line" [ "$(wc -l </tmp/said)" -eq 1 ]
    check "status says it, too" ends 0 passthru
    check "…" says "not fully undone"
fi
check "the card has no driver again" has_driver $card ""
check "… and no override" has_no_override $card
passthru history
verdict
