/* An EClib of our own: the functions of BioLogic's library with the signatures of its
   published header, and behind them an instrument whose cell is known in closed form.
   It was written from public descriptions alone and shares no table with the driver or
   its twin, so that each can be found wrong.

   Build (all .c files of this folder; plain C11, no threads, nothing but libc and libm):

     cc -std=c11 -O1 -fPIC -shared -fvisibility=hidden *.c -o EClib64.so -lm
     x86_64-w64-mingw32-gcc -std=c11 -O1 -shared *.c -o EClib64.dll

   -DORACLE_RELEASE=535, 601, 604, 608 or 611 makes another release (release.h). What
   the instrument is stands in `oracle.ini` beside the library (config.h); labctl takes
   the folder as `sdk_path`. Functions called Oracle_ are for tests only (oracle.h).

   Files: abi structs · eclib, eclib_experiments the functions · turn one call at a time
   · instrument links and channels · program loading · run, stages, drive, record what
   the firmware does · cell · memory · numbers floats and times in words · techniques,
   rows, codes, release the tables · config · clock · oracle, dump for tests.

   Here: library, connection, inventory, numbers. Each function takes the turn, fails if
   that is planned, does its work, gives the turn back. Channels count from 0. */
#include <stdio.h>
#include <string.h>

#include "instrument.h"
#include "numbers.h"
#include "release.h"

/* Whether the real converters count as calls is not known: the configuration says. */
#define CONVERTER(name, work)                       \
    do {                                            \
        if (!config()->converters_count) return (work); \
        IN_TURN(name, work);                        \
    } while (0)

/* A text goes into `text`, which has room for *size bytes; its length comes back. */
static int put_text(const char *said, char *text, uint32_t *size) {
    if (!text || !size || *size == 0) return -4;
    snprintf(text, *size, "%s", said);
    *size = (uint32_t)strlen(text);
    return 0;
}

EXPORTED int32_t CALL BL_GetLibVersion(char *version, uint32_t *size) {
    IN_TURN("BL_GetLibVersion", put_text(VERSION, version, size));
}

static int put_error(int32_t code, char *text, uint32_t *size) {
    char said[400];
    const char *why = code == -8 ? config()->problem : "";
    snprintf(said, sizeof said, "%s%s%s", error_words(code), *why ? ": " : "", why);
    return put_text(said, text, size);
}

EXPORTED int32_t CALL BL_GetErrorMsg(int32_t code, char *text, uint32_t *size) {
    IN_TURN("BL_GetErrorMsg", put_error(code, text, size));
}

/* ---- connection */

static int connected(const char *address, int32_t *id, TDeviceInfos *infos) {
    if (!id || !infos) return -4;
    int code = open_link(address, id);
    if (code) return code;
    *infos = (TDeviceInfos){
        .DeviceCode = (int32_t)config()->device, .RAMSize = 16, .CPU = 5,
        .NumberOfChannels = (int32_t)config()->channels,
        .NumberOfSlots = (int32_t)config()->channels,
        .FirmwareVersion = ORACLE_RELEASE, .FirmwareDate_yyyy = 2024,
        .FirmwareDate_mm = 1, .FirmwareDate_dd = 15, .HTdisplayOn = 0,
        .NbOfConnectedPC = links_open()};
    return 0;
}

EXPORTED int32_t CALL BL_Connect(const char *address, uint8_t timeout, int32_t *id,
                                 TDeviceInfos *infos) {
    (void)timeout;
    IN_TURN("BL_Connect", connected(address, id, infos));
}

EXPORTED int32_t CALL BL_Disconnect(int32_t id) {
    IN_TURN("BL_Disconnect", close_link(id));
}

EXPORTED int32_t CALL BL_TestConnection(int32_t id) {
    IN_TURN("BL_TestConnection", is_open(id) ? 0 : -1);
}

/* ---- inventory */

static int put_plugged(int32_t id, uint8_t *flags, uint8_t size) {
    if (!is_open(id)) return -1;
    for (int k = 0; k < size; k++) flags[k] = channel_at(k) != NULL;
    return 0;
}

EXPORTED int32_t CALL BL_GetChannelsPlugged(int32_t id, uint8_t *flags, uint8_t size) {
    IN_TURN("BL_GetChannelsPlugged", put_plugged(id, flags, size));
}

EXPORTED bool CALL BL_IsChannelPlugged(int32_t id, uint8_t number) {
    if (!enter_turn("BL_IsChannelPlugged")) return false;
    bool plugged = is_open(id) && channel_at(number);
    leave_turn();
    return plugged;
}

static int32_t said_state(const Channel *channel) {
    return channel->stops_to_say > 0 ? STOPPED : channel->state;
}

static int put_infos(int32_t id, uint8_t number, TChannelInfos *out) {
    static int zeros = -1;
    if (zeros < 0) zeros = (int)config()->zero_infos;
    int code;
    const Channel *channel = channel_of(id, number, &code);
    if (!channel) return code;
    bool vmp3 = channel->made.board == ESSENTIAL, z = channel->made.impedance != 0.0;
    TChannelInfos infos = {
        .Channel = number,
        .BoardVersion = vmp3 ? (z ? 11 : 12) : (z ? 4 : 5),
        .BoardSerialNumber = (int32_t)channel->made.serial,
        .FirmwareCode = channel->firmware,
        .FirmwareVersion = channel->firmware ? ORACLE_RELEASE : 1,
        .XilinxVersion = vmp3 ? 0xA6 : 0xAA,
        .Zboard = z,
        .MemSize = (int32_t)channel->memory.size,
        .MemFilled = (int32_t)channel->memory.filled,
        .State = said_state(channel),
        .MaxIRange = (int32_t)channel->made.max_range,
        .MinIRange = (int32_t)channel->made.min_range,
        .MaxBandwidth = vmp3 ? 7 : 9,
        .NbOfTechniques = channel->loaded_count,
        .FloatFormat = is_ieee((uint32_t)channel->made.board),
    };
    if (zeros > 0) {
        zeros--;
        memset(&infos, 0, sizeof infos);
    }
    memcpy(out, &infos, (size_t)CHANNEL_INFOS_BYTES);
    return 0;
}

