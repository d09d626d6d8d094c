// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "tests/emulator/silicon/kernel_text.h"

namespace emulator::silicon {
namespace {

const char* const kHead = R"(.version 8.6
.target sm_90a
.address_size 64
.visible .entry k(.param .u64 out_param, .param .u64 in_param,
                  .param .align 64 .b8 map_param[128])
{
)";

const char* const kSetUp = R"(.shared .align 8 .b64 barrier;
.reg .b64 %out, %in, %map, %place, %x<8>;
.reg .b32 %thread, %rank, %buffer, %barrier, %i, %value, %here, %tries, %done, %w<8>;
.reg .b16 %h0;
.reg .pred %is_first, %more, %p<2>;
ld.param.u64 %out, [out_param];
ld.param.u64 %in, [in_param];
mov.b64 %map, map_param;
cvta.param.u64 %map, %map;
mov.u32 %thread, %tid.x;
mov.u32 %rank, %cluster_ctarank;
mov.u32 %buffer, buffer;
mov.u32 %barrier, barrier;
mov.u32 %done, 0;
setp.eq.u32 %is_first, %thread, 0;
)";

std::string number(uint32_t value) {
  return std::to_string(value);
}

// Every CTA of the cluster has come here, and sees what the others wrote.
const char* const kMeet = R"(barrier.cluster.arrive.release.aligned;
barrier.cluster.wait.acquire.aligned;
)";

std::string fill_loop(const KernelText& text) {
  const bool has_input = text.fill == KernelText::Fill::kInput;
  const std::string load = "mad.lo.u32 %value, %rank, " + number(text.shared_bytes) +
                           ", %i;\ncvt.u64.u32 %place, %value;\nadd.s64 %place, %place, %in;\n"
                           "ld.global.u32 %value, [%place];\n";
  return "shl.b32 %i, %thread, 2;\nfill:\n" +
         (has_input ? load : std::string("mov.u32 %value, 0xeeeeeeee;\n")) +
         "add.s32 %here, %buffer, %i;\nst.shared.u32 [%here], %value;\nadd.s32 %i, %i, 512;\n"
         "setp.lt.u32 %more, %i, " +
         number(text.shared_bytes) + ";\n@%more bra fill;\n";
}

std::string wait_loop() {
  return R"(mov.u32 %tries, 0;
again:
mbarrier.try_wait.parity.shared::cta.b64 %p0, [%barrier], 0;
selp.u32 %done, 1, 0, %p0;
@%p0 bra arrived;
add.u32 %tries, %tries, 1;
setp.lt.u32 %more, %tries, 40;
@%more bra again;
arrived:
)";
}

std::string dump_loop(uint32_t shared_bytes) {
  const std::string at_rank = "mul.lo.u32 %value, %rank, " + number(shared_bytes + 16) +
                              ";\ncvt.u64.u32 %place, %value;\nadd.s64 %out, %out, %place;\n";
  return at_rank + "@%is_first st.global.u32 [%out+" + number(shared_bytes) +
         "], %done;\nshl.b32 %i, %thread, 2;\ndump:\nadd.s32 %here, %buffer, %i;\n"
         "ld.shared.u32 %value, [%here];\ncvt.u64.u32 %place, %i;\nadd.s64 %place, %place, %out;\n"
         "st.global.u32 [%place], %value;\nadd.s32 %i, %i, 512;\nsetp.lt.u32 %more, %i, " +
         number(shared_bytes) + ";\n@%more bra dump;\n";
}

}  // namespace

std::string KernelText::str() const {
  std::string text = kHead;
  text += ".shared .align 1024 .b8 buffer[" + number(shared_bytes) + "];\n" + kSetUp +
          fill_loop(*this) +
          "@!%is_first bra prepared;\nmbarrier.init.shared::cta.b64 [%barrier], 1;\n"
          "fence.mbarrier_init.release.cluster;\n";
  if (expected_bytes > 0) {
    text += "mbarrier.arrive.expect_tx.shared::cta.b64 %x7, [%barrier], " + number(expected_bytes) +
            ";\n";
  }
  text += std::string("prepared:\nfence.proxy.async;\n") + kMeet + "setp.ge.u32 %more, %thread, " +
          number(num_issuers) + ";\n@%more bra issued;\n" + body + "\nissued:\n";
  if (expected_bytes > 0) text += wait_loop();
  text += kMeet;
  if (dumps) text += dump_loop(shared_bytes);
  return text + "ret;\n}\n";
}

}  // namespace emulator::silicon
