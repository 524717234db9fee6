/* When a row is written and what is in it. A row comes when dT has passed or dE (dI)
   was moved since the last one, and at the first and the last moment of each step; a
   scan's rows are means over a part of each stair of dE. */
#include <math.h>
#include <string.h>

#include "channel.h"
#include "numbers.h"

static const uint32_t NOT_A_NUMBER_OF_OURS = 0x7FC0DEADu; /* in columns without use */

void begin_rows(Channel *channel, int process) {
    const Technique *technique = channel->loaded[channel->index].technique;
    Layout layout = layout_of(technique, (uint32_t)channel->made.board, process,
                              channel->xctr);
    Block like = {.technique = channel->index, .id = technique->id, .process = process,
                  .loop = channel->loop, .columns = layout.count,
                  .start = channel->start - channel->begun,
                  .time_base = channel->time_base};
    channel->process = process;
    memory_open(&channel->memory, &like);
}

/* When the next row by time is due; at the stage's end if that is as good as there. */
static double row_due(const Channel *channel) {
    const Recording *rule = &channel->rule;
    if (channel->stage.mode == SINE_ON || rule->every_s <= 0.0) return INFINITY;
    double due = rule->time + rule->every_s, near = channel->time_base;
    if (channel->stage.mode == RAMP_VOLTAGE) near = fmax(near, 1e-3 * rule->every_s);
    return fabs(due - channel->stage.end) < near ? channel->stage.end : due;
}

double next_row(const Channel *channel) {
    const Recording *rule = &channel->rule;
    double due = row_due(channel);
    if (channel->stage.mode != RAMP_VOLTAGE) return due;
    double from = rule->time + rule->begin * rule->every_s;
    double to = rule->time + rule->end * rule->every_s;
    if (!rule->from_set && from > channel->now) return fmin(from, due);
    return !rule->to_set && to > channel->now ? fmin(to, due) : due;
}

bool changed_enough(const Channel *channel) {
    const Recording *rule = &channel->rule;
    Mode mode = channel->stage.mode;
    if (mode == SINE_ON || mode == RAMP_VOLTAGE || rule->none_yet) return false;
    bool volt = rule->every_volt > 0.0 &&
                fabs(channel->voltage - rule->voltage) >= rule->every_volt;
    bool ampere = rule->every_ampere > 0.0 &&
                  fabs(channel->current - rule->current) >= rule->every_ampere;
    return volt || ampere;
}

bool row_is_due(const Channel *channel) {
    const Recording *rule = &channel->rule;
    if (channel->stage.mode == SINE_ON) return false;
    bool timed = channel->now >= row_due(channel);
    bool first = rule->none_yet && !rule->averages;
    return first || timed || changed_enough(channel);
}

static Mark mark(const Channel *channel) {
    return (Mark){channel->now, channel->cell.q, channel->voltage};
}

void note_marks(Channel *channel) {
    Recording *rule = &channel->rule;
    if (channel->stage.mode != RAMP_VOLTAGE) return;
    if (rule->none_yet) { /* a ramp begins: no row, but its stairs begin here */
        rule->none_yet = false;
        rule->time = channel->now;
        rule->from = mark(channel);
        rule->from_set = rule->begin <= 0.0;
        rule->to_set = false;
    }
    double gone = channel->now - rule->time;
    if (!rule->from_set && gone >= rule->begin * rule->every_s) {
        rule->from = mark(channel);
        rule->from_set = true;
    }
    if (!rule->to_set && gone >= rule->end * rule->every_s) {
        rule->to = mark(channel);
        rule->to_set = true;
    }
}

int range_of(const Channel *channel) {
    if (range_span(channel->current_range) > 0.0) return channel->current_range;
    int best = (int)channel->made.max_range;
    for (int code = 0; code <= 14; code++) {
        double span = range_span(code);
        bool there = span >= range_span((int)channel->made.min_range) * 0.99;
        if (there && span >= fabs(channel->current) && span < range_span(best)) best = code;
    }
    return best;
}

/* The numbers of a row, by quantity. */
static void fill_direct(const Channel *channel, double *values) {
    const Recording *rule = &channel->rule;
    Mark to = rule->to_set ? rule->to : mark(channel);
    double time = to.time - rule->from.time;
    values[EWE] = channel->voltage;
    values[ECE] = channel->made.ece;
    values[CURRENT] = channel->current;
    values[CYCLE] = channel->stage.cycle;
    values[CONTROL_E] = channel->voltage;
    values[MEAN_I] = channel->current;
    values[MEAN_EWE] = channel->voltage;
    if (rule->averages && time > 0.0) {
        values[MEAN_I] = (to.charge - rule->from.charge) / time;
        values[MEAN_EWE] = 0.5 * (to.voltage + rule->from.voltage);
    }
    values[CONTROL] = channel->stage.mode == HOLD_CURRENT ? channel->stage.level
                                                         : channel->voltage;
    values[CHARGE] = channel->cell.q - channel->charge_begun;
    values[I_RANGE] = range_of(channel);
}

static void fill_sine(const Channel *channel, double *values) {
    const Sweep *sweep = &channel->sweep;
    double real = cell_real(&channel->cell, sweep->frequency);
    double imaginary = cell_imaginary(&channel->cell, sweep->frequency);
    double size = hypot(real, imaginary), amplitude = sweep->amplitude;
    values[FREQUENCY] = sweep->frequency;
    values[ABS_EWE] = sweep->galvanostatic ? amplitude * size : amplitude;
    values[ABS_I] = sweep->galvanostatic ? amplitude : amplitude / size;
    values[PHASE] = atan2(imaginary, real); /* rad; a capacitive cell's is negative */
    values[SECONDS] = channel->now - channel->start;
}

static void write(Channel *channel) {
    uint32_t row[MOST_COLUMNS], board = (uint32_t)channel->made.board, time[2];
    double values[QUANTITIES] = {0.0};
    fill_direct(channel, values);
    if (channel->process == 1) fill_sine(channel, values);
    const Technique *technique = channel->loaded[channel->index].technique;
    Layout layout = layout_of(technique, board, channel->process, channel->xctr);
    double ticks = (channel->now - channel->start) / (double)channel->time_base;
    time_words(ticks, board, time);
    for (int k = 0; k < layout.count; k++) {
        Quantity quantity = layout.column[k];
        bool as_float = quantity == I_RANGE && config()->eis_range_as_float;
        if (quantity == UNUSED)
            row[k] = NOT_A_NUMBER_OF_OURS;
        else if (quantity == T_HIGH || quantity == T_LOW)
            row[k] = time[k];
        else if (is_integer(quantity) && !as_float)
            row[k] = (uint32_t)(int32_t)values[quantity];
        else
            row[k] = float_word(values[quantity], board);
    }
    memory_add(&channel->memory, row);
}

void write_row(Channel *channel) {
    Recording *rule = &channel->rule;
    if (!rule->none_yet && rule->time == channel->now) return;
    if (rule->averages && rule->none_yet) return;
    write(channel);
    rule->none_yet = false;
    rule->time = channel->now;
    rule->voltage = channel->voltage;
    rule->current = channel->current;
    rule->from = mark(channel);
    rule->from_set = rule->begin <= 0.0;
    rule->to_set = false;
}

void write_point(Channel *channel) { write(channel); }
