# Writes to the root disk and waits for the power to fail. Read by rig/selftest.
echo kept >/root/kept
sync
echo lost >/root/lost
echo "HOLD here"
sleep 1000
