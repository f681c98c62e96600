# The transaction up to one event, where the power fails. What stood here before is on the disk for the next boot.
read -r device event </rig/settings
mkdir -p /var/lib/rig
sh /rig/prepare.sh
sh /rig/snapshot.sh >/var/lib/rig/before || exit
sync
transaction-probe "$device" --hold-at "$event"
