/* Version texts: 6.08 calls itself 6.8.1.0 and 6.01 1.0.0.0; the others are written
   here by analogy. Files: `pow` and `load` exist for board 1 only, in the four releases
   whose folders were looked at (5.35, 6.01, 6.04, 6.08); 6.11 is taken as 6.08. */
#include "release.h"

#include <string.h>

#include "numbers.h"

#if ORACLE_RELEASE == 535
const char *const VERSION = "5.35.0.0";
#elif ORACLE_RELEASE == 601
const char *const VERSION = "1.0.0.0";
#elif ORACLE_RELEASE == 604
const char *const VERSION = "6.4.0.0";
#elif ORACLE_RELEASE == 608
const char *const VERSION = "6.8.1.0";
#elif ORACLE_RELEASE == 611
const char *const VERSION = "6.11.0.0";
#else
#error "ORACLE_RELEASE is none of 535, 601, 604, 608, 611"
#endif

/* TChannelInfos was 76 bytes long before it got FloatFormat and CPUCIE. */
const int CHANNEL_INFOS_BYTES = HAS_CHANNEL_FUNCTIONS ? 84 : 76;

bool has_file(const Technique *technique, uint32_t board) {
    bool one_board =
        strcmp(technique->file, "pow") == 0 || strcmp(technique->file, "load") == 0;
    return one_board ? board == ESSENTIAL : board >= ESSENTIAL && board <= DIGICORE;
}

const char *suffix_of(uint32_t board) {
    static const char *const suffixes[] = {"", "4", "5"};
    return board >= ESSENTIAL && board <= DIGICORE ? suffixes[board - 1] : "?";
}
