# What a set-up step is: it makes one file or folder below .rig, and is skipped when that is there and newer than
# the scripts that it is made by. Sourced by rig/setup.
# shellcheck shell=bash

setup_began=$EPOCHREALTIME
declare -A seen_steps=()

# step TITLE TARGET [SOURCE…] -- COMMAND [ARGUMENT…]
# Runs COMMAND [ARGUMENT…] with the path of a new, temporary target as last argument, and moves it into place when
# the command succeeds; so an interrupted set-up leaves nothing half made. TARGET is relative to .rig, each SOURCE
# to the folder rig. Prints one line: seconds since the start, the title, and how long this step took.
step() {
    local title=$1 target=$rig/$2 key=$2 sources=() began=$EPOCHREALTIME report
    shift 2
    while [[ $1 != -- ]]; do
        sources+=("$rig_source/$1")
        shift
    done
    shift
    [[ -z ${seen_steps[$key]:-} ]] || return 0
    seen_steps[$key]=1

    if is_current "$target" "${sources[@]}"; then
        printf '%6s s  %s: there already\n' "$(seconds_since "$setup_began")" "$title"
        return 0
    fi
    local new=$target.new
    rm -rf "$new"
    mkdir -p "$(dirname "$target")"
    report=$rig/setup.log
    # In the background, because bash ignores `set -e` in whatever it runs as a condition.
    (set -e && "$@" "$new") >"$report" 2>&1 &
    if ! wait $!; then
        cat "$report" >&2
        die "step failed: $title"
    fi
    rm -rf "$target"
    mv "$new" "$target"
    touch "$target"
    printf '%6s s  %s: %s s\n' "$(seconds_since "$setup_began")" "$title" "$(seconds_since "$began")"
}

# is_current TARGET [SOURCE…]: TARGET is there, and no file of a SOURCE is newer.
is_current() {
    local target=$1
    shift
    local newer
    [[ -e $target ]] || return 1
    (($# == 0)) && return
    newer=$(find "$@" -type f -newer "$target" -print -quit) && [[ -z $newer ]]
}
