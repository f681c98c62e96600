# A virtual function whose physical one does not let drivers probe comes home all the same (sriov_drivers_autoprobe,
# Documentation/ABI/testing/sysfs-bus-pci). For the machine virtual-functions.
# shellcheck source=rig/lib/checks.sh
. /rig/checks.sh
physical=/sys/bus/pci/devices/0000:01:00.0 virtual=0000:01:10.0

modprobe igbvf
echo 2 >$physical/sriov_numvfs
check "a virtual function has its driver" has_driver $virtual igbvf
echo 0 >$physical/sriov_drivers_autoprobe
check "it is assigned" ends 0 passthru assign $virtual --once --yes
check "vfio-pci has it" has_driver $virtual vfio-pci
check "it is released" ends 0 passthru release $virtual --yes
check "it has its driver again" has_driver $virtual igbvf
check "nothing holds it back" has_no_override $virtual
check "it is assigned once more" ends 0 passthru assign $virtual --once --yes
check "undo takes that back" ends 0 passthru undo --all --yes
check "it has its driver again" has_driver $virtual igbvf
check "nothing holds it back" has_no_override $virtual
check "the switch is as its owner left it" [ "$(cat $physical/sriov_drivers_autoprobe)" = 0 ]
verdict
