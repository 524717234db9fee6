/* What `oracle.ini` beside the library says; ORACLE_INI names another file.

   Lines `key = value`, `#` begins a comment. What stands before the first section is
   the instrument's; `[channel 3]` begins what channel 3 of the front panel has of its
   own, and `[channels]` what all those have that come after it in the file. */
#ifndef ORACLE_CONFIG_H
#define ORACLE_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "abi.h"

typedef struct {
    double board, serial, firmware, plugged, impedance;
    double memory_bytes, min_range, max_range;
    double max_current; /* A that the board really drives, whatever its ranges */
    /* The cell: V when empty and full, C, ohm, ohm, F, C at the beginning. */
    double empty, full, capacity, r0, r1, c1, charge;
    double ece; /* V of the counter electrode */
} ChannelConfig;

typedef struct {
    double device, channels, speed;
    char address[64];
    double call_seconds;      /* real time that each call takes */
    double converters_count;  /* whether converters are refused with -12, too */
    double geis_by_dv, cv_in_millivolts, most_steps, eis_range_as_float;
    double readback;          /* BL_GetParamInfos: 0 as sent, 1 floats as data words */
    double strict_labels;     /* an unknown label: 0 ignored, 1 refused with -4 */
    double start_time_nan, late_starts, zero_infos, option_error;
    char fail[256];           /* BL_GetData:-200:3, BL_Connect:-201:1 */
    char problem[256];        /* what is wrong with the file; empty: nothing */
    ChannelConfig channel[MOST_CHANNELS];
} Config;

/* The configuration; read once. */
const Config *config(void);
void config_forget(void); /* read it again at the next call */

#endif
