// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT

// src/driver/types.h and functions.def against the CUDA toolkit's own header. Built only where a
// toolkit is; everything is checked while compiling.
#include <cuda.h>
#include <gtest/gtest.h>

#include <type_traits>

#include "driver/types.h"

// Our functions, declared where our types hide the toolkit's.
namespace mla::driver::declared {
#define MLA_DRIVER_FUNCTION(result, symbol, parameters) result symbol parameters;
#include "driver/functions.def"
}  // namespace mla::driver::declared

namespace {

namespace own = mla::driver;

// Two function types agree when they have as many parameters and each has the same size and is a
// pointer in both or in neither.
template <typename A, typename B>
constexpr bool same_form = sizeof(A) == sizeof(B) && std::is_pointer_v<A> == std::is_pointer_v<B>;

template <typename Own, typename Theirs>
constexpr bool agree = false;
template <typename R, typename... A, typename S, typename... B>
  requires(sizeof...(A) == sizeof...(B))
constexpr bool agree<R(A...), S(B...)> = same_form<R, S> && (same_form<A, B> && ...);

#define MLA_DRIVER_FUNCTION(result, symbol, parameters) \
  static_assert(agree<decltype(own::declared::symbol), decltype(::symbol)>, #symbol);
#include "driver/functions.def"

static_assert(sizeof(own::CUlaunchAttribute) == sizeof(::CUlaunchAttribute));
static_assert(sizeof(own::CUlaunchConfig) == sizeof(::CUlaunchConfig));
static_assert(offsetof(own::CUlaunchAttribute, value) == offsetof(::CUlaunchAttribute, value));
static_assert(offsetof(own::CUlaunchConfig, stream) == offsetof(::CUlaunchConfig, hStream));
static_assert(offsetof(own::CUlaunchConfig, attributes) == offsetof(::CUlaunchConfig, attrs));
static_assert(sizeof(own::CUtensorMap) == sizeof(::CUtensorMap));
static_assert(alignof(own::CUtensorMap) == alignof(::CUtensorMap));

// (ours, theirs)
#define MLA_SAME_VALUE(ours, theirs) static_assert(int(own::ours) == int(::theirs), #theirs)
MLA_SAME_VALUE(kErrorDeinitialized, CUDA_ERROR_DEINITIALIZED);
MLA_SAME_VALUE(kErrorNoDevice, CUDA_ERROR_NO_DEVICE);
MLA_SAME_VALUE(kErrorInvalidDevice, CUDA_ERROR_INVALID_DEVICE);
MLA_SAME_VALUE(kErrorInvalidImage, CUDA_ERROR_INVALID_IMAGE);
MLA_SAME_VALUE(kErrorNoBinaryForGpu, CUDA_ERROR_NO_BINARY_FOR_GPU);
MLA_SAME_VALUE(kErrorInvalidPtx, CUDA_ERROR_INVALID_PTX);
MLA_SAME_VALUE(kErrorUnsupportedPtxVersion, CUDA_ERROR_UNSUPPORTED_PTX_VERSION);
MLA_SAME_VALUE(kErrorNotFound, CUDA_ERROR_NOT_FOUND);
MLA_SAME_VALUE(kErrorLaunchFailed, CUDA_ERROR_LAUNCH_FAILED);
MLA_SAME_VALUE(kErrorInvalidClusterSize, CUDA_ERROR_INVALID_CLUSTER_SIZE);
MLA_SAME_VALUE(kMultiprocessorCount, CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
MLA_SAME_VALUE(kComputeCapabilityMajor, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR);
MLA_SAME_VALUE(kComputeCapabilityMinor, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
MLA_SAME_VALUE(kMaxSmemPerBlockOptinBytes, CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN);
MLA_SAME_VALUE(kL2CacheSizeBytes, CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE);
MLA_SAME_VALUE(kClusterLaunch, CU_DEVICE_ATTRIBUTE_CLUSTER_LAUNCH);
MLA_SAME_VALUE(kTensorMapAccessSupported, CU_DEVICE_ATTRIBUTE_TENSOR_MAP_ACCESS_SUPPORTED);
MLA_SAME_VALUE(kFunctionMaxDynamicSmemBytes, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES);
MLA_SAME_VALUE(kFunctionNumRegisters, CU_FUNC_ATTRIBUTE_NUM_REGS);
MLA_SAME_VALUE(kFunctionNonPortableClusterSizeAllowed,
               CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED);
MLA_SAME_VALUE(kCaptureModeRelaxed, CU_STREAM_CAPTURE_MODE_RELAXED);
MLA_SAME_VALUE(kLaunchCooperative, CU_LAUNCH_ATTRIBUTE_COOPERATIVE);
MLA_SAME_VALUE(kLaunchClusterDimension, CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION);
MLA_SAME_VALUE(kLaunchProgrammaticStreamSerialization,
               CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION);
MLA_SAME_VALUE(kTensorMapBFloat16, CU_TENSOR_MAP_DATA_TYPE_BFLOAT16);
MLA_SAME_VALUE(kTensorMapFloat16, CU_TENSOR_MAP_DATA_TYPE_FLOAT16);
MLA_SAME_VALUE(kTensorMapTFloat32Ftz, CU_TENSOR_MAP_DATA_TYPE_TFLOAT32_FTZ);
MLA_SAME_VALUE(kSwizzle128B, CU_TENSOR_MAP_SWIZZLE_128B);
MLA_SAME_VALUE(kSwizzle128BAtom64B, CU_TENSOR_MAP_SWIZZLE_128B_ATOM_64B);
MLA_SAME_VALUE(kL2Promotion256B, CU_TENSOR_MAP_L2_PROMOTION_L2_256B);
MLA_SAME_VALUE(kOutOfBoundsNan, CU_TENSOR_MAP_FLOAT_OOB_FILL_NAN_REQUEST_ZERO_FMA);

TEST(DriverTypes, MatchTheToolkitsHeader) {
  SUCCEED() << "checked while compiling";
}

}  // namespace
