/* Random bytes under the name that Rust asks for; Wine 8 has no bcryptprimitives.dll.

   pydantic_core imports ProcessPrng of it and nothing else. RtlGenRandom is the same
   generator under its old name. */

#include <windows.h>
#include <ntsecapi.h>

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T size)
{
    return RtlGenRandom(data, (ULONG)size);
}
