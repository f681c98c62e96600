# The transaction without a cut: how many events it has, and the machine before and after it.
read -r device </rig/settings
sh /rig/prepare.sh
sh /rig/snapshot.sh >/mnt/share/old
transaction-probe "$device" >/mnt/share/events || exit
sh /rig/snapshot.sh >/mnt/share/new
