/* The C99 functions that Wine 8's ucrtbase.dll names and does not have.

   numpy, scipy and HDF5 import them from api-ms-win-crt-math-l1-1-0.dll, HDF5 also
   feholdexcept from the -runtime- one; a call ends the process. This is their body: the
   work is done by mingw-w64's own library. All other names of those two libraries are
   handed on to ucrtbase by forwarders (`other_names.py` writes them).

   Complex numbers cross as Microsoft's compiler has them, plain structs of two parts;
   its long double is a double. */

#include <complex.h>
#include <fenv.h>

typedef struct { double re, im; } Double;
typedef struct { float re, im; } Float;

#define GIVEN(z) ((z).re + (z).im * I)
#define RETURNED(type, w) (type){creal(w), cimag(w)}
#define OWN(name) lab_##name /* exported without the prefix: the names are built in */

#define OF_ONE(name)                                                                   \
    Double OWN(name)(Double z) { return RETURNED(Double, name(GIVEN(z))); }
#define OF_ONE_FLOAT(name)                                                             \
    Float OWN(name)(Float z) { return RETURNED(Float, name(GIVEN(z))); }

OF_ONE(catan)
OF_ONE(ccos)
OF_ONE(ccosh)
OF_ONE(cexp)
OF_ONE(clog)
OF_ONE(csin)
OF_ONE(csinh)
OF_ONE(csqrt)
OF_ONE_FLOAT(cexpf)
OF_ONE_FLOAT(clogf)
OF_ONE_FLOAT(csqrtf)

Double OWN(cpow)(Double z, Double n) { return RETURNED(Double, cpow(GIVEN(z), GIVEN(n))); }
Float OWN(cpowf)(Float z, Float n) { return RETURNED(Float, cpowf(GIVEN(z), GIVEN(n))); }

double OWN(cabs)(Double z) { return cabs(GIVEN(z)); }
double OWN(cabsl)(Double z) { return cabs(GIVEN(z)); }
float OWN(cabsf)(Float z) { return cabsf(GIVEN(z)); }
double OWN(carg)(Double z) { return carg(GIVEN(z)); }
double OWN(cargl)(Double z) { return carg(GIVEN(z)); }
float OWN(cargf)(Float z) { return cargf(GIVEN(z)); }
double OWN(creal)(Double z) { return z.re; }
double OWN(creall)(Double z) { return z.re; }
float OWN(crealf)(Float z) { return z.re; }
double OWN(cimag)(Double z) { return z.im; }
double OWN(cimagl)(Double z) { return z.im; }
float OWN(cimagf)(Float z) { return z.im; }

Double OWN(_Cbuild)(double re, double im) { return (Double){re, im}; }
Double OWN(_LCbuild)(double re, double im) { return (Double){re, im}; }
Float OWN(_FCbuild)(float re, float im) { return (Float){re, im}; }

/* HDF5 holds exceptions while it converts numbers and gives them back at once: nothing
   to hold where none is unmasked. Returns 0: done. Microsoft's fenv_t is 8 bytes. */
int OWN(feholdexcept)(unsigned long environment[2])
{
    environment[0] = environment[1] = 0;
    return feclearexcept(FE_ALL_EXCEPT);
}
