// measure ROUNDS -- COMMAND… [-- COMMAND…]…: runs the commands in turns, so that whatever else the machine does disturbs
// all of them alike, and prints a line for each: shortest wall time, shortest processor time, median wall time (all in
// microseconds), largest resident set (KiB). Their output goes to /dev/null.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST_COMMANDS = 16 };

struct sample {
    int64_t wall, processor;
};

struct command {
    char **argv;
    struct sample *samples;
    long resident;
};

extern char **environ;

static int64_t microseconds(struct timeval t) { return (int64_t)t.tv_sec * 1000000 + t.tv_usec; }

static int64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void run(struct command *command, size_t round, posix_spawn_file_actions_t *actions) {
    pid_t child;
    int64_t start = now();
    int error = posix_spawnp(&child, command->argv[0], actions, NULL, command->argv, environ);
    int status;
    struct rusage usage;
    if (error || wait4(child, &status, 0, &usage) != child) {
        fprintf(stderr, "measure: %s: %s\n", command->argv[0], strerror(error ? error : errno));
        exit(69);
    }
    struct sample *sample = &command->samples[round];
    sample->wall = now() - start;
    sample->processor = microseconds(usage.ru_utime) + microseconds(usage.ru_stime);
    if (usage.ru_maxrss > command->resident) command->resident = usage.ru_maxrss;
    if (!WIFEXITED(status) || WEXITSTATUS(status)) {
        fprintf(stderr, "measure: %s ended with status %#x\n", command->argv[0], (unsigned)status);
        exit(70);
    }
}

static int by_wall(const void *left, const void *right) {
    int64_t a = ((const struct sample *)left)->wall, b = ((const struct sample *)right)->wall;
    return (a > b) - (a < b);
}

int main(int argc, char **argv) {
    struct command commands[MOST_COMMANDS];
    size_t count = 0, rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--")) continue;
        argv[i] = NULL;  // The end of the command before.
        if (count == MOST_COMMANDS || i + 1 == argc) break;
        commands[count++] = (struct command){argv + i + 1, calloc(rounds, sizeof(struct sample)), 0};
    }
    if (!count || !rounds) {
        fprintf(stderr, "usage: measure ROUNDS -- COMMAND... [-- COMMAND...]...\n");
        return 64;
    }
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    // One round to fill the caches of the kernel, then those that count.
    for (size_t c = 0; c < count; c++) run(&commands[c], 0, &actions);
    for (size_t c = 0; c < count; c++) commands[c].resident = 0;
    for (size_t round = 0; round < rounds; round++)
        for (size_t c = 0; c < count; c++) run(&commands[c], round, &actions);
    for (size_t c = 0; c < count; c++) {
        struct sample *samples = commands[c].samples;
        int64_t processor = samples[0].processor;
        for (size_t i = 1; i < rounds; i++)
            if (samples[i].processor < processor) processor = samples[i].processor;
        qsort(samples, rounds, sizeof *samples, by_wall);
        printf("%lld %lld %lld %ld\n", (long long)samples[0].wall, (long long)processor,
               (long long)samples[rounds / 2].wall, commands[c].resident);
    }
    return 0;
}
