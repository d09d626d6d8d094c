// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <cstring>

#include "tests/emulator/silicon/matrix_cases.h"

namespace emulator::silicon {
namespace {

// Four warps, each with numbers of its own.
constexpr uint32_t kThreads = 128;
constexpr int kNumKinds = static_cast<int>(ValueKind::kSpecial) + 1;

// One form of mma.sync. Operands are numbers of a format, or bytes where it is an integer form.
struct WarpMma {
  std::string form;
  int num_a_registers;
  OperandFormat a = OperandFormat::kF16;
  OperandFormat b = OperandFormat::kF16;
  AccumulatorFormat d = AccumulatorFormat::kF32;
  bool is_integer = false;

  int num_d_registers() const { return !is_integer && d == AccumulatorFormat::kF16 ? 2 : 4; }
};

std::vector<WarpMma> float_forms() {
  using enum OperandFormat;
  constexpr auto kHalf = AccumulatorFormat::kF16;
  std::vector<WarpMma> forms = {
      {"m16n8k16.row.col.f32.f16.f16.f32", 4},
      {"m16n8k16.row.col.f16.f16.f16.f16", 4, kF16, kF16, kHalf},
      {"m16n8k16.row.col.f32.bf16.bf16.f32", 4, kBf16, kBf16},
      {"m16n8k8.row.col.f32.f16.f16.f32", 2},
      {"m16n8k8.row.col.f16.f16.f16.f16", 2, kF16, kF16, kHalf},
      {"m16n8k8.row.col.f32.bf16.bf16.f32", 2, kBf16, kBf16},
      {"m16n8k8.row.col.f32.tf32.tf32.f32", 4, kTf32, kTf32},
      {"m16n8k4.row.col.f32.tf32.tf32.f32", 2, kTf32, kTf32},
  };
  for (const OperandFormat a : {kE4m3, kE5m2}) {
    for (const OperandFormat b : {kE4m3, kE5m2}) {
      forms.push_back({"m16n8k32.row.col.f32." + name_of(a) + "." + name_of(b) + ".f32", 4, a, b});
    }
  }
  return forms;
}

std::vector<WarpMma> integer_forms() {
  std::vector<WarpMma> forms;
  for (const char* shape : {"m16n8k32", "m16n8k16"}) {
    for (const char* types :
         {".s32.s8.s8.s32", ".s32.s8.u8.s32", ".s32.u8.s8.s32", ".s32.u8.u8.s32"}) {
      for (const char* saturation : {"", ".satfinite"}) {
        WarpMma mma{std::string(shape) + ".row.col" + saturation + types,
                    std::string(shape) == "m16n8k32" ? 4 : 2};
        mma.is_integer = true;
        forms.push_back(mma);
      }
    }
  }
  return forms;
}

std::string list(const char* prefix, int count) {
  std::string text = "{";
  for (int i = 0; i < count; ++i) text += (i ? ", " : "") + (prefix + std::to_string(i));
  return text + "}";
}

std::string move_registers(const std::string& instruction, const char* prefix, int count,
                           bool is_load) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    const std::string name = prefix + std::to_string(i);
    const std::string place = std::to_string(4 * static_cast<int>(kThreads) * i);
    text += instruction +
            (is_load ? name + ", [%in+" + place + "];\n" : "[%out+" + place + "], " + name + ";\n");
  }
  return text;
}

// `in` holds the registers of A, of B and the accumulators, [register][thread]; `out` receives
// the accumulators.
std::string module_of(const WarpMma& mma) {
  const int num_b = mma.num_a_registers / 2;
  const int num_d = mma.num_d_registers();
  const auto load = [](const char* prefix, int count) {
    return move_registers("ld.global.b32 ", prefix, count, true) + "add.u64 %in, %in, " +
           std::to_string(4 * static_cast<int>(kThreads) * count) + ";\n";
  };
  return ".version 8.4\n.target sm_90a\n.address_size 64\n"
         ".visible .entry k(.param .u64 k_param_0, .param .u64 k_param_1)\n{\n"
         ".reg .b64 %out, %in, %word;\n.reg .b32 %thread, %a<4>, %b<2>, %d<4>;\n"
         "ld.param.u64 %out, [k_param_0];\nld.param.u64 %in, [k_param_1];\n"
         "mov.u32 %thread, %tid.x;\nmul.wide.u32 %word, %thread, 4;\n"
         "add.u64 %in, %in, %word;\nadd.u64 %out, %out, %word;\n" +
         load("%a", mma.num_a_registers) + load("%b", num_b) + load("%d", num_d) +
         "mma.sync.aligned." + mma.form + " " + list("%d", num_d) + ", " +
         list("%a", mma.num_a_registers) + ", " + list("%b", num_b) + ", " + list("%d", num_d) +
         ";\n" + move_registers("st.global.b32 ", "%d", num_d, false) + "ret;\n}\n";
}

std::vector<uint8_t> input_of(const WarpMma& mma, ValueKind kind) {
  MatrixNumbers numbers(kind, mma.form.size());
  std::vector<uint8_t> bytes;
  const auto append = [&](uint32_t element, int bits) {
    const size_t size = bytes.size();
    bytes.resize(size + static_cast<size_t>(bits / 8));
    std::memcpy(bytes.data() + size, &element, static_cast<size_t>(bits / 8));
  };
  const auto append_operand = [&](OperandFormat format, int num_registers) {
    const int bits = mma.is_integer ? 8 : facts(format).element_bits;
    const uint32_t count = kThreads * static_cast<uint32_t>(num_registers * 32 / bits);
    for (uint32_t i = 0; i < count; ++i) {
      append(mma.is_integer ? numbers.integer_operand() : numbers.operand(format), bits);
    }
  };
  append_operand(mma.a, mma.num_a_registers);
  append_operand(mma.b, mma.num_a_registers / 2);
  for (uint32_t i = 0; i < kThreads * static_cast<uint32_t>(mma.num_d_registers()); ++i) {
    append(mma.is_integer ? numbers.integer_accumulator() : numbers.accumulator(mma.d), 32);
  }
  return bytes;
}

SiliconCase make_case(const WarpMma& mma, ValueKind kind) {
  SiliconCase one;
  one.name = "mma." + mma.form + "." + name_of(kind);
  one.ptx = module_of(mma);
  one.input = input_of(mma, kind);
  one.output.resize(size_t{4} * kThreads * static_cast<size_t>(mma.num_d_registers()));
  one.num_threads = kThreads;
  return one;
}

}  // namespace

std::vector<SiliconCase> warp_mma_cases() {
  std::vector<SiliconCase> cases;
  for (const WarpMma& mma : float_forms()) {
    for (int kind = 0; kind < kNumKinds; ++kind) {
      cases.push_back(make_case(mma, static_cast<ValueKind>(kind)));
    }
  }
  for (const WarpMma& mma : integer_forms()) {
    for (const ValueKind kind : {ValueKind::kAllBits, ValueKind::kLarge}) {
      cases.push_back(make_case(mma, kind));
    }
  }
  return cases;
}

}  // namespace emulator::silicon
