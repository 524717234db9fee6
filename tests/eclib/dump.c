/* All tables as text, a fact a line, for whoever compares them with other tables. */
#include <stdarg.h>
#include <stdio.h>

#include "channel.h"
#include "numbers.h"
#include "oracle.h"
#include "release.h"
#include "tables.h"

typedef struct {
    char *text;
    uint32_t size, used; /* `used` goes on beyond `size` */
} Out;

static void line(Out *out, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *at = out->used < out->size ? out->text + out->used : NULL;
    int wrote = vsnprintf(at, at ? out->size - out->used : 0, format, arguments);
    va_end(arguments);
    if (wrote > 0) out->used += (uint32_t)wrote;
}

static void dump_layout(Out *out, const Technique *t, uint32_t board, int process) {
    Layout layout = layout_of(t, board, process, 0);
    if (!layout.count) return;
    line(out, "row %s %u %d", t->name, board, process);
    for (int k = 0; k < layout.count; k++) {
        Quantity quantity = layout.column[k];
        line(out, " %s%s", QUANTITY_NAMES[quantity], is_integer(quantity) ? "#" : "");
    }
    line(out, "\n");
}

static void dump_technique(Out *out, const Technique *t) {
    line(out, "technique %s %d %d\n", t->name, t->id, t->driven ? 0 : 1);
    if (!t->parameters) line(out, "unknown-labels %s\n", t->name);
    for (const Parameter *p = t->parameters; p && p->label; p++)
        line(out, "label %s %s %d %d\n", t->name, p->label, p->type, most_values(p));
    for (uint32_t board = ESSENTIAL; board <= DIGICORE; board++) {
        if (has_file(t, board))
            line(out, "file %s %u %s%s.ecc\n", t->name, board, t->file,
                 suffix_of(board));
        dump_layout(out, t, board, 0);
        dump_layout(out, t, board, 1);
    }
}

#define STRUCT(type) line(out, "struct " #type " %u\n", (unsigned)sizeof(type))
#define FIELD(type, field) \
    line(out, "field " #type " " #field " %u\n", (unsigned)offsetof(type, field))

static void dump_structs(Out *out) {
    STRUCT(TDeviceInfos);
    FIELD(TDeviceInfos, NumberOfSlots);
    STRUCT(TChannelInfos);
    FIELD(TChannelInfos, State);
    FIELD(TChannelInfos, FloatFormat);
    STRUCT(TCurrentValues);
    FIELD(TCurrentValues, Ioverflow);
    FIELD(TCurrentValues, OptErr);
    STRUCT(TDataInfos);
    FIELD(TDataInfos, StartTime);
    FIELD(TDataInfos, MuxPad);
    STRUCT(TEccParam);
    FIELD(TEccParam, ParamVal);
    STRUCT(TEccParams);
    FIELD(TEccParams, pParams);
    STRUCT(THardwareConf);
    STRUCT(TTechniqueInfos);
    FIELD(TTechniqueInfos, Params);
}

EXPORTED uint32_t CALL Oracle_Table(char *text, uint32_t size) {
    Out made = {text, size, 0}, *out = &made;
    line(out, "release %d\nversion %s\n", ORACLE_RELEASE, VERSION);
    for (int k = 0; k < TECHNIQUE_COUNT; k++) dump_technique(out, &TECHNIQUES[k]);
    for (int k = 0; k < ERROR_COUNT; k++)
        line(out, "error %d %s\n", ERRORS[k].code, ERRORS[k].words);
    for (int code = 0; code <= 14; code++)
        if (range_span(code) > 0.0)
            line(out, "i_range %d %.0e\n", code, range_span(code));
    for (int code = 0; code < 3; code++)
        line(out, "e_range %d %g\n", code, voltage_range_span(code));
    for (int device = 0; device <= 36; device++)
        line(out, "board %d %u\n", device, board_of_device(device));
    for (int bit = 0; bit < 8; bit++)
        line(out, "extra %#04x %s\n", 1 << bit, QUANTITY_NAMES[extra_of(bit)]);
    for (uint32_t board = ESSENTIAL; board <= DIGICORE; board++) {
        line(out, "floats %u %s\n", board, is_ieee(board) ? "IEEE" : "TI");
        line(out, "drives %u %g A, %g V\n", board, usual_current(board),
             usual_compliance(board));
    }
    line(out, "firmware EC-Lab %d\nfirmware kernel %d\n", EC_LAB, KERNEL);
    line(out, "state STOP %d\nstate RUN %d\n", STOPPED, RUNNING);
    dump_structs(out);
    return made.used;
}
