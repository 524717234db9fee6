/* An ICU that knows no converter; Wine 8 has none, and Qt 6.9 on does not load without.

   Qt asks it only for encodings that Qt itself does not know, and labctl uses UTF-8
   alone. So every question is answered as ICU answers one it cannot: an error, nothing
   converted. A type of argument that is not used stands as `void *`. */

#include <stddef.h>

#define ASKED __declspec(dllexport)
#define UNSUPPORTED 16 /* U_UNSUPPORTED_ERROR */

static void refuse(int *error)
{
    if (error && *error <= 0)
        *error = UNSUPPORTED;
}

ASKED void *ucnv_open(const char *name, int *error)
{
    refuse(error);
    return NULL;
}

ASKED void ucnv_close(void *converter) {}
ASKED void ucnv_reset(void *converter) {}
ASKED signed char ucnv_getMaxCharSize(const void *converter) { return 1; }

ASKED const char *ucnv_getName(const void *converter, int *error)
{
    refuse(error);
    return NULL;
}

ASKED const char *ucnv_getStandardName(const char *name, const char *by, int *error)
{
    refuse(error);
    return NULL;
}

ASKED int ucnv_countAvailable(void) { return 0; }
ASKED const char *ucnv_getAvailableName(int index) { return NULL; }

ASKED void ucnv_toUnicode(void *c, void *to, void *to_end, void *from, void *from_end,
                          void *offsets, signed char flush, int *error)
{
    refuse(error);
}

ASKED void ucnv_fromUnicode(void *c, void *to, void *to_end, void *from, void *from_end,
                            void *offsets, signed char flush, int *error)
{
    refuse(error);
}

ASKED int ucnv_toUCountPending(const void *converter, int *error)
{
    refuse(error);
    return -1;
}

ASKED int ucnv_fromUCountPending(const void *converter, int *error)
{
    refuse(error);
    return -1;
}

ASKED void ucnv_getToUCallBack(const void *c, void **action, void **context) {}
ASKED void ucnv_getFromUCallBack(const void *c, void **action, void **context) {}

ASKED void ucnv_setToUCallBack(void *c, void *to, void *context, void **old,
                               void **old_context, int *error)
{
    refuse(error);
}

ASKED void ucnv_setFromUCallBack(void *c, void *to, void *context, void **old,
                                 void **old_context, int *error)
{
    refuse(error);
}

ASKED void ucnv_cbToUWriteUChars(void *arguments, const void *source, int length,
                                 int offset, int *error)
{
    refuse(error);
}

ASKED void ucnv_cbFromUWriteUChars(void *arguments, const void **source,
                                   const void *limit, int offset, int *error)
{
    refuse(error);
}

ASKED void UCNV_TO_U_CALLBACK_SUBSTITUTE(const void *context, void *arguments,
                                         const char *units, int length, int reason,
                                         int *error)
{
    refuse(error);
}

ASKED void UCNV_FROM_U_CALLBACK_SUBSTITUTE(const void *context, void *arguments,
                                           const void *units, int length, int code,
                                           int reason, int *error)
{
    refuse(error);
}
