// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
// Compares the layouts of tensor memory, its loads and stores, matrix and instruction descriptors
// with CuTe's descriptions of the same instructions, element by element.
#include <gtest/gtest.h>

#include <cute/arch/copy_sm100.hpp>
#include <cute/atom/copy_traits_sm100.hpp>
#include <cute/atom/mma_traits_sm100.hpp>
#include <cute/tensor.hpp>

#include <map>
#include <string>
#include <utility>

#include "emulator/units/instruction_descriptor.h"
#include "emulator/units/shared_matrix.h"
#include "emulator/units/tcgen05_copy_shape.h"
#include "emulator/units/tcgen05_matrix_descriptor.h"
#include "emulator/units/tensor_data_path.h"
#include "emulator/units/tensor_memory_shape.h"

namespace emulator {
namespace {

// CuTe addresses tensor memory by bits: 21 of them within a lane.
TensorMemoryAddress place_of_bit(int64_t bit) {
  return {static_cast<uint32_t>(bit >> 21), static_cast<uint32_t>((bit & 0x1fffff) / 32)};
}

template <typename Operation>
void expect_load(const char* shape_name, const char* repeat, bool is_packed) {
  using Traits = cute::Copy_Traits<Operation>;
  const auto shape = TensorMemoryShape::find(shape_name, repeat, is_packed);
  ASSERT_TRUE(shape);
  const typename Traits::DstLayout holder;  // (thread, bit of its registers) -> bit of the tile
  const typename Traits::ValID place;       // -> bit of tensor memory
  ASSERT_EQ(cute::size<1>(holder), 32 * shape->num_registers()) << shape_name << repeat;
  for (uint32_t t = 0; t < 32; ++t) {
    for (uint32_t r = 0; r < shape->num_registers(); ++r) {
      const auto expected =
          place_of_bit(place(holder(static_cast<int>(t), static_cast<int>(32 * r))));
      const TensorMemoryAddress given = shape->place(t, r, shape->num_columns());
      EXPECT_EQ(given.bits(), expected.bits()) << shape_name << repeat << " " << t << " " << r;
      if (!is_packed) continue;
      const auto high =
          place_of_bit(place(holder(static_cast<int>(t), static_cast<int>(32 * r + 16))));
      EXPECT_EQ(given.bits() + 1, high.bits()) << shape_name << repeat << " " << t << " " << r;
    }
  }
}

#define EXPECT_LOADS(cute_shape, shape, repeat)                                          \
  expect_load<cute::SM100_TMEM_LOAD_##cute_shape##repeat##x>(shape, "x" #repeat, false); \
  expect_load<cute::SM100_TMEM_LOAD_##cute_shape##repeat##x_16b>(shape, "x" #repeat, true)

TEST(CuteLayouts, LoadsOfTensorMemory) {
  EXPECT_LOADS(32dp32b, "32x32b", 1);
  EXPECT_LOADS(32dp32b, "32x32b", 16);
  EXPECT_LOADS(32dp32b, "32x32b", 64);
  EXPECT_LOADS(16dp64b, "16x64b", 1);
  EXPECT_LOADS(16dp64b, "16x64b", 16);
  EXPECT_LOADS(16dp128b, "16x128b", 1);
  EXPECT_LOADS(16dp128b, "16x128b", 8);
  EXPECT_LOADS(16dp256b, "16x256b", 1);
  EXPECT_LOADS(16dp256b, "16x256b", 8);
  EXPECT_LOADS(16dp32b, "16x32bx2", 1);
  EXPECT_LOADS(16dp32b, "16x32bx2", 16);
}

// `Fragment` makes the tensor of D: (row, column) -> word.
template <typename Fragment, int kRows, int kColumns>
void expect_data_path(const MmaVariant& variant, uint32_t m) {
  const auto tensor = Fragment::make(cute::make_shape(
      cute::make_shape(cute::Int<kRows>{}, cute::Int<kColumns>{}), cute::_1{}, cute::_1{}));
  const TensorDataPath path = TensorDataPath::find(variant, m);
  const auto n = static_cast<uint32_t>(kColumns);
  ASSERT_EQ(path.num_rows, static_cast<uint32_t>(kRows));
  for (int row = 0; row < kRows; ++row) {
    for (int column = 0; column < kColumns; ++column) {
      const auto word = static_cast<uint32_t>(
          tensor.layout()(cute::make_coord(row, column), cute::_0{}, cute::_0{}));
      const auto place = path.place(static_cast<uint32_t>(row), static_cast<uint32_t>(column), n);
      EXPECT_EQ(place.bits(), word) << "M " << m << " row " << row << " column " << column;
    }
  }
}

TEST(CuteLayouts, AccumulatorsInTensorMemory) {
  using One = cute::UMMA::tmem_frg_1sm<float>;
  using Two = cute::UMMA::tmem_frg_2sm<float>;
  using Stationary = cute::UMMA::tmem_frg_ws_1sm<float>;
  const MmaVariant one{MmaKind::kF16, 1, false};
  const MmaVariant two{MmaKind::kF16, 2, false};
  const MmaVariant stationary{MmaKind::kF16, 1, true};
  expect_data_path<One, 128, 256>(one, 128);
  expect_data_path<One, 64, 40>(one, 64);
  expect_data_path<Two, 128, 256>(two, 256);
  expect_data_path<Two, 64, 256>(two, 128);
  expect_data_path<Two, 64, 32>(two, 128);
  expect_data_path<Stationary, 128, 64>(stationary, 128);
  expect_data_path<Stationary, 64, 128>(stationary, 64);
  expect_data_path<Stationary, 32, 256>(stationary, 32);
}

constexpr size_t kBytes = 256 * 1024;

// `Atom` tiled to a matrix of `kRows` x `kDepth`; the descriptor that CuTe makes of the first 32
// bytes of K must lead to the same bytes as CuTe's layout.
template <cute::UMMA::Major kMajor, typename Atom, typename Element, int kRows, int kDepth>
void expect_matrix() {
  alignas(1024) static uint8_t memory[kBytes];
  auto* elements = reinterpret_cast<Element*>(memory);
  const auto whole = cute::make_tensor(
      cute::make_smem_ptr(elements),
      cute::tile_to_shape(Atom{}, cute::Shape<cute::Int<kRows>, cute::Int<kDepth>>{}));
  constexpr int kStep = 32 / static_cast<int>(sizeof(Element));
  const auto step = cute::local_tile(whole, cute::Shape<cute::Int<kRows>, cute::Int<kStep>>{},
                                     cute::make_coord(0, 0));
  auto bits = cute::UMMA::make_umma_desc<kMajor>(step);
  bits.start_address_ = 0;  // a host pointer has none
  const auto descriptor = Tcgen05MatrixDescriptor::from_bits(bits);
  ASSERT_EQ(descriptor.check(), "");
  const SharedMatrix matrix = descriptor.matrix(kMajor == cute::UMMA::Major::MN);
  for (int row = 0; row < kRows; ++row) {
    for (int k = 0; k < kStep; ++k) {
      const auto expected = static_cast<uint32_t>(
          reinterpret_cast<const uint8_t*>(cute::raw_pointer_cast(&step(row, k))) - memory);
      const uint32_t chunk =
          matrix.chunk_of(static_cast<uint32_t>(row), static_cast<uint32_t>(k), sizeof(Element));
      EXPECT_EQ(chunk, expected & ~15u) << row << " " << k << " of " << sizeof(Element);
    }
  }
}

template <typename Element>
void expect_matrices() {
  using namespace cute::UMMA;
  expect_matrix<Major::K, Layout_K_SW128_Atom<Element>, Element, 128, 128 / sizeof(Element)>();
  expect_matrix<Major::K, Layout_K_SW64_Atom<Element>, Element, 64, 128 / sizeof(Element)>();
  expect_matrix<Major::K, Layout_K_SW32_Atom<Element>, Element, 128, 128 / sizeof(Element)>();
  expect_matrix<Major::K, Layout_K_INTER_Atom<Element>, Element, 128, 128 / sizeof(Element)>();
}

template <typename Element>
void expect_transposed_matrices() {
  using namespace cute::UMMA;
  expect_matrix<Major::MN, Layout_MN_SW128_Atom<Element>, Element, 256, 64>();
  expect_matrix<Major::MN, Layout_MN_SW64_Atom<Element>, Element, 128, 64>();
  expect_matrix<Major::MN, Layout_MN_SW32_Atom<Element>, Element, 128, 64>();
  expect_matrix<Major::MN, Layout_MN_INTER_Atom<Element>, Element, 128, 64>();
}

TEST(CuteLayouts, MatricesInSharedMemory) {
  expect_matrices<cute::half_t>();
  expect_matrices<cute::float_e4m3_t>();
  expect_matrices<cute::tfloat32_t>();
  expect_transposed_matrices<cute::half_t>();
  expect_transposed_matrices<cute::float_e4m3_t>();
  using Wide = cute::UMMA::Layout_MN_SW128_32B_Atom<cute::tfloat32_t>;
  expect_matrix<cute::UMMA::Major::MN, Wide, cute::tfloat32_t, 128, 32>();
}

TEST(CuteLayouts, InstructionDescriptors) {
  using cute::UMMA::Major;
  const auto check = [](uint32_t bits, uint32_t m, uint32_t n, uint32_t a, uint32_t d, bool ta,
                        bool tb, bool negates_a) {
    const auto descriptor = InstructionDescriptor::from_bits(bits);
    EXPECT_EQ(descriptor.m, m);
    EXPECT_EQ(descriptor.n, n);
    EXPECT_EQ(descriptor.a_type, a);
    EXPECT_EQ(descriptor.d_type, d);
    EXPECT_EQ(descriptor.is_a_mn_major, ta);
    EXPECT_EQ(descriptor.is_b_mn_major, tb);
    EXPECT_EQ(descriptor.negates_a, negates_a);
    EXPECT_EQ(descriptor.reserved, 0u);
  };
  check(cute::UMMA::make_instr_desc<cute::half_t, cute::half_t, float, 128, 256, Major::K,
                                    Major::MN>()
            .desc_,
        128, 256, 0, 1, false, true, false);
  check(cute::UMMA::make_instr_desc<cute::bfloat16_t, cute::bfloat16_t, float, 256, 16, Major::MN,
                                    Major::K, cute::UMMA::ScaleIn::Neg>()
            .desc_,
        256, 16, 1, 1, true, false, true);
  check(cute::UMMA::make_instr_desc<cute::float_e5m2_t, cute::float_e4m3_t, cute::half_t, 64, 8,
                                    Major::K, Major::K>()
            .desc_,
        64, 8, 1, 0, false, false, false);
}

// Which row and which word of it each word of tensor memory receives. CuTe counts the bits of the
// source by rows of a block first, then along the row, then by blocks.
template <typename Operation>
void expect_copy(const char* modifiers) {
  using Traits = cute::Copy_Traits<Operation>;
  const auto form = ptx::match_form(std::string("tcgen05.cp.cta_group::1.") + modifiers);
  ASSERT_NE(form->row, nullptr) << form->problem;
  const Tcgen05CopyShape shape = Tcgen05CopyShape::find(*form);
  using Source = std::pair<uint32_t, uint32_t>;
  std::map<uint32_t, Source> given;
  for (uint32_t row = 0; row < shape.num_rows; ++row) {
    for (uint32_t replica = 0; replica < shape.num_replicas; ++replica) {
      for (uint32_t word = 0; word < shape.row_bytes / 4; ++word) {
        given[TensorMemoryAddress{shape.lane(row, replica), word}.bits()] = {row, word};
      }
    }
  }
  const typename Traits::ValID place;
  const typename Traits::SrcLayout source;
  std::map<uint32_t, Source> expected;
  for (int bit = 0; bit < cute::size(place); ++bit) {
    const auto from = static_cast<uint32_t>(source(0, bit));
    const uint32_t block_bits = shape.rows_per_block * shape.row_bytes * 8;
    const uint32_t row = from / block_bits * shape.rows_per_block + from % shape.rows_per_block;
    const uint32_t word = from / shape.rows_per_block % (shape.row_bytes * 8) / 32;
    expected[place_of_bit(place(bit)).bits()] = {row, word};
  }
  EXPECT_EQ(given, expected) << modifiers;
}

TEST(CuteLayouts, CopiesToTensorMemory) {
  expect_copy<cute::SM100_UTCCP_128dp256bit_1cta>("128x256b");
  expect_copy<cute::SM100_UTCCP_128dp128bit_1cta>("128x128b");
  expect_copy<cute::SM100_UTCCP_2x64dp128bitlw0213_1cta>("64x128b.warpx2::02_13");
  expect_copy<cute::SM100_UTCCP_2x64dp128bitlw0123_1cta>("64x128b.warpx2::01_23");
  expect_copy<cute::SM100_UTCCP_4x32dp128bit_1cta>("32x128b.warpx4");
}

}  // namespace
}  // namespace emulator
