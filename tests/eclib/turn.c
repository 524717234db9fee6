/* One call at a time. A flag of C11's atomics is all that is shared between threads;
   behind it there is only ever one. */
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "instrument.h"

enum { MOST_NAMES = 64, MOST_LOGGED = 4096, MOST_PLANNED = 16 };

static atomic_flag busy = ATOMIC_FLAG_INIT;
static atomic_uint overlapped;

static struct {
    const char *name;
    unsigned count;
} counted[MOST_NAMES];
static const char *logged[MOST_LOGGED];
static unsigned total;

static struct {
    char name[48];
    int code, times;
} planned[MOST_PLANNED];
static bool plan_is_read;

bool enter_turn(const char *name) {
    if (atomic_flag_test_and_set(&busy)) {
        atomic_fetch_add(&overlapped, 1);
        return false;
    }
    logged[total++ % MOST_LOGGED] = name;
    for (int k = 0; k < MOST_NAMES; k++) {
        if (!counted[k].name) counted[k].name = name;
        if (strcmp(counted[k].name, name) == 0) {
            counted[k].count++;
            break;
        }
    }
    spend(config()->call_seconds); /* a real call takes its time, too */
    return true;
}

void leave_turn(void) { atomic_flag_clear(&busy); }

void wait_for_turn(void) {
    while (atomic_flag_test_and_set(&busy)) {
    }
}

static void read_plan(void) {
    char copy[sizeof config()->fail];
    snprintf(copy, sizeof copy, "%s", config()->fail);
    for (char *at = strtok(copy, ", "); at; at = strtok(NULL, ", ")) {
        char name[48];
        int code, times = -1;
        if (sscanf(at, "%47[^:]:%d:%d", name, &code, &times) >= 2)
            plan_failure(name, code, times);
    }
}

void plan_failure(const char *name, int code, int times) {
    for (int k = 0; k < MOST_PLANNED; k++)
        if (planned[k].times == 0) {
            snprintf(planned[k].name, sizeof planned[k].name, "%s", name);
            planned[k].code = code;
            planned[k].times = times;
            return;
        }
}

int planned_failure(const char *name) {
    if (!plan_is_read) {
        plan_is_read = true;
        read_plan();
    }
    for (int k = 0; k < MOST_PLANNED; k++) {
        if (planned[k].times == 0 || strcmp(planned[k].name, name) != 0) continue;
        if (planned[k].times > 0) planned[k].times--;
        return planned[k].code;
    }
    return 0;
}

unsigned calls_of(const char *name) {
    if (!name) return total;
    for (int k = 0; k < MOST_NAMES && counted[k].name; k++)
        if (strcmp(counted[k].name, name) == 0) return counted[k].count;
    return 0;
}

unsigned overlaps(void) { return atomic_load(&overlapped); }

const char *call_logged(unsigned ago) {
    if (ago >= total || ago >= MOST_LOGGED) return NULL;
    return logged[(total - 1 - ago) % MOST_LOGGED];
}
