#define _GNU_SOURCE
#include "clinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static_assert(O_PATH == 010000000 && AT_EMPTY_PATH == 0x1000, "the values in clinux.h");

static int64_t now_milliseconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int clinux_open_in_root(int root, const char *path, int flags) {
    struct open_how how = {
        .flags = (uint64_t)(flags | O_CLOEXEC),
        .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
    };
    // A ".." may have left the root when anything at all was renamed or mounted meanwhile; the kernel does not look which
    // and answers EAGAIN (openat2(2); fs/namei.c, handle_dots). A lease (fcntl(2)) ends in it too.
    int64_t deadline = 0;
    struct timespec pause = {.tv_nsec = 1000};
    for (;;) {
        long fd = syscall(SYS_openat2, root, path, &how, sizeof how);
        if (fd >= 0) return (int)fd;
        if (errno != EAGAIN) return -errno;
        int64_t now = now_milliseconds();
        if (!deadline) deadline = now + clinux_open_patience;
        if (now >= deadline) return -EAGAIN;
        nanosleep(&pause, NULL);
        if (pause.tv_nsec < 100000) pause.tv_nsec *= 2;
    }
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

// What a child that was started for one write, read or readlink leaves behind, in memory that both see.
struct answer {
    bool done;
    int error;
    size_t length;
    char bytes[];
};

// Keeps one descriptor, as 3. A child that is stuck must keep nobody waiting, neither who reads this program's output nor
// a guardian below.
static void let_go(int kept) {
    if (kept != 3) dup2(kept, 3);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = 0; fd < 3 && null >= 0; fd++) dup2(null, fd);
    syscall(SYS_close_range, 4, ~0U, 0);
}

static int read_whole(const char *path, bool link, char *buffer, size_t capacity, size_t *length) {
    if (link) {
        ssize_t n = readlink(path, buffer, capacity);
        *length = n < 0 ? 0 : (size_t)n;
        return n < 0 ? errno : 0;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return errno;
    while (*length < capacity) {
        ssize_t n = read(fd, buffer + *length, capacity - *length);
        if (n < 0) return errno;
        if (n == 0) break;
        *length += (size_t)n;
    }
    return 0;
}

static int write_once(const char *path, const void *bytes, size_t length) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return errno;
    ssize_t written = write(fd, bytes, length);
    int error = written < 0 ? errno : (size_t)written == length ? 0 : EIO;
    close(fd);
    return error;
}

bool clinux_ended(pid_t child) {
    pid_t ended = waitpid(child, NULL, WNOHANG);
    return ended == child || (ended < 0 && errno != EINTR);
}

// Does one write, read or readlink in a child. Its end of the pipe closes when it ends, however it does.
static int in_child(const char *path, const void *output, size_t output_length, bool link, void *input,
                    size_t capacity, size_t *length, int milliseconds, pid_t *stuck) {
    size_t size = sizeof(struct answer) + capacity;
    struct answer *answer = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (answer == MAP_FAILED) return errno;
    int64_t deadline = now_milliseconds() + milliseconds;
    int error = 0;
    int pipes[2] = {-1, -1};
    pid_t child = -1;
    if (pipe2(pipes, O_CLOEXEC) || (child = fork()) < 0) error = errno;
    if (child == 0) {
        let_go(pipes[1]);
        answer->error = output ? write_once(path, output, output_length)
                               : read_whole(path, link, answer->bytes, capacity, &answer->length);
        answer->done = true;
        _exit(0);
    }
    if (pipes[1] >= 0) close(pipes[1]);
    size_t ignored;
    if (!error) error = drain(pipes[0], NULL, 0, &ignored, deadline);
    if (pipes[0] >= 0) close(pipes[0]);
    // A child that did not come back may be stuck inside a driver: nobody waits for it. What it reads nobody wants any more;
    // a write goes on.
    if (error && child > 0 && stuck) {
        kill(child, SIGKILL);
        struct timespec pause = {.tv_nsec = 1000000};
        for (int i = 0; i < 100 && (*stuck = clinux_ended(child) ? 0 : child); i++) nanosleep(&pause, NULL);
    }
    if (!error) {
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
        error = answer->done ? answer->error : EIO;
    }
    if (!error && input) {
        __builtin_memcpy(input, answer->bytes, answer->length);
        *length = answer->length;
    }
    munmap(answer, size);
    return error;
}

int clinux_guardian_start(const char *path, const void *bytes, size_t length, clinux_guardian *guardian) {
    int pipes[2];
    if (pipe2(pipes, O_CLOEXEC)) return errno;
    pid_t child = fork();
    if (child < 0) {
        int error = errno;
        close(pipes[0]);
        close(pipes[1]);
        return error;
    }
    if (child == 0) {
        // What is typed at the terminal is not meant for it.
        setsid();
        let_go(pipes[0]);
        char byte;
        ssize_t n;
        do n = read(3, &byte, 1);
        while (n < 0 && errno == EINTR);
        _exit(write_once(path, bytes, length));
    }
    close(pipes[0]);
    *guardian = (clinux_guardian){.process = child, .leash = pipes[1]};
    return 0;
}

int clinux_guardian_end(clinux_guardian guardian, int milliseconds) {
    close(guardian.leash);
    int64_t deadline = now_milliseconds() + milliseconds;
    struct timespec pause = {.tv_nsec = 1000000};
    for (;;) {
        int status = 0;
        pid_t ended = waitpid(guardian.process, &status, WNOHANG);
        if (ended == guardian.process) return WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
        if (ended < 0 && errno != EINTR) return errno;
        if (now_milliseconds() >= deadline) return ETIMEDOUT;
        nanosleep(&pause, NULL);
    }
}

int clinux_write_with_deadline(const char *path, const void *bytes, size_t length, int milliseconds) {
    return in_child(path, bytes, length, false, NULL, 0, NULL, milliseconds, NULL);
}

int clinux_read_with_deadline(const char *path, bool link, void *buffer, size_t capacity, size_t *length,
                              int milliseconds, pid_t *stuck) {
    *stuck = 0;
    return in_child(path, NULL, 0, link, buffer, capacity, length, milliseconds, stuck);
}
