// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "tests/emulator/insn/tensor_kernel.h"

namespace emulator {
namespace {

std::string kernel(uint32_t num_columns, const std::string& body, const std::string& target,
                   const std::string& group, const std::string& barrier) {
  const std::string columns = std::to_string(num_columns);
  return ".version 9.0\n.target " + target +
         "\n.address_size 64\n.extern .shared .align 1024 .b8 buffer[];\n"
         ".visible .entry k(.param .u64 k_param_0, .param .u64 k_param_1)\n{\n"
         ".reg .b64 %out, %in, %rd<40>;\n.reg .pred %is_warp0, %is_leader, %p<9>;\n"
         ".reg .b32 %thread, %warp, %rank, %tmem, %lanes, %slot, %r<40>, %v<130>;\n"
         ".shared .align 8 .b8 barriers[512];\n.shared .align 4 .b32 place;\n"
         "ld.param.u64 %out, [k_param_0];\nld.param.u64 %in, [k_param_1];\n"
         "mov.u32 %thread, %tid.x;\nshr.u32 %warp, %thread, 5;\nmov.u32 %rank, %cluster_ctarank;\n"
         "setp.eq.u32 %is_warp0, %warp, 0;\nsetp.eq.u32 %is_leader, %thread, 0;\n"
         "mov.u32 %slot, place;\n"
         "@%is_warp0 tcgen05.alloc" +
         group + ".sync.aligned.shared::cta.b32 [%slot], " + columns + ";\nbar.sync 0;\n" +
         "ld.shared.b32 %tmem, [%slot];\nand.b32 %lanes, %warp, 3;\nshl.b32 %lanes, %lanes, 21;\n"
         "add.u32 %lanes, %lanes, %tmem;\n" +
         body + "\n" + barrier + "@%is_warp0 tcgen05.dealloc" + group +
         ".sync.aligned.b32 %tmem, " + columns + ";\nret;\n}\n";
}

}  // namespace

std::string vector_of(const std::string& name, uint32_t count) {
  std::string text = "{";
  for (uint32_t i = 0; i < count; ++i) text += (i ? ", " : "") + name + std::to_string(i);
  return text + "}";
}

std::string store_vector(const std::string& name, uint32_t count) {
  std::string text = "mul.lo.u32 %r39, %thread, " + std::to_string(4 * count) +
                     ";\ncvt.u64.u32 %rd39, %r39;\nadd.s64 %rd39, %rd39, %out;\n";
  for (uint32_t i = 0; i < count; ++i) {
    text +=
        "st.global.b32 [%rd39+" + std::to_string(4 * i) + "], " + name + std::to_string(i) + ";\n";
  }
  return text;
}

std::string tensor_kernel(uint32_t num_columns, const std::string& body,
                          const std::string& target) {
  return kernel(num_columns, body, target, ".cta_group::1", "bar.sync 0;\n");
}

std::string pair_kernel(uint32_t num_columns, const std::string& body) {
  const std::string together = "barrier.cluster.arrive;\nbarrier.cluster.wait;\n";
  return kernel(num_columns, together + body, "sm_100a", ".cta_group::2", together);
}

}  // namespace emulator
