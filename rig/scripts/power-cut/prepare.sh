# Makes the file that the transaction removes, and gives what it edits something to lose: owner, mode, time, attributes.
echo "to be removed" >/etc/passthru-test.old
for file in /etc/passthru-test.old /etc/default/grub; do
    chown 1000:6 $file
    chmod 640 $file
    setfattr -n user.rig -v "of $file" $file
    touch -d '2024-02-29 12:34:56' $file
done
