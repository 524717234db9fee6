#if !defined(_WIN32)
#define _POSIX_C_SOURCE 200112L /* clock_gettime */
#endif
#include "clock.h"

#if defined(_WIN32)
#include <windows.h>
#else
#include <time.h>
#endif

static double begun = -1.0, by_hand;

double real_seconds(void) {
#if defined(_WIN32)
    LARGE_INTEGER ticks, frequency;
    QueryPerformanceCounter(&ticks);
    QueryPerformanceFrequency(&frequency);
    return (double)ticks.QuadPart / (double)frequency.QuadPart;
#else
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
#endif
}

void spend(double seconds) {
    double until = real_seconds() + seconds;
    while (real_seconds() < until) {
    }
}

double instrument_now(double speed) {
    if (begun < 0.0) begun = real_seconds();
    return by_hand + speed * (real_seconds() - begun);
}

void instrument_advance(double seconds) { by_hand += seconds; }
