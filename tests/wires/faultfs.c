/* A disk that fails on purpose: a library to preload, scripted by the environment.
 *
 * FF_PATH     parts of paths, separated by ':'; only files whose path has one of them
 *             are touched. Without it nothing is.
 * FF_RULES    what fails, separated by ';': OP:WHEN:WHAT
 *             OP    write fsync truncate rename unlink allocate, or any
 *             WHEN  N (the N-th such call), N-M, N+ (from then on) or p0.01 (by chance)
 *             WHAT  EIO ENOSPC EDQUOT EFBIG EROFS, a number, or a delay in s: 2.5s
 * FF_SEED     for chances; the same seed gives the same faults to the same calls.
 * FF_CONTROL  a file that is read at every call: "ok" (or nothing), "full" (nothing may
 *             grow), "room BYTES" (so much may still be written; what is cut or removed
 *             gives room back), "fail ERRNO" (every write and sync fails), "slow SECONDS"
 *             (every sync takes so long), "OP:WHEN:WHAT" (a rule, counted from now on).
 * FF_LOG      a file that gets a line for every call on those paths:
 *             OP NUMBER PATH WHAT, WHAT being "-" where nothing was done to it.
 *
 * Calls are counted for each op and process. As on a real full disk, what lies inside a
 * file already can be overwritten.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum op { WRITE, SYNC, TRUNCATE, RENAME, UNLINK, ALLOCATE, OPS };
static const char *const names[OPS] = {"write",  "fsync",  "truncate",
                                       "rename", "unlink", "allocate"};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static long counts[OPS];
static unsigned long long chance;
static long told_at[OPS]; /* counts when the control file last changed */
static char last_control[64];
static long long room = -1; /* bytes; -1: no limit */

#define REAL(name) \
  static __typeof__(&name) real; \
  if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

static int matches(const char *path) {
  const char *list = getenv("FF_PATH");
  char part[PATH_MAX];
  while (list && *list) {
    size_t length = strcspn(list, ":");
    if (length && length < sizeof part) {
      memcpy(part, list, length);
      part[length] = 0;
      if (strstr(path, part)) return 1;
    }
    list += length + (list[length] == ':');
  }
  return 0;
}

static int path_of(int fd, char *path) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, PATH_MAX - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return matches(path);
}

