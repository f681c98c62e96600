# The main job, step by step, inside a practice machine: runs after LANGUAGE (en or zh) and GUEST (yes or no) were set
# by rig/practice.

# say ENGLISH CHINESE
say() { if [ "$LANGUAGE" = zh ]; then echo "$2"; else echo "$1"; fi; }
step=0
step() {
    step=$((step + 1))
    echo
    say "== $step/$steps  $1" "== $step/$steps  $2"
}
show() {
    echo "\$ $*"
    "$@"
}
fail() {
    say "FAILED: $1" "失败：$2"
    exit 1
}
driver() { basename "$(readlink "/sys/bus/pci/devices/$1/driver")" 2>/dev/null; }

export LC_ALL=C
[ "$LANGUAGE" != zh ] || export LC_ALL=zh_CN.UTF-8
card=0000:01:00.0
steps=7
mac=$(cat /sys/bus/pci/devices/$card/net/*/address)

step "Can this machine hand devices over?" "这台机器能交出设备吗？"
show passthru doctor || fail "the doctor says no" "检查结果为否"

step "What is there, by IOMMU group" "按 IOMMU 组列出设备"
show passthru devices || fail "the devices could not be listed" "无法列出设备"

step "The card $card (MAC $mac) leaves its driver for vfio-pci" "网卡 $card（MAC $mac）从原驱动交给 vfio-pci"
home=$(driver $card)
show passthru assign $card --yes || fail "assign" "交出失败"
[ "$(driver $card)" = vfio-pci ] || fail "$card has the driver $(driver $card)" "$card 的驱动是 $(driver $card)"

step "What QEMU must be told" "需要告诉 QEMU 的参数"
show passthru export qemu $card || fail "export" "导出失败"
arguments=$(passthru export qemu $card)

step "A guest starts with exactly these arguments" "用这些参数启动虚拟机"
# The arguments are words without quotes, as printed.
# shellcheck disable=SC2086
nested-guest $arguments >/tmp/guest.log 2>&1 &
guest=$!
seconds=0
while kill -0 $guest 2>/dev/null; do
    sleep 1
    seconds=$((seconds + 1))
    [ $((seconds % 10)) -ne 0 ] || say "   … $seconds s" "   … $seconds 秒"
done
wait $guest || { cat /tmp/guest.log; fail "the guest did not run" "虚拟机未能运行"; }
tr -d '\r' </tmp/guest.log | grep -E '^(L2-|HUNG: )'
tr -d '\r' </tmp/guest.log | grep -q "^L2-NET .* $mac carrier=1" ||
    fail "the guest did not report the card $mac" "虚拟机没有报告网卡 $mac"
say "The guest saw the card with its MAC address $mac." "虚拟机看到了这块网卡，MAC 地址为 $mac。"

step "The card comes back" "收回网卡"
show passthru release $card --yes || fail "release" "收回失败"
[ "$(driver $card)" = "$home" ] || fail "$card has the driver $(driver $card), not $home" "$card 的驱动是 $(driver $card)，不是 $home"

step "Its driver is $home again; is its link up?" "驱动恢复为 $home；链路是否接通？"
name=$(ls /sys/bus/pci/devices/$card/net)
ip link set "$name" up
tries=50
until [ "$(cat "/sys/class/net/$name/carrier" 2>/dev/null)" = 1 ]; do
    tries=$((tries - 1))
    [ $tries -gt 0 ] || fail "$name has no link" "$name 没有链路"
    sleep 0.2
done
[ "$(cat "/sys/class/net/$name/address")" = "$mac" ] || fail "$name has another MAC address" "$name 的 MAC 地址不同"
ip link show "$name"
echo
say "PRACTICE-OK: $card was given to a guest and taken back." "PRACTICE-OK：$card 交给过虚拟机，又收回来了。"
