/* Between pixseek and the system (LD_PRELOAD, Linux): counts what the program does to files
 * below FAULT_DIR, and at call number FAULT_AT does what FAULT_KIND says:
 *
 *   kill    ends the process at once, before the call
 *   full    fails it and all later writes with ENOSPC
 *   broken  fails it alone with EIO
 *   power   ends the process, and FAULT_DISK holds what a disk may have kept: of every file
 *           what was synced last, or (by FAULT_SEED) what it holds now; of every folder the
 *           names that were synced last, or those it has now
 *
 * FAULT_COUNT names a file for the number of calls when the process ends by itself. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long calls, fault_at = -1;
static const char *folder, *kind, *disk;
static unsigned seed;
static __thread int inside;

__attribute__((destructor)) static void end(void) {
    const char *path = getenv("FAULT_COUNT");
    if (!path) return;
    FILE *file = fopen(path, "w");
    if (file) { fprintf(file, "%ld", calls); fclose(file); }
}

static int below(const char *path) {
    return folder && path && strncmp(path, folder, strlen(folder)) == 0;
}

static int path_of_fd(int fd, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, 4095);
    if (length < 0) return 0;
    path[length] = 0;
    return below(path);
}

/* ---- what a disk keeps: by inode, `name` for a file's bytes, `name.names` for a folder ---- */

/* A name beside what is kept, so that no other file gets its inode meanwhile. */
static void hold(const char *path, ino_t inode) {
    char name[4096];
    snprintf(name, sizeof name, "%s/%lu.held", disk, (unsigned long)inode);
    if (link(path, name) && errno == EPERM) open(path, O_RDONLY | O_DIRECTORY);
}

static void kept(char *out, const char *path, const char *suffix) {
    struct stat info;
    out[0] = 0;
    if (stat(path, &info) == 0) snprintf(out, 4096, "%s/%lu%s", disk, (unsigned long)info.st_ino, suffix);
}

static void keep_file(const char *path) {
    char name[4096], buffer[65536];
    kept(name, path, "");
    if (!name[0]) return;
    struct stat info;
    if (stat(path, &info) == 0) hold(path, info.st_ino);
    int from = REAL(open)(path, O_RDONLY), to = REAL(open)(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ssize_t count;
    while (from >= 0 && to >= 0 && (count = read(from, buffer, sizeof buffer)) > 0)
        if (REAL(write)(to, buffer, (size_t)count) != count) abort();
    if (from >= 0) close(from);
    if (to >= 0) close(to);
}

static void keep_folder(const char *path) {
    char name[4096];
    kept(name, path, ".names");
    if (!name[0]) return;
    DIR *entries = opendir(path);
    FILE *file = fopen(name, "w");
    struct dirent *entry;
    while (entries && file && (entry = readdir(entries)))
        if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..")) {
            char inner[8192];
            snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
            hold(inner, entry->d_ino);
            fprintf(file, "%lu %c %s\n", (unsigned long)entry->d_ino, entry->d_type == DT_DIR ? 'd' : 'f', entry->d_name);
        }
    if (entries) closedir(entries);
    if (file) fclose(file);
}

/* All, or half by chance: what was never synced may have come to the disk all the same. */
static void keep_below(const char *path, int all) {
    DIR *entries = opendir(path);
    if (!entries) return;
    if (all || rand_r(&seed) % 2) keep_folder(path);
    struct dirent *entry;
    char below_it[8192];
    while ((entry = readdir(entries))) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
        snprintf(below_it, sizeof below_it, "%s/%s", path, entry->d_name);
        if (entry->d_type == DT_DIR) keep_below(below_it, all);
        else if (all || rand_r(&seed) % 2) keep_file(below_it);
    }
    closedir(entries);
}

__attribute__((constructor)) static void start(void) {
    folder = getenv("FAULT_DIR");
    kind = getenv("FAULT_KIND");
    disk = getenv("FAULT_DISK");
    if (getenv("FAULT_AT")) fault_at = atol(getenv("FAULT_AT"));
    if (getenv("FAULT_SEED")) seed = (unsigned)atol(getenv("FAULT_SEED"));
    inside = 1;
    /* What an earlier process left has long come to the disk. */
    if (folder && disk) keep_below(folder, 1);
    inside = 0;
}

