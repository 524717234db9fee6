/* What is public about techniques, files, rows, codes and ranges, as plain tables. */
#ifndef ORACLE_TABLES_H
#define ORACLE_TABLES_H

#include <stdbool.h>
#include <stdint.h>

/* TEccParam.ParamType as the published header numbers it. */
enum { TYPE_INT = 0, TYPE_BOOL = 1, TYPE_SINGLE = 2 };

typedef struct {
    const char *label;
    int type;
    int most; /* values of an array; 1: a scalar */
} Parameter;

/* How the oracle's firmware runs a technique. */
typedef enum { REST, STEPS, SCAN, TRIANGLE, SPECTRUM, JUMP, NOT_RUN } Family;

typedef struct {
    const char *name, *file; /* base name: suffix of the board and .ecc follow */
    int id;                  /* TDataInfos.TechniqueID */
    Family family;
    bool driven;                 /* drives a current: no auto range */
    const Parameter *parameters; /* ends with a NULL label; NULL: not public */
} Technique;

extern const Technique TECHNIQUES[];
extern const int TECHNIQUE_COUNT;

/* The parameter of a technique; NULL: there is none of that label. */
const Parameter *parameter_of(const Technique *technique, const char *label);
/* Values that an array takes: `most`, unless the configuration says another number. */
int most_values(const Parameter *parameter);

/* One quantity in a row. */
typedef enum {
    T_HIGH, T_LOW, EWE, ECE, CURRENT, CYCLE, CONTROL_E, MEAN_I, MEAN_EWE,
    FREQUENCY, ABS_EWE, ABS_I, PHASE, ABS_ECE, ABS_ICE, PHASE_CE, SECONDS, UNUSED,
    I_RANGE, ANALOG_1, ANALOG_2, EXTERNAL, RESERVED, CONTROL, CHARGE, QUANTITIES
} Quantity;

enum { MOST_COLUMNS = 24 };

typedef struct {
    int count;
    Quantity column[MOST_COLUMNS];
} Layout;

extern const char *const QUANTITY_NAMES[QUANTITIES];
bool is_integer(Quantity quantity);
Quantity extra_of(int bit); /* what a bit of xctr appends */
/* Words of a row; count 0: this technique writes none. `xctr` counts on board 2. */
Layout layout_of(const Technique *technique, uint32_t board, int process, int xctr);

typedef struct {
    int code;
    const char *words;
} Named;

extern const Named ERRORS[];
extern const int ERROR_COUNT;
const char *error_words(int code);

double range_span(int code);        /* A; 0: no fixed range */
double voltage_range_span(int code); /* V, either sign; auto counts as the widest */
uint32_t board_of_device(int device);
double usual_current(uint32_t board);    /* A that a board without amplifier drives */
double usual_compliance(uint32_t board); /* V */

#endif
