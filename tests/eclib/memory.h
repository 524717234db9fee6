/* A channel's on-board memory: rows as data words, in blocks of one technique, pass of
   a loop, and process. BL_GetData hands out rows of one block, the oldest first. */
#ifndef ORACLE_MEMORY_H
#define ORACLE_MEMORY_H

#include <stdint.h>

typedef struct Block {
    struct Block *next;
    int technique, id, process, loop, columns;
    double start; /* s since the experiment began */
    float time_base;
    uint32_t *words;
    int rows, taken, room, lost;
} Block;

typedef struct {
    Block *oldest, *newest;
    long size, filled; /* bytes */
} Memory;

void memory_clear(Memory *memory);
/* Let the next rows belong to a block like `like`. */
void memory_open(Memory *memory, const Block *like);
/* Keep a row, or count it as lost where there is no room for it. */
void memory_add(Memory *memory, const uint32_t *row);
/* Copy rows to `out`, at most 1000 words; return them and their block, and in `lost`
   how many rows were lost there since. NULL: there is nothing. */
const Block *memory_take(Memory *memory, uint32_t *out, int *rows, int *lost);

#endif
