/* Boards 1 and 2 have a TMS320C3x, whose floats are not IEEE: bits 31-24 hold the
   exponent e in two's complement, bit 23 the sign, bits 22-0 the fraction f. A number
   is (1 + f) 2^e, or (-2 + f) 2^e with the sign set; e = -128 is zero. There is no
   infinity and no NaN. Board 3 sends IEEE. */
#include "numbers.h"

#include <math.h>
#include <string.h>

enum { TI_ZERO = (int)0x80000000, FRACTION = 1 << 23 };

bool is_ieee(uint32_t board) { return board == DIGICORE; }

static uint32_t ti_word(double value) {
    int exponent;
    double size = frexp(fabs(value), &exponent) * 2.0; /* 1 <= size < 2 */
    exponent -= 1;
    if (value == 0.0 || isnan(value)) return (uint32_t)TI_ZERO;
    uint32_t fraction = (uint32_t)lround((size - 1.0) * FRACTION);
    if (fraction == FRACTION) { /* rounded up to 2 */
        fraction = 0;
        exponent += 1;
    }
    bool negative = value < 0.0;
    if (negative && fraction == 0)
        exponent -= 1; /* -1 2^e is written as -2 2^(e-1) */
    else if (negative)
        fraction = FRACTION - fraction;
    if (exponent < -127) return (uint32_t)TI_ZERO;
    if (exponent > 127) return negative ? 0x7F800000u : 0x7F7FFFFFu;
    return ((uint32_t)(exponent & 0xFF) << 24) | (negative ? 1u << 23 : 0u) | fraction;
}

static float ti_float(uint32_t word) {
    int exponent = (int)(word >> 24);
    if (exponent > 127) exponent -= 256;
    if (exponent == -128) return 0.0f;
    double fraction = (double)(word & 0x7FFFFFu) / FRACTION;
    double mantissa = (word >> 23 & 1u) ? fraction - 2.0 : 1.0 + fraction;
    return (float)ldexp(mantissa, exponent);
}

uint32_t float_word(double value, uint32_t board) {
    if (!is_ieee(board)) return ti_word(value);
    float single = (float)value;
    uint32_t word;
    memcpy(&word, &single, sizeof word);
    return word;
}

float word_float(uint32_t word, uint32_t board) {
    if (!is_ieee(board)) return ti_float(word);
    float single;
    memcpy(&single, &word, sizeof single);
    return single;
}

void time_words(double ticks, uint32_t board, uint32_t out[2]) {
    uint64_t whole = (uint64_t)llround(ticks);
    bool low_first = board == DIGICORE;
    out[low_first ? 1 : 0] = (uint32_t)(whole >> 32);
    out[low_first ? 0 : 1] = (uint32_t)whole;
}

double words_ticks(const uint32_t words[2], uint32_t board) {
    bool low_first = board == DIGICORE;
    uint64_t high = words[low_first ? 1 : 0], low = words[low_first ? 0 : 1];
    return (double)((high << 32) + low);
}
