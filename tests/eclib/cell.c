#include "cell.h"

#include <math.h>
#include <string.h>

#define TWO_PI 6.283185307179586

enum { SIZE = 4, TERMS = 14 };
typedef double Matrix[SIZE][SIZE];

double cell_open(const Cell *cell) {
    return cell->empty + cell->slope * cell->q + cell->u;
}

double cell_voltage(const Cell *cell, double current) {
    return cell_open(cell) + cell->r0 * current;
}

double cell_current(const Cell *cell, double voltage) {
    return (voltage - cell_open(cell)) / cell->r0;
}

double cell_time_constant(const Cell *cell) { return cell->r1 * cell->c1; }

void cell_at_current(Cell *cell, double current, double time) {
    double tau = cell_time_constant(cell);
    cell->q += current * time;
    if (tau > 0.0) {
        double settled = cell->r1 * current;
        cell->u = settled + (cell->u - settled) * exp(-time / tau);
    }
}

static void product(Matrix a, Matrix b, Matrix out) {
    Matrix made;
    for (int i = 0; i < SIZE; i++)
        for (int j = 0; j < SIZE; j++) {
            made[i][j] = 0.0;
            for (int k = 0; k < SIZE; k++) made[i][j] += a[i][k] * b[k][j];
        }
    memcpy(out, made, sizeof made);
}

/* exp(a) by Taylor's series of a / 2^n, squared n times. */
static void exponential(Matrix a, Matrix out) {
    double norm = 0.0;
    for (int i = 0; i < SIZE; i++)
        for (int j = 0; j < SIZE; j++) norm = fmax(norm, fabs(a[i][j]));
    int squarings = norm > 0.125 ? (int)ceil(log2(norm / 0.125)) : 0;
    double scale = ldexp(1.0, -squarings);
    Matrix term;
    memset(term, 0, sizeof term);
    for (int i = 0; i < SIZE; i++) term[i][i] = 1.0;
    memcpy(out, term, sizeof term);
    for (int i = 0; i < SIZE; i++)
        for (int j = 0; j < SIZE; j++) a[i][j] *= scale;
    for (int n = 1; n <= TERMS; n++) {
        product(term, a, term);
        for (int i = 0; i < SIZE; i++)
            for (int j = 0; j < SIZE; j++) {
                term[i][j] /= n;
                out[i][j] += term[i][j];
            }
    }
    while (squarings-- > 0) product(out, out, out);
}

/* The state (q, u, v, 1) obeys a linear equation: i = (v - empty - slope q - u) / r0.
   q is taken in units of 1/slope volts, so that all four are volts; what stores
   nothing, a dummy cell, has no slope, and its q is in coulombs. */
void cell_at_voltage(Cell *cell, double voltage, double rate, double time) {
    double tau = cell_time_constant(cell), g = 1.0 / cell->r0;
    double per_q = cell->slope != 0.0 ? cell->slope : 1.0;
    double felt = cell->slope / per_q, per_u = tau > 0.0 ? 1.0 / cell->c1 : 0.0;
    Matrix a = {
        {-felt * per_q * g, -per_q * g, per_q * g, 0.0},
        {-felt * per_u * g, -per_u * g - (tau > 0.0 ? 1.0 / tau : 0.0), per_u * g, 0.0},
        {0.0, 0.0, 0.0, rate},
        {0.0, 0.0, 0.0, 0.0},
    };
    for (int i = 0; i < SIZE; i++)
        for (int j = 0; j < SIZE; j++) a[i][j] *= time;
    Matrix e;
    exponential(a, e);
    double x[SIZE] = {per_q * cell->q, cell->u, voltage - cell->empty, 1.0};
    double y[2] = {0.0, 0.0};
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < SIZE; j++) y[i] += e[i][j] * x[j];
    cell->q = y[0] / per_q;
    cell->u = y[1];
}

double cell_real(const Cell *cell, double frequency) {
    double x = TWO_PI * frequency * cell_time_constant(cell);
    return cell->r0 + cell->r1 / (1.0 + x * x);
}

double cell_imaginary(const Cell *cell, double frequency) {
    double omega = TWO_PI * frequency, x = omega * cell_time_constant(cell);
    return -cell->r1 * x / (1.0 + x * x) - cell->slope / omega;
}