static void say(const char *file, const char *text) {
  int fd = (int)syscall(SYS_openat, AT_FDCWD, file,
                        O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return;
  (void)!syscall(SYS_write, fd, text, strlen(text));
  syscall(SYS_close, fd);
}

static void note(enum op op, long number, const char *path, const char *what) {
  const char *file = getenv("FF_LOG");
  char line[PATH_MAX + 128];
  if (!file) return;
  snprintf(line, sizeof line, "%s %ld %s %s\n", names[op], number, path, what);
  say(file, line);
}

static int errno_of(const char *text) {
  static const struct { const char *name; int number; } known[] = {
      {"EIO", EIO},     {"ENOSPC", ENOSPC}, {"EDQUOT", EDQUOT},
      {"EFBIG", EFBIG}, {"EROFS", EROFS},   {"EACCES", EACCES}};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (!strncmp(text, known[i].name, strlen(known[i].name))) return known[i].number;
  return atoi(text);
}

static double next_chance(void) { /* splitmix64 */
  unsigned long long z = (chance += 0x9E3779B97F4A7C15ULL);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return (double)((z ^ (z >> 31)) >> 11) / 9007199254740992.0;
}

static int is_due(const char *when, long number) {
  char *end;
  if (*when == 'p') return next_chance() < atof(when + 1);
  long first = strtol(when, &end, 10);
  if (*end == '+') return number >= first;
  if (*end == '-') return number >= first && number <= strtol(end + 1, NULL, 10);
  return number == first;
}

static void read_control(char *text, size_t size) {
  const char *file = getenv("FF_CONTROL");
  text[0] = 0;
  if (!file) return;
  int fd = (int)syscall(SYS_openat, AT_FDCWD, file, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  long length = syscall(SYS_read, fd, text, size - 1);
  syscall(SYS_close, fd);
  text[length > 0 ? length : 0] = 0;
  if (strcmp(text, last_control)) {
    snprintf(last_control, sizeof last_control, "%s", text);
    memcpy(told_at, counts, sizeof told_at);
    room = !strncmp(text, "full", 4)   ? 0
           : !strncmp(text, "room ", 5) ? atoll(text + 5)
                                        : -1;
  }
}

static void wait_for(double seconds) { usleep((useconds_t)(seconds * 1e6)); }

/* Apply one rule, OP:WHEN:WHAT, to the call with this number. */
static void apply(const char *text, size_t length, enum op op, long number,
                  int *failure, double *delay) {
  char rule[128], *when, *fault;
  snprintf(rule, sizeof rule, "%.*s", (int)length, text);
  if (!(when = strchr(rule, ':')) || !(fault = strchr(when + 1, ':'))) return;
  *when++ = *fault++ = 0;
  if (strcmp(rule, "any") && strcmp(rule, names[op])) return;
  if (!is_due(when, number)) return;
  if (fault[strlen(fault) - 1] == 's') *delay = atof(fault);
  else *failure = errno_of(fault);
}

/* Return the errno the call shall fail with, 0 to let it through. */
static int judge(enum op op, const char *path, long long growth) {
  char control[64], what[64] = "-";
  int failure = 0;
  double delay = 0;
  int before = errno;
  pthread_mutex_lock(&mutex);
  read_control(control, sizeof control);
  long number = ++counts[op];
  if (number == 1 && op == WRITE && getenv("FF_SEED"))
    chance = strtoull(getenv("FF_SEED"), NULL, 10);
  if (!strncmp(control, "fail ", 5) && (op == WRITE || op == SYNC))
    failure = errno_of(control + 5);
  if (!strncmp(control, "slow ", 5) && op == SYNC) delay = atof(control + 5);
  if (strchr(control, ':'))
    apply(control, strcspn(control, " \n"), op, number - told_at[op], &failure, &delay);
  if (!failure && room >= 0 && growth > room) failure = ENOSPC;
  const char *rules = getenv("FF_RULES");
  while (!failure && rules && *rules) {
    size_t length = strcspn(rules, ";");
    apply(rules, length, op, number, &failure, &delay);
    rules += length + (rules[length] == ';');
  }
  if (!failure && room >= 0) room -= growth; /* less than zero: room comes back */
  if (failure) snprintf(what, sizeof what, "%d", failure);
  else if (delay > 0) snprintf(what, sizeof what, "%gs", delay);
  note(op, number, path, what);
  pthread_mutex_unlock(&mutex);
  if (delay > 0) wait_for(delay);
  errno = before;
  return failure;
}

static long long growth_of(int fd, long long end) {
  struct stat now;
  if (fstat(fd, &now) < 0 || end <= now.st_size) return 0;
  return end - now.st_size;
}

static long long place_of(int fd) {
  struct stat now;
  if (fcntl(fd, F_GETFL) & O_APPEND && !fstat(fd, &now)) return now.st_size;
  off_t at = lseek(fd, 0, SEEK_CUR);
  return at < 0 ? 0 : at;
}

#define GUARD_FD(op, growth, failed) \
  do { \
    char path[PATH_MAX]; \
    int failure; \
    if (path_of(fd, path) && (failure = judge(op, path, growth))) { failed; } \
  } while (0)

#define FAIL do { errno = failure; return -1; } while (0)

ssize_t write(int fd, const void *data, size_t size) {
  REAL(write);
  if (fd > 2) GUARD_FD(WRITE, growth_of(fd, place_of(fd) + (long long)size), FAIL);
  return real(fd, data, size);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
  REAL(pwrite);
  GUARD_FD(WRITE, growth_of(fd, at + (long long)size), FAIL);
  return real(fd, data, size, at);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
  REAL(pwrite64);
  GUARD_FD(WRITE, growth_of(fd, at + (long long)size), FAIL);
  return real(fd, data, size, at);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  REAL(writev);
  long long size = 0;
  for (int i = 0; i < count; i++) size += (long long)parts[i].iov_len;
  if (fd > 2) GUARD_FD(WRITE, growth_of(fd, place_of(fd) + size), FAIL);
  return real(fd, parts, count);
}

int fsync(int fd) {
  REAL(fsync);
  GUARD_FD(SYNC, 0, FAIL);
  return real(fd);
}

int fdatasync(int fd) {
  REAL(fdatasync);
  GUARD_FD(SYNC, 0, FAIL);
  return real(fd);
}

static long long change_of(int fd, long long size) {
  struct stat now;
  return fstat(fd, &now) < 0 ? 0 : size - now.st_size;
}

int ftruncate(int fd, off_t size) {
  REAL(ftruncate);
  GUARD_FD(TRUNCATE, change_of(fd, size), FAIL);
  return real(fd, size);
}

int ftruncate64(int fd, off64_t size) {
  REAL(ftruncate64);
  GUARD_FD(TRUNCATE, change_of(fd, size), FAIL);
  return real(fd, size);
}

static long long longer(const char *path, long long size) {
  struct stat now;
  return stat(path, &now) < 0 ? 0 : size - now.st_size;
}

#define GUARD_PATH(op, name, growth) \
  do { \
    int failure; \
    if (matches(name) && (failure = judge(op, name, growth))) FAIL; \
  } while (0)

int truncate(const char *path, off_t size) {
  REAL(truncate);
  GUARD_PATH(TRUNCATE, path, longer(path, size));
  return real(path, size);
}

int truncate64(const char *path, off64_t size) {
  REAL(truncate64);
  GUARD_PATH(TRUNCATE, path, longer(path, size));
  return real(path, size);
}

int posix_fallocate(int fd, off_t at, off_t size) {
  REAL(posix_fallocate);
  GUARD_FD(ALLOCATE, growth_of(fd, at + size), return failure);
  return real(fd, at, size);
}

int posix_fallocate64(int fd, off64_t at, off64_t size) {
  REAL(posix_fallocate64);
  GUARD_FD(ALLOCATE, growth_of(fd, at + size), return failure);
  return real(fd, at, size);
}

int rename(const char *from, const char *to) {
  REAL(rename);
  GUARD_PATH(RENAME, to, 0);
  return real(from, to);
}

int renameat(int from_fd, const char *from, int to_fd, const char *to) {
  REAL(renameat);
  GUARD_PATH(RENAME, to, 0);
  return real(from_fd, from, to_fd, to);
}

static long long held_by(const char *path) {
  struct stat now;
  return lstat(path, &now) < 0 ? 0 : -(long long)now.st_size;
}

int unlink(const char *path) {
  REAL(unlink);
  GUARD_PATH(UNLINK, path, held_by(path));
  return real(path);
}

int unlinkat(int fd, const char *path, int flags) {
  REAL(unlinkat);
  GUARD_PATH(UNLINK, path, 0);
  return real(fd, path, flags);
}

static void shrink(const char *path, struct statvfs *out) {
  char control[64];
  if (!matches(path)) return;
  pthread_mutex_lock(&mutex);
  read_control(control, sizeof control);
  if (room >= 0) {
    unsigned long unit = out->f_frsize ? out->f_frsize : 4096;
    out->f_bfree = out->f_bavail = (fsblkcnt_t)((unsigned long long)room / unit);
  }
  pthread_mutex_unlock(&mutex);
}

int statvfs(const char *path, struct statvfs *out) {
  REAL(statvfs);
  int answer = real(path, out);
  if (!answer) shrink(path, out);
  return answer;
}

int statvfs64(const char *path, struct statvfs64 *out) {
  REAL(statvfs64);
  int answer = real(path, out);
  if (!answer) shrink(path, (struct statvfs *)out); /* the same on 64-bit Linux */
  return answer;
}
