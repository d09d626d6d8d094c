// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "tests/emulator/silicon/wgmma_kernel.h"

#include <cstring>

namespace emulator::silicon {
namespace {

constexpr int kFragmentRegisters = 4;

const char* swizzle_name(Swizzle swizzle) {
  switch (swizzle) {
    case Swizzle::k32B: return "32B";
    case Swizzle::k64B: return "64B";
    case Swizzle::k128B: return "128B";
    default: return "none";
  }
}

uint64_t swizzle_field(Swizzle swizzle) {
  switch (swizzle) {
    case Swizzle::k32B: return 3;
    case Swizzle::k64B: return 2;
    case Swizzle::k128B: return 1;
    default: return 0;
  }
}

// Without swizzle, strides are odd numbers of chunks, so that mixing them up shows.
constexpr uint32_t kLeadingBytes = 48;
constexpr uint32_t kStrideBytes = 272;

// A descriptor without its address.
uint64_t descriptor(const OperandPlace& place) {
  const uint32_t span = swizzle_span_bytes(place.swizzle);
  uint64_t leading = kLeadingBytes;
  uint64_t stride = kStrideBytes;
  if (place.swizzle != Swizzle::kNone) {
    leading = place.is_mn_major ? 2 * swizzle_repeat_bytes(place.swizzle) : 16;
    stride = 8 * span;
  }
  return leading / 16 << 16 | stride / 16 << 32 | swizzle_field(place.swizzle) << 62;
}

std::string registers(const char* prefix, int count) {
  std::string list = "{";
  for (int i = 0; i < count; ++i) {
    list.append(i ? ", " : "").append(prefix).append(std::to_string(i));
  }
  return list + "}";
}

std::string shape_of(const WgmmaCase& c) {
  return std::string("m64n") + std::to_string(c.n) + "k" + std::to_string(c.depth());
}

// ".f32.e4m3.e5m2", ".satfinite.s32.s8.u8"
std::string types_of(const WgmmaCase& c) {
  if (c.integers) {
    return (c.integers->saturates ? ".satfinite.s32." : ".s32.") + c.integers->a + "." +
           c.integers->b;
  }
  return (c.d_format == AccumulatorFormat::kF16 ? ".f16." : ".f32.") + name_of(c.a_format) + "." +
         name_of(c.b_format);
}

std::string instruction(const WgmmaCase& c) {
  const bool is_16_bit = c.a_bits() == 16;
  std::string text = "wgmma.mma_async.sync.aligned." + shape_of(c) + types_of(c) + " " +
                     registers("%d", c.num_registers()) + ", ";
  text += c.has_a_registers ? registers("%a", kFragmentRegisters) : "%desc_a";
  text += ", %desc_b, %accumulates";
  if (c.integers) return text + ";\n";
  text.append(c.negates_a ? ", -1" : ", 1").append(c.negates_b ? ", -1" : ", 1");
  if (is_16_bit && !c.has_a_registers) text += c.a.is_mn_major ? ", 1" : ", 0";
  if (is_16_bit) text += c.b.is_mn_major ? ", 1" : ", 0";
  return text + ";\n";
}

std::string make_descriptor(const char* name, uint32_t begin, uint64_t bits) {
  return std::string("add.u32 %offset, %image, ") + std::to_string(begin) +
         ";\nshr.u32 %offset, %offset, 4;\nand.b32 %offset, %offset, 16383;\n" + "cvt.u64.u32 " +
         name + ", %offset;\nor.b64 " + name + ", " + name + ", " +
         std::to_string(static_cast<int64_t>(bits)) + ";\n";
}

// %in moves on behind what was read.
std::string load_registers(const char* prefix, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    text.append("ld.global.b32 ").append(prefix).append(std::to_string(i));
    text += std::string(", [%in+") + std::to_string(i * 4 * static_cast<int>(kWarpgroupThreads)) +
            "];\n";
  }
  return text + "add.u64 %in, %in, " +
         std::to_string(count * 4 * static_cast<int>(kWarpgroupThreads)) + ";\n";
}

constexpr const char* kFillImage = R"(
shl.b32 %offset, %thread, 2;
sub.u64 %in, %in, %word;
shl.b32 %offset, %thread, 4;
cvt.u64.u32 %word, %offset;
add.u64 %in, %in, %word;
mov.u32 %image, image;
add.u32 %offset, %offset, %image;
add.u32 %end, %image, IMAGE_BYTES;
fill:
ld.global.v4.b32 {%w0, %w1, %w2, %w3}, [%in];
st.shared.v4.b32 [%offset], {%w0, %w1, %w2, %w3};
add.u64 %in, %in, 2048;
add.u32 %offset, %offset, 2048;
setp.lt.u32 %accumulates, %offset, %end;
@%accumulates bra fill;
fence.proxy.async.shared::cta;
bar.sync 0;
)";

