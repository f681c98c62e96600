# shellcheck shell=sh
# Makes the kernel, QEMU and the shell say what they say when something is wrong, and lets `passthru explain` name the
# cause. Runs in trouble, trouble-refused, switched-off, sriov and no-vfio. Lines "ok" and "not ok" are tests.
export LC_ALL=C
pass=0 fail=0
card=0000:01:00.0
said=/tmp/said

# explained NAME ID: the text in $said has this cause, as the first one; for "benign:ID" among those that are harmless.
explained() {
    passthru explain $said >/tmp/explained 2>&1
    status=$?
    if [ "${2#benign:}" = "$2" ]; then
        id=$(sed -n 's/^  .*\[\([a-z0-9-]*\)\].*$/\1/p' /tmp/explained | head -1)
        [ $status -eq 0 ] || id="nothing, exit $status"
    else
        id=$(sed -n "s/^  .*\[\(${2#benign:}\)\].*$/benign:\1/p" /tmp/explained | head -1)
    fi
    if [ "$id" = "$2" ]; then
        pass=$((pass + 1))
        echo "ok $1: $id ($(grep -c . $said) lines; $(grep -m1 -o '^  Confirmed\|^  Not so\|^  Could not' /tmp/explained | tr -d ' '))"
    else
        fail=$((fail + 1))
        echo "not ok $1: ${id:-nothing} instead of $2"
        sed 's/^/    said: /' $said | head -12
        sed 's/^/    /' /tmp/explained | head -24
    fi
}

# qemu ARGUMENT…: starts a guest that never runs, and keeps what it says and what the kernel says meanwhile.
qemu() {
    dmesg -c >/dev/null
    timeout "${wait:-8}" qemu-system-x86_64 -accel "${accel:-tcg}" -machine q35 -m "${memory:-128}" -nodefaults \
        -no-user-config -display none -S "$@" >$said 2>&1 </dev/null
    dmesg >>$said
}

# shell COMMAND: keeps what a shell says to it, and the kernel.
shell() {
    dmesg -c >/dev/null
    sh -c "$1" >$said 2>&1
    dmesg >>$said
}

bind() { # ADDRESS
    echo vfio-pci >/sys/bus/pci/devices/"$1"/driver_override
    [ ! -e /sys/bus/pci/devices/"$1"/driver ] || echo "$1" >/sys/bus/pci/devices/"$1"/driver/unbind
    echo "$1" >/sys/bus/pci/drivers_probe
}

group() { basename "$(readlink /sys/bus/pci/devices/"$1"/iommu_group)"; }

# What the kernel said at boot, before anything is done.
dmesg >/tmp/boot.log

