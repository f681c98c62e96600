#define _GNU_SOURCE
#include "clinux.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t now_milliseconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void held_signals(sigset_t *set) {
    static const int signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGTSTP, SIGTTIN, SIGTTOU};
    sigemptyset(set);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) sigaddset(set, signals[i]);
}

void clinux_hold_signals(bool hold) {
    sigset_t set;
    held_signals(&set);
    if (!hold) {
        // What nobody reads any more is no reason to end.
        struct timespec none = {0};
        sigset_t pipe;
        sigemptyset(&pipe);
        sigaddset(&pipe, SIGPIPE);
        while (sigtimedwait(&pipe, NULL, &none) > 0) {}
    }
    sigprocmask(hold ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}

// A program that is started does not inherit what this one holds back.
static void release_signals(void) {
    sigset_t set;
    held_signals(&set);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}

// The place of another process: what of it differs from this process' own.
typedef struct {
    // In the order of joining, and the kind of each.
    int namespaces[8], kinds[8];
    int count;
    bool has_processes, has_users;
    int root;
    // The capabilities that the process or a child of it can have at all (capabilities(7), "bounding set").
    uint64_t bounding;
} place;

static void leave(place *p) {
    for (int i = 0; i < p->count; i++) close(p->namespaces[i]);
    if (p->root >= 0) close(p->root);
}

static int gone(int error) { return error == ENOENT ? ESRCH : error; }

// Opens all that joining needs, so that nothing is looked up any more once the first namespace was changed.
static int open_place(int process, place *p) {
    // A user namespace comes last: until then this process has its own capabilities.
    static const struct { const char *name; int kind; } all[] = {
        {"mnt", CLONE_NEWNS}, {"uts", CLONE_NEWUTS}, {"ipc", CLONE_NEWIPC}, {"net", CLONE_NEWNET},
        {"pid", CLONE_NEWPID}, {"cgroup", CLONE_NEWCGROUP}, {"user", CLONE_NEWUSER},
    };
    *p = (place){.root = -1, .bounding = ~UINT64_C(0)};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        char path[32], own[48];
        snprintf(path, sizeof path, "ns/%s", all[i].name);
        snprintf(own, sizeof own, "/proc/self/ns/%s", all[i].name);
        struct stat here, there;
        // A kernel without this kind.
        if (stat(own, &here)) continue;
        int fd = openat(process, path, O_RDONLY | O_CLOEXEC);
        if (fd < 0 || fstat(fd, &there)) {
            int error = errno;
            if (fd >= 0) close(fd);
            leave(p);
            return gone(error);
        }
        if (here.st_ino == there.st_ino && here.st_dev == there.st_dev) {
            close(fd);
            continue;
        }
        p->namespaces[p->count] = fd;
        p->kinds[p->count++] = all[i].kind;
        if (all[i].kind == CLONE_NEWPID) p->has_processes = true;
        if (all[i].kind == CLONE_NEWUSER) p->has_users = true;
    }
    char status[4096];
    ssize_t n = -1;
    int fd = openat(process, "status", O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        n = read(fd, status, sizeof status - 1);
        close(fd);
    }
    p->root = openat(process, "root", clinux_o_path | O_DIRECTORY | O_CLOEXEC);
    if (n < 0 || p->root < 0) {
        int error = errno;
        leave(p);
        return gone(error);
    }
    status[n] = 0;
    const char *line = strstr(status, "\nCapBnd:");
    if (line) p->bounding = strtoull(line + 8, NULL, 16);
    return 0;
}

