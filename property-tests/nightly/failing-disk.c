// For LD_PRELOAD: calls on regular files below FAIL_BELOW are counted, and from number FAIL_FROM on so
// many of them (FAIL_COUNT) fail with FAIL_ERRNO, or write half of what was asked (FAIL_SHORT=1).
// FAIL_CALL chooses which: w for writes, s for syncs, b for both.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static long calls;

static long number(const char *name, long otherwise) {
  const char *text = getenv(name);
  return text == NULL ? otherwise : atol(text);
}

static int is_ours(int file) {
  const char *below = getenv("FAIL_BELOW");
  char link[64], path[PATH_MAX];
  if (below == NULL) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return strncmp(path, below, strlen(below)) == 0;
}

// Whether this call is to fail.
static int fails(char kind, int file) {
  const char *call = getenv("FAIL_CALL");
  if (call == NULL || (call[0] != 'b' && call[0] != kind) || !is_ours(file)) return 0;
  long at = __atomic_fetch_add(&calls, 1, __ATOMIC_SEQ_CST);
  long from = number("FAIL_FROM", 0);
  return at >= from && at < from + number("FAIL_COUNT", 1);
}

static int fail(void) {
  errno = (int)number("FAIL_ERRNO", EIO);
  return -1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static ssize_t put(ssize_t (*real)(int, const void *, size_t, off64_t), int file, const void *bytes,
                   size_t length, off64_t at) {
  if (!fails('w', file)) return real(file, bytes, length, at);
  if (number("FAIL_SHORT", 0) == 0 || length < 2) return fail();
  return real(file, bytes, length / 2, at);
}

ssize_t pwrite64(int file, const void *bytes, size_t length, off64_t at) {
  return put(REAL(pwrite64), file, bytes, length, at);
}

ssize_t pwrite(int file, const void *bytes, size_t length, off_t at) {
  return put(REAL(pwrite64), file, bytes, length, at);
}

ssize_t write(int file, const void *bytes, size_t length) {
  return fails('w', file) ? fail() : REAL(write)(file, bytes, length);
}

int fdatasync(int file) { return fails('s', file) ? fail() : REAL(fdatasync)(file); }

int fsync(int file) { return fails('s', file) ? fail() : REAL(fsync)(file); }
