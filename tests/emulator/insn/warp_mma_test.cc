// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <cmath>

#include "emulator/numerics/operand_format.h"
#include "tests/emulator/kernel_runner.h"

// mma.sync beside sums in double. The fragments follow the manual's tables of rows and columns
// (PTX ISA 9.7.14.5), written out here once more.
namespace emulator {
namespace {

struct Mma {
  const char* form;
  int k;
  int element_bits;
  bool is_half;  // accumulators
  double step;   // between the operands' values
};

const Mma kForms[] = {
    {"m16n8k16.row.col.f32.f16.f16.f32", 16, 16, false, 0.25},
    {"m16n8k16.row.col.f16.f16.f16.f16", 16, 16, true, 0.25},
    {"m16n8k16.row.col.f32.bf16.bf16.f32", 16, 16, false, 0.25},
    {"m16n8k8.row.col.f32.f16.f16.f32", 8, 16, false, 0.25},
    {"m16n8k8.row.col.f16.f16.f16.f16", 8, 16, true, 0.25},
    {"m16n8k8.row.col.f32.bf16.bf16.f32", 8, 16, false, 0.25},
    {"m16n8k8.row.col.f32.tf32.tf32.f32", 8, 32, false, 0.25},
    {"m16n8k4.row.col.f32.tf32.tf32.f32", 4, 32, false, 0.25},
    {"m16n8k32.row.col.f32.e4m3.e4m3.f32", 32, 8, false, 0.25},
    {"m16n8k32.row.col.f32.e5m2.e4m3.f32", 32, 8, false, 0.5},
    {"m16n8k32.row.col.s32.s8.s8.s32", 32, 8, false, 16},
    {"m16n8k32.row.col.s32.u8.s8.s32", 32, 8, false, 16},
    {"m16n8k16.row.col.s32.s8.u8.s32", 16, 8, false, 16},
};

void PrintTo(const Mma& mma, std::ostream* out) {
  *out << mma.form;
}

// Small numbers, negative ones where the type has them.
double value_at(int row, int column, const Mma& mma, std::string_view type) {
  const int number = (5 * row + 3 * column + row * column) % 7 - 3;
  return (type == "u8" ? std::abs(number) : number) * mma.step;
}

uint32_t encode(double value, std::string_view type) {
  const auto rounded = [&](const FloatFormat& format) {
    return static_cast<uint32_t>(round_to_format(value, format, Rounding::kNearestEven, false));
  };
  if (type == "f16") return rounded(kF16Format);
  if (type == "bf16") return rounded(kBf16Format);
  if (type == "e4m3") return rounded(kE4m3Format);
  if (type == "e5m2") return rounded(kE5m2Format);
  if (type == "tf32" || type == "f32") return rounded(kF32Format);
  const uint32_t mask = type == "s32" ? ~0u : 0xff;
  return static_cast<uint32_t>(static_cast<int32_t>(value)) & mask;
}

double decode_accumulator(uint32_t bits, std::string_view type) {
  if (type == "f16") return f16_to_float(static_cast<uint16_t>(bits));
  return type == "s32" ? static_cast<int32_t>(bits) : std::bit_cast<float>(bits);
}

struct Types {
  std::string d, a, b;
};

Types types_of(const Mma& mma) {
  const std::string form = mma.form;
  std::vector<std::string> words;
  for (size_t begin = 0; begin < form.size();) {
    const size_t end = std::min(form.find('.', begin), form.size());
    words.push_back(form.substr(begin, end - begin));
    begin = end + 1;
  }
  return {words[3], words[4], words[5]};
}

int registers_of_a(const Mma& mma) {
  return 16 * mma.k * mma.element_bits / 32 / 32;
}
int registers_of_d(const Mma& mma) {
  return mma.is_half ? 2 : 4;
}

std::string list(const char* name, int count) {
  std::string text = "{";
  for (int i = 0; i < count; ++i) text += (i ? ", " : "") + (name + std::to_string(i));
  return text + "}";
}

std::string loads(const char* name, int count, int first) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    text += std::string("ld.global.b32 ") + name + std::to_string(i) + ", [%in+" +
            std::to_string(128 * (first + i)) + "];\n";
  }
  return text;
}

std::string kernel(const Mma& mma) {
  const int num_a = registers_of_a(mma);
  const int num_d = registers_of_d(mma);
  std::string text =
      ".reg .b32 %a<4>, %b<2>, %d<4>;\n.reg .b64 %word;\n"
      "mul.wide.u32 %word, %thread, 4;\nadd.u64 %in, %in, %word;\n"
      "add.u64 %out, %out, %word;\n" +
      loads("%a", num_a, 0) + loads("%b", num_a / 2, 4) + loads("%d", num_d, 6);
  text += std::string("mma.sync.aligned.") + mma.form + " " + list("%d", num_d) + ", " +
          list("%a", num_a) + ", " + list("%b", num_a / 2) + ", " + list("%d", num_d) + ";\n";
  for (int i = 0; i < num_d; ++i) {
    text += "st.global.b32 [%out+" + std::to_string(128 * i) + "], %d" + std::to_string(i) + ";\n";
  }
  return text;
}

// Registers of all lanes: [register][lane].
class Registers {
 public:
  explicit Registers(int count) : words_(static_cast<size_t>(count) * 32) {}

