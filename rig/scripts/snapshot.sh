# Prints the root disk and the devices, a line for each fact, to be compared later: KIND PATH VALUE….
# Not the journal, which remembers, nor what a test keeps in /var/lib/rig. Below /usr size and time stand for contents.
list() { find / -xdev \( -path /var/lib/passthru -o -path /var/lib/rig -o -path /lost+found \) -prune -o "$@"; }
{
    # %f is type and mode.
    list -print0 | xargs -0 stat -c 'what %n %f %u:%g'
    list ! -type d -print0 | xargs -0 stat -c 'time %n %y %s'
    list -path /usr -prune -o -type f -print0 | xargs -0 md5sum | sed 's/^\([^ ]*\) *\(.*\)/sum \2 \1/'
    list -path /usr -prune -o ! -type l -print0 | xargs -0 getfattr --absolute-names -d -m - |
        awk '/^# file: / { path = substr($0, 9); next } NF { print "xattr", path, $0 }'
    for device in /sys/bus/pci/devices/*; do
        driver=$(readlink "$device/driver")
        echo "device ${device##*/} driver=${driver##*/} override=$(cat "$device/driver_override")"
    done
} | sort
