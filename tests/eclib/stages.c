/* What a technique does, stage after stage, from the parameters that the channel holds.

   TestX_Config: bit 0 active, bit 1 AND (else OR), bit 2 at least (else at most), bits
   from 5 the variable: 0 Ewe, 3 I. A test behind an inactive one is ignored. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "channel.h"
#include "numbers.h"

enum { AUTO = 12, KEEP = -1, SCANNED_BY_CV = 3 };

static const Loaded *flying(const Channel *channel) {
    return &channel->loaded[channel->index];
}

static double value(const Channel *channel, const char *label, int index) {
    return number_of(flying(channel), label, index, 0.0);
}

/* Public programs give 20 us to OCV, 25 to CA and CP, 40 to the LIMIT kinds, 45 to CV. */
static float usual_time_base(const Technique *technique) {
    if (technique->family == REST) return 20e-6f;
    if (technique->family == TRIANGLE) return 45e-6f;
    bool limited = technique->family == STEPS && parameter_of(technique, "Exit_Cond");
    return limited ? 40e-6f : 25e-6f;
}

static void begin_sweep(Channel *channel) {
    Sweep *sweep = &channel->sweep;
    bool galvanostatic = strcmp(flying(channel)->technique->name, "GEIS") == 0;
    const char *amplitude = galvanostatic ? "Amplitude_Current" : "Amplitude_Voltage";
    sweep->galvanostatic = galvanostatic;
    sweep->point = -1;
    sweep->points = (int)value(channel, "Frequency_number", 0);
    sweep->averages = (int)fmax(1.0, value(channel, "Average_N_times", 0));
    sweep->correction = value(channel, "Correction", 0) != 0.0;
    sweep->amplitude = value(channel, amplitude, 0);
    sweep->wait = value(channel, "Wait_for_steady", 0);
    sweep->frequency = 0.0;
}

static void begin_rules(Channel *channel) {
    Recording *rule = &channel->rule;
    Family family = flying(channel)->technique->family;
    const char *by_volt = "Record_every_dE";
    if (config()->geis_by_dv && family == SPECTRUM) by_volt = "Record_every_dV";
    memset(rule, 0, sizeof *rule);
    rule->every_s = fmax(0.0, value(channel, "Record_every_dT", 0));
    rule->every_volt = fmax(0.0, value(channel, by_volt, 0));
    rule->every_ampere = fmax(0.0, value(channel, "Record_every_dI", 0));
    rule->averages = family == SCAN || family == TRIANGLE;
    bool whole = value(channel, "Average_over_dE", 0) != 0.0;
    rule->begin = whole ? 0.0 : value(channel, "Begin_measuring_I", 0);
    rule->end = whole ? 1.0 : number_of(flying(channel), "End_measuring_I", 0, 1.0);
}

void begin_technique(Channel *channel) {
    const Loaded *loaded = flying(channel);
    look(channel);
    channel->start = channel->now;
    channel->before_voltage = channel->voltage;
    channel->before_current = channel->current;
    channel->charge_begun = channel->cell.q;
    int range = (int)number_of(loaded, "I_Range", 0, AUTO);
    if (range != KEEP) channel->current_range = range;
    channel->voltage_range = (int)number_of(loaded, "E_Range", 0, 3);
    channel->xctr = (int)number_of(loaded, "xctr", 0, 0);
    float tb = usual_time_base(loaded->technique);
    channel->time_base = (float)number_of(loaded, "tb", 0, tb);
    memset(&channel->stage, 0, sizeof channel->stage);
    channel->stage.step = -1;
    if (loaded->technique->family == SPECTRUM) begin_sweep(channel);
    begin_rules(channel);
    begin_rows(channel, 0);
}

static void take_tests(Channel *channel, int step) {
    Stage *stage = &channel->stage;
    stage->tests = 0;
    stage->exit = (int)value(channel, "Exit_Cond", step);
    for (int k = 1; k <= 3; k++) {
        char label[32];
        snprintf(label, sizeof label, "Test%d_Config", k);
        int bits = (int)value(channel, label, step);
        if (!(bits & 1)) return;
        snprintf(label, sizeof label, "Test%d_Value", k);
        stage->test[stage->tests++] =
            (Test){bits >> 5 == 3, bits & 4, bits & 2, value(channel, label, step)};
    }
}

static void begin_stage(Channel *channel, Mode mode, double level, double duration) {
    Stage *stage = &channel->stage;
    stage->mode = mode;
    stage->level = level;
    stage->begun = channel->now;
    stage->end = channel->now + fmax(0.0, duration);
    stage->rate = 0.0;
    stage->tests = stage->exit = 0;
    channel->rule.none_yet = true;
}

static double absolute(const Channel *channel, const char *label, const char *relative,
                       int step, bool of_current) {
    double before = of_current ? channel->before_current : channel->before_voltage;
    bool adds = value(channel, relative, step) != 0.0;
    return value(channel, label, step) + (adds ? before : 0.0);
}

