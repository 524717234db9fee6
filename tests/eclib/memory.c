#include "memory.h"

#include <stdlib.h>
#include <string.h>

#include "abi.h"

static void drop_oldest(Memory *memory) {
    Block *block = memory->oldest;
    memory->oldest = block->next;
    if (!memory->oldest) memory->newest = NULL;
    free(block->words);
    free(block);
}

void memory_clear(Memory *memory) {
    while (memory->oldest) drop_oldest(memory);
    memory->filled = 0;
}

void memory_open(Memory *memory, const Block *like) {
    Block *block = malloc(sizeof *block);
    if (!block) abort();
    *block = *like;
    block->next = NULL;
    block->words = NULL;
    block->rows = block->taken = block->room = block->lost = 0;
    if (memory->newest)
        memory->newest->next = block;
    else
        memory->oldest = block;
    memory->newest = block;
}

void memory_add(Memory *memory, const uint32_t *row) {
    Block *block = memory->newest;
    size_t bytes = (size_t)block->columns * sizeof *row;
    if (memory->filled + (long)bytes > memory->size) {
        block->lost++;
        return;
    }
    if (block->rows == block->room) {
        block->room = block->room ? 2 * block->room : 64;
        block->words = realloc(block->words, (size_t)block->room * bytes);
        if (!block->words) abort();
    }
    memcpy(block->words + (size_t)block->rows * (size_t)block->columns, row, bytes);
    block->rows++;
    memory->filled += (long)bytes;
}

static int has_news(const Block *block) {
    return block->taken < block->rows || block->lost;
}

const Block *memory_take(Memory *memory, uint32_t *out, int *rows, int *lost) {
    while (memory->oldest && memory->oldest->next && !has_news(memory->oldest))
        drop_oldest(memory);
    Block *block = memory->oldest;
    if (!block || !has_news(block)) return NULL;
    int most = BUFFER_WORDS / block->columns, left = block->rows - block->taken;
    *rows = left < most ? left : most;
    *lost = block->lost;
    block->lost = 0;
    size_t words = (size_t)*rows * (size_t)block->columns;
    if (words)
        memcpy(out, block->words + (size_t)block->taken * (size_t)block->columns,
               words * sizeof *out);
    block->taken += *rows;
    memory->filled -= (long)(words * sizeof *out);
    return block;
}
