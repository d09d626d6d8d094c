// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <ostream>
#include <string>
#include <vector>

#include "mla/decode.h"
#include "mla/error.h"
#include "mla/kv_pack.h"
#include "mla/merge.h"
#include "mla/prefill.h"

// One small good call of each operation, to be spoiled or moved to an edge by a test.
namespace mla::testing {

// Owns the memory behind views. Results start poisoned, so that a write shows.
class TensorStore {
 public:
  TensorView zeros(DType dtype, std::initializer_list<std::int64_t> shape);
  TensorView int32(std::initializer_list<std::int32_t> values);  // [values]
  TensorView result(DType dtype, std::initializer_list<std::int64_t> shape);
  bool results_are_untouched() const;

 private:
  TensorView filled(std::byte fill, DType dtype, std::initializer_list<std::int64_t> shape);

  std::deque<std::vector<std::byte>> buffers_;
  std::vector<std::size_t> results_;  // indices into buffers_
};

// batch 2, q_len 2, 4 heads; 6 pages of 32 tokens, tables of 3 pages; lengths 40 and 96; bfloat16.
struct DecodeCall {
  DecodeCall();
  void run();

  TensorStore store;
  DecodeArgs args;
};

// Requests of 3 and 2 query tokens with 3 and 4 keys; 4 query heads on 2 KV heads; bfloat16.
struct PrefillCall {
  PrefillCall();
  void run();

  TensorStore store;
  PrefillArgs args;
};

// 3 tokens, 2 heads, 128 + 64 and 128 columns; bfloat16 to e4m3.
struct KvPackCall {
  KvPackCall();
  void run();

  TensorStore store;
  KvPackArgs args;
};

// 2 partials of 3 rows, 2 heads, 16 columns; float32 to bfloat16.
struct MergeCall {
  MergeCall();
  void run();

  TensorStore store;
  MergeArgs args;
};

// A good call, spoiled, and what must be said about it.
template <typename Call>
struct BadCall {
  const char* name;
  void (*spoil)(Call&);
  ErrorKind kind;
  const char* message;

  friend std::ostream& operator<<(std::ostream& stream, const BadCall& bad) {
    return stream << bad.name;
  }
};

template <typename Call>
std::string test_name(const ::testing::TestParamInfo<BadCall<Call>>& info) {
  return info.param.name;
}

template <typename Call>
void expect_rejected(const BadCall<Call>& bad) {
  Call call;
  bad.spoil(call);
  try {
    call.run();
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), bad.message);
    EXPECT_EQ(error.kind(), bad.kind);
  }
  EXPECT_TRUE(call.store.results_are_untouched());
}

// Moves a view's start forward by some bytes.
inline void* advance(void* data, std::int64_t num_bytes) {
  return static_cast<std::byte*>(data) + num_bytes;
}

inline std::int32_t& int32_at(const TensorView& tensor, std::int64_t index) {
  return static_cast<std::int32_t*>(tensor.data)[index];
}

inline constexpr Device kCuda0{DeviceType::kCuda, 0};

}  // namespace mla::testing