with_qemu() {
    echo 0 >/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages 2>/dev/null
    several=$(shared_card)
    modprobe vfio-pci
    modprobe vfio_iommu_type1
    qemu -device vfio-pci,host=01:00.0
    explained "a device that is not bound" qemu-group-missing
    qemu -device vfio-pci,host=77:00.0
    explained "an address with nothing at it" qemu-nodev
    bind "$several"
    qemu -device "vfio-pci,host=$several"
    explained "a group with another driver in it" qemu-notviable
    bind $card
    qemu -device vfio-pci,host=01:00.0,romfile=/nowhere/vbios.rom
    explained "a ROM that is not there" qemu-romfile
    : >/tmp/empty.rom
    qemu -device vfio-pci,host=01:00.0,romfile=/tmp/empty.rom
    explained "a ROM with nothing in it" qemu-romfile
    qemu -device vfio-pci,host=01:00.0,x-nonsense=1
    explained "a property that there is not" qemu-property
    qemu -device vfio-pci,host=zz
    explained "an address that is none" qemu-property-value
    qemu -device vfio-pci,host=01:00.0 -device vfio-pci,host=01:00.0
    explained "one device twice" qemu-attached
    qemu -device vfio-pci,host=01:00.0,bus=pcie.9
    explained "a bus that there is not" qemu-bus-missing
    qemu -device virtio-rng-pci,addr=3 -device vfio-pci,host=01:00.0,addr=3
    explained "an address that is taken in the guest" qemu-slot
    qemu -device vfio-pci,host=01:00.0,id=nic -set device.hostdev0.x-igd-opregion=on
    explained "-set for a device with another name" qemu-set-nodevice
    qemu -device vfio-pci,host=01:00.0,x-vga=on
    explained "VGA of a network card" qemu-xvga
    qemu -device vfio-pci,host=01:00.0,x-igd-opregion=on
    explained "an OpRegion of a network card" igd-opregion
    qemu -device intel-iommu -device vfio-pci,host=01:00.0
    explained "a virtual IOMMU without caching mode" qemu-viommu-caching
    accel=kvm qemu -machine q35,kernel-irqchip=on -device intel-iommu,intremap=on,caching-mode=on
    explained "a virtual IOMMU without a split interrupt controller" qemu-viommu-irqchip
    qemu -object memory-backend-file,id=ram,size=128M,mem-path=/nowhere/hugepages,share=on -machine memory-backend=ram \
        -device vfio-pci,host=01:00.0
    explained "huge pages that there are not" qemu-hugepage
    mv /dev/kvm /dev/kvm.away
    accel=kvm qemu -device vfio-pci,host=01:00.0
    explained "no /dev/kvm" kvm-access
    mv /dev/kvm.away /dev/kvm
    mv /dev/vfio/vfio /dev/vfio/away
    qemu -device vfio-pci,host=01:00.0
    explained "no /dev/vfio/vfio" qemu-open-container
    mv /dev/vfio/away /dev/vfio/vfio
    chmod 666 /dev/vfio/vfio
    as_nobody unlimited
    explained "a user without rights" qemu-group-denied

    # Two guests want one card, and somebody takes it away from the one that has it.
    timeout 70 qemu-system-x86_64 -accel tcg -machine q35 -m 128 -nodefaults -no-user-config -display none -S \
        -device vfio-pci,host=01:00.0 >/dev/null 2>&1 </dev/null &
    sleep 6
    qemu -device vfio-pci,host=01:00.0
    explained "a card that another guest has" qemu-open-group
    dmesg -c >/dev/null
    # The kernel says who waits when the one that waits is told to stop.
    timeout 10 sh -c "echo $card >/sys/bus/pci/drivers/vfio-pci/unbind" &
    sleep 14
    dmesg >$said
    explained "a card that is taken away from a guest" vfio-inuse-blocked
    killall qemu-system-x86_64 2>/dev/null
    wait
    sleep 2
    bind $card

    dmesg -c >/dev/null
    chmod 666 /dev/vfio/"$(group $card)"
    as_nobody 64
    dmesg >>$said
    explained "a limit of locked memory" kernel-memlock

    modprobe -r vfio_iommu_type1
    mv /sbin/modprobe /sbin/modprobe.away
    qemu -device vfio-pci,host=01:00.0
    explained "no vfio_iommu_type1" "$(grep -q 'No available' $said && echo vfio-api || echo qemu-setiommu-enodev)"
    mv /sbin/modprobe.away /sbin/modprobe
    modprobe vfio_iommu_type1

    # DMA to memory that is not the device's: edu at its command register (docs/specs/edu.txt).
    edu=$(for f in /sys/bus/pci/devices/*; do [ "$(cat "$f/device")" = 0x11e8 ] && basename "$f"; done)
    base=$(head -1 /sys/bus/pci/devices/"$edu"/resource | cut -d' ' -f1)
    dmesg -c >/dev/null
    echo 1 >/sys/bus/pci/devices/"$edu"/enable
    setpci_master "$edu"
    devmem $((base + 0x80)) 32 0x2345000
    devmem $((base + 0x88)) 32 0x40000
    devmem $((base + 0x90)) 32 4
    devmem $((base + 0x98)) 32 1
    sleep 2
    dmesg >$said
    explained "DMA to memory that is not the device's" dmar-fault

    grep -i hugetlb /tmp/boot.log >$said
    explained "huge pages at boot" huge-alloc
    grep 'Unknown kernel command line' /tmp/boot.log >$said
    explained "an argument that this kernel does not know" cmd-unknown
    grep 'Unknown option' /tmp/boot.log >$said
    explained "an option that intel_iommu does not have" intel-opt
    shell "echo 0000:00:03.0 >/sys/bus/pci/drivers/pcieport/unbind; echo vfio-pci >/sys/bus/pci/devices/0000:00:03.0/driver_override; \
        echo 0000:00:03.0 >/sys/bus/pci/drivers_probe; echo 0000:00:03.0 >/sys/bus/pci/drivers/pcieport/bind"
    explained "a bridge" bind-einval
    echo >/sys/bus/pci/devices/0000:00:03.0/driver_override
}

# The second function of a card whose first has a driver of the host.
shared_card() {
    for function in /sys/bus/pci/devices/*.1; do
        [ "$(cat "$function/class")" = 0x020000 ] || continue
        basename "$function"
        return
    done
}

# as_nobody LIMIT: starts the guest as an ordinary user who may lock so many KiB of memory.
as_nobody() {
    (
        ulimit -l "$1"
        timeout 8 start-stop-daemon -S -c 65534:65534 -x /usr/bin/qemu-system-x86_64 -- -accel tcg -machine q35 -m 128 \
            -nodefaults -no-user-config -display none -S -device vfio-pci,host=01:00.0
    ) >$said 2>&1 </dev/null
}

# setpci_master ADDRESS: bus mastering on, with what busybox has.
setpci_master() {
    printf '\006\001' | dd of=/sys/bus/pci/devices/"$1"/config bs=1 seek=4 count=2 conv=notrunc 2>/dev/null
}

writes() {
    modprobe vfio-pci
    shell "echo 0000:99:00.0 >/sys/bus/pci/drivers/vfio-pci/bind"
    explained "binding what is not there" sysfs-nodev
    shell "echo 8086:10d3 | dd of=/sys/bus/pci/drivers/vfio-pci/new_id"
    explained "an id with a colon" sysfs-new-id-einval
    modprobe -r vfio-pci
    shell "modprobe vfio-pci ids=ids=8086:10d3"
    explained "a list of ids with ids= in it" vfio-badid
    mount -o remount,ro /sys
    shell "echo vfio-pci | tee /sys/bus/pci/devices/$card/driver_override"
    explained "/sys mounted read-only" sysfs-permission
    mount -o remount,rw /sys
}

line=$(cat /proc/cmdline)
if [ -x /usr/bin/qemu-system-x86_64 ] && grep -q 'IR-' /proc/interrupts; then
    with_qemu
    writes
elif [ -x /usr/bin/qemu-system-x86_64 ]; then
    modprobe vfio-pci
    modprobe vfio_iommu_type1
    bind $card
    qemu -device vfio-pci,host=01:00.0
    explained "no interrupt remapping" vfio-no-ir
    dmesg >>$said
    explained "and in the whole log" vfio-no-ir
elif [ "${line#*intel_iommu=off}" != "$line" ]; then
    modprobe vfio-pci
    echo vfio-pci >/sys/bus/pci/devices/$card/driver_override
    echo $card >/sys/bus/pci/devices/$card/driver/unbind
    echo $card >/sys/bus/pci/drivers_probe
    dmesg >$said
    explained "the IOMMU switched off" dmar-disabled
elif [ -e /sys/bus/pci/devices/$card/sriov_totalvfs ]; then
    shell "echo 99 | dd of=/sys/bus/pci/devices/$card/sriov_numvfs"
    explained "more virtual functions than there are" sriov-erange
    echo 3 >/sys/bus/pci/devices/$card/sriov_numvfs
    shell "echo 2 | tee /sys/bus/pci/devices/$card/sriov_numvfs"
    explained "another number without 0 between" sriov-already
    modprobe vfio-pci
    dmesg -c >/dev/null
    echo 0 >/sys/bus/pci/devices/$card/sriov_drivers_autoprobe
    bind $card
    dmesg >$said
    explained "a physical function with virtual ones" "$(grep -q 'Cannot bind to PF' $said && echo sriov-pfvfio || echo sriov-left)"
else
    shell "modprobe vfio-pci"
    explained "no vfio in this kernel" vfio-module-missing
    cp /tmp/boot.log $said
    explained "what is said of a machine in order" benign:dmar-enabled-misread
fi
echo "$pass passed, $fail failed"
[ $fail -eq 0 ] && [ $pass -gt 0 ]
