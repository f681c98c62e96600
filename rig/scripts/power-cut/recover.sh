# The next boot after the power failed: what passthru makes of it, and what stands here then.
mv /var/lib/rig/before /mnt/share/before
sh /rig/snapshot.sh >/mnt/share/found
passthru recover >/mnt/share/recover 2>&1
echo $? >/mnt/share/recover.status
sh /rig/snapshot.sh >/mnt/share/after
passthru history --json >/mnt/share/history
echo $? >/mnt/share/history.status
