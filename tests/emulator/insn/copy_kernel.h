// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstring>
#include <string>
#include <vector>

#include "emulator/units/tensor_map.h"
#include "tests/emulator/kernel_runner.h"

namespace emulator {

// A tensor map as a kernel receives it.
struct MapParameter {
  alignas(kTensorMapAlignment) uint8_t bytes[kTensorMapBytes] = {};

  MapParameter() = default;
  explicit MapParameter(const TensorMap& map) { std::memcpy(bytes, &map, sizeof map); }
};

// A matrix of 16-bit numbers, `columns` beside each other, read in boxes.
inline TensorMap matrix_map(uint64_t address, uint32_t columns, uint32_t rows, uint16_t box_columns,
                            uint16_t box_rows, Swizzle swizzle = Swizzle::kNone) {
  TensorMap map;
  map.magic = TensorMap::kMagic;
  map.rank = 2;
  map.data_type = 1;
  map.swizzle = swizzle;
  map.element_strides = {1, 1};
  map.box = {box_columns, box_rows};
  map.address = address;
  map.last_index = {columns - 1, rows - 1};
  map.stride_bytes = {columns * 2};
  return map;
}

// A kernel k(out, in, map) for 32 threads. %p1 is set in thread 0, %rank is the CTA's in its
// cluster, %buffer and %barrier are shared addresses. The first 512 bytes of the buffer of 8192
// hold the numbers of the threads, 4 times each; the barrier counts one arrival.
inline std::string copy_kernel(const std::string& body) {
  return ".version 9.0\n.target sm_100a\n.address_size 64\n"
         ".visible .entry k(.param .u64 k_out, .param .u64 k_in, .param .align 64 .b8 k_map[128])\n"
         "{\n.shared .align 1024 .b8 buffer[8192];\n.shared .align 8 .b64 barrier, idle;\n"
         ".reg .b64 %out, %in, %map, %rd<9>;\n.reg .b32 %thread, %rank, %buffer, %barrier, %r<9>;\n"
         ".reg .b16 %h<3>;\n.reg .pred %p<5>;\n"
         "ld.param.u64 %out, [k_out];\nld.param.u64 %in, [k_in];\n"
         "mov.b64 %map, k_map;\ncvta.param.u64 %map, %map;\nmov.u32 %thread, %tid.x;\n"
         "mov.u32 %rank, %cluster_ctarank;\nmov.u32 %buffer, buffer;\nmov.u32 %barrier, barrier;\n"
         "setp.eq.u32 %p1, %thread, 0;\nshl.b32 %r1, %thread, 4;\nadd.u32 %r1, %r1, %buffer;\n"
         "st.shared.v4.u32 [%r1], {%thread, %thread, %thread, %thread};\n"
         "@%p1 mbarrier.init.shared.b64 [barrier], 1;\nfence.proxy.async;\n"
         "barrier.cluster.arrive.aligned;\nbarrier.cluster.wait.aligned;\n" +
         body + "\nret;\n}\n";
}

// Until the barrier's first phase has ended.
inline const char* const kWaitForBarrier =
    "WAIT:\nmbarrier.try_wait.parity.shared.b64 %p2, [barrier], 0;\n@!%p2 bra WAIT;\n";

}  // namespace emulator
