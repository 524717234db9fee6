/* The instrument's own clock: real time by a factor, and what is added by hand. */
#ifndef ORACLE_CLOCK_H
#define ORACLE_CLOCK_H

double real_seconds(void); /* monotonic */
void spend(double seconds); /* of real time, without giving up the processor */

double instrument_now(double speed);
void instrument_advance(double seconds);

#endif
