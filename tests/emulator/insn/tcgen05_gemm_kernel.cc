// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
// The kernel of a Gemm.
#include "tests/emulator/insn/tcgen05_gemm.h"
#include "tests/emulator/insn/tensor_kernel.h"

namespace emulator {
namespace {

std::string number(uint64_t value) {
  return std::to_string(value);
}

// Puts the bits of a descriptor for buffer + offset into register `name`.
std::string make_descriptor(const std::string& name, uint64_t bits, uint32_t offset) {
  return "mov.u32 %r10, buffer;\nadd.u32 %r10, %r10, " + number(offset) +
         ";\nand.b32 %r10, %r10, 0x3ffff;\nshr.u32 %r10, %r10, 4;\ncvt.u64.u32 " + name +
         ", %r10;\nor.b64 " + name + ", " + name + ", " + number(bits) + ";\n";
}

}  // namespace

// Copies the CTA's image into shared and tensor memory, and the sentinel into D.
std::string Gemm::fill() const {
  const uint32_t bytes = shared_bytes() + kTensorMemoryBytes;
  std::string text =
      "mul.wide.u32 %rd20, %rank, " + number(bytes) +
      ";\nadd.s64 %rd20, %rd20, %in;\nshl.b32 %r20, %thread, 4;\nmov.u32 %r22, buffer;\n"
      "copy_more:\ncvt.u64.u32 %rd21, %r20;\nadd.s64 %rd21, %rd20, %rd21;\n"
      "ld.global.v4.b32 {%r24, %r25, %r26, %r27}, [%rd21];\nadd.u32 %r23, %r22, %r20;\n"
      "st.shared.v4.b32 [%r23], {%r24, %r25, %r26, %r27};\nadd.u32 %r20, %r20, 2048;\n"
      "setp.lt.u32 %p1, %r20, " +
      number(shared_bytes()) + ";\n@%p1 bra copy_more;\nmov.b32 %r24, " + number(kSentinel) + ";\n";
  for (uint32_t column = 0; column < d_columns(); column += 8) {
    text += "add.u32 %r21, %lanes, " + number(column) +
            ";\ntcgen05.st.sync.aligned.32x32b.x8.b32 [%r21], {%r24, %r24, %r24, %r24, %r24, %r24, "
            "%r24, %r24};\n";
  }
  if (case_.is_a_in_tensor_memory) {
    text += "mul.lo.u32 %r20, %thread, " + number(4 * a_columns()) +
            ";\ncvt.u64.u32 %rd21, %r20;\nadd.s64 %rd21, %rd21, %rd20;\n";
    for (uint32_t column = 0; column < a_columns(); ++column) {
      text += "ld.global.b32 %r24, [%rd21+" + number(shared_bytes() + 4 * column) +
              "];\nadd.u32 %r21, %lanes, " + number(256 + column) +
              ";\ntcgen05.st.sync.aligned.32x32b.x1.b32 [%r21], {%r24};\n";
    }
  }
  return text +
         "tcgen05.wait::st.sync.aligned;\nfence.proxy.async;\n"
         "tcgen05.fence::before_thread_sync;\n";
}

// What the one thread does that issues the products.
std::string Gemm::steps() const {
  const std::string group = ".cta_group::" + number(num_ctas());
  const std::string opcode = std::string("tcgen05.mma") +
                             (case_.is_weight_stationary ? ".ws" : "") + group +
                             ".kind::" + case_.kind + " ";
  const uint32_t num_steps = depth_ * element_bytes() / kStepBytes;
  std::string text = "add.u32 %r11, %tmem, " + number(case_.d_lane << 16) + ";\nmov.u32 %r12, " +
                     number(instruction_descriptor()) + ";\nmov.b32 %r15, " +
                     number(case_.disabled_lanes) + ";\nmov.b32 %r16, 0;\n";
  for (uint32_t step = 0; step < num_steps; ++step) {
    text += make_descriptor("%rd2", descriptor(case_.b_span, b_layout_),
                            kOperandBytes + step * b_layout_.step_bytes);
    std::string a = "%rd1";
    if (case_.is_a_in_tensor_memory) {
      text += "add.u32 %r13, %r11, " + number(256 + step * 8) + ";\n";
      a = "[%r13]";
    } else {
      text +=
          make_descriptor("%rd1", descriptor(case_.a_span, a_layout_), step * a_layout_.step_bytes);
    }
    const bool accumulates = step > 0 || case_.d_scale_bits > 0;
    std::string mask;
    if (case_.disabled_lanes) {
      mask = num_ctas() == 1 ? ", {%r15, %r16, %r16, %r16}"
                             : ", {%r15, %r16, %r16, %r16, %r15, %r16, %r16, %r16}";
    }
    const bool is_scaled = case_.d_scale_bits > 0 && step == 0;
    text += opcode + "[%r11], " + a + ", %rd2, %r12" + mask + ", " + (accumulates ? "1" : "0") +
            (is_scaled ? ", " + number(case_.d_scale_bits) : "") + ";\n";
  }
  const std::string commit = "tcgen05.commit" + group + ".mbarrier::arrive::one.shared::cluster";
  if (num_ctas() == 1) return text + commit + ".b64 [%r14];\n";
  return text + "mov.b16 %h, 3;\n" + commit + ".multicast::cluster.b64 [%r14], %h;\n";
}

std::string Gemm::read_back() const {
  std::string text = "mad.lo.u32 %r20, %rank, 128, %thread;\nmul.lo.u32 %r20, %r20, " +
                     number(4 * d_columns()) +
                     ";\ncvt.u64.u32 %rd21, %r20;\n"
                     "add.s64 %rd21, %rd21, %out;\n";
  for (uint32_t column = 0; column < d_columns(); column += 8) {
    text += "add.u32 %r21, %lanes, " + number(column) +
            ";\ntcgen05.ld.sync.aligned.32x32b.x8.b32 " + vector_of("%v", 8) +
            ", [%r21];\ntcgen05.wait::ld.sync.aligned;\n";
    for (uint32_t i = 0; i < 8; ++i) {
      text += "st.global.b32 [%rd21+" + number(4 * (column + i)) + "], %v" + number(i) + ";\n";
    }
  }
  return text;
}

std::string Gemm::kernel() const {
  const bool is_pair = num_ctas() == 2;
  const std::string together =
      is_pair ? "barrier.cluster.arrive;\nbarrier.cluster.wait;\n" : "bar.sync 0;\n";
  const std::string body =
      ".reg .b16 %h;\nmov.u32 %r14, barriers;\n"
      "@%is_leader mbarrier.init.shared::cta.b64 [%r14], 1;\n" +
      fill() + together +
      "tcgen05.fence::after_thread_sync;\nsetp.ne.u32 %p2, %thread, 0;\n"
      "setp.ne.u32 %p3, %rank, 0;\nor.pred %p2, %p2, %p3;\n@%p2 bra issued;\n" +
      steps() +
      "issued:\nbar.warp.sync -1;\nwait:\n"
      "mbarrier.try_wait.parity.shared::cta.b64 %p4, [%r14], 0;\n@!%p4 bra wait;\n"
      "tcgen05.fence::after_thread_sync;\n" +
      read_back();
  return is_pair ? pair_kernel(512, body) : tensor_kernel(512, body);
}

}  // namespace emulator