static bool next_step(Channel *channel) {
    Stage *stage = &channel->stage;
    int steps = (int)value(channel, "Step_number", 0) + 1;
    int cycles = (int)value(channel, "N_Cycles", 0) + 1;
    stage->step++;
    if (stage->step >= steps) {
        stage->step = 0;
        stage->cycle++;
    }
    if (stage->cycle >= cycles) return false;
    int k = stage->step;
    bool galvanic = parameter_of(flying(channel)->technique, "Current_step") != NULL;
    const char *label = galvanic ? "Current_step" : "Voltage_step";
    double level = absolute(channel, label, "vs_initial", k, galvanic);
    begin_stage(channel, galvanic ? HOLD_CURRENT : HOLD_VOLTAGE, level,
                value(channel, "Duration_step", k));
    take_tests(channel, k);
    return true;
}

/* Ramp from where the set-point stands to vertex k; false where the rate is none. */
static void ramp_to(Channel *channel, int k) {
    const Stage before = channel->stage;
    double from = before.mode == RAMP_VOLTAGE
                      ? before.level + before.rate * (before.end - before.begun)
                      : before.level;
    double to = absolute(channel, "Voltage_step", "vs_initial", k, false);
    double rate = fabs(value(channel, "Scan_Rate", k));
    if (config()->cv_in_millivolts) rate *= 1e-3;
    double way = to - from, time = rate > 0.0 ? fabs(way) / rate : 0.0;
    begin_stage(channel, RAMP_VOLTAGE, from, time);
    channel->stage.rate = time > 0.0 ? way / time : 0.0;
    channel->rule.every_s = rate > 0.0 ? channel->rule.every_volt / rate : 0.0;
    take_tests(channel, k);
}

/* Vertices of a scan: 1 to the last, again for every cycle. CV's last vertex, Ef, comes
   once, behind all cycles. */
static bool next_ramp(Channel *channel, bool triangle) {
    Stage *stage = &channel->stage;
    int vertices = triangle ? SCANNED_BY_CV : (int)value(channel, "Scan_number", 0);
    int cycles = (int)value(channel, "N_Cycles", 0) + 1;
    stage->step++;
    if (stage->step == 0) {
        double ei = absolute(channel, "Voltage_step", "vs_initial", 0, false);
        begin_stage(channel, HOLD_VOLTAGE, ei, 0.0);
        return true;
    }
    bool last = stage->cycle == cycles - 1;
    if (stage->step > vertices && !last) {
        stage->step = 1;
        stage->cycle++;
    }
    if (stage->step > vertices + (triangle ? 1 : 0)) return false;
    ramp_to(channel, stage->step);
    return true;
}

/* The generator divides 10 MHz: the frequency made is not quite the one asked for. */
static double made_frequency(double wanted) {
    return wanted > 0.0 ? 1e7 / fmax(1.0, round(1e7 / wanted)) : 0.0;
}

static bool next_point(Channel *channel) {
    Sweep *sweep = &channel->sweep;
    bool galvanostatic = sweep->galvanostatic;
    const char *bias = galvanostatic ? "Initial_Current_step" : "Initial_Voltage_step";
    double level = absolute(channel, bias, "vs_initial", 0, galvanostatic);
    if (channel->stage.step++ < 0) {
        begin_stage(channel, galvanostatic ? HOLD_CURRENT : HOLD_VOLTAGE, level,
                    value(channel, "Duration_step", 0));
        return true;
    }
    if (++sweep->point >= sweep->points) {
        sweep->frequency = 0.0;
        return false;
    }
    double first = value(channel, "Initial_frequency", 0);
    double last = value(channel, "Final_frequency", 0);
    double part = sweep->points > 1 ? sweep->point / (sweep->points - 1.0) : 0.0;
    bool linear = value(channel, "sweep", 0) != 0.0; /* TRUE is linear */
    double wanted = linear ? first + part * (last - first) : first * pow(last / first, part);
    sweep->frequency = made_frequency(wanted);
    double once = fmax(0.3, (sweep->averages + sweep->wait) / sweep->frequency);
    if (sweep->point == 0) begin_rows(channel, 1);
    begin_stage(channel, SINE_ON, level, sweep->correction ? 2.0 * once : once);
    return true;
}

bool next_stage(Channel *channel) {
    switch (flying(channel)->technique->family) {
    case REST:
        if (channel->stage.step++ >= 0) return false;
        begin_stage(channel, HOLD_NOTHING, 0.0, value(channel, "Rest_time_T", 0));
        return true;
    case STEPS:
        return next_step(channel);
    case SCAN:
        return next_ramp(channel, false);
    case TRIANGLE:
        return next_ramp(channel, true);
    case SPECTRUM:
        return next_point(channel);
    default:
        return false;
    }
}
