# Machines that run beside the script which started them, and that it reaches over SSH. Source it after common.bash.
# shellcheck shell=bash

# What `start` found out, by machine: the process of rig/boot, and by MACHINE/CARD the port of this host.
declare -A booted=() ports=()

# free_port: sets $port to a port of 127.0.0.1 on which nobody listens and which was not handed out before.
free_port() {
    for port in $(shuf -i 20000-29999 -n 50); do
        [[ " ${ports[*]} " != *" $port "* ]] || continue
        { : <>"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null || return 0
    done
    die "no free port"
}

# start MACHINE [OPTION…]: boots it in the background; what it prints goes to $work/MACHINE.out. SSH behind cards 01 and
# 02 gets a port each.
start() {
    local name=$1 card forward=() port
    for card in 01 02; do
        free_port
        ports[$name/$card]=$port
        forward+=(--forward "$port:22@$card")
    done
    "$rig_source/boot" "$name" --script "$rig_source/scripts/stay-up.sh" --timeout 600 "${forward[@]}" "${@:2}" \
        >"$work/$name.out" 2>&1 &
    booted[$name]=$!
}

# over MACHINE/CARD COMMAND…: runs it there over SSH, as an administrator would, with its exit status; 255 when SSH itself
# failed, and 124 after $patience seconds (default 60).
over() {
    local arguments=(-F /dev/null -i "$rig/ssh/key" -o IdentitiesOnly=yes -o BatchMode=yes -o LogLevel=ERROR
        -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o "ConnectTimeout=${patience:-60}"
        -p "${ports[$1]}" root@127.0.0.1)
    timeout -k 1 "${patience:-60}" ssh "${arguments[@]}" "${*:2}" </dev/null
}

# answers MACHINE/CARD: SSH lets somebody in there now, within three seconds.
answers() { patience=${patience:-3} over "$1" true 2>/dev/null; }

# await_ssh MACHINE/CARD SECONDS: waits until SSH answers; false when it did not in time, or the machine is gone.
await_ssh() {
    local began=$SECONDS
    until answers "$1"; do
        kill -0 "${booted[${1%/*}]}" 2>/dev/null || return 1
        ((SECONDS - began < $2)) || return 1
        sleep 0.2
    done
}

# boot_id MACHINE/CARD: what the kernel there calls this boot; false when nobody answers within a few seconds.
boot_id() { patience=${patience:-4} over "$1" cat /proc/sys/kernel/random/boot_id 2>/dev/null; }

# await_boot MACHINE/CARD OLD_BOOT_ID SECONDS: waits until SSH answers in another boot than that, whoever rebooted the
# machine; false when that did not happen in time, or the machine is gone. OLD_BOOT_ID is from `boot_id`.
await_boot() {
    local began=$SECONDS now
    until now=$(boot_id "$1") && [[ -n $now && $now != "$2" ]]; do
        kill -0 "${booted[${1%/*}]}" 2>/dev/null || return 1
        ((SECONDS - began < $3)) || return 1
        sleep 0.5
    done
}

# reboot_and_wait MACHINE/CARD SECONDS: asks for a reboot and waits for the next boot. Only machines that boot through
# GRUB come back.
reboot_and_wait() {
    local old
    old=$(boot_id "$1") || return 1
    patience=10 over "$1" reboot >/dev/null 2>&1 || true
    await_boot "$1" "$old" "$2"
}

# stop MACHINE: powers it off over the first card that lets anybody in, or by force.
stop() {
    answers "$1/01" && over "$1/01" 'touch /run/off' ||
        { answers "$1/02" && over "$1/02" 'touch /run/off'; } ||
        kill "${booted[$1]}" 2>/dev/null || true
    wait "${booted[$1]}" || true
    unset "booted[$1]"
}

# stop_all: for a trap.
stop_all() {
    local name
    for name in "${!booted[@]}"; do kill "${booted[$name]}" 2>/dev/null || true; done
    wait
}
