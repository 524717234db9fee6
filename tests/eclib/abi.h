/* Structs of EClib as its published header (BLStructs.h, release 6) lays them out.

   Everything is little-endian. TDataInfos and TEccParams are packed to 4 bytes; all
   others have natural alignment, which for int32 and float is the same thing. */
#ifndef ORACLE_ABI_H
#define ORACLE_ABI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#define EXPORTED __declspec(dllexport)
#define CALL __stdcall /* ignored on 64 bit */
#else
#define EXPORTED __attribute__((visibility("default")))
#define CALL
#endif

enum { MOST_CHANNELS = 16, BUFFER_WORDS = 1000, LABEL_BYTES = 64 };

typedef struct {
    int32_t DeviceCode, RAMSize, CPU, NumberOfChannels, NumberOfSlots;
    int32_t FirmwareVersion, FirmwareDate_yyyy, FirmwareDate_mm, FirmwareDate_dd;
    int32_t HTdisplayOn, NbOfConnectedPC;
} TDeviceInfos;

typedef struct {
    int32_t Channel, BoardVersion, BoardSerialNumber, FirmwareCode, FirmwareVersion;
    int32_t XilinxVersion, AmpCode, NbAmps, Lcboard, Zboard, MUXboard, GPRAboard;
    int32_t MemSize, MemFilled, State, MaxIRange, MinIRange, MaxBandwidth;
    int32_t NbOfTechniques;
    int32_t FloatFormat, CPUCIE; /* not in older releases, which write 76 bytes */
} TChannelInfos;

typedef struct {
    int32_t State, MemFilled;
    float TimeBase, Ewe, EweRangeMin, EweRangeMax, Ece, EceRangeMin, EceRangeMax;
    int32_t Eoverflow;
    float I;
    int32_t IRange, Ioverflow;
    float ElapsedTime, Freq, Rcomp;
    int32_t Saturation, OptErr, OptPos;
} TCurrentValues;

typedef struct {
    char ParamStr[LABEL_BYTES];
    int32_t ParamType, ParamVal, ParamIndex;
} TEccParam;

typedef struct {
    int32_t Conn, Ground;
} THardwareConf;

typedef struct {
    int32_t Id, indx, nbParams, nbSettings;
    TEccParam *Params, *HardSettings;
} TTechniqueInfos;

typedef struct {
    int32_t Group, PCidentifier, TimeHMS, TimeYMD;
    char Filename[256];
} TExperimentInfos;

#pragma pack(push, 4)
typedef struct {
    int32_t IRQskipped, NbRows, NbCols, TechniqueIndex, TechniqueID, ProcessIndex, loop;
    double StartTime;
    int32_t MuxPad;
} TDataInfos;

typedef struct {
    int32_t len;
    TEccParam *pParams;
} TEccParams;
#pragma pack(pop)

typedef struct {
    uint32_t data[BUFFER_WORDS];
} TDataBuffer;

/* By value, the packed struct is class MEMORY to gcc on System V, while libffi passes
   12 bytes in two registers. Three words are the same bytes and go where libffi puts
   them; Windows passes a hidden pointer, so there the real struct stands. */
#if defined(_WIN32)
typedef TEccParams EccParamsByValue;
#else
typedef struct {
    uint32_t len, low, high;
} EccParamsByValue;
_Static_assert(sizeof(EccParamsByValue) == 12, "three words");
#endif

#define SIZE(type, bytes) _Static_assert(sizeof(type) == (bytes), #type)
#define AT(type, field, bytes) \
    _Static_assert(offsetof(type, field) == (bytes), #type "." #field)

SIZE(TDeviceInfos, 44);
AT(TDeviceInfos, NumberOfChannels, 12);
AT(TDeviceInfos, NbOfConnectedPC, 40);
SIZE(TChannelInfos, 84);
AT(TChannelInfos, FirmwareCode, 12);
AT(TChannelInfos, FirmwareVersion, 16);
AT(TChannelInfos, Zboard, 36);
AT(TChannelInfos, MemSize, 48);
AT(TChannelInfos, MemFilled, 52);
AT(TChannelInfos, State, 56);
AT(TChannelInfos, MaxIRange, 60);
AT(TChannelInfos, MinIRange, 64);
AT(TChannelInfos, MaxBandwidth, 68);
AT(TChannelInfos, NbOfTechniques, 72);
AT(TChannelInfos, FloatFormat, 76);
AT(TChannelInfos, CPUCIE, 80);
SIZE(TCurrentValues, 76);
AT(TCurrentValues, TimeBase, 8);
AT(TCurrentValues, Ewe, 12);
AT(TCurrentValues, Ece, 24);
AT(TCurrentValues, Eoverflow, 36);
AT(TCurrentValues, I, 40);
AT(TCurrentValues, IRange, 44);
AT(TCurrentValues, Ioverflow, 48);
AT(TCurrentValues, ElapsedTime, 52);
AT(TCurrentValues, Freq, 56);
AT(TCurrentValues, Saturation, 64);
AT(TCurrentValues, OptErr, 68);
AT(TCurrentValues, OptPos, 72);
SIZE(TDataInfos, 40);
AT(TDataInfos, NbRows, 4);
AT(TDataInfos, TechniqueID, 16);
AT(TDataInfos, loop, 24);
AT(TDataInfos, StartTime, 28);
AT(TDataInfos, MuxPad, 36);
SIZE(TDataBuffer, 4000);
SIZE(TEccParam, 76);
AT(TEccParam, ParamType, 64);
AT(TEccParam, ParamVal, 68);
AT(TEccParam, ParamIndex, 72);
SIZE(THardwareConf, 8);
SIZE(TExperimentInfos, 272);
SIZE(TEccParams, 4 + sizeof(void *));
AT(TEccParams, pParams, 4);
SIZE(TTechniqueInfos, 16 + 2 * sizeof(void *));
AT(TTechniqueInfos, Params, 16);

#endif
