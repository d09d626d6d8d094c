// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT

// Prints how many warp instructions the emulator runs in a second on one core, one JSON object:
//
//   emulator_bench > emulator.json
//
// Every check that is on by default is on. Seconds are of processor time, so that other work on the
// machine counts little; each kernel runs for half a second at least, and the best of its runs is
// taken.
#include <algorithm>
#include <cmath>
#include <ctime>
#include <fstream>
#include <functional>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/emulator/kernel_runner.h"

namespace emulator {
namespace {

using nlohmann::json;

constexpr double kMinSeconds = 0.5;

double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

json measure(const std::string& name, const std::function<LaunchCounts()>& launch) {
  double best = 0;
  uint64_t warp_instructions = 0;
  for (const double start = processor_seconds(); processor_seconds() - start < kMinSeconds;) {
    const double before = processor_seconds();
    warp_instructions = launch().warp_instructions;
    const double seconds = processor_seconds() - before;
    best = std::max(best, static_cast<double>(warp_instructions) / seconds);
  }
  return {{"kernel", name},
          {"warp_instructions", warp_instructions},
          {"million_per_s", std::round(best * 1e-5) / 10}};
}

std::string read_file(const char* name) {
  std::stringstream text;
  text << std::ifstream(name).rdbuf();
  return text.str();
}

// What a compiler made of tests/emulator/kernels/simt.cu.
json compiled_kernels() {
  KernelRunner runner(read_file(EMULATOR_TEST_KERNELS "/simt.ptx"));
  runner.options.num_workers = 1;
  constexpr int kLength = 1 << 20;
  const uint64_t in = runner.upload(std::vector<float>(kLength, 0.5f));
  const uint64_t lse = runner.upload(std::vector<float>(kLength, 1.0f));
  const uint64_t out = runner.allocate(4 * kLength);
  struct PackParams {
    uint64_t values, packed;
    float scale;
    int64_t row_stride;
    int32_t row_length;
  };
  return {
      measure("pack",
              [&] {
                const PackParams params{in, out, 0.5f, kLength, kLength};
                return runner.launch("pack", {kLength / 2048, 1, 1}, {256, 1, 1}, params);
              }),
      measure("reduce",
              [&] { return runner.launch("reduce", {4, 1, 1}, {256, 1, 1}, in, out, kLength); }),
      measure("merge",
              [&] {
                return runner.launch("merge", {2048, 1, 1}, {128, 1, 1}, in, lse, in, lse, out, out,
                                     512);
              }),
      measure("matmul",
              [&] { return runner.launch("matmul", {8, 8, 1}, {16, 16, 1}, in, in, out, 128); }),
  };
}

// The body eight times over in a loop of 2000 rounds, run by 8 warps.
json repeated(const std::string& name, const std::string& prologue, const std::string& body) {
  std::string text =
      ".reg .b32 %n, %x, %y, %z, %w, %s;\n.reg .b64 %a;\n.reg .pred %more;\n"
      ".shared .align 16 .b8 buffer[20480];\nmov.u32 %n, 2000;\nmov.u32 %x, %thread;\n"
      "mov.f32 %y, 0f3F000000;\nmov.f32 %z, 0f3F800000;\nmov.u32 %w, 7;\n" +
      prologue + "again:\n";
  for (int i = 0; i < 8; ++i) text += body;
  text += "sub.s32 %n, %n, 1;\nsetp.ne.s32 %more, %n, 0;\n@%more bra again;\n";
  KernelRunner runner(kernel_with_two_pointers(text));
  runner.options.num_workers = 1;
  const uint64_t memory = runner.upload(std::vector<uint32_t>(1 << 16, 1));
  return measure(name, [&] { return runner.launch("k", {1, 1, 1}, {256, 1, 1}, memory, memory); });
}

json arithmetic() {
  return {
      repeated("add.s32", "", "add.s32 %x, %x, %y;\n"),
      repeated("fma.rn.f32", "", "fma.rn.f32 %x, %x, %y, %z;\n"),
      repeated("ex2.approx.ftz.f32", "", "ex2.approx.ftz.f32 %x, %y;\n"),
      repeated("cvt.rn.satfinite.e4m3x2.f32", ".reg .b16 %h;\n",
               "cvt.rn.satfinite.e4m3x2.f32 %h, %x, %y;\n"),
      repeated("cvt.rn.bf16x2.f32", "", "cvt.rn.bf16x2.f32 %x, %y, %z;\n"),
      repeated("mov.b64 {}", "", "mov.b64 %a, {%x, %y};\nmov.b64 {%z, %w}, %a;\n"),
      repeated("shfl.sync.bfly.b32", "", "shfl.sync.bfly.b32 %x, %x, 1, 31, -1;\n"),
  };
}

// Loads and stores of both spaces whose lanes are lane_bytes apart.
json accesses(const std::string& name, int lane_bytes) {
  const std::string step = std::to_string(lane_bytes);
  const std::string global = "mul.wide.u32 %a, %thread, " + step + ";\nadd.s64 %a, %a, %in;\n";
  const std::string shared = "mov.u32 %s, buffer;\nmad.lo.u32 %s, %thread, " + step +
                             ", %s;\nst.shared.v4.u32 [%s], {%x, %y, %z, %w};\n";
  const std::string four = "{%x, %y, %z, %w}";
  return {
      repeated("ld.global.u32 " + name, global, "ld.global.u32 %x, [%a];\n"),
      repeated("st.global.u32 " + name, global, "st.global.u32 [%a], %x;\n"),
      repeated("ld.global.v4.u32 " + name, global, "ld.global.v4.u32 " + four + ", [%a];\n"),
      repeated("st.global.v4.u32 " + name, global, "st.global.v4.u32 [%a], " + four + ";\n"),
      repeated("ld.shared.u32 " + name, shared, "ld.shared.u32 %x, [%s];\n"),
      repeated("st.shared.u32 " + name, shared, "st.shared.u32 [%s], %x;\n"),
      repeated("ld.shared.v4.u32 " + name, shared, "ld.shared.v4.u32 " + four + ", [%s];\n"),
      repeated("st.shared.v4.u32 " + name, shared, "st.shared.v4.u32 [%s], " + four + ";\n"),
  };
}

}  // namespace
}  // namespace emulator

int main() {
  const nlohmann::json result = {{"compiled", emulator::compiled_kernels()},
                                 {"arithmetic", emulator::arithmetic()},
                                 {"16 bytes apart", emulator::accesses("16", 16)},
                                 {"80 bytes apart", emulator::accesses("80", 80)},
                                 {"uniform", emulator::accesses("0", 0)}};
  std::cout << result.dump(2) << '\n';
}