// Goes there. Returns 0 or an errno, after which only _exit is left.
static int join(const place *p) {
    // Who is there must not reach this program's own file through /proc/PID/exe.
    if (prctl(PR_SET_DUMPABLE, 0)) return errno;
    bool has_left = false;
    for (int i = 0; i < p->count; i++) {
        // The root lies in the mount namespace, and needs this process' own rights.
        if (p->kinds[i] == CLONE_NEWUSER) {
            if (fchdir(p->root) || chroot(".") || chdir("/")) return errno;
            has_left = true;
        }
        if (setns(p->namespaces[i], p->kinds[i])) return errno;
    }
    if (!has_left && (fchdir(p->root) || chroot(".") || chdir("/"))) return errno;
    if (p->has_users) {
        // A user namespace may forbid it (user_namespaces(7), /proc/PID/setgroups).
        setgroups(0, NULL);
        if (setresgid(0, 0, 0) || setresuid(0, 0, 0)) return errno;
    }
    for (int capability = 0; capability < 64; capability++) {
        if (p->bounding >> capability & 1) continue;
        if (prctl(PR_CAPBSET_READ, capability) != 1) continue;
        if (prctl(PR_CAPBSET_DROP, capability)) return errno;
    }
    return 0;
}

// Waits for a child and ends as it did.
static _Noreturn void end_like(pid_t child) {
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    if (WIFSIGNALED(status)) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){0});
        signal(WTERMSIG(status), SIG_DFL);
        kill(getpid(), WTERMSIG(status));
    }
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 127);
}

enum {
    null_fd, input_fd, out_read, out_write, err_read, err_write, report_read, report_write, gate_read, gate_write, fd_count
};