  void put(int index, int lane, int element, int bits, uint32_t value) {
    words_[static_cast<size_t>(32 * index + lane)] |= value << (bits * element);
  }
  const std::vector<uint32_t>& words() const { return words_; }

 private:
  std::vector<uint32_t> words_;
};

// A from register 0 on, B from 4, C from 6.
Registers input_of(const Mma& mma) {
  const Types types = types_of(mma);
  const int per_register = 32 / mma.element_bits;
  Registers registers(10);
  for (int lane = 0; lane < 32; ++lane) {
    const int group = lane / 4;
    const int first = lane % 4 * per_register;
    for (int i = 0; i < registers_of_a(mma) * per_register; ++i) {
      const int index = i / per_register;
      const int row = group + (index % 2 == 0 ? 0 : 8);
      const int k = first + i % per_register + (index < 2 ? 0 : 4 * per_register);
      registers.put(index, lane, i % per_register, mma.element_bits,
                    encode(value_at(row, k, mma, types.a), types.a));
    }
    for (int i = 0; i < registers_of_a(mma) / 2 * per_register; ++i) {
      const int index = i / per_register;
      const int k = first + i % per_register + 4 * per_register * index;
      registers.put(4 + index, lane, i % per_register, mma.element_bits,
                    encode(value_at(k, group, mma, types.b), types.b));
    }
    for (int i = 0; i < 4; ++i) {
      const int row = group + (i < 2 ? 0 : 8);
      const int column = lane % 4 * 2 + i % 2;
      registers.put(6 + (mma.is_half ? i / 2 : i), lane, mma.is_half ? i % 2 : 0, 16,
                    encode(row - 2 * column, types.d));
    }
  }
  return registers;
}

double expected_at(int row, int column, const Mma& mma) {
  const Types types = types_of(mma);
  double sum = row - 2 * column;
  for (int k = 0; k < mma.k; ++k) {
    sum += value_at(row, k, mma, types.a) * value_at(k, column, mma, types.b);
  }
  return sum;
}

class WarpMma : public testing::TestWithParam<Mma> {};

TEST_P(WarpMma, MultipliesAndAdds) {
  const Mma& mma = GetParam();
  KernelRunner runner(kernel_with_two_pointers(kernel(mma)));
  const uint64_t out = runner.allocate(512);
  const uint64_t in = runner.upload(input_of(mma).words());
  runner.launch("k", {1, 1, 1}, {32, 1, 1}, out, in);
  const auto words = runner.download<uint32_t>(out, 128);
  for (int lane = 0; lane < 32; ++lane) {
    for (int i = 0; i < 4; ++i) {
      const int index = mma.is_half ? i / 2 : i;
      const uint32_t word = words[static_cast<size_t>(32 * index + lane)];
      const uint32_t bits = mma.is_half ? word >> (16 * (i % 2)) & 0xffff : word;
      const int row = lane / 4 + (i < 2 ? 0 : 8);
      const int column = lane % 4 * 2 + i % 2;
      ASSERT_EQ(decode_accumulator(bits, types_of(mma).d), expected_at(row, column, mma))
          << "row " << row << ", column " << column;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Forms, WarpMma, testing::ValuesIn(kForms));

// 32 products of 127 * 127 on top of the largest number.
uint32_t largest_and_more(const char* saturation) {
  KernelRunner runner(kernel_with_two_pointers(
      std::string(".reg .b32 %x, %d<4>;\nmov.b32 %x, 0x7f7f7f7f;\nmov.b32 %d0, 0x7fffffff;\n"
                  "mov.b32 %d1, %d0;\nmov.b32 %d2, %d0;\nmov.b32 %d3, %d0;\n"
                  "mma.sync.aligned.m16n8k32.row.col") +
      saturation +
      ".s32.s8.s8.s32 {%d0, %d1, %d2, %d3}, {%x, %x, %x, %x}, {%x, %x}, {%d0, %d1, %d2, %d3};\n"
      "st.global.b32 [%out], %d0;\n"));
  const uint64_t out = runner.allocate(4);
  runner.launch("k", {1, 1, 1}, {32, 1, 1}, out, runner.allocate(4));
  return runner.download<uint32_t>(out, 1)[0];
}

TEST(WarpMmaIntegers, WrapOrSaturate) {
  EXPECT_EQ(largest_and_more(""), 0x7fffffffu + 32 * 127 * 127);
  EXPECT_EQ(largest_and_more(".satfinite"), 0x7fffffffu);
}

TEST(WarpMmaFaults, NeedsTheWholeWarp) {
  KernelRunner runner(kernel_with_two_pointers(
      ".reg .b32 %d<4>;\n.reg .pred %p;\nmov.b32 %d0, 0;\nmov.b32 %d1, 0;\nmov.b32 %d2, 0;\n"
      "mov.b32 %d3, 0;\nsetp.lt.u32 %p, %thread, 16;\n"
      "@%p mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%d0, %d1, %d2, %d3}, {%d0, %d1}, "
      "{%d0}, {%d0, %d1, %d2, %d3};\n"));
  try {
    runner.launch("k", {1, 1, 1}, {32, 1, 1}, runner.allocate(4), runner.allocate(4));
    FAIL() << "nothing was reported";
  } catch (const Fault& fault) {
    EXPECT_EQ(fault.kind(), FaultKind::kWarpMisuse) << fault.what();
  }
}

}  // namespace
}  // namespace emulator
