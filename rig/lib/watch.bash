# What stops a machine from outside while it runs. Sourced by rig/boot; each function is run in the background there.
# shellcheck shell=bash

# stop_when_silent PID: ends the machine when its serial line did not grow for $silence seconds.
stop_when_silent() {
    local size=0 now quiet=0
    while kill -0 "$1" 2>/dev/null; do
        sleep 1
        now=$(stat -c %s "$serial")
        quiet=$((now == size ? quiet + 1 : 0)) size=$now
        if ((quiet >= silence)); then
            touch "$work/hung"
            kill "$1" 2>/dev/null || true
        fi
    done
}

# fail_power PID: kills QEMU, not what runs in it, at the first line that contains $kill_on. What the machine had not
# written to its disk by then is lost. The line is left in $work/cut.
fail_power() {
    local line
    while IFS= read -r line; do
        [[ $line == *"$kill_on"* ]] || continue
        kill -KILL "$(<"$work/pid")"
        printf '%s\n' "${line//$'\r'/}" >"$work/cut"
        break
    done < <(tail -s 0.02 -n +1 -f --pid="$1" "$serial" 2>/dev/null)
}