static void synced(const char *path) {
    struct stat info;
    if (!disk || stat(path, &info)) return;
    if (S_ISDIR(info.st_mode)) keep_folder(path); else keep_file(path);
}

/* ---- the fault; true when the call is to fail ---- */

static int fault(int is_write) {
    pthread_mutex_lock(&lock);
    long number = calls++;
    int fails = 0;
    if (fault_at >= 0 && number >= fault_at && kind) {
        if (number == fault_at && !strcmp(kind, "power")) keep_below(folder, 0);
        if (number == fault_at && (!strcmp(kind, "kill") || !strcmp(kind, "power"))) {
            kill(getpid(), SIGKILL);
            for (;;) pause();
        }
        if (!strcmp(kind, "full") && is_write) { errno = ENOSPC; fails = 1; }
        if (!strcmp(kind, "broken") && number == fault_at) { errno = EIO; fails = 1; }
    }
    pthread_mutex_unlock(&lock);
    return fails;
}

static int fd_fault(int fd, int is_write) {
    char path[4096];
    if (inside) return 0;
    inside = 1;
    int fails = path_of_fd(fd, path) && fault(is_write);
    inside = 0;
    return fails;
}

static int path_fault(const char *path, int is_write) {
    if (inside || !below(path)) return 0;
    inside = 1;
    int fails = fault(is_write);
    inside = 0;
    return fails;
}

ssize_t write(int fd, const void *bytes, size_t count) { return fd_fault(fd, 1) ? -1 : REAL(write)(fd, bytes, count); }
ssize_t writev(int fd, const struct iovec *parts, int count) { return fd_fault(fd, 1) ? -1 : REAL(writev)(fd, parts, count); }
ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) { return fd_fault(fd, 1) ? -1 : REAL(pwrite)(fd, bytes, count, at); }
ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) { return fd_fault(fd, 1) ? -1 : REAL(pwrite64)(fd, bytes, count, at); }
int ftruncate(int fd, off_t length) { return fd_fault(fd, 1) ? -1 : REAL(ftruncate)(fd, length); }
int ftruncate64(int fd, off64_t length) { return fd_fault(fd, 1) ? -1 : REAL(ftruncate64)(fd, length); }
int rename(const char *from, const char *to) { return path_fault(to, 1) ? -1 : REAL(rename)(from, to); }
int unlink(const char *path) { return path_fault(path, 0) ? -1 : REAL(unlink)(path); }
int mkdir(const char *path, mode_t mode) { return path_fault(path, 1) ? -1 : REAL(mkdir)(path, mode); }

static int sync_call(int fd, int (*real)(int)) {
    char path[4096];
    if (fd_fault(fd, 1)) return -1;
    int result = real(fd);
    if (result == 0 && !inside) {
        inside = 1;
        pthread_mutex_lock(&lock);
        if (path_of_fd(fd, path)) synced(path);
        pthread_mutex_unlock(&lock);
        inside = 0;
    }
    return result;
}

int fsync(int fd) { return sync_call(fd, REAL(fsync)); }
int fdatasync(int fd) { return sync_call(fd, REAL(fdatasync)); }

/* Writes data out, and promises nothing: it is not a sync. */
int sync_file_range(int fd, off64_t from, off64_t count, unsigned flags) {
    return fd_fault(fd, 1) ? -1 : REAL(sync_file_range)(fd, from, count, flags);
}

#define OPEN(name)                                          \
    int name(const char *path, int flags, ...) {            \
        mode_t mode = 0;                                    \
        va_list rest;                                       \
        va_start(rest, flags);                              \
        if (flags & O_CREAT) mode = va_arg(rest, mode_t);   \
        va_end(rest);                                       \
        if ((flags & O_CREAT) && path_fault(path, 1)) return -1; \
        return REAL(name)(path, flags, mode);               \
    }
OPEN(open)
OPEN(open64)
