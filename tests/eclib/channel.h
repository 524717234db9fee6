/* One channel: its board, its cell, the techniques it holds, and the one in flight. */
#ifndef ORACLE_CHANNEL_H
#define ORACLE_CHANNEL_H

#include "abi.h"
#include "cell.h"
#include "config.h"
#include "memory.h"
#include "tables.h"

enum { STOPPED = 0, RUNNING = 1 };                   /* TCurrentValues.State */
enum { NO_FIRMWARE = 0, EC_LAB = 1, KERNEL = 5 };    /* TChannelInfos.FirmwareCode */
enum { MOST_LOADED = 128, MOST_MESSAGES = 64, MESSAGE_BYTES = 160 };

/* A technique as the channel holds it. */
typedef struct {
    const Technique *technique;
    TEccParam *held;
    int count;
} Loaded;

typedef enum { HOLD_NOTHING, HOLD_CURRENT, HOLD_VOLTAGE, RAMP_VOLTAGE, SINE_ON } Mode;

typedef struct {
    bool of_current, at_least, together;
    double value;
} Test;

/* What the technique in flight does now. */
typedef struct {
    Mode mode;
    double begun, end;        /* s of the instrument's clock */
    double level, rate;       /* A, V; V/s of a ramp that began at `level` */
    int step, cycle;
    int tests, exit;
    Test test[3];
} Stage;

/* A moment of a scan: s, C through the cell, V. */
typedef struct {
    double time, charge, voltage;
} Mark;

/* When rows are written, and what they are averaged over. */
typedef struct {
    double every_s, every_volt, every_ampere; /* 0: not by this */
    double time, voltage, current;            /* of the last row */
    bool none_yet;                            /* no row of this stage is written */
    bool averages;                            /* rows of a scan: means over a stair */
    double begin, end;                        /* part of a stair that counts */
    Mark from, to;
    bool from_set, to_set;
} Recording;

typedef struct {
    int point, points, averages;
    bool galvanostatic, correction;
    double amplitude, wait, frequency;
} Sweep;

typedef struct Channel {
    ChannelConfig made; /* as configured */
    int number;         /* from 0 */
    int firmware, state;
    Cell cell;
    Memory memory;
    THardwareConf hardware;
    Loaded loaded[MOST_LOADED];
    int loaded_count;
    char messages[MOST_MESSAGES][MESSAGE_BYTES];
    int message_count;
    /* the experiment */
    double now, begun; /* s of the instrument's clock */
    int index, loop, jumps[MOST_LOADED];
    int stops_to_say; /* so many looks after a start still say STOP */
    /* the technique in flight */
    double start, before_voltage, before_current;
    int process, xctr;
    float time_base;
    Stage stage;
    Recording rule;
    Sweep sweep;
    double charge_begun;
    /* what the converters see now */
    double voltage, current;
    int current_range, voltage_range;
    bool current_overflow, voltage_overflow, saturated;
    bool holds_current; /* the electronics regulate the current, else the voltage */
} Channel;

void say(Channel *channel, const char *format, ...);

/* program.c: return 0 or an error code. */
int channel_load(Channel *channel, const char *file, const TEccParam *sent, int count,
                 bool first);
int channel_update(Channel *channel, int index, const char *file, const TEccParam *sent,
                   int count);
/* A parameter's value; `otherwise` where it was not sent. */
double number_of(const Loaded *loaded, const char *label, int index, double otherwise);

/* run.c */
int channel_start(Channel *channel);
void channel_stop(Channel *channel);
void channel_bring(Channel *channel, double to);
void channel_reset(Channel *channel); /* as without power: program and rows are gone */

/* stages.c: begin the technique at `index`, or the stage behind the one that ended.
   False: there is none. */
void begin_technique(Channel *channel);
bool next_stage(Channel *channel);

/* drive.c: what the electronics make of the stage in flight. `drive` lets the cell go on
   until `to` as long as nothing gives way, and `look` leaves V and A in the channel. */
void drive(Channel *channel, double to);
void look(Channel *channel);
bool tests_fire(const Channel *channel);

/* record.c */
void begin_rows(Channel *channel, int process);
bool row_is_due(const Channel *channel);
double next_row(const Channel *channel); /* s of the clock; infinity: not by time */
bool changed_enough(const Channel *channel);
void note_marks(Channel *channel);
void write_row(Channel *channel); /* unless there is one of this moment */
void write_point(Channel *channel);
int range_of(const Channel *channel); /* code of the I range in use */

#endif
