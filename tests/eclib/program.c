/* Loading: what the firmware takes over from the parameters it is sent, and what it
   says about the rest. An unknown label is ignored and does not show in a read-back
   (a public driver's misspelt `Step_nuber` ran for years); everything else that is
   wrong is refused, with a message. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "channel.h"
#include "numbers.h"
#include "release.h"

enum { AUTO = 12, KEEP = -1, MOST_UPDATED = 10 };

void say(Channel *channel, const char *format, ...) {
    if (channel->message_count == MOST_MESSAGES) return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(channel->messages[channel->message_count++], MESSAGE_BYTES, format,
              arguments);
    va_end(arguments);
}

static const char *base_name(const char *file) {
    const char *name = file;
    for (const char *at = file; *at; at++)
        if (*at == '/' || *at == '\\') name = at + 1;
    return name;
}

/* The technique of a file for this board; in `code` why there is none. */
static const Technique *technique_of(const Channel *channel, const char *file,
                                     int *code) {
    const char *name = base_name(file);
    *code = -400;
    for (int k = 0; k < TECHNIQUE_COUNT; k++)
        for (uint32_t board = ESSENTIAL; board <= DIGICORE; board++) {
            char known[80];
            snprintf(known, sizeof known, "%s%s.ecc", TECHNIQUES[k].file,
                     suffix_of(board));
            if (strcmp(known, name) != 0 || !has_file(&TECHNIQUES[k], board)) continue;
            if (board == (uint32_t)channel->made.board) {
                *code = 0;
                return &TECHNIQUES[k];
            }
            *code = -401;
        }
    return NULL;
}