static void close_one(int *fd) {
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

// The child: becomes the program, or reports an errno.
static _Noreturn void become(const clinux_program *program, const place *where, const int *fds) {
    int error = 0;
    setsid();
    release_signals();
    if (fds[gate_read] >= 0) {
        // Who started it says when it may begin; at the end of the pipe nobody is left who could.
        close(fds[gate_write]);
        char byte;
        ssize_t n;
        while ((n = read(fds[gate_read], &byte, 1)) < 0 && errno == EINTR) {}
        if (n != 1) _exit(127);
    }
    bool has_input = fds[input_fd] >= 0, has_errors = fds[err_write] >= 0;
    if (dup2(fds[has_input ? input_fd : null_fd], 0) < 0 || dup2(fds[out_write], 1) < 0
        || dup2(fds[has_errors ? err_write : out_write], 2) < 0)
        error = errno;
    if (!error && where) error = join(where);
    if (!error && where && where->has_processes) {
        // Only a child is in a process namespace that was joined.
        pid_t child = fork();
        if (child < 0) error = errno;
        if (child > 0) {
            for (int fd = 0; fd < 3; fd++) dup2(fds[null_fd], fd);
            for (int i = 0; i < fd_count; i++) if (fds[i] >= 0) close(fds[i]);
            end_like(child);
        }
    }
    if (!error) {
        execve(program->path, program->argv, program->envp);
        error = errno;
    }
    ssize_t sent = write(fds[report_write], &error, sizeof error);
    (void)sent;
    _exit(127);
}

// A file that only descriptors lead to, with these bytes, to be read from the start. Returns a descriptor or -errno.
static int file_in_memory(const void *bytes, size_t length) {
    int fd = memfd_create("input", MFD_CLOEXEC);
    if (fd < 0) return -errno;
    for (size_t done = 0; done < length;) {
        ssize_t n = write(fd, (const char *)bytes + done, length - done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) {
            int error = errno;
            close(fd);
            return -error;
        }
        done += (size_t)n;
    }
    if (lseek(fd, 0, SEEK_SET) < 0) {
        int error = errno;
        close(fd);
        return -error;
    }
    return fd;
}

// Takes in what a pipe has now; closes it at its end.
static void take(int *fd, char *buffer, size_t capacity, size_t *length) {
    char spill[1 << 14];
    bool full = *length >= capacity;
    ssize_t n = full ? read(*fd, spill, sizeof spill) : read(*fd, buffer + *length, capacity - *length);
    if (n > 0) *length += (size_t)n;
    else if (n == 0 || errno != EINTR) close_one(fd);
}

// Waits for what the program writes or for its end, `pause` milliseconds at most, and takes it in. Returns whether something
// came.
static bool listen_to(clinux_program *program, int *fds, int *report, size_t *reported, int pause) {
    static const int pipes[] = {out_read, err_read, report_read};
    struct pollfd ready[3];
    for (int i = 0; i < 3; i++) ready[i] = (struct pollfd){.fd = fds[pipes[i]], .events = POLLIN};
    if (poll(ready, 3, pause) <= 0) return false;
    for (int i = 0; i < 3; i++) {
        if (ready[i].fd < 0 || ready[i].revents == 0) continue;
        if (pipes[i] == out_read)
            take(&fds[out_read], program->output, program->output_capacity, &program->output_length);
        else if (pipes[i] == err_read)
            take(&fds[err_read], program->errors, program->errors_capacity, &program->errors_length);
        else
            take(&fds[report_read], (char *)report, sizeof *report, reported);
    }
    return true;
}

// The session of a process (proc_pid_stat(5), field 6); 0 when it is gone or has ended.
static pid_t session_of(const char *process) {
    char path[300], text[512];
    snprintf(path, sizeof path, "/proc/%s/stat", process);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    if (n <= 0) return 0;
    text[n] = 0;
    // The name in brackets may hold anything.
    const char *rest = strrchr(text, ')');
    char state;
    int parent, group, session;
    if (!rest || sscanf(rest + 1, " %c %d %d %d", &state, &parent, &group, &session) != 4) return 0;
    return state == 'Z' || state == 'X' ? 0 : session;
}

// Sends a signal to all of a session and of the process group of the same number; with 0 only looks. Returns whether anybody
// of the session lives.
static bool signal_session(pid_t session, int signal) {
    bool lives = false;
    if (signal) kill(-session, signal);
    DIR *folder = opendir("/proc");
    if (!folder) return false;
    for (struct dirent *entry; (entry = readdir(folder));) {
        pid_t process = (pid_t)strtol(entry->d_name, NULL, 10);
        if (process <= 0 || session_of(entry->d_name) != session) continue;
        lives = true;
        // Those of the group have it already, and once is enough for who counts.
        if (signal && getpgid(process) != session) kill(process, signal);
    }
    closedir(folder);
    return lives;
}

// Ends a program with all of its session: asks, waits for the grace, then kills.
static void end(clinux_program *program, pid_t child, int *fds) {
    int report = 0;
    size_t reported = sizeof report;
    bool collected = false;
    for (int kills = program->grace <= 0; kills < 2; kills++) {
        int64_t deadline = now_milliseconds() + (kills ? 1000 : program->grace);
        signal_session(child, kills ? SIGKILL : SIGTERM);
        // What is killed is collected unless it is stuck in the kernel.
        while (now_milliseconds() < deadline) {
            // A program that cannot write what it has to say could not end either.
            listen_to(program, fds, &report, &reported, 0);
            if (!collected) collected = waitpid(child, &program->status, WNOHANG) == child;
            if (collected && !signal_session(child, 0)) return;
            struct timespec pause = {.tv_nsec = 20000000};
            nanosleep(&pause, NULL);
        }
    }
}

static int wait_for(clinux_program *program, pid_t child, int *fds) {
    int64_t deadline = now_milliseconds() + program->milliseconds;
    int report = 0, error = 0;
    size_t reported = 0;
    pid_t done = 0;
    // A service that the program left running may keep its output open: the program's own end is what counts.
    for (int pause = 1; done == 0; pause = pause < 50 ? pause * 2 : 50) {
        int64_t left = deadline - now_milliseconds();
        if (left <= 0) {
            error = ETIMEDOUT;
            break;
        }
        bool open = fds[out_read] >= 0 || fds[err_read] >= 0 || fds[report_read] >= 0;
        int slice = open ? 50 : pause;
        listen_to(program, fds, &report, &reported, left < slice ? (int)left : slice);
        if (open) pause = 1;
        done = waitpid(child, &program->status, WNOHANG);
        if (done < 0 && errno == EINTR) done = 0;
    }
    if (error) {
        end(program, child, fds);
        return error;
    }
    for (int i = 0; i < 256 && listen_to(program, fds, &report, &reported, 0); i++) {}
    return reported == sizeof report ? report : 0;
}

int clinux_run(clinux_program *program) {
    place where;
    program->output_length = program->errors_length = 0;
    program->status = 0;
    bool elsewhere = program->process >= 0;
    int error = elsewhere ? open_place(program->process, &where) : 0;
    if (error) return error;
    int fds[fd_count];
    for (int i = 0; i < fd_count; i++) fds[i] = -1;
    fds[null_fd] = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (fds[null_fd] < 0 || pipe2(fds + out_read, O_CLOEXEC) || pipe2(fds + report_read, O_CLOEXEC)
        || (program->errors && pipe2(fds + err_read, O_CLOEXEC))
        || (program->started && pipe2(fds + gate_read, O_CLOEXEC)))
        error = errno;
    if (!error && program->input) {
        fds[input_fd] = file_in_memory(program->input, program->input_length);
        if (fds[input_fd] < 0) error = -fds[input_fd];
    }
    pid_t child = error ? -1 : fork();
    if (child == 0) become(program, elsewhere ? &where : NULL, fds);
    if (child < 0 && !error) error = errno;
    close_one(&fds[out_write]);
    close_one(&fds[err_write]);
    close_one(&fds[report_write]);
    if (child > 0 && program->started) {
        error = program->started(program->context, child);
        // A child that is not told to begin ends at the end of the pipe. This end for reading keeps SIGPIPE away.
        if (!error && write(fds[gate_write], "", 1) != 1) error = errno;
        close_one(&fds[gate_write]);
        if (error) while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
    }
    if (child > 0 && !error) error = wait_for(program, child, fds);
    for (int i = 0; i < fd_count; i++) close_one(&fds[i]);
    if (elsewhere) leave(&where);
    return error;
}

int clinux_host_name(int process, char *name, size_t capacity) {
    int pipes[2];
    int fd = openat(process, "ns/uts", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return gone(errno);
    if (pipe2(pipes, O_CLOEXEC)) {
        int error = errno;
        close(fd);
        return error;
    }
    pid_t child = fork();
    if (child == 0) {
        char answer[sizeof(int) + 256] = {0};
        int error = setns(fd, CLONE_NEWUTS) || gethostname(answer + sizeof error, 255) ? errno : 0;
        memcpy(answer, &error, sizeof error);
        ssize_t sent = write(pipes[1], answer, sizeof answer);
        (void)sent;
        _exit(0);
    }
    int error = child < 0 ? errno : 0;
    close(fd);
    close(pipes[1]);
    if (child > 0) {
        char answer[sizeof(int) + 256];
        ssize_t n = read(pipes[0], answer, sizeof answer);
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
        if (n != sizeof answer) error = EIO;
        else {
            memcpy(&error, answer, sizeof error);
            if (!error) snprintf(name, capacity, "%s", answer + sizeof error);
        }
    }
    close(pipes[0]);
    return error;
}

int clinux_detach(const char *path, char *const argv[], char *const envp[]) {
    int failure[2];
    if (pipe2(failure, O_CLOEXEC)) return errno;
    pid_t child = fork();
    if (child == 0) {
        setsid();
        // The grandchild leads no session and so never gets a terminal; init collects it.
        pid_t grandchild = fork();
        if (grandchild != 0) _exit(grandchild < 0 ? errno : 0);
        release_signals();
        int null = open("/dev/null", O_RDWR);
        for (int fd = 0; fd < 3; fd++) dup2(null, fd);
        dup2(failure[1], 3);
        syscall(SYS_close_range, 4, ~0U, 0);
        fcntl(3, F_SETFD, FD_CLOEXEC);
        int error = chdir("/") ? errno : 0;
        execve(path, argv, envp);
        error = errno;
        ssize_t sent = write(3, &error, sizeof error);
        (void)sent;
        _exit(127);
    }
    int error = child < 0 ? errno : 0;
    close(failure[1]);
    if (child > 0) {
        int status = 0;
        while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
        error = WEXITSTATUS(status);
        int exec_error = 0;
        if (!error && read(failure[0], &exec_error, sizeof exec_error) == sizeof exec_error) error = exec_error;
    }
    close(failure[0]);
    return error;
}
