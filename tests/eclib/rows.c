/* Words of a row, technique by technique, from public descriptions of the data format.
   Board 3's rows are taken as board 2's (one public program says so), with the low
   time word first. Bits of xctr append a column each, in ascending order (board 2). */
#include <string.h>

#include "numbers.h"
#include "tables.h"

const char *const QUANTITY_NAMES[QUANTITIES] = {
    [T_HIGH] = "t_high", [T_LOW] = "t_low", [EWE] = "Ewe", [ECE] = "Ece",
    [CURRENT] = "I", [CYCLE] = "cycle", [CONTROL_E] = "Ec", [MEAN_I] = "mean_I",
    [MEAN_EWE] = "mean_Ewe", [FREQUENCY] = "freq", [ABS_EWE] = "abs_Ewe",
    [ABS_I] = "abs_I", [PHASE] = "phase", [ABS_ECE] = "abs_Ece",
    [ABS_ICE] = "abs_Ice", [PHASE_CE] = "phase_ce", [SECONDS] = "t",
    [UNUSED] = "unused", [I_RANGE] = "i_range", [ANALOG_1] = "analog_in_1",
    [ANALOG_2] = "analog_in_2", [EXTERNAL] = "external_control",
    [RESERVED] = "reserved", [CONTROL] = "control", [CHARGE] = "charge",
};

/* xctr, bit 0 to bit 7. */
static const Quantity EXTRA[] = {ECE, ANALOG_1, ANALOG_2, EXTERNAL,
                                 RESERVED, CONTROL, CHARGE, I_RANGE};

static const Quantity SINE[] = {
    FREQUENCY, ABS_EWE, ABS_I, PHASE, EWE, CURRENT, UNUSED, ABS_ECE,
    ABS_ICE, PHASE_CE, ECE, UNUSED, UNUSED, SECONDS};

Quantity extra_of(int bit) { return EXTRA[bit]; }

bool is_integer(Quantity quantity) {
    return quantity == T_HIGH || quantity == T_LOW || quantity == CYCLE ||
           quantity == I_RANGE;
}

static void append(Layout *layout, const Quantity *columns, int count) {
    memcpy(layout->column + layout->count, columns, (size_t)count * sizeof *columns);
    layout->count += count;
}

#define APPEND(layout, ...)                                     \
    append(layout, (const Quantity[]){__VA_ARGS__},             \
           (int)(sizeof((const Quantity[]){__VA_ARGS__}) / sizeof(Quantity)))

static void append_direct(Layout *out, const Technique *technique, uint32_t board) {
    bool vmp3 = board == ESSENTIAL;
    switch (technique->family) {
    case REST:
        APPEND(out, EWE);
        if (vmp3) APPEND(out, ECE);
        break;
    case STEPS:
        APPEND(out, EWE, CURRENT, CYCLE);
        break;
    case SCAN:
    case TRIANGLE:
        if (vmp3) APPEND(out, CONTROL_E);
        APPEND(out, MEAN_I, MEAN_EWE, CYCLE);
        break;
    case SPECTRUM:
        APPEND(out, EWE, CURRENT);
        break;
    default:
        break;
    }
}

Layout layout_of(const Technique *technique, uint32_t board, int process, int xctr) {
    Layout out = {0, {0}};
    if (technique->family == JUMP || technique->family == NOT_RUN) return out;
    if (process == 1) {
        if (technique->family != SPECTRUM) return out;
        append(&out, SINE, (int)(sizeof SINE / sizeof *SINE));
        if (board == ESSENTIAL) APPEND(&out, I_RANGE);
        return out;
    }
    if (board == DIGICORE)
        APPEND(&out, T_LOW, T_HIGH);
    else
        APPEND(&out, T_HIGH, T_LOW);
    append_direct(&out, technique, board);
    if (board == PREMIUM)
        for (int bit = 0; bit < 8; bit++)
            if (xctr >> bit & 1) APPEND(&out, EXTRA[bit]);
    return out;
}
