// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/libcudart/api.h"

namespace emulator::libcudart {

cudaError_t cudaStreamCreate(cudaStream_t* stream) {
  return remember(libcuda::cuStreamCreate(stream, 0));
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  return remember(libcuda::cuStreamDestroy_v2(stream));
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  return remember(libcuda::cuStreamSynchronize(stream));
}

cudaError_t cudaEventCreate(cudaEvent_t* event) {
  return remember(libcuda::cuEventCreate(event, 0));
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  return remember(libcuda::cuEventDestroy_v2(event));
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  return remember(libcuda::cuEventRecord(event, stream));
}

cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  return remember(libcuda::cuEventSynchronize(event));
}

cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t start, cudaEvent_t end) {
  return remember(libcuda::cuEventElapsedTime(milliseconds, start, end));
}

}  // namespace emulator::libcudart
