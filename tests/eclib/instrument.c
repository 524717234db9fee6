#include "instrument.h"

#include <string.h>

#include "clock.h"
#include "numbers.h"

static Channel channels[MOST_CHANNELS];
static bool made;
static int32_t open_links[MOST_LINKS], last_link;

static void make(void) {
    if (made) return;
    made = true;
    const Config *c = config();
    for (int k = 0; k < MOST_CHANNELS; k++) {
        const ChannelConfig *own = &c->channel[k];
        Channel *channel = &channels[k];
        memset(channel, 0, sizeof *channel);
        channel->made = *own;
        channel->number = k;
        channel->firmware = (int)own->firmware;
        channel->memory.size = (long)own->memory_bytes;
        channel->cell = (Cell){.empty = own->empty,
                               .slope = (own->full - own->empty) / own->capacity,
                               .r0 = own->r0, .r1 = own->r1, .c1 = own->c1,
                               .q = own->charge, .u = 0.0};
        channel->current_range = 12;
        channel->voltage_range = 3;
        channel->time_base = 25e-6f;
        channel->now = instrument_now(c->speed);
    }
}

int open_link(const char *address, int32_t *id) {
    if (config()->problem[0]) return -8;
    if (!address || strcmp(address, config()->address) != 0) return -201;
    for (int k = 0; k < MOST_LINKS; k++)
        if (!open_links[k]) {
            open_links[k] = *id = ++last_link;
            return 0;
        }
    return -207;
}

int close_link(int32_t id) {
    for (int k = 0; k < MOST_LINKS; k++)
        if (id > 0 && open_links[k] == id) {
            open_links[k] = 0;
            return 0;
        }
    return -1;
}

bool is_open(int32_t id) {
    for (int k = 0; k < MOST_LINKS; k++)
        if (id > 0 && open_links[k] == id) return true;
    return false;
}

int links_open(void) {
    int count = 0;
    for (int k = 0; k < MOST_LINKS; k++) count += open_links[k] != 0;
    return count;
}

Channel *channel_at(int number) {
    make();
    if (number < 0 || number >= MOST_CHANNELS || !channels[number].made.plugged)
        return NULL;
    channel_bring(&channels[number], instrument_now(config()->speed));
    return &channels[number];
}

Channel *channel_of(int32_t id, uint8_t number, int *code) {
    *code = is_open(id) ? -3 : -1;
    Channel *channel = is_open(id) ? channel_at(number) : NULL;
    if (channel) *code = 0;
    return channel;
}

void power_cut(void) {
    for (int k = 0; k < MOST_CHANNELS; k++) {
        Channel *channel = channel_at(k);
        if (channel) channel_reset(channel);
    }
    memset(open_links, 0, sizeof open_links);
}

/* The legacy converter knows no board: it takes the one of the last connection. */
uint32_t board_of_last_link(void) { return board_of_device((int)config()->device); }
