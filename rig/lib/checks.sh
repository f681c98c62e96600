# What a script of tests inside a machine begins with: `. /rig/checks.sh`. rig/boot puts it into every machine. A line that
# begins with "ok" or "not ok" is a test; the last line of the script is `verdict`.
# shellcheck shell=sh
export LC_ALL=C
pass=0 fail=0
# check NAME COMMAND…: a test, which passes when COMMAND succeeds.
check() {
    name=$1
    shift
    if "$@"; then
        pass=$((pass + 1))
        echo "ok $name"
    else
        fail=$((fail + 1))
        echo "not ok $name"
    fi
}
# verdict: how many passed, and whether something was tested and nothing failed.
verdict() {
    echo "$pass passed, $fail failed"
    [ "$fail" -eq 0 ] && [ "$pass" -gt 0 ]
}

# ends STATUS COMMAND…: its output is kept for `says`, and shown when it ends otherwise.
ends() {
    wanted=$1
    shift
    output=$("$@" 2>&1)
    status=$?
    [ $status -eq "$wanted" ] || {
        echo "  $* ended with $status: $output"
        false
    }
}
# says TEXT: the last command's output has it.
says() {
    case $output in
    *"$1"*) true ;;
    *)
        echo "  no '$1' in: $output"
        false
        ;;
    esac
}
# no_line TEXT COMMAND…: the command ends well and prints something, but not this. One that fails has said nothing.
no_line() {
    text=$1
    shift
    lines=$("$@" 2>&1) || {
        echo "  $* ended with $?: $lines"
        return 1
    }
    [ -n "$lines" ] || {
        echo "  $* said nothing"
        return 1
    }
    ! echo "$lines" | grep -F -- "$text"
}
# snapshot FILE COMMAND…: keeps what the command prints; false when it fails or prints next to nothing, because two empty
# snapshots are equal.
snapshot() {
    kept=$1
    shift
    "$@" >"$kept" 2>&1 || {
        echo "  $* ended with $?"
        return 1
    }
    [ "$(wc -l <"$kept")" -ge 10 ] || {
        echo "  $* printed next to nothing: $(cat "$kept")"
        return 1
    }
}

driver() { basename "$(readlink "/sys/bus/pci/devices/$1/driver")" 2>/dev/null; }
override() { cat "/sys/bus/pci/devices/$1/driver_override"; }
has_driver() { [ "$(driver "$1")" = "$2" ] || { echo "  $1 has the driver $(driver "$1")"; false; }; }
has_no_override() { [ "$(override "$1")" = "(null)" ]; }
