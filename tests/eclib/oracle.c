#include "oracle.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "instrument.h"

EXPORTED void CALL Oracle_Advance(double seconds) {
    wait_for_turn();
    instrument_advance(seconds);
    leave_turn();
}

EXPORTED double CALL Oracle_Now(void) {
    wait_for_turn();
    double now = instrument_now(config()->speed);
    leave_turn();
    return now;
}

EXPORTED uint32_t CALL Oracle_Calls(const char *name) {
    wait_for_turn();
    uint32_t count = calls_of(name);
    leave_turn();
    return count;
}

EXPORTED uint32_t CALL Oracle_Overlaps(void) { return overlaps(); }

EXPORTED uint32_t CALL Oracle_Log(char *text, uint32_t size) {
    wait_for_turn();
    unsigned known = 0, used = 0;
    while (call_logged(known)) known++;
    text[0] = '\0';
    for (unsigned ago = known; ago-- > 0;) {
        int room = (int)(size - used);
        int wrote = snprintf(text + used, (size_t)room, "%s\n", call_logged(ago));
        if (wrote < 0 || wrote >= room) break;
        used += (unsigned)wrote;
    }
    leave_turn();
    return known;
}

EXPORTED void CALL Oracle_Fail(const char *name, int32_t code, int32_t times) {
    wait_for_turn();
    plan_failure(name, code, times);
    leave_turn();
}

EXPORTED int32_t CALL Oracle_Truth(uint8_t number, double out[6]) {
    wait_for_turn();
    Channel *channel = channel_at(number);
    if (channel) {
        look(channel);
        const double seen[6] = {channel->voltage, channel->current, channel->cell.q,
                                channel->cell.u, channel->state, channel->index};
        memcpy(out, seen, sizeof seen);
    }
    leave_turn();
    return channel ? 0 : -3;
}

EXPORTED void CALL Oracle_PowerCut(void) {
    wait_for_turn();
    power_cut();
    leave_turn();
}
