#include "load/process.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "load/clock.h"
#include "malloc-counter/malloc-counter.h"

static pid_t or_self(pid_t process) {
    return process == 0 ? getpid() : process;
}

/// The nanoseconds a thread waited for its CPU: the second number of its schedstat.
static uint64_t thread_waiting(pid_t process, const char *thread) {
    char path[320];
    unsigned long long running, waiting = 0;
    snprintf(path, sizeof path, "/proc/%d/task/%s/schedstat", process, thread);
    FILE *file = fopen(path, "re");
    if (file == NULL) return 0;
    if (fscanf(file, "%llu %llu", &running, &waiting) != 2) waiting = 0;
    fclose(file);
    return waiting;
}

static unsigned list(const char *format, pid_t process, uint64_t *waiting) {
    char path[64];
    snprintf(path, sizeof path, format, process);
    DIR *directory = opendir(path);
    unsigned count = 0;
    for (struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;) {
        if (entry->d_name[0] == '.') continue;
        count++;
        if (waiting != NULL) *waiting += thread_waiting(process, entry->d_name);
    }
    if (directory != NULL) closedir(directory);
    return count;
}

bool process_sample_cpu(pid_t process, struct process_cpu *cpu) {
    process = or_self(process);
    memset(cpu, 0, sizeof *cpu);
    clockid_t clock;
    struct timespec used;
    if (clock_getcpuclockid(process, &clock) != 0 || clock_gettime(clock, &used) != 0) return false;
    cpu->total = (uint64_t)used.tv_sec * nanoseconds_per_second + (uint64_t)used.tv_nsec;
    char path[64], line[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", process);
    FILE *file = fopen(path, "re");
    if (file == NULL) return false;
    size_t count = fread(line, 1, sizeof line - 1, file);
    fclose(file);
    line[count] = 0;
    // The name in brackets may hold blanks; the fields after the last bracket begin with the third.
    const char *fields = strrchr(line, ')');
    unsigned long long user, system;
    if (fields == NULL || sscanf(fields + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user,
                                 &system) != 2) {
        return false;
    }
    cpu->user_ticks = user;
    cpu->system_ticks = system;
    list("/proc/%d/task", process, &cpu->waiting);
    return true;
}

bool process_sample_memory(pid_t process, struct process_memory *memory) {
    process = or_self(process);
    memset(memory, 0, sizeof *memory);
    char path[64], line[256];
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", process);
    FILE *file = fopen(path, "re");
    if (file == NULL) return false;
    unsigned long long kibibytes;
    while (fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "Rss: %llu kB", &kibibytes) == 1) memory->resident = kibibytes * 1024;
    }
    fclose(file);
    memory->descriptors = list("/proc/%d/fd", process, NULL);
    memory->threads = list("/proc/%d/task", process, NULL);
    return memory->resident > 0;
}

bool process_sample_allocations(const char *file, pid_t process, struct allocations *allocations) {
    int descriptor = open(file, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return false;
    struct malloc_counts counts = {0};
    bool whole = pread(descriptor, &counts, sizeof counts, 0) == (ssize_t)sizeof counts;
    close(descriptor);
    if (!whole || counts.magic != malloc_counter_magic) return false;
    if (process != 0 && counts.process != (uint64_t)process) return false;
    allocations->count = counts.mallocs + counts.callocs + counts.reallocs + counts.aligned;
    allocations->frees = counts.frees;
    allocations->bytes = counts.bytes;
    return true;
}
