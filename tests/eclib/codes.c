/* Error codes, ranges and boards, from the published header and public drivers. */
#include "numbers.h"
#include "tables.h"

const Named ERRORS[] = {
    {0, "no error"},
    {-1, "no instrument connected"},
    {-2, "connection in progress"},
    {-3, "channel not plugged"},
    {-4, "invalid function parameters"},
    {-5, "selected file does not exist"},
    {-6, "function failed"},
    {-7, "no channel selected"},
    {-8, "invalid instrument configuration"},
    {-9, "EC-Lab firmware is loaded on the instrument"},
    {-10, "library not correctly loaded"},
    {-11, "USB library not correctly loaded"},
    {-12, "function already in progress"},
    {-13, "channel already running"},
    {-14, "device not allowed"},
    {-15, "invalid update parameters call"},
    {-101, "internal instrument communication failed"},
    {-102, "too many data to transfer from the instrument"},
    {-103, "channel unplugged"},
    {-104, "instrument response error"},
    {-105, "invalid message size"},
    {-200, "communication failed"},
    {-201, "cannot establish connection"},
    {-202, "waiting for the instrument response"},
    {-203, "invalid IP address"},
    {-204, "cannot allocate memory in the instrument"},
    {-205, "cannot load firmware into channels"},
    {-206, "communication firmware incompatible"},
    {-207, "maximum number of connections reached"},
    {-300, "kernel file not found"},
    {-301, "kernel file cannot be read"},
    {-302, "kernel file invalid"},
    {-303, "kernel cannot be loaded"},
    {-304, "FPGA file not found"},
    {-305, "FPGA file cannot be read"},
    {-306, "FPGA file invalid"},
    {-307, "FPGA file cannot be loaded"},
    {-308, "no firmware loaded on the channel"},
    {-309, "loaded firmware not compatible with the library"},
    {-400, "ECC file not found"},
    {-401, "ECC file incompatible with the channel firmware"},
    {-402, "ECC file corrupted"},
    {-403, "cannot load the ECC file"},
    {-404, "data returned by the instrument corrupted"},
    {-405, "cannot load techniques: memory full"},
};
const int ERROR_COUNT = (int)(sizeof ERRORS / sizeof *ERRORS);

const char *error_words(int code) {
    for (int k = 0; k < ERROR_COUNT; k++)
        if (ERRORS[k].code == code) return ERRORS[k].words;
    return "unknown error";
}

/* I range codes: 0 is 100 pA, each next one ten times as much, 10 is 1 A; 11 is the
   booster, 12 auto; 13 and 14 (10 pA, 1 pA) came later, with the ultra-low current. */
double range_span(int code) {
    static const double spans[] = {1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4,
                                   1e-3,  1e-2, 1e-1, 1.0,  0.0,  0.0,  1e-11, 1e-12};
    return code >= 0 && code < 15 ? spans[code] : 0.0;
}

double voltage_range_span(int code) {
    static const double spans[] = {2.5, 5.0, 10.0};
    return code >= 0 && code < 3 ? spans[code] : 10.0;
}

/* SP-100, SP-200, SP-300, VSP-300, VMP-300, SP-240, BP-300 carry board type 2. */
uint32_t board_of_device(int device) {
    static const int premium[] = {23, 21, 16, 20, 12, 27, 32};
    for (unsigned k = 0; k < sizeof premium / sizeof *premium; k++)
        if (premium[k] == device) return PREMIUM;
    return ESSENTIAL;
}

/* A VMP3 board drives 400 mA at 10 V, an SP-300 board 500 mA at 12 V; a DIGICORE, of
   which nothing is public, is taken for the latter. */
double usual_current(uint32_t board) { return board == ESSENTIAL ? 0.4 : 0.5; }

double usual_compliance(uint32_t board) { return board == ESSENTIAL ? 10.0 : 12.0; }
