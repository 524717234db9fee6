/* Time passes: stages end, tests fire, rows come, techniques follow each other. Nothing
   depends on when somebody looks: every step of the cell is exact. */
#include <math.h>

#include "channel.h"

enum { MOST_JUMPS = 1000000, BISECTIONS = 48 };

static void halt(Channel *channel) {
    channel->state = STOPPED;
    channel->stage.mode = HOLD_NOTHING;
    channel->stage.tests = 0;
    channel->sweep.frequency = 0.0;
    look(channel);
}

/* Jump back unless the loop's passes are done; loop_N_times counts the jumps. */
static void jump(Channel *channel) {
    const Loaded *loop = &channel->loaded[channel->index];
    int times = (int)number_of(loop, "loop_N_times", 0, 0.0);
    int *made = &channel->jumps[channel->index];
    if (times >= 0 && *made >= times) {
        *made = 0;
        return;
    }
    ++*made;
    channel->loop++;
    channel->index = (int)number_of(loop, "protocol_number", 0, 0.0) - 1;
}

static void next_technique(Channel *channel) {
    for (int k = 0; k < MOST_JUMPS; k++) {
        if (++channel->index >= channel->loaded_count) break;
        if (channel->loaded[channel->index].technique->family == JUMP) {
            jump(channel);
            continue;
        }
        begin_technique(channel);
        if (next_stage(channel)) {
            look(channel);
            return;
        }
    }
    halt(channel);
}

static void end_stage(Channel *channel, int exit) {
    if (channel->stage.mode == SINE_ON)
        write_point(channel);
    else
        write_row(channel);
    if (exit == 2)
        halt(channel);
    else if (exit == 1 || !next_stage(channel))
        next_technique(channel);
    else
        look(channel);
}

/* Steps are short against the cell's own time where something may happen on the way. */
static double longest_step(const Channel *channel) {
    double tau = cell_time_constant(&channel->cell);
    return tau > 0.0 ? 0.5 * tau : 10.0;
}

static bool something_happens(const Channel *channel, bool held_current) {
    return tests_fire(channel) || changed_enough(channel) ||
           channel->holds_current != held_current;
}

/* Go on until `to`, or until something happens on the way. */
static void step(Channel *channel, double to) {
    const Cell cell = channel->cell;
    double early = channel->now, late = to;
    look(channel);
    bool held_current = channel->holds_current;
    drive(channel, to);
    if (!something_happens(channel, held_current)) return;
    double from = early;
    for (int k = 0; k < BISECTIONS && late - early > 1e-9; k++) {
        double middle = 0.5 * (early + late);
        channel->cell = cell;
        channel->now = from;
        drive(channel, middle);
        if (something_happens(channel, held_current))
            late = middle;
        else
            early = middle;
    }
    channel->cell = cell;
    channel->now = from;
    drive(channel, late);
}

void channel_bring(Channel *channel, double to) {
    while (channel->state == RUNNING) {
        Stage *stage = &channel->stage;
        note_marks(channel);
        if (row_is_due(channel)) write_row(channel);
        if (tests_fire(channel)) {
            end_stage(channel, stage->exit);
            continue;
        }
        if (channel->now >= stage->end) {
            end_stage(channel, 0);
            continue;
        }
        if (channel->now >= to) return;
        double aim = fmin(fmin(to, stage->end), next_row(channel));
        step(channel, fmin(aim, channel->now + longest_step(channel)));
    }
    if (to > channel->now) drive(channel, to);
}

int channel_start(Channel *channel) {
    if (channel->firmware != KERNEL) return channel->firmware == EC_LAB ? -9 : -308;
    if (channel->state != STOPPED) return -13;
    if (!channel->loaded_count) return -6;
    memory_clear(&channel->memory);
    channel->state = RUNNING;
    channel->begun = channel->now;
    channel->index = -1;
    channel->loop = 0;
    channel->stops_to_say = (int)config()->late_starts;
    for (int k = 0; k < MOST_LOADED; k++) channel->jumps[k] = 0;
    next_technique(channel);
    return 0;
}

void channel_stop(Channel *channel) { halt(channel); }
