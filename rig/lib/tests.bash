# Counting what passed and failed, for scripts whose lines "ok" and "not ok" are tests. Source it, do not run it.
# shellcheck shell=bash

passed=0 failed=0

# check NAME COMMAND…: a test, which passes when COMMAND succeeds; what it printed is shown when it does not.
check() {
    local name=$1
    shift
    if "$@" >"$work/check" 2>&1; then
        passed=$((passed + 1))
        echo "ok $name"
    else
        failed=$((failed + 1))
        echo "not ok $name"
        cat "$work/check"
    fi
}

# verdict [TEXT]: the last line, with TEXT at its end, and whether something was tested and nothing failed.
verdict() {
    echo "$passed passed, $failed failed${1:-}"
    ((failed == 0 && passed > 0))
}
