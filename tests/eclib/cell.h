/* A cell whose answer to every drive is known in closed form.

   E = empty + slope q + u + r0 i,  q' = i,  u' = i / c1 - u / (r1 c1)

   that is an open-circuit voltage linear in charge, a resistance, and one RC. Current
   is positive when it charges. All units SI. */
#ifndef ORACLE_CELL_H
#define ORACLE_CELL_H

typedef struct {
    double empty, slope; /* V, V/C */
    double r0, r1, c1;   /* ohm, ohm, F; r0 > 0, r1 = 0 leaves the RC out */
    double q, u;         /* C, V */
} Cell;

double cell_open(const Cell *cell);                    /* V at no current, now */
double cell_voltage(const Cell *cell, double current); /* V */
double cell_current(const Cell *cell, double voltage); /* A that a voltage drives */
double cell_time_constant(const Cell *cell);           /* s of the RC; 0 without one */

/* Let `time` s pass at a constant current (A), or at a voltage that begins at
   `voltage` (V) and changes by `rate` (V/s). Exact, however long. */
void cell_at_current(Cell *cell, double current, double time);
void cell_at_voltage(Cell *cell, double voltage, double rate, double time);

/* Impedance in ohm; `frequency` in Hz. */
double cell_real(const Cell *cell, double frequency);
double cell_imaginary(const Cell *cell, double frequency);

#endif
