/* The functions of EClib that define, load, start and read experiments. */
#include <math.h>
#include <string.h>

#include "instrument.h"
#include "numbers.h"
#include "release.h"

static int define(const char *label, int type, int32_t bits, int32_t index,
                  TEccParam *out) {
    if (!label || !out || strlen(label) >= LABEL_BYTES || index < 0) return -4;
    memset(out, 0, sizeof *out);
    memcpy(out->ParamStr, label, strlen(label));
    out->ParamType = type;
    out->ParamVal = bits;
    out->ParamIndex = index;
    return 0;
}

EXPORTED int32_t CALL BL_DefineBoolParameter(const char *label, bool value,
                                             int32_t index, TEccParam *out) {
    IN_TURN("BL_DefineBoolParameter", define(label, TYPE_BOOL, value, index, out));
}

EXPORTED int32_t CALL BL_DefineIntParameter(const char *label, int32_t value,
                                            int32_t index, TEccParam *out) {
    IN_TURN("BL_DefineIntParameter", define(label, TYPE_INT, value, index, out));
}

EXPORTED int32_t CALL BL_DefineSglParameter(const char *label, float value,
                                            int32_t index, TEccParam *out) {
    int32_t bits;
    memcpy(&bits, &value, sizeof bits);
    IN_TURN("BL_DefineSglParameter", define(label, TYPE_SINGLE, bits, index, out));
}

static TEccParam *pointer_of(const EccParamsByValue *params) {
#if defined(_WIN32)
    return params->pParams;
#else
    TEccParams packed;
    memcpy(&packed, params, sizeof packed);
    return packed.pParams;
#endif
}

static int load(int32_t id, uint8_t number, const char *file,
                const EccParamsByValue *params, bool first) {
    int code;
    Channel *channel = channel_of(id, number, &code);
    if (!channel) return code;
    int count = (int)params->len;
    if (!file || count < 0 || (count && !pointer_of(params))) return -4;
    return channel_load(channel, file, pointer_of(params), count, first);
}

EXPORTED int32_t CALL BL_LoadTechnique(int32_t id, uint8_t number, const char *file,
                                       EccParamsByValue params, bool first, bool last,
                                       bool display) {
    (void)last, (void)display;
    IN_TURN("BL_LoadTechnique", load(id, number, file, &params, first));
}

static int update(int32_t id, uint8_t number, int32_t index, const char *file,
                  const EccParamsByValue *params) {
    int code;
    Channel *channel = channel_of(id, number, &code);
    if (!channel) return code;
    if (!file || (int)params->len < 1) return -4;
    return channel_update(channel, index, file, pointer_of(params), (int)params->len);
}

EXPORTED int32_t CALL BL_UpdateParameters(int32_t id, uint8_t number, int32_t index,
                                          EccParamsByValue params, const char *file) {
    IN_TURN("BL_UpdateParameters", update(id, number, index, file, &params));
}

/* Floats come back as they were sent, or as the board's data words: what the real one
   does is not known. */
static int put_technique(int32_t id, uint8_t number, int32_t index,
                         TTechniqueInfos *out) {
    int code;
    const Channel *channel = channel_of(id, number, &code);
    if (!channel) return code;
    if (index < 0 || index >= channel->loaded_count || !out->Params) return -4;
    const Loaded *loaded = &channel->loaded[index];
    out->Id = loaded->technique->id;
    out->indx = index;
    out->nbParams = loaded->count;
    out->nbSettings = 0;
    for (int k = 0; k < loaded->count; k++) {
        out->Params[k] = loaded->held[k];
        if (config()->readback && loaded->held[k].ParamType == TYPE_SINGLE) {
            float value;
            memcpy(&value, &loaded->held[k].ParamVal, sizeof value);
            uint32_t word = float_word(value, (uint32_t)channel->made.board);
            out->Params[k].ParamVal = (int32_t)word;
        }
    }
    return 0;
}

