# One of the boots of rig/boot-binding: /rig/phase says which.
# shellcheck source=rig/lib/checks.sh
. /rig/checks.sh

card=0000:01:00.0 equal=0000:02:00.0 port=0000:00:06.0
serial=52-54-00-ff-ff-00-00-01
early_said() { output=$(cat /run/early.txt) && says "$1"; }

assign() {
    check "the card's serial number is made from its MAC" ends 0 passthru show $card
    check "…" says $serial
    check "the card is assigned" ends 0 passthru assign $card --guest router --yes
    check "without a service manager the line is told" says "/usr/sbin/passthru boot"
    check "the serial port is assigned" ends 0 passthru assign $port --yes
    check "its driver is built in" [ ! -e /sys/module/8250_pci/refcnt ]
    check "the file names the card" grep -q "$serial" /etc/passthru.conf
    check "status shows no end" ends 0 passthru
    check "… for the card" [ "${output#*until the next boot}" = "$output" ]
    cp /etc/passthru.conf /mnt/share/
    cp -r /var/lib/passthru/journal /mnt/share/journal
}

# Bound before any driver was loaded, as the service does it.
early() {
    check "the early run ended well" early_said "status 0"
    check "the card is with vfio-pci, whose driver was loaded later" has_driver $card vfio-pci
    check "its own driver never had it" no_line "e1000e $card" dmesg
    check "an equal card is not taken" has_driver $equal e1000e
    check "nor held back" has_no_override $equal
    check "the serial port is taken from the driver in the kernel" has_driver $port vfio-pci
    check "the later run changes nothing" ends 0 passthru boot
    check "status shows the card" ends 0 passthru
    check "… and its home driver" says "home driver e1000e"
    check "released for good" ends 0 passthru release $card $port --yes
    check "the card is home" has_driver $card e1000e
    check "the serial port is home" has_driver $port serial
    check "nothing is wanted any more" [ ! -e /etc/passthru.conf ]
}

# What the README has for whoever is locked out: passthru.bind=0 on the kernel's line. The boot after this one binds again.
rescue() {
    check "the early run says that nothing is bound" early_said "status 1"
    check "… and why" early_said "passthru.bind=0"
    check "so does the later one" ends 1 passthru boot
    for address in $card $equal; do
        check "$address is left to the host" has_driver $address e1000e
        check "$address is not held back" has_no_override $address
    done
    check "the serial port is left to the host" has_driver $port serial
    check "nothing is with vfio-pci" eval '! ls -d /sys/bus/pci/drivers/vfio-pci/0000:* 2>/dev/null'
    check "status tells it" ends 0 passthru
    check "… and why" says "passthru.bind=0"
    check "it is still wanted" grep -q "$serial" /etc/passthru.conf
}

# All drivers were loaded before.
late() {
    check "the card has its own driver first" has_driver $card e1000e
    mv /lib/modules/*/modules.dep /tmp/ && : >"/lib/modules/$(uname -r)/modules.dep"
    check "without vfio the boot says so" ends 1 passthru boot
    check "… in the status" ends 0 passthru
    check "… with the reason" says "vfio_iommu_type1 could not be loaded"
    check "nothing is half done: the driver" has_driver $card e1000e
    check "nothing is half done: the override" has_no_override $card
    check "nothing is half done: the serial port" has_driver $port serial
    mv /tmp/modules.dep "/lib/modules/$(uname -r)/"
    check "with vfio it goes well" ends 0 passthru boot
    check "the card is taken from its driver" has_driver $card vfio-pci
    check "the serial port too" has_driver $port vfio-pci
    check "an equal card is not taken" has_driver $equal e1000e
    check "undo gives back what this boot has bound" ends 0 passthru undo --all --yes
    check "the card is home" has_driver $card e1000e
    check "no override is left" has_no_override $card
    check "the serial port is home" has_driver $port serial
    check "nothing is wanted any more" [ ! -e /etc/passthru.conf ]
}

swapped() {
    check "the early run says that not all is well" early_said "status 1"
    for address in $card $equal; do
        check "$address is left to the host" has_driver $address e1000e
        check "$address is not held back" has_no_override $address
    done
    check "what did not move is bound" has_driver $port vfio-pci
    check "status tells it" ends 0 passthru
    check "… why" says "52-54-00-ff-ff-00-00-02 is there, not $serial"
    check "… and where the card is" says "it is at $equal now"
    check "a later run takes neither" ends 1 passthru boot
    check "… $card" has_driver $card e1000e
    check "… $equal" has_driver $equal e1000e
    check "JSON says it too" ends 0 passthru --json
    check "…" says '"result" : "changed"'
}

# On a Debian with systemd and udev (machine debian-systemd), whose disk stays.
spare=0000:04:00.0 twin=0000:05:00.0 line=0000:00:08.0
systemd_assign() {
    check "a card and a serial port are assigned" ends 0 passthru assign $spare $line --yes
    check "no service is missing" [ "${output#*No service manager}" = "$output" ]
    check "systemd takes the units" systemd-analyze verify --man=no /etc/systemd/system/passthru-early.service \
        /etc/systemd/system/passthru.service
}

systemd_bound() {
    check "systemd ran the early unit" systemctl is-active --quiet passthru-early.service
    check "and the later one" systemctl is-active --quiet passthru.service
    check "in an order without a circle" no_line "ordering cycle" journalctl -b --no-pager
    early=$(systemctl show -P ExecMainExitTimestampMonotonic passthru-early.service)
    trigger=$(systemctl show -P ExecMainStartTimestampMonotonic systemd-udev-trigger.service)
    check "before udev was told of the devices: $early, $trigger" [ "$early" -lt "$trigger" ]
    check "the card is with vfio-pci" has_driver $spare vfio-pci
    # Debian's initramfs brings network drivers along, where they do no harm: the card is taken from its own.
    check "its equal is with its own" has_driver $twin e1000e
    check "the serial port is taken from the driver in the kernel" has_driver $line vfio-pci
    check "udev has nothing against the rule" no_line 70-passthru journalctl -b -u systemd-udevd --no-pager
    udevadm test --action=add /sys/bus/pci/devices/$spare >/tmp/udev 2>&1
    check "and would hold the card back" grep -q "ATTR.*driver_override.*vfio-pci" /tmp/udev
    check "status shows the home driver" ends 0 passthru
    check "…" says "home driver e1000e"
    check "released for good" ends 0 passthru release $spare $line --yes
    check "the card is home" has_driver $spare e1000e
    check "the later unit is gone" [ ! -e /etc/systemd/system/passthru.service ]
    check "the early unit is gone" [ ! -e /etc/systemd/system/passthru-early.service ]
    check "the rule is gone" [ ! -e /etc/udev/rules.d/70-passthru.rules ]
}

"$(cat /rig/phase)"
verdict