EXPORTED int32_t CALL BL_GetChannelInfos(int32_t id, uint8_t number,
                                         TChannelInfos *out) {
    IN_TURN("BL_GetChannelInfos", put_infos(id, number, out));
}

#if HAS_CHANNEL_FUNCTIONS
static int put_board(int32_t id, uint8_t number, uint32_t *board, int32_t *format) {
    int code;
    const Channel *channel = channel_of(id, number, &code);
    if (!channel) return code;
    if (board) *board = (uint32_t)channel->made.board;
    if (format) *format = is_ieee((uint32_t)channel->made.board);
    return 0;
}

EXPORTED int32_t CALL BL_GetChannelBoardType(int32_t id, uint8_t number,
                                             uint32_t *board) {
    IN_TURN("BL_GetChannelBoardType", put_board(id, number, board, NULL));
}

EXPORTED int32_t CALL BL_GetChannelFloatFormat(int32_t id, uint8_t number,
                                               int32_t *format) {
    IN_TURN("BL_GetChannelFloatFormat", put_board(id, number, NULL, format));
}
#endif

static int load_firmware(int32_t id, const uint8_t *wanted, int32_t *results,
                         uint8_t size, bool force) {
    if (!is_open(id)) return -1;
    int loaded = 0;
    for (int k = 0; k < size; k++) {
        results[k] = 0;
        if (!wanted[k]) continue;
        Channel *channel = channel_at(k);
        results[k] = channel ? 0 : -3;
        if (!channel) continue;
        loaded++;
        if (channel->firmware == KERNEL && !force) continue;
        channel_reset(channel); /* whatever ran there is gone */
        channel->firmware = KERNEL;
    }
    return loaded ? 0 : -7;
}

EXPORTED int32_t CALL BL_LoadFirmware(int32_t id, const uint8_t *channels,
                                      int32_t *results, uint8_t size, bool gauge,
                                      bool force, const char *kernel, const char *fpga) {
    (void)gauge, (void)kernel, (void)fpga;
    IN_TURN("BL_LoadFirmware", load_firmware(id, channels, results, size, force));
}

static int put_message(int32_t id, uint8_t number, char *text, uint32_t *size) {
    int code;
    Channel *channel = channel_of(id, number, &code);
    if (!channel) return code;
    if (!channel->message_count) return put_text("", text, size);
    code = put_text(channel->messages[0], text, size);
    channel->message_count--;
    memmove(channel->messages[0], channel->messages[1],
            (size_t)channel->message_count * MESSAGE_BYTES);
    return code;
}

EXPORTED int32_t CALL BL_GetMessage(int32_t id, uint8_t number, char *text,
                                    uint32_t *size) {
    IN_TURN("BL_GetMessage", put_message(id, number, text, size));
}

static int hardware(int32_t id, uint8_t number, THardwareConf *out,
                    const THardwareConf *in) {
    int code;
    Channel *channel = channel_of(id, number, &code);
    if (!channel) return code;
    if (channel->made.board == ESSENTIAL) return -14;
    if (in) channel->hardware = *in;
    if (out) *out = channel->hardware;
    return 0;
}

EXPORTED int32_t CALL BL_GetHardConf(int32_t id, uint8_t number, THardwareConf *out) {
    IN_TURN("BL_GetHardConf", hardware(id, number, out, NULL));
}

EXPORTED int32_t CALL BL_SetHardConf(int32_t id, uint8_t number, THardwareConf conf) {
    IN_TURN("BL_SetHardConf", hardware(id, number, NULL, &conf));
}

EXPORTED int32_t CALL BL_GetOptErr(int32_t id, uint8_t number, int32_t *error,
                                   int32_t *position) {
    int code;
    if (!enter_turn("BL_GetOptErr")) return -12;
    if (channel_of(id, number, &code)) {
        *error = (int32_t)config()->option_error;
        *position = 0;
    }
    leave_turn();
    return code;
}

/* ---- numbers */

static int to_single(uint32_t word, float *out, uint32_t board) {
    if (!out || board < ESSENTIAL || board > DIGICORE) return -4;
    *out = word_float(word, board);
    return 0;
}

EXPORTED int32_t CALL BL_ConvertNumericIntoSingle(uint32_t word, float *out) {
    CONVERTER("BL_ConvertNumericIntoSingle", to_single(word, out, board_of_last_link()));
}

#if HAS_CHANNEL_FUNCTIONS
EXPORTED int32_t CALL BL_ConvertChannelNumericIntoSingle(uint32_t word, float *out,
                                                         uint32_t board) {
    CONVERTER("BL_ConvertChannelNumericIntoSingle", to_single(word, out, board));
}

static int to_seconds(const uint32_t *words, double *out, float base, uint32_t board) {
    if (!words || !out || board < ESSENTIAL || board > DIGICORE) return -4;
    *out = words_ticks(words, board) * (double)base;
    return 0;
}

EXPORTED int32_t CALL BL_ConvertTimeChannelNumericIntoSeconds(const uint32_t *words,
                                                              double *out, float base,
                                                              uint32_t board) {
    CONVERTER("BL_ConvertTimeChannelNumericIntoSeconds",
              to_seconds(words, out, base, board));
}
#endif
