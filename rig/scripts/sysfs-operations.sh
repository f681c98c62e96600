# Runs the list of writes that the simulated kernel answers, /rig/operations, against this one, and compares errno by
# errno. For the machine sriov. Lines "ok" and "not ok" are tests.
modprobe -a vfio-pci vfio_iommu_type1
NIC=0000:02:00.0 NIC2=0000:03:00.0 PORT=0000:00:03.0 PF=0000:01:00.0 VF=0000:01:00.1 ABSENT=0000:1f:1f.7
pci=/sys/bus/pci/devices
pass=0 fail=0

# named TEXT: with the names of the list replaced. Longest first: NIC is the beginning of NIC2.
named() { echo "$1" | sed "s/NIC2/$NIC2/g; s/NIC/$NIC/g; s/PORT/$PORT/g; s/\bPF\b/$PF/g; s/\bVF\b/$VF/g; s/ABSENT/$ABSENT/g"; }
driver() { [ -e "$pci/$1/driver" ] && basename "$(readlink "$pci/$1/driver")" || echo -; }
# errno TEXT: the name of the error in what the shell said.
errno() {
    case $1 in
    '') echo ok ;;
    *'No such file'* | *nonexistent* | *"can't create"*directory*) echo ENOENT ;;
    *'No such device'*) echo ENODEV ;;
    *'resource busy'*) echo EBUSY ;;
    *'Invalid argument'*) echo EINVAL ;;
    *'out of range'* | *'not representable'*) echo ERANGE ;;
    *'File exists'*) echo EEXIST ;;
    *) echo "$1" ;;
    esac
}
line=0
while read -r expected operation target value; do
    line=$((line + 1))
    case $expected in '' | '#'*) continue ;; esac
    target=$(named "$target") value=$(named "$value")
    case $operation in
    write)
        [ "$value" != newline ] || value=
        seen=$(errno "$( (echo "$value" >"$target") 2>&1)")
        ;;
    driver) seen=$(driver "$target") ;;
    override)
        seen=$(cat "$pci/$target/driver_override")
        [ "$seen" != '(null)' ] && [ -n "$seen" ] || seen=-
        ;;
    read) seen=$(cat "$target") ;;
    vfs) seen=$(cat "$pci/$target/sriov_numvfs") ;;
    *) seen="no such operation" ;;
    esac
    if [ "$seen" = "$expected" ]; then
        pass=$((pass + 1))
    else
        fail=$((fail + 1))
        echo "not ok line $line: $operation $target $value: expected $expected, the kernel says $seen"
    fi
done </rig/operations
echo "$pass passed, $fail failed"
[ $fail -eq 0 ] && [ $pass -gt 50 ]
