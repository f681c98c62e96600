# passthru is killed while a program of its plan runs (update-grub, which takes some seconds more here): the program goes
# on, and nothing may be called put back while it does. For the machine debian-bios.
# shellcheck source=rig/lib/checks.sh
. /rig/checks.sh
menu=/boot/grub/grub.cfg
# What an owner's own script in the menu can take: the menu itself is as without it.
printf '#!/bin/sh\ntouch /run/menu-begun\nsleep 12\n' >/etc/grub.d/45_slow
chmod 755 /etc/grub.d/45_slow
running() { cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' ' ' | grep -q '[g]rub-mkconfig'; }
no_argument() { ! grep -n 'iommu=pt' $menu /etc/default/grub /etc/default/grub.d/* 2>/dev/null; }
files() { md5sum $menu /etc/default/grub /etc/default/grub.d/* 2>/dev/null; }
update-grub >/dev/null 2>&1
rm -f /run/menu-begun
files >/tmp/before

passthru iommu on --no-trial --yes >/tmp/on.log 2>&1 &
process=$!
tries=0
until [ -e /run/menu-begun ] || [ $tries -ge 600 ]; do tries=$((tries + 1)) && sleep 0.1; done
check "update-grub has begun" [ -e /run/menu-begun ]
kill -KILL $process
wait $process 2>/dev/null
check "it goes on without passthru" running
passthru recover >/tmp/recover.log 2>&1
status=$?
cat /tmp/recover.log
# Either recover waits for the program, or it says that another one is at work.
if running; then
    check "while it runs nothing is called put back: exit 75 (was $status)" [ $status -eq 75 ]
else
    check "recover has waited for it: exit 0 (was $status)" [ $status -eq 0 ]
fi
tries=0
while running && [ $tries -lt 600 ]; do tries=$((tries + 1)) && sleep 0.1; done
check "the program comes to its end" eval '! running'
check "recover" ends 0 passthru recover
check "the interrupted change is put back" ends 0 passthru history
check "… and history says so" says "rolled back"
check "no file has the argument" no_argument
files >/tmp/after
check "the menu is the old one" cmp /tmp/before /tmp/after
check "all is as wanted" ends 0 passthru verify
verdict