EXPORTED int32_t CALL BL_GetParamInfos(int32_t id, uint8_t number, int32_t index,
                                       TTechniqueInfos *out) {
    IN_TURN("BL_GetParamInfos", put_technique(id, number, index, out));
}

EXPORTED int32_t CALL BL_GetTechniqueInfos(int32_t id, uint8_t number, int32_t index,
                                           TTechniqueInfos *out) {
    IN_TURN("BL_GetTechniqueInfos", put_technique(id, number, index, out));
}

static int start(int32_t id, uint8_t number) {
    int code;
    Channel *channel = channel_of(id, number, &code);
    return channel ? channel_start(channel) : code;
}

EXPORTED int32_t CALL BL_StartChannel(int32_t id, uint8_t number) {
    IN_TURN("BL_StartChannel", start(id, number));
}

static int stop(int32_t id, uint8_t number) {
    int code;
    Channel *channel = channel_of(id, number, &code);
    if (channel) channel_stop(channel);
    return code;
}

EXPORTED int32_t CALL BL_StopChannel(int32_t id, uint8_t number) {
    IN_TURN("BL_StopChannel", stop(id, number));
}

static void put_values(Channel *channel, TCurrentValues *out, bool hidden) {
    float span = (float)voltage_range_span(channel->voltage_range);
    bool runs = channel->state == RUNNING && !hidden;
    look(channel);
    *out = (TCurrentValues){
        .State = runs ? RUNNING : STOPPED,
        .MemFilled = hidden ? 0 : (int32_t)channel->memory.filled,
        .TimeBase = channel->time_base,
        .Ewe = (float)channel->voltage, .EweRangeMin = -span, .EweRangeMax = span,
        .Ece = (float)channel->made.ece, .EceRangeMin = -span, .EceRangeMax = span,
        .Eoverflow = channel->voltage_overflow,
        .I = (float)channel->current, .IRange = range_of(channel),
        .Ioverflow = channel->current_overflow,
        .ElapsedTime = runs ? (float)(channel->now - channel->begun) : 0.0f,
        .Freq = (float)channel->sweep.frequency,
        .Saturation = channel->saturated,
        .OptErr = (int32_t)config()->option_error};
}

/* A channel that was just started may say STOP for a while. */
static bool hides(Channel *channel) {
    return channel->state == RUNNING && channel->stops_to_say > 0 &&
           channel->stops_to_say--;
}

static int current_values(int32_t id, uint8_t number, TCurrentValues *out) {
    int code;
    Channel *channel = channel_of(id, number, &code);
    if (channel) put_values(channel, out, hides(channel));
    return code;
}

EXPORTED int32_t CALL BL_GetCurrentValues(int32_t id, uint8_t number,
                                          TCurrentValues *out) {
    IN_TURN("BL_GetCurrentValues", current_values(id, number, out));
}

static int data(int32_t id, uint8_t number, TDataBuffer *buffer, TDataInfos *infos,
                TCurrentValues *values) {
    int code, rows, lost;
    Channel *channel = channel_of(id, number, &code);
    if (!channel) return code;
    if (channel->firmware != KERNEL) return channel->firmware == EC_LAB ? -9 : -308;
    bool hidden = hides(channel);
    memset(infos, 0, sizeof *infos);
    const Block *block =
        hidden ? NULL : memory_take(&channel->memory, buffer->data, &rows, &lost);
    put_values(channel, values, hidden);
    if (!block) return 0;
    *infos = (TDataInfos){.IRQskipped = lost, .NbRows = rows, .NbCols = block->columns,
                          .TechniqueIndex = block->technique, .TechniqueID = block->id,
                          .ProcessIndex = block->process, .loop = block->loop,
                          .StartTime = config()->start_time_nan ? NAN : block->start};
    values->TimeBase = block->time_base;
    return 0;
}

EXPORTED int32_t CALL BL_GetData(int32_t id, uint8_t number, TDataBuffer *buffer,
                                 TDataInfos *infos, TCurrentValues *values) {
    IN_TURN("BL_GetData", data(id, number, buffer, infos, values));
}
