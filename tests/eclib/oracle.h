/* What the oracle says beside EClib: for tests, never for a driver. */
#ifndef ORACLE_H
#define ORACLE_H

#include "abi.h"

/* Let the instrument's clock go on by hand, s. */
EXPORTED void CALL Oracle_Advance(double seconds);
EXPORTED double CALL Oracle_Now(void);
/* Calls of a function so far, of all with NULL; and those refused with -12. */
EXPORTED uint32_t CALL Oracle_Calls(const char *name);
EXPORTED uint32_t CALL Oracle_Overlaps(void);
/* Names of the last calls, the oldest first, one a line; returns their number. */
EXPORTED uint32_t CALL Oracle_Log(char *text, uint32_t size);
/* Let the next `times` calls of a function fail with a code; negative: for ever. */
EXPORTED void CALL Oracle_Fail(const char *name, int32_t code, int32_t times);
/* V, A, C in the cell, V on its RC, state, index of the technique. -3: no channel. */
EXPORTED int32_t CALL Oracle_Truth(uint8_t channel, double out[6]);
/* Switch the instrument off and on. */
EXPORTED void CALL Oracle_PowerCut(void);
/* All tables as text, a fact a line; returns how long it is. */
EXPORTED uint32_t CALL Oracle_Table(char *text, uint32_t size);

#endif
