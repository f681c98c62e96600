#define _GNU_SOURCE
#include "faulty_disk.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

static _Thread_local bool notes;
static _Thread_local long left = -1;
static _Thread_local char letters[256];
static _Thread_local unsigned length;

static void note(char letter) {
    if (notes && length < sizeof letters - 1) letters[length++] = letter;
}

void faulty_disk_begin(long room) {
    notes = true;
    left = room;
    length = 0;
}

const char *faulty_disk_end(void) {
    notes = false;
    left = -1;
    letters[length] = 0;
    return letters;
}

int fsync(int descriptor) {
    struct stat found;
    if (notes && fstat(descriptor, &found) == 0) note(S_ISDIR(found.st_mode) ? 'd' : 'f');
    return (int)syscall(SYS_fsync, descriptor);
}

int renameat(int old_folder, const char *old_name, int new_folder, const char *new_name) {
    note('r');
    return (int)syscall(SYS_renameat2, old_folder, old_name, new_folder, new_name, 0);
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
    note('w');
    if (left >= 0) {
        if (left == 0 && count > 0) {
            errno = ENOSPC;
            return -1;
        }
        if (count > (size_t)left) count = (size_t)left;
        left -= (long)count;
    }
    return syscall(SYS_write, descriptor, bytes, count);
}
