/* What differs from release to release of the library. One build is one release:
   compile with -DORACLE_RELEASE=535, 601, 604, 608 or 611 (the default). */
#ifndef ORACLE_RELEASE_H
#define ORACLE_RELEASE_H

#include <stdbool.h>
#include <stdint.h>

#include "tables.h"

#ifndef ORACLE_RELEASE
#define ORACLE_RELEASE 611
#endif

/* Releases up to 6.01 have none of the functions that name a channel's board. */
#define HAS_CHANNEL_FUNCTIONS (ORACLE_RELEASE > 601)

extern const char *const VERSION;
extern const int CHANNEL_INFOS_BYTES;

/* Whether this release holds that technique's file for that board. */
bool has_file(const Technique *technique, uint32_t board);
const char *suffix_of(uint32_t board);

#endif
