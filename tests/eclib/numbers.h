/* Numbers in data words: floats of each board, and the two words of a time. */
#ifndef ORACLE_NUMBERS_H
#define ORACLE_NUMBERS_H

#include <stdbool.h>
#include <stdint.h>

/* Channel boards by number: 1 VMP3 kind, 2 SP-300 kind, 3 DIGICORE. */
enum { ESSENTIAL = 1, PREMIUM = 2, DIGICORE = 3 };

bool is_ieee(uint32_t board);
uint32_t float_word(double value, uint32_t board);
float word_float(uint32_t word, uint32_t board);

/* Ticks of a time as the board sends them: boards 1, 2 high word first, board 3 low. */
void time_words(double ticks, uint32_t board, uint32_t out[2]);
double words_ticks(const uint32_t words[2], uint32_t board);

#endif
