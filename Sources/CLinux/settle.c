#define _GNU_SOURCE
#include "clinux.h"

#include <errno.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

// fs/ext4/ext4.h since Linux 5.14; Documentation/filesystems/ext4/journal.rst, "Filesystem Checkpointing".
#ifndef EXT4_IOC_CHECKPOINT
#define EXT4_IOC_CHECKPOINT _IOW('f', 43, uint32_t)
#endif

int clinux_settle(int fd) {
    if (syncfs(fd)) return errno;
    struct statfs system;
    if (fstatfs(fd, &system)) return errno;
    bool is_ext4 = system.f_type == EXT4_SUPER_MAGIC;
    if (!is_ext4 && system.f_type != XFS_SUPER_MAGIC) return 0;
    uint32_t flags = 0;
    if (is_ext4 && ioctl(fd, EXT4_IOC_CHECKPOINT, &flags) == 0) return 0;
    // ENODEV: the file system has no journal.
    if (errno == ENODEV) return 0;
    struct stat here, root;
    if (fstat(fd, &here) || stat("/", &root)) return errno;
    if (here.st_dev == root.st_dev) return 0;
    if (ioctl(fd, FIFREEZE, 0)) return errno == EOPNOTSUPP ? 0 : errno;
    return ioctl(fd, FITHAW, 0) ? errno : 0;
}
