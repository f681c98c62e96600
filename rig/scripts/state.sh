# Prints what a refused command must leave alone: every driver, override, module, interface, address, node and file.
# IPv6 settles by itself some seconds after a link comes up, so it is left out.
for device in /sys/bus/pci/devices/*; do
    echo "$device $(readlink "$device/driver") $(cat "$device/driver_override")"
done
cut -d' ' -f1 /proc/modules | sort
ip -4 -o address show | sed 's/ valid_lft.*//'
ip -4 route show table all
ls /sys/class/net /sys/class/block /dev /dev/vfio 2>/dev/null
find /run/passthru /var/lib/passthru /etc /boot -exec stat -c '%n %f %u:%g %s %y' {} + 2>/dev/null | sort
find /etc /boot /var/lib/passthru -type f -exec md5sum {} + 2>/dev/null | sort