static float single(int32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

double number_of(const Loaded *loaded, const char *label, int index, double otherwise) {
    for (int k = 0; k < loaded->count; k++) {
        const TEccParam *p = &loaded->held[k];
        if (p->ParamIndex == index && strcmp(p->ParamStr, label) == 0)
            return p->ParamType == TYPE_SINGLE ? (double)single(p->ParamVal)
                                               : (double)p->ParamVal;
    }
    return otherwise;
}

/* Return 0 (take it), 1 (ignore it), or the code that refuses it. */
static int judge(Channel *channel, const Technique *technique, const TEccParam *sent) {
    const Parameter *known = parameter_of(technique, sent->ParamStr);
    bool extras = strcmp(sent->ParamStr, "xctr") == 0;
    if (!known || (extras && channel->made.board != PREMIUM)) {
        say(channel, "%s: unknown parameter %.63s", technique->name, sent->ParamStr);
        return config()->strict_labels ? -4 : 1;
    }
    if (sent->ParamType != known->type) {
        say(channel, "%s: %s is of type %d, not %d", technique->name, known->label,
            known->type, sent->ParamType);
        return -4;
    }
    int most = most_values(known);
    if (sent->ParamIndex < 0 || sent->ParamIndex >= most) {
        say(channel, "%s: %s[%d] is beyond %d values", technique->name, known->label,
            sent->ParamIndex, most);
        return -4;
    }
    bool truth = sent->ParamVal == 0 || sent->ParamVal == 1;
    if (known->type == TYPE_BOOL && !truth) {
        say(channel, "%s: %s is neither 0 nor 1", technique->name, known->label);
        return -4;
    }
    return 0;
}

static void put(Loaded *loaded, const TEccParam *sent) {
    for (int k = 0; k < loaded->count; k++) {
        TEccParam *p = &loaded->held[k];
        if (p->ParamIndex == sent->ParamIndex &&
            strcmp(p->ParamStr, sent->ParamStr) == 0) {
            *p = *sent;
            return;
        }
    }
    loaded->held[loaded->count++] = *sent;
}

static int check_range(Channel *channel, const Loaded *loaded) {
    const Technique *technique = loaded->technique;
    if (!parameter_of(technique, "I_Range")) return 0;
    int code = (int)number_of(loaded, "I_Range", 0, AUTO);
    if (code == AUTO && technique->driven) {
        say(channel, "%s: I_Range auto is not allowed", technique->name);
        return -4;
    }
    if (code == KEEP && strcmp(technique->name, "GEIS") == 0) {
        say(channel, "GEIS: I_Range keep is not allowed");
        return -4;
    }
    double span = range_span(code);
    bool inside = span >= range_span((int)channel->made.min_range) * 0.99 &&
                  span <= range_span((int)channel->made.max_range) * 1.01;
    if (code != AUTO && code != KEEP && !inside) {
        say(channel, "%s: I_Range %d is not on this board", technique->name, code);
        return -4;
    }
    return 0;
}

/* Every step that Step_number or Scan_number speaks of must have come. */
static int check_steps(Channel *channel, const Loaded *loaded) {
    const Technique *technique = loaded->technique;
    bool scan = technique->family == SCAN;
    if (technique->family != STEPS && !scan) return 0;
    const char *counter = scan ? "Scan_number" : "Step_number";
    const char *level =
        parameter_of(technique, "Current_step") ? "Current_step" : "Voltage_step";
    int last = (int)number_of(loaded, counter, 0, 0.0), came = 0;
    for (int k = 0; k < loaded->count; k++)
        came += strcmp(loaded->held[k].ParamStr, level) == 0;
    if (last < 0 || last >= came) {
        say(channel, "%s: %s is %d, but %d values of %s came", technique->name, counter,
            last, came, level);
        return -4;
    }
    return 0;
}

static int check_jump(Channel *channel, const Loaded *loaded) {
    if (loaded->technique->family != JUMP) return 0;
    int target = (int)number_of(loaded, "protocol_number", 0, 0.0);
    if (target < 0 || target >= channel->loaded_count) {
        say(channel, "LOOP: there is no technique %d before it", target);
        return -4;
    }
    return 0;
}

static int firmware_code(const Channel *channel) {
    if (channel->firmware == KERNEL) return 0;
    return channel->firmware == EC_LAB ? -9 : -308;
}

static void unload(Channel *channel) {
    for (int k = 0; k < channel->loaded_count; k++) free(channel->loaded[k].held);
    channel->loaded_count = 0;
}

int channel_load(Channel *channel, const char *file, const TEccParam *sent, int count,
                 bool first) {
    int code = firmware_code(channel);
    if (code) return code;
    if (channel->state != STOPPED) return -13;
    const Technique *technique = technique_of(channel, file, &code);
    if (!technique) {
        say(channel, "%.100s: %s", file, error_words(code));
        return code;
    }
    if (technique->family == NOT_RUN) {
        say(channel, "%s: this library cannot run it", technique->name);
        return -403;
    }
    if (first) unload(channel);
    if (channel->loaded_count == MOST_LOADED) return -405;
    Loaded made = {technique, calloc((size_t)count + 1, sizeof(TEccParam)), 0};
    if (!made.held) abort();
    for (int k = 0; k < count && code >= 0; k++) {
        code = judge(channel, technique, &sent[k]);
        if (code == 0) put(&made, &sent[k]);
    }
    if (code >= 0) code = check_range(channel, &made);
    if (code >= 0) code = check_steps(channel, &made);
    if (code >= 0) code = check_jump(channel, &made);
    if (code < 0) {
        free(made.held);
        return code;
    }
    channel->loaded[channel->loaded_count++] = made;
    return 0;
}

int channel_update(Channel *channel, int index, const char *file, const TEccParam *sent,
                   int count) {
    int code;
    const Technique *technique = technique_of(channel, file, &code);
    if (!technique) return code;
    bool flies = channel->state == RUNNING && index == channel->index;
    if (!flies || channel->loaded[index].technique != technique) return -15;
    if (count > MOST_UPDATED) return -4;
    Loaded *loaded = &channel->loaded[index];
    for (int k = 0; k < count; k++) {
        code = judge(channel, technique, &sent[k]);
        if (code) return -4;
    }
    for (int k = 0; k < count; k++) {
        size_t bytes = (size_t)(loaded->count + 2) * sizeof(TEccParam);
        loaded->held = realloc(loaded->held, bytes);
        if (!loaded->held) abort();
        put(loaded, &sent[k]);
    }
    const char *duration = technique->family == REST ? "Rest_time_T" : "Duration_step";
    Stage *stage = &channel->stage;
    bool timed = stage->mode != SINE_ON && stage->mode != RAMP_VOLTAGE;
    if (timed && parameter_of(technique, duration)) {
        int step = parameter_of(technique, duration)->most > 1 ? stage->step : 0;
        double end = stage->begun + number_of(loaded, duration, step, 0.0);
        stage->end = end > channel->now ? end : channel->now;
    }
    return 0;
}

void channel_reset(Channel *channel) {
    channel_stop(channel);
    unload(channel);
    memory_clear(&channel->memory);
}
