// What Swift cannot spell: system calls without a wrapper, work between fork and exec, and embedded tables.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// Flags that <fcntl.h> only gives with _GNU_SOURCE (checked in files.c).
static const int clinux_o_path = 010000000;
static const int clinux_at_empty_path = 0x1000;

// openat2(2) with RESOLVE_IN_ROOT: `path` is resolved as if `root` were "/", so no link leads out of it.
// Returns a descriptor or -errno (-ENOSYS before Linux 5.6). -EAGAIN, which a rename anywhere on the machine can bring about,
// is returned only when it came for that many milliseconds: then nobody knows what is at the path.
static const int clinux_open_patience = 5000;
int clinux_open_in_root(int root, const char *path, int flags);

// Writes `length` bytes to the existing file `path` in a child process and waits `milliseconds` for it.
// Returns 0, the child's errno, or ETIMEDOUT when the write did not come back: the child is then left behind,
// because a process that waits inside a driver cannot be killed.
int clinux_write_with_deadline(const char *path, const void *bytes, size_t length, int milliseconds);

// Reads `path` up to its end or `capacity` bytes (or, with `link`, its target) in a child process and waits `milliseconds`
// for it. On success returns 0 and stores the bytes and their number; else the child's errno, or ETIMEDOUT after the child
// was killed. Then `stuck` is the child if it waits inside a driver and cannot end, else 0.
int clinux_read_with_deadline(const char *path, bool link, void *buffer, size_t capacity, size_t *length,
                              int milliseconds, pid_t *stuck);

// Whether a child of this process has ended; it is collected then.
bool clinux_ended(pid_t child);

// A program to be run, and how it ended. No shell; in a session of its own.
typedef struct {
    const char *path;
    char *const *argv;
    char *const *envp;
    // A directory /proc/PID, opened: the program starts in the namespaces and below the root of that process, in its user
    // namespace as root, and with no capability that it could not have. -1: where this process is.
    int process;
    // What the program finds as standard input: a file in memory, which can also be opened by its name /dev/stdin; with
    // NULL /dev/null.
    const void *input;
    size_t input_length;
    int milliseconds;
    // How long the session of a program whose time is over has to end after SIGTERM; 0: it is killed at once.
    int grace;
    // Runs before the program begins, with its process, which leads its session: the program begins when it returns 0, and
    // never does when it returns an errno, which clinux_run() returns then, or when this process ends in it. May be NULL.
    int (*started)(void *context, pid_t process);
    void *context;
    // Up to `capacity` bytes of standard output, and of standard error; with NULL that goes where the output goes. What
    // does not fit is read and thrown away, and counted.
    void *output, *errors;
    size_t output_capacity, errors_capacity;
    // Filled in: how many bytes came, kept or not, and the wait status.
    size_t output_length, errors_length;
    int status;
} clinux_program;

// Runs a program and waits for its end. Returns 0, or an errno: ETIMEDOUT after its whole session was ended; ESRCH
// when the process whose place it shall run in is gone.
int clinux_run(clinux_program *program);

// The host name (gethostname(2)) in the UTS namespace of an opened /proc/PID. Returns 0 or an errno.
int clinux_host_name(int process, char *name, size_t capacity);

// A process that makes one write to an existing file when it is told to, and also when the process that started it ends
// without having told it, however that ends. `bytes` and `path` are copied with the process.
typedef struct {
    pid_t process;
    int leash;
} clinux_guardian;
// Returns 0 or an errno.
int clinux_guardian_start(const char *path, const void *bytes, size_t length, clinux_guardian *guardian);
// Tells it, and waits `milliseconds` for the write. Returns 0, the errno of the write, or ETIMEDOUT.
int clinux_guardian_end(clinux_guardian guardian, int milliseconds);

// fsetxattr(2), flistxattr(2) and fgetxattr(2). Return 0, or the number of bytes; an errno from the first, -errno from
// the others.
int clinux_set_attribute(int fd, const char *name, const void *value, size_t length);
ssize_t clinux_list_attributes(int fd, void *names, size_t capacity);
ssize_t clinux_get_attribute(int fd, const char *name, void *value, size_t capacity);

// Starts `path` as a process of its own that outlives this one and its session: no terminal, standard streams on
// /dev/null, all other descriptors closed. Returns 0 or an errno.
int clinux_detach(const char *path, char *const argv[], char *const envp[]);

// Brings to their own place on the disk all blocks of the file system of `fd` that are only in its journal: for readers that
// do not replay journals, such as boot loaders. EXT4_IOC_CHECKPOINT since Linux 5.14, else a freeze and thaw (FIFREEZE,
// FITHAW) unless it is the root file system, which then is only synchronized. Returns 0 or an errno.
int clinux_settle(int fd);

// Opens a hardware watchdog (Documentation/watchdog/watchdog-api.rst), which from then on restarts the machine unless it is
// fed within `seconds`. Returns a descriptor or -errno (-EBUSY: somebody else feeds it).
int clinux_watchdog_open(const char *path, int seconds);
int clinux_watchdog_feed(int fd);
// Disarms it.
void clinux_watchdog_close(int fd);

// Synchronizes the disks, for at most ten seconds, and restarts the machine at once (reboot(2)). Returns only on failure, an errno.
int clinux_restart(void);

// Connects to a TCP port of this machine (127.0.0.1) and reads what the server says first. Returns 0 or an errno.
int clinux_greeting(uint16_t port, void *buffer, size_t capacity, size_t *length, int milliseconds);

// Holds back signals that would end or stop this process half-way, from SIGHUP to Ctrl-C and Ctrl-Z; `false` lets those
// that came meanwhile through.
void clinux_hold_signals(bool hold);

// CLOCK_BOOTTIME in milliseconds.
int64_t clinux_boot_clock(void);

// The embedded name tables (see Scripts/nametable.swift); length 0 when they were not built.
typedef struct {
    const unsigned char *bytes;
    size_t length;
} clinux_table;
clinux_table clinux_pci_names(void);
clinux_table clinux_usb_names(void);

// What is known of kernel arguments: the text of data/kernel-arguments.uci.
clinux_table clinux_kernel_arguments(void);

// What is known of handing over particular devices: the text of data/guest-recipes.uci.
clinux_table clinux_guest_recipes(void);

// Where firmware has its switches, and what is known of hardware: the texts of data/bios-menus.uci and hardware-facts.uci.
clinux_table clinux_bios_menus(void);
clinux_table clinux_hardware_facts(void);

// What the kernel knows of particular devices when it makes IOMMU groups: the text of data/group-quirks.uci.
clinux_table clinux_group_quirks(void);

// What is known of messages: the texts of data/messages/*.json, one after the other; length 0 behind the last.
clinux_table clinux_messages(int index);

// The newest bytes of the kernel's log (syslog(2)), at most `capacity`. Returns their number or -errno.
ssize_t clinux_kernel_log(void *buffer, size_t capacity);