std::string fill_image() {
  std::string text = kFillImage;
  const std::string word = "IMAGE_BYTES";
  return text.replace(text.find(word), word.size(), std::to_string(kImageBytes));
}

}  // namespace

std::string WgmmaCase::name() const {
  std::string text = "wgmma." + shape_of(*this) + types_of(*this);
  if (has_a_registers) {
    text += ".registers";
  } else {
    text.append(".").append(swizzle_name(a.swizzle)).append(a.is_mn_major ? "_mn" : "");
  }
  text.append(".").append(swizzle_name(b.swizzle)).append(b.is_mn_major ? "_mn" : "");
  text.append(".").append(name_of(values));
  if (!accumulates) text += ".overwrite";
  if (negates_a) text += ".negate_a";
  if (negates_b) text += ".negate_b";
  if (num_products > 1) text.append(".times").append(std::to_string(num_products));
  return text;
}

// Rows of 16 bytes in groups of eight without swizzle; with it, rows of a span whose chunks of 16
// bytes change places with the number of the 128 bytes that they lie in.
uint32_t place_of_element(Swizzle swizzle, uint32_t mn, uint32_t byte_of_k) {
  if (swizzle == Swizzle::kNone) {
    return mn / 8 * kStrideBytes + byte_of_k / 16 * kLeadingBytes + mn % 8 * 16 + byte_of_k % 16;
  }
  const uint32_t span = swizzle_span_bytes(swizzle);
  const uint32_t place = mn * span + byte_of_k;
  return place ^ (place / 128 % (span / 16)) * 16;
}

std::string wgmma_module(const WgmmaCase& c, const WgmmaText& text) {
  std::string module =
      ".version 8.4\n.target sm_90a\n.address_size 64\n"
      ".visible .entry k(.param .u64 k_param_0, .param .u64 k_param_1)\n"
      ".maxntid 128, 1, 1\n{\n"
      ".reg .b64 %out, %in, %word, %desc_a, %desc_b;\n"
      ".reg .b32 %thread, %offset, %image, %end, %w<4>, %a<4>, %d<" +
      std::to_string(c.num_registers()) +
      ">;\n.reg .pred %accumulates;\n.shared .align 1024 .b8 image[" + std::to_string(kImageBytes) +
      "];\nld.param.u64 %out, [k_param_0];\nld.param.u64 %in, [k_param_1];\n"
      "cvta.to.global.u64 %out, %out;\ncvta.to.global.u64 %in, %in;\n"
      "mov.u32 %thread, %tid.x;\nmul.wide.u32 %word, %thread, 4;\n"
      "add.u64 %in, %in, %word;\nadd.u64 %out, %out, %word;\n";
  module += load_registers("%d", c.num_registers()) + load_registers("%a", kFragmentRegisters);
  module += fill_image();
  module += make_descriptor("%desc_a", 0, descriptor(c.a));
  module += make_descriptor("%desc_b", kBeginOfB, descriptor(c.b) ^ text.descriptor_change);
  module += std::string("setp.ne.u32 %accumulates, ") + std::to_string(c.accumulates) + ", 0;\n" +
            text.fence;
  for (int i = 0; i < c.num_products; ++i) {
    module += text.guard + instruction(c) + text.between;
  }
  module += text.finish;
  for (int i = 0; i < c.num_registers(); ++i) {
    module += std::string("st.global.b32 [%out+") +
              std::to_string(i * 4 * static_cast<int>(kWarpgroupThreads)) + "], %d" +
              std::to_string(i) + ";\n";
  }
  return module + "ret;\n}\n";
}

std::vector<uint8_t> wgmma_input(const WgmmaCase& c) {
  std::vector<uint8_t> bytes;
  const auto append = [&](uint32_t element, int bits) {
    const size_t size = bytes.size();
    bytes.resize(size + static_cast<size_t>(bits / 8));
    std::memcpy(bytes.data() + size, &element, static_cast<size_t>(bits / 8));
  };
  MatrixNumbers numbers(c.values, static_cast<uint64_t>(c.n) + 1);
  const auto accumulator = [&] {
    return c.integers ? numbers.integer_accumulator() : numbers.accumulator(c.d_format);
  };
  const auto operand = [&](OperandFormat format) {
    return c.integers ? numbers.integer_operand() : numbers.operand(format);
  };
  for (uint32_t i = 0; i < kWarpgroupThreads * static_cast<uint32_t>(c.num_registers()); ++i) {
    append(accumulator(), 32);
  }
  const size_t fragment_bytes = size_t{4} * kFragmentRegisters * kWarpgroupThreads;
  const size_t begin_of_b = bytes.size() + fragment_bytes + kBeginOfB;
  while (bytes.size() < begin_of_b) append(operand(c.a_format), c.a_bits());
  while (bytes.size() < begin_of_b + kImageBytes - kBeginOfB) {
    append(operand(c.b_format), c.b_bits());
  }
  return bytes;
}

}  // namespace emulator::silicon
