#if !defined(_WIN32)
#define _GNU_SOURCE /* dladdr */
#endif
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(_WIN32)
#include <windows.h>
#else
#include <dlfcn.h>
#endif

#include "numbers.h"
#include "tables.h"

enum { PATH_BYTES = 1024 };

typedef struct {
    const char *name;
    size_t offset;
    bool text;
} Key;

#define NUMBER(field) {#field, offsetof(Config, field), false}
static const Key INSTRUMENT[] = {
    NUMBER(device), NUMBER(channels), NUMBER(speed), NUMBER(call_seconds),
    NUMBER(converters_count), NUMBER(geis_by_dv), NUMBER(cv_in_millivolts),
    NUMBER(most_steps), NUMBER(eis_range_as_float), NUMBER(readback),
    NUMBER(strict_labels), NUMBER(start_time_nan), NUMBER(late_starts),
    NUMBER(zero_infos), NUMBER(option_error),
    {"address", offsetof(Config, address), true},
    {"fail", offsetof(Config, fail), true},
    {NULL, 0, false}};
#undef NUMBER
#define NUMBER(field) {#field, offsetof(ChannelConfig, field), false}
static const Key CHANNEL[] = {
    NUMBER(board), NUMBER(serial), NUMBER(firmware), NUMBER(plugged), NUMBER(impedance),
    NUMBER(memory_bytes), NUMBER(min_range), NUMBER(max_range), NUMBER(max_current),
    NUMBER(empty), NUMBER(full), NUMBER(capacity), NUMBER(r0), NUMBER(r1), NUMBER(c1),
    NUMBER(charge), NUMBER(ece),
    {NULL, 0, false}};

static Config now;
static bool is_read;

static void set_defaults(void) {
    memset(&now, 0, sizeof now);
    now.device = 20; /* VSP-300 */
    now.channels = 6;
    now.speed = 1.0;
    now.call_seconds = 2e-5;
    now.converters_count = 1;
    now.most_steps = 100;
    snprintf(now.address, sizeof now.address, "192.168.0.10");
    for (int k = 0; k < MOST_CHANNELS; k++)
        now.channel[k] = (ChannelConfig){
            .board = 0, .serial = 1001 + k, .firmware = 5, .plugged = -1,
            .impedance = 1, .memory_bytes = 262144, .min_range = -1, .max_range = 10,
            .max_current = 0, .empty = 3.0, .full = 4.2, .capacity = 7.2, .r0 = 20.0,
            .r1 = 10.0, .c1 = 0.5, .charge = 3.6, .ece = 0.05};
}

/* What follows from the device where the file does not say it: channels 1 to
   `channels` are plugged, and ranges begin at 10 uA on a VMP3 board, else at 10 nA. */
static void complete(uint32_t device_board) {
    for (int k = 0; k < MOST_CHANNELS; k++) {
        ChannelConfig *c = &now.channel[k];
        if (c->board == 0) c->board = device_board;
        bool vmp3 = c->board == ESSENTIAL;
        if (c->plugged < 0) c->plugged = k < now.channels;
        if (c->min_range < 0) c->min_range = vmp3 ? 5 : 2;
        if (c->max_current <= 0) c->max_current = usual_current((uint32_t)c->board);
    }
}

static bool assign(const Key *keys, void *into, const char *name, const char *value) {
    for (const Key *key = keys; key->name; key++) {
        if (strcmp(key->name, name) != 0) continue;
        char *place = (char *)into + key->offset, *end;
        if (key->text) {
            size_t room = key->offset == offsetof(Config, address) ? 64 : 256;
            snprintf(place, room, "%s", value);
            return true;
        }
        *(double *)(void *)place = strtod(value, &end);
        return end != value && *end == '\0';
    }
    return false;
}

/* Take one line; `first` and `last` are the channels that it is for, -1: none. */
static bool take(char *line, int *first, int *last) {
    line[strcspn(line, "#\r\n")] = '\0';
    char name[64] = "", value[200] = "";
    int number;
    if (sscanf(line, " [channel %d]", &number) == 1) {
        *first = *last = number - 1;
        return number >= 1 && number <= MOST_CHANNELS;
    }
    if (strstr(line, "[channels]")) {
        *first = 0;
        *last = MOST_CHANNELS - 1;
        return true;
    }
    int parts = sscanf(line, " %63[a-z0-9_] = %199[^\n]", name, value);
    if (parts < 1) return line[strspn(line, " \t")] == '\0';
    for (size_t n = strlen(value); n && strchr(" \t", value[n - 1]); n--)
        value[n - 1] = '\0';
    if (*first < 0) return assign(INSTRUMENT, &now, name, value);
    bool known = true;
    for (int k = *first; k <= *last; k++)
        known = assign(CHANNEL, &now.channel[k], name, value) && known;
    return known;
}

/* The folder of this library, with the separator behind it. */
static void own_folder(char *path) {
    path[0] = '\0';
#if defined(_WIN32)
    HMODULE self;
    DWORD flags = GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS |
                  GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT;
    if (GetModuleHandleExA(flags, (const char *)(const void *)&now, &self))
        GetModuleFileNameA(self, path, PATH_BYTES);
#else
    Dl_info self;
    if (dladdr(&now, &self)) snprintf(path, PATH_BYTES, "%s", self.dli_fname);
#endif
    size_t n = strlen(path);
    while (n && path[n - 1] != '/' && path[n - 1] != '\\') n--;
    path[n] = '\0';
}

static void read_file(void) {
    char path[PATH_BYTES + 16], line[512];
    const char *named = getenv("ORACLE_INI");
    own_folder(path);
    strcat(path, "oracle.ini");
    FILE *file = fopen(named ? named : path, "r");
    if (!file) {
        if (named) snprintf(now.problem, sizeof now.problem, "no %.200s", named);
        return;
    }
    int first = -1, last = -1, number = 0;
    while (fgets(line, sizeof line, file)) {
        number++;
        char copy[512];
        memcpy(copy, line, sizeof copy);
        copy[strcspn(copy, "\r\n")] = '\0';
        if (!take(line, &first, &last) && !now.problem[0])
            snprintf(now.problem, sizeof now.problem, "oracle.ini line %d: %.150s",
                     number, copy);
    }
    fclose(file);
}

const Config *config(void) {
    if (!is_read) {
        set_defaults();
        read_file();
        complete(board_of_device((int)now.device));
        is_read = true;
    }
    return &now;
}

void config_forget(void) { is_read = false; }
