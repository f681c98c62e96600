#define _GNU_SOURCE
#include "clinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <poll.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static_assert(O_PATH == 010000000 && AT_EMPTY_PATH == 0x1000, "the values in clinux.h");

int clinux_open_in_root(int root, const char *path, int flags) {
    struct open_how how = {
        .flags = (uint64_t)(flags | O_CLOEXEC),
        .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
    };
    long fd = syscall(SYS_openat2, root, path, &how, sizeof how);
    return fd < 0 ? -errno : (int)fd;
}

static int64_t now_milliseconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

// Reads from `fd` until its end, `capacity` or the deadline. Returns 0 or an errno.
static int drain(int fd, char *buffer, size_t capacity, size_t *length, int64_t deadline) {
    *length = 0;
    for (;;) {
        int64_t left = deadline - now_milliseconds();
        if (left < 0) left = 0;
        struct pollfd p = {.fd = fd, .events = POLLIN};
        int ready = poll(&p, 1, (int)left);
        if (ready < 0 && errno == EINTR) continue;
        if (ready < 0) return errno;
        if (ready == 0) return ETIMEDOUT;
        char spill[4096];
        bool full = *length == capacity;
        ssize_t n = full ? read(fd, spill, sizeof spill) : read(fd, buffer + *length, capacity - *length);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno;
        if (n == 0) return 0;
        if (!full) *length += (size_t)n;
    }
}

int64_t clinux_boot_clock(void) {
    struct timespec t;
    clock_gettime(CLOCK_BOOTTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int clinux_set_attribute(int fd, const char *name, const void *value, size_t length) {
    return fsetxattr(fd, name, value, length, 0) ? errno : 0;
}

ssize_t clinux_list_attributes(int fd, void *names, size_t capacity) {
    ssize_t n = flistxattr(fd, names, capacity);
    return n < 0 ? -errno : n;
}

ssize_t clinux_get_attribute(int fd, const char *name, void *value, size_t capacity) {
    ssize_t n = fgetxattr(fd, name, value, capacity);
    return n < 0 ? -errno : n;
}

// Does one write, read or readlink in a child, whose answer is its errno and then what it read.
static int in_child(const char *path, const void *output, size_t output_length, bool link, void *input,
                    size_t capacity, size_t *length, int milliseconds) {
    int pipes[2];
    if (pipe2(pipes, O_CLOEXEC)) return errno;
    int64_t deadline = now_milliseconds() + milliseconds;
    pid_t child = fork();
    if (child < 0) {
        int error = errno;
        close(pipes[0]);
        close(pipes[1]);
        return error;
    }
    if (child == 0) {
        int error = 0;
        ssize_t n = 0;
        static char buffer[1 << 16];
        // A child that is stuck must not keep whoever reads this program's output waiting.
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);
        for (int fd = 0; fd < 3 && null >= 0; fd++) if (fd != pipes[1]) dup2(null, fd);
        if (link) {
            n = readlink(path, buffer, sizeof buffer);
            error = n < 0 ? errno : 0;
        } else {
            int fd = open(path, (output ? O_WRONLY : O_RDONLY) | O_CLOEXEC);
            if (fd < 0) error = errno;
            else if (output) {
                ssize_t written = write(fd, output, output_length);
                error = written < 0 ? errno : (size_t)written == output_length ? 0 : EIO;
            } else {
                n = read(fd, buffer, sizeof buffer);
                error = n < 0 ? errno : 0;
            }
        }
        if (write(pipes[1], &error, sizeof error) == sizeof error && n > 0) {
            ssize_t sent = write(pipes[1], buffer, (size_t)n);
            (void)sent;
        }
        _exit(0);
    }
    close(pipes[1]);
    size_t got = 0;
    static _Thread_local char answer[sizeof(int) + (1 << 16)];
    int error = drain(pipes[0], answer, sizeof answer, &got, deadline);
    close(pipes[0]);
    if (error) return error;  // The child may be stuck inside a driver: nobody waits for it.
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
    if (got < sizeof(int)) return EIO;
    __builtin_memcpy(&error, answer, sizeof error);
    if (error) return error;
    size_t n = got - sizeof(int);
    if (input) {
        if (n > capacity) n = capacity;
        __builtin_memcpy(input, answer + sizeof(int), n);
        *length = n;
    }
    return 0;
}

int clinux_write_with_deadline(const char *path, const void *bytes, size_t length, int milliseconds) {
    return in_child(path, bytes, length, false, NULL, 0, NULL, milliseconds);
}

int clinux_read_with_deadline(const char *path, bool link, void *buffer, size_t capacity, size_t *length,
                              int milliseconds) {
    return in_child(path, NULL, 0, link, buffer, capacity, length, milliseconds);
}
