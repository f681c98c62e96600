# Judging a machine from outside, over SSH. Source it after ssh.bash and tests.bash. A machine that does not answer has
# passed no test: each function is false then, whatever it looks for.
# shellcheck shell=bash

# ends_on MACHINE/CARD STATUS ARGUMENT…: passthru ARGUMENT… ends there with STATUS; what it said is kept for `says`.
ends_on() {
    local status=0
    output=$(over "$1" passthru "${@:3}" 2>&1) || status=$?
    ((status == $2)) || { echo "  passthru ${*:3} ended with $status: $output"; false; }
}
# says TEXT: the last command's output contains it.
says() { [[ $output == *"$1"* ]] || { echo "  no '$1' in: $output"; false; }; }

# snapshot FILE LINES MACHINE/CARD COMMAND…: keeps what the command prints there; false when it fails or prints fewer lines
# than that, because two empty snapshots are equal.
snapshot() {
    local status=0
    over "$3" "${@:4}" >"$1" || status=$?
    ((status == 0)) || { echo "  nothing to compare: the snapshot ended with $status"; return 1; }
    (($(wc -l <"$1") >= $2)) || { echo "  nothing to compare: $(wc -l <"$1") lines, at least $2 were expected"; return 1; }
}

# driver MACHINE/CARD ADDRESS: the driver's name; "-" without one; false when the machine does not say.
driver() {
    over "$1" "cd /sys/bus/pci/devices/$2 && if [ -L driver ]; then readlink driver | sed 's:.*/::'; else echo -; fi"
}
# has_driver MACHINE/CARD ADDRESS DRIVER
has_driver() {
    local is
    is=$(driver "$1" "$2") || { echo "  $2: no answer"; return 1; }
    [[ -n $is && $is == "$3" ]] || { echo "  $2 has the driver ${is:-that it does not say}"; false; }
}

# command_line MACHINE/CARD: sets $line to the words of its kernel's command line, with blanks around each.
command_line() {
    line=$(over "$1" cat /proc/cmdline) && [[ $line == *root=* || $line == *console=* ]] ||
        { echo "  no command line: ${line:-nothing}"; return 1; }
    line=" $line "
}
# line_has_on MACHINE/CARD WORD…, line_lacks_on MACHINE/CARD BEGINNING…
line_has_on() {
    local word line
    command_line "$1" || return 1
    for word in "${@:2}"; do [[ $line == *" $word "* ]] || { echo "  no '$word' in:$line"; return 1; }; done
}
line_lacks_on() {
    local word line
    command_line "$1" || return 1
    for word in "${@:2}"; do [[ $line != *" $word"* ]] || { echo "  '$word' in:$line"; return 1; }; done
}
