/* The instrument: its channels, who is connected, and the turn of one call at a time. */
#ifndef ORACLE_INSTRUMENT_H
#define ORACLE_INSTRUMENT_H

#include "channel.h"

enum { MOST_LINKS = 16 };

/* turn.c: EClib is not re-entrant. False: another call is in progress, wherever it came
   from; the caller returns -12. Every true is followed by one leave_turn. */
bool enter_turn(const char *name);
void leave_turn(void);
void wait_for_turn(void);          /* for the oracle's own functions */
int planned_failure(const char *name); /* code that the call fails with; 0: none */
void plan_failure(const char *name, int code, int times); /* times < 0: for ever */
unsigned calls_of(const char *name);   /* NULL: of all names */
unsigned overlaps(void);
const char *call_logged(unsigned ago); /* NULL: so far back nothing is known */

/* How every function of the library does its work. */
#define IN_TURN(name, work)              \
    do {                                 \
        if (!enter_turn(name)) return -12; \
        int code_ = planned_failure(name); \
        if (code_ == 0) code_ = (work);  \
        leave_turn();                    \
        return code_;                    \
    } while (0)

/* instrument.c */
int open_link(const char *address, int32_t *id);
int close_link(int32_t id);
int links_open(void);
bool is_open(int32_t id);
/* The channel, brought to this moment; NULL and the reason in `code`. */
Channel *channel_of(int32_t id, uint8_t number, int *code);
Channel *channel_at(int number); /* whoever asks; NULL: not plugged in */
void power_cut(void);
uint32_t board_of_last_link(void);

#endif
