/* Techniques and their parameters, transcribed from public descriptions of the
   techniques' manual. Arrays: 100 steps for CA, CP and the scans (two programs and a
   bug report agree; one transcription says 20: configuration `most_steps`), 20 for the
   LIMIT kinds. CPOWER and CLOAD: files and numbers are public, labels are not. */
#include <string.h>

#include "config.h"
#include "tables.h"

#define I TYPE_INT
#define B TYPE_BOOL
#define S TYPE_SINGLE

enum { STEP = 100, LIMITED = 20 };

/* Optional in every technique that measures. */
#define COMMON \
    {"I_Range", I, 1}, {"E_Range", I, 1}, {"Bandwidth", I, 1}, {"xctr", I, 1}, \
    {"tb", S, 1}, {NULL, 0, 0}

#define TESTS \
    {"Test1_Config", I, LIMITED}, {"Test1_Value", S, LIMITED}, \
    {"Test2_Config", I, LIMITED}, {"Test2_Value", S, LIMITED}, \
    {"Test3_Config", I, LIMITED}, {"Test3_Value", S, LIMITED}, \
    {"Exit_Cond", I, LIMITED}

static const Parameter OCV[] = {
    {"Rest_time_T", S, 1}, {"Record_every_dE", S, 1}, {"Record_every_dT", S, 1},
    COMMON};

#define POTENTIAL(n) \
    {"Voltage_step", S, n}, {"vs_initial", B, n}, {"Duration_step", S, n}, \
    {"Step_number", I, 1}, {"Record_every_dT", S, 1}, {"Record_every_dI", S, 1}, \
    {"N_Cycles", I, 1}
#define GALVANIC(n) \
    {"Current_step", S, n}, {"vs_initial", B, n}, {"Duration_step", S, n}, \
    {"Step_number", I, 1}, {"Record_every_dT", S, 1}, {"Record_every_dE", S, 1}, \
    {"N_Cycles", I, 1}

static const Parameter CA[] = {POTENTIAL(STEP), COMMON};
static const Parameter CP[] = {GALVANIC(STEP), COMMON};
static const Parameter CALIMIT[] = {POTENTIAL(LIMITED), TESTS, COMMON};
static const Parameter CPLIMIT[] = {GALVANIC(LIMITED), TESTS, COMMON};

/* Ei, E1, E2, Ei, Ef: five values, and Scan_number is 2. */
static const Parameter CV[] = {
    {"vs_initial", B, 5}, {"Voltage_step", S, 5}, {"Scan_Rate", S, 5},
    {"Scan_number", I, 1}, {"Record_every_dE", S, 1}, {"Average_over_dE", B, 1},
    {"N_Cycles", I, 1}, {"Begin_measuring_I", S, 1}, {"End_measuring_I", S, 1},
    COMMON};

#define VSCAN_OF(n) \
    {"Scan_number", I, 1}, {"N_Cycles", I, 1}, {"Voltage_step", S, n}, \
    {"vs_initial", B, n}, {"Scan_Rate", S, n}, {"Record_every_dE", S, 1}, \
    {"Begin_measuring_I", S, 1}, {"End_measuring_I", S, 1}
#define ISCAN_OF(n) \
    {"Scan_number", I, 1}, {"N_Cycles", I, 1}, {"Current_step", S, n}, \
    {"vs_initial", B, n}, {"Scan_Rate", S, n}, {"Record_every_dI", S, 1}, \
    {"Begin_measuring_E", S, 1}, {"End_measuring_E", S, 1}

static const Parameter VSCAN[] = {VSCAN_OF(STEP), COMMON};
static const Parameter VSCANLIMIT[] = {VSCAN_OF(LIMITED), TESTS, COMMON};
static const Parameter ISCAN[] = {ISCAN_OF(STEP), COMMON};
static const Parameter ISCANLIMIT[] = {ISCAN_OF(LIMITED), TESTS, COMMON};

