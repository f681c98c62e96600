# What the kernel said since it started.
dmesg
