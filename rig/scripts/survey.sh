# Runs every reading verb inside a machine and leaves the answers in /mnt/share, for the tests to judge.
cd /mnt/share || exit 1
export LC_ALL=C
failed=0 passed=0
# keep NAME STATUS COMMAND…: standard output goes to NAME; STATUS is what the command must exit with ("any" allows 0, 1).
keep() {
    name=$1 wanted=$2
    shift 2
    "$@" >"$name" 2>"$name.error"
    status=$?
    echo $status >"$name.status"
    case $wanted in
    any) [ $status -le 1 ] ;;
    *) [ $status -eq "$wanted" ] ;;
    esac && [ -s "$name" ] && passed=$((passed + 1)) && return
    echo "$* ended with $status and $(wc -c <"$name") bytes:"
    cat "$name.error"
    failed=$((failed + 1))
}
keep doctor.json any passthru doctor --json
keep doctor.zh.txt any passthru doctor --lang zh
keep devices.json 0 passthru devices --json
keep devices.txt 0 passthru devices
keep usb.json 0 passthru usb --json
keep firmware.json 0 passthru show firmware --json
keep status.json 0 passthru --json
keep show-0000:01:00.0.json 0 passthru show 0000:01:00.0 --json
keep capture.txt 0 passthru capture --full --yes /mnt/share/host.tar
keep dmesg.txt 0 dmesg
keep cmdline.txt 0 cat /proc/cmdline
echo "survey: $passed passed, $failed failed"
[ $failed -eq 0 ]
