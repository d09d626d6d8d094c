// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

// The driver's binary interface, as far as functions.def needs it, so that building takes no CUDA
// toolkit. Types keep the driver's own names and live in this namespace beside any real cuda.h;
// enumerators are named in the house style. tests/driver/abi_test.cc compares all of it with
// cuda.h.
namespace mla::driver {

using cuuint32_t = std::uint32_t;
using cuuint64_t = std::uint64_t;
using CUdevice = int;
using CUdeviceptr = unsigned long long;
using CUcontext = struct ContextHandle*;
using CUlibrary = struct LibraryHandle*;
using CUkernel = struct KernelHandle*;
using CUfunction = struct FunctionHandle*;
using CUstream = struct StreamHandle*;
using CUevent = struct EventHandle*;
using CUgraph = struct GraphHandle*;
using CUgraphExec = struct GraphExecHandle*;

// Results that the library tells apart; every other value is reported with the driver's own text.
enum CUresult : int {
  kSuccess = 0,
  kErrorInvalidValue = 1,
  kErrorOutOfMemory = 2,
  kErrorNotInitialized = 3,
  kErrorDeinitialized = 4,
  kErrorStubLibrary = 34,
  kErrorNoDevice = 100,
  kErrorInvalidDevice = 101,
  kErrorInvalidImage = 200,
  kErrorInvalidContext = 201,
  kErrorNoBinaryForGpu = 209,
  kErrorInvalidPtx = 218,
  kErrorUnsupportedPtxVersion = 222,
  kErrorInvalidSource = 300,
  kErrorInvalidHandle = 400,
  kErrorNotFound = 500,
  kErrorNotReady = 600,
  kErrorIllegalAddress = 700,
  kErrorLaunchOutOfResources = 701,
  kErrorHostMemoryAlreadyRegistered = 712,
  kErrorHostMemoryNotRegistered = 713,
  kErrorIllegalInstruction = 715,
  kErrorMisalignedAddress = 716,
  kErrorLaunchFailed = 719,
  kErrorCooperativeLaunchTooLarge = 720,
  kErrorNotSupported = 801,
  kErrorStreamCaptureUnsupported = 900,
  kErrorInvalidClusterSize = 912,
  kErrorUnknown = 999,
};

enum CUdevice_attribute : int {
  kMaxThreadsPerBlock = 1,
  kMaxGridDimX = 5,
  kMaxGridDimY = 6,
  kMaxGridDimZ = 7,
  kWarpSize = 10,
  kClockRateKilohertz = 13,
  kMultiprocessorCount = 16,
  kMemoryClockRateKilohertz = 36,
  kGlobalMemoryBusWidthBits = 37,
  kL2CacheSizeBytes = 38,
  kMaxThreadsPerMultiprocessor = 39,
  kComputeCapabilityMajor = 75,
  kComputeCapabilityMinor = 76,
  kMaxSmemPerMultiprocessorBytes = 81,
  kCooperativeLaunch = 95,
  kMaxSmemPerBlockOptinBytes = 97,
  kMaxBlocksPerMultiprocessor = 106,
  kClusterLaunch = 120,
  kTensorMapAccessSupported = 127,
};

enum CUfunction_attribute : int {
  kFunctionMaxThreadsPerBlock = 0,
  kFunctionStaticSmemBytes = 1,
  kFunctionLocalBytes = 3,
  kFunctionNumRegisters = 4,
  kFunctionMaxDynamicSmemBytes = 8,
  kFunctionNonPortableClusterSizeAllowed = 14,
};

enum CUjit_option : int {};
enum CUlibraryOption : int {};

enum CUstreamCaptureMode : int {
  kCaptureModeGlobal = 0,
  kCaptureModeThreadLocal = 1,
  kCaptureModeRelaxed = 2,
};

inline constexpr unsigned kStreamNonBlocking = 1;
inline constexpr unsigned kEventDisableTiming = 2;

enum CUlaunchAttributeID : int {
  kLaunchCooperative = 2,
  kLaunchClusterDimension = 4,
  kLaunchProgrammaticStreamSerialization = 6,
};

union CUlaunchAttributeValue {
  char padding[64];
  int cooperative;
  int programmatic_stream_serialization;
  struct {
    unsigned x, y, z;
  } cluster_dim;
};

struct CUlaunchAttribute {
  CUlaunchAttributeID id;
  char padding[8 - sizeof(CUlaunchAttributeID)];
  CUlaunchAttributeValue value;
};

struct CUlaunchConfig {
  unsigned grid_x, grid_y, grid_z;
  unsigned block_x, block_y, block_z;
  unsigned dynamic_smem_bytes;
  CUstream stream;
  CUlaunchAttribute* attributes;
  unsigned num_attributes;
};

struct alignas(128) CUtensorMap {
  cuuint64_t opaque[16];
};

enum CUtensorMapDataType : int {
  kTensorMapUint8 = 0,
  kTensorMapUint16 = 1,
  kTensorMapUint32 = 2,
  kTensorMapInt32 = 3,
  kTensorMapUint64 = 4,
  kTensorMapInt64 = 5,
  kTensorMapFloat16 = 6,
  kTensorMapFloat32 = 7,
  kTensorMapFloat64 = 8,
  kTensorMapBFloat16 = 9,
  kTensorMapFloat32Ftz = 10,
  kTensorMapTFloat32 = 11,
  kTensorMapTFloat32Ftz = 12,
};

enum CUtensorMapInterleave : int { kInterleaveNone = 0, kInterleave16B = 1, kInterleave32B = 2 };

enum CUtensorMapSwizzle : int {
  kSwizzleNone = 0,
  kSwizzle32B = 1,
  kSwizzle64B = 2,
  kSwizzle128B = 3,
  kSwizzle128BAtom32B = 4,
  kSwizzle128BAtom32BFlip8B = 5,
  kSwizzle128BAtom64B = 6,
};

enum CUtensorMapL2promotion : int {
  kL2PromotionNone = 0,
  kL2Promotion64B = 1,
  kL2Promotion128B = 2,
  kL2Promotion256B = 3,
};

enum CUtensorMapFloatOOBfill : int { kOutOfBoundsZero = 0, kOutOfBoundsNan = 1 };

}  // namespace mla::driver