#define SWEEP \
    {"vs_initial", B, 1}, {"vs_final", B, 1}, {"Duration_step", S, 1}, \
    {"Step_number", I, 1}, {"Record_every_dT", S, 1}, {"Final_frequency", S, 1}, \
    {"Initial_frequency", S, 1}, {"sweep", B, 1}, {"Frequency_number", I, 1}, \
    {"Average_N_times", I, 1}, {"Correction", B, 1}, {"Wait_for_steady", S, 1}

static const Parameter PEIS[] = {
    SWEEP, {"Initial_Voltage_step", S, 1}, {"Final_Voltage_step", S, 1},
    {"Amplitude_Voltage", S, 1}, {"Record_every_dI", S, 1}, COMMON};
/* Three programs say dE, one table and its copy dV; `parameter_of` takes the one
   that the configuration says. */
static const Parameter GEIS[] = {
    SWEEP, {"Initial_Current_step", S, 1}, {"Final_Current_step", S, 1},
    {"Amplitude_Current", S, 1}, {"Record_every_dE", S, 1}, COMMON};
static const Parameter GEIS_RECORD_BY_DV = {"Record_every_dV", S, 1};

static const Parameter LOOP[] = {
    {"loop_N_times", I, 1}, {"protocol_number", I, 1}, {NULL, 0, 0}};
static const Parameter TRIGGER_IN[] = {{"Trigger_Logic", I, 1}, {NULL, 0, 0}};
static const Parameter TRIGGER_OUT[] = {
    {"Trigger_Logic", I, 1}, {"Trigger_Duration", S, 1}, {NULL, 0, 0}};
static const Parameter COMPENSATION[] = {{"Rcmp_Value", S, 1}, {NULL, 0, 0}};

const Technique TECHNIQUES[] = {
    {"OCV", "ocv", 100, REST, false, OCV},
    {"CA", "ca", 101, STEPS, false, CA},
    {"CP", "cp", 102, STEPS, true, CP},
    {"CV", "cv", 103, TRIANGLE, false, CV},
    {"PEIS", "peis", 104, SPECTRUM, false, PEIS},
    {"GEIS", "geis", 107, SPECTRUM, true, GEIS},
    {"CPOWER", "pow", 110, NOT_RUN, true, NULL},
    {"CLOAD", "load", 111, NOT_RUN, true, NULL},
    {"SPEIS", "seisp", 113, NOT_RUN, false, PEIS},
    {"SGEIS", "seisg", 114, NOT_RUN, true, GEIS},
    {"VSCAN", "vscan", 124, SCAN, false, VSCAN},
    {"ISCAN", "iscan", 125, NOT_RUN, true, ISCAN},
    {"MIR", "IRcmp", 140, NOT_RUN, false, COMPENSATION},
    {"LOOP", "loop", 150, JUMP, false, LOOP},
    {"TO", "TO", 151, NOT_RUN, false, TRIGGER_OUT},
    {"TI", "TI", 152, NOT_RUN, false, TRIGGER_IN},
    {"TOS", "TOS", 153, NOT_RUN, false, TRIGGER_IN},
    {"CPLIMIT", "cplimit", 155, STEPS, true, CPLIMIT},
    {"ISCANLIMIT", "iscanlimit", 156, NOT_RUN, true, ISCANLIMIT},
    {"CALIMIT", "calimit", 157, STEPS, false, CALIMIT},
    {"VSCANLIMIT", "vscanlimit", 158, SCAN, false, VSCANLIMIT},
};
const int TECHNIQUE_COUNT = (int)(sizeof TECHNIQUES / sizeof *TECHNIQUES);

const Parameter *parameter_of(const Technique *technique, const char *label) {
    bool by_dv = technique->parameters == GEIS && config()->geis_by_dv;
    if (by_dv && strcmp(label, "Record_every_dE") == 0) return NULL;
    if (by_dv && strcmp(label, GEIS_RECORD_BY_DV.label) == 0) return &GEIS_RECORD_BY_DV;
    for (const Parameter *p = technique->parameters; p && p->label; p++)
        if (strcmp(p->label, label) == 0) return p;
    return NULL;
}

int most_values(const Parameter *parameter) {
    return parameter->most == STEP ? config()->most_steps : parameter->most;
}
