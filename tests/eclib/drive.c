/* The electronics: they hold a current as long as the voltage stays within their
   compliance, or a voltage as long as the current stays within the range. */
#include <math.h>

#include "channel.h"
#include "numbers.h"

static double limited(double value, double most) {
    return fmax(-most, fmin(most, value));
}

static double compliance(const Channel *channel) {
    return usual_compliance((uint32_t)channel->made.board);
}

static double most_current(const Channel *channel) {
    double span = range_span(channel->current_range), most = channel->made.max_current;
    return span > 0.0 && span < most ? span : most;
}

static bool wants_current(const Channel *channel) {
    const Stage *stage = &channel->stage;
    if (stage->mode == SINE_ON) return channel->sweep.galvanostatic;
    return stage->mode == HOLD_CURRENT;
}

static double wanted_voltage(const Channel *channel) {
    const Stage *stage = &channel->stage;
    double most = compliance(channel);
    if (wants_current(channel)) return stage->level > 0.0 ? most : -most;
    double moved = stage->mode == RAMP_VOLTAGE
                       ? stage->rate * (channel->now - stage->begun)
                       : 0.0;
    return limited(stage->level + moved, most);
}

static void look_at_current(Channel *channel, double wanted) {
    double most = most_current(channel);
    channel->current = limited(wanted, most);
    channel->current_overflow = fabs(wanted) > most * (1.0 + 1e-6);
    channel->voltage = cell_voltage(&channel->cell, channel->current);
    channel->saturated = channel->current_overflow;
    channel->holds_current = true;
}

static void look_at_voltage(Channel *channel, double wanted) {
    channel->voltage = wanted;
    channel->current = cell_current(&channel->cell, wanted);
    channel->current_overflow = channel->saturated = false;
    channel->holds_current = false;
}

void look(Channel *channel) {
    if (channel->stage.mode == HOLD_NOTHING) {
        look_at_current(channel, 0.0);
    } else if (wants_current(channel)) {
        look_at_current(channel, channel->stage.level);
        if (fabs(channel->voltage) > compliance(channel)) {
            look_at_voltage(channel, wanted_voltage(channel));
            channel->saturated = true;
        }
    } else {
        look_at_voltage(channel, wanted_voltage(channel));
        if (fabs(channel->current) > most_current(channel))
            look_at_current(channel, channel->current);
    }
    if (channel->stage.mode == SINE_ON && channel->sweep.galvanostatic &&
        fabs(channel->current) + channel->sweep.amplitude > most_current(channel))
        channel->current_overflow = true;
    channel->voltage_overflow =
        fabs(channel->voltage) > voltage_range_span(channel->voltage_range);
}

void drive(Channel *channel, double to) {
    double time = to - channel->now;
    look(channel);
    if (channel->holds_current) {
        cell_at_current(&channel->cell, channel->current, time);
    } else {
        bool ramps = channel->stage.mode == RAMP_VOLTAGE &&
                     fabs(channel->voltage) < compliance(channel);
        double rate = ramps ? channel->stage.rate : 0.0;
        cell_at_voltage(&channel->cell, channel->voltage, rate, time);
    }
    channel->now = to;
    look(channel);
}

static bool holds(const Test *test, double voltage, double current) {
    double x = test->of_current ? current : voltage;
    return test->at_least ? x >= test->value : x <= test->value;
}

bool tests_fire(const Channel *channel) {
    const Stage *stage = &channel->stage;
    bool all = true, any_together = false;
    for (int k = 0; k < stage->tests; k++) {
        const Test *test = &stage->test[k];
        bool reached = holds(test, channel->voltage, channel->current);
        if (!test->together && reached) return true;
        if (test->together) {
            any_together = true;
            all = all && reached;
        }
    }
    return any_together && all;
}
