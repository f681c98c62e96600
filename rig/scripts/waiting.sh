# One of the boots of rig/waiting: /rig/phase says which.
# shellcheck source=rig/lib/checks.sh
. /rig/checks.sh

card=0000:03:00.0 other=0000:04:00.0 mate=0000:04:00.1 list=/etc/passthru.conf
uptime() { cut -d. -f1 /proc/uptime; }
# goes_home BETWEEN AND: seconds after $began.
goes_home() {
    while [ "$(driver $card)" != e1000e ] && [ $(($(uptime) - began)) -lt $(($2 + 30)) ]; do sleep 0.2; done
    took=$(($(uptime) - began))
    has_driver $card e1000e && [ $took -ge "$1" ] && [ $took -le "$2" ] || {
        echo "  after $took s"
        false
    }
}
is_named() { grep -q $card $list; }
# last_is STATE: of the newest transaction.
last_is() {
    state=$(passthru history --json | tr -d ' \n' | grep -oE '"state":"[a-z-]+","steps"' | tail -n 1 | cut -d'"' -f4)
    [ "$state" = "$1" ] || {
        echo "  the newest transaction is $state"
        false
    }
}

first() {
    began=$(uptime)
    check "a card goes, and nobody will confirm" ends 0 passthru assign $card --once --yes --confirm-within 20
    check "the clock is set an hour ahead" eval 'date -s "@$(($(date +%s) + 3600))" >/dev/null'
    sleep 5
    check "that is no reason to take it back" has_driver $card vfio-pci
    check "it still waits" last_is waiting
    check "the clock is set three hours back" eval 'date -s "@$(($(date +%s) - 10800))" >/dev/null'
    check "it goes home by the time since power-on" goes_home 19 40
    sleep 5
    check "history says that nobody confirmed" ends 0 passthru history
    check "…" says "undone, nobody confirmed"

    check "a card with two functions is assigned for good" ends 0 passthru assign $other --with $mate --yes
    began=$(uptime)
    check "another one goes, and nobody will confirm" ends 0 passthru assign $card --yes --confirm-within 10
    check "it is wanted at every boot" is_named
    dd if=/dev/zero of=/fill bs=1M 2>/dev/null
    dd if=/dev/zero of=/fill2 bs=4k 2>/dev/null
    sync
    check "the disk is full" eval '! dd if=/dev/zero of=/fill3 bs=4k count=1 2>/dev/null'
    check "the card goes home all the same" goes_home 9 40
    sleep 8
    passthru history | tail -n 4
    check "history can be read" [ $? -eq 0 ]
    # Full it stays, to the next boot.
}

second() {
    # As on every system that is no practice machine: what a boot remembers is in memory.
    mount -t tmpfs none /run && mkdir -p /var/run && { [ -L /var/run ] || mount -t tmpfs none /var/run; }
    passthru boot --early >/tmp/early 2>&1
    passthru boot >/tmp/boot 2>&1
    cat /tmp/early /tmp/boot
    check "at the next boot, too, there is no room" eval '! dd if=/dev/zero of=/fill3 bs=4k count=1 2>/dev/null'
    check "what nobody confirmed is not bound" has_driver $card e1000e
    check "nor held back" has_no_override $card
    check "what is wanted is" has_driver $other vfio-pci
    rm -f /fill /fill2 /fill3
    check "with room, recover ends it" ends 0 passthru recover
    check "nothing wants the card any more" eval '! is_named'
    check "the other one is still wanted" grep -q $other $list
    check "it is undone" ends 0 passthru history
    check "… in history" says "undone, nobody confirmed"
    check "a later boot binds nothing more" ends 0 passthru boot
    check "the card stays home" has_driver $card e1000e
    check "all is as wanted" ends 0 passthru verify
}

"$(cat /rig/phase)"
verdict
