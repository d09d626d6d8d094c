// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <cstring>

#include "tests/emulator/silicon/cases.h"
#include "tests/emulator/silicon/kernel_text.h"
#include "tests/emulator/silicon/numbers.h"
#include "tests/emulator/silicon/tensor_request.h"

namespace emulator::silicon {
namespace {

using namespace mla::driver;

// The buffer's contents are the box; `opcode` is "cp.async" or "cp.reduce.async".
SiliconCase store_case(const std::string& name, TensorRequest map, const std::string& reduction,
                       const std::vector<int32_t>& coordinates) {
  map.is_output = true;
  KernelText text;
  text.shared_bytes = (box_bytes(map) + 1535) / 512 * 512;
  text.fill = KernelText::Fill::kInput;
  text.dumps = false;
  const std::string rank = std::to_string(map.dims.size()) + "d";
  const std::string opcode =
      reduction.empty()
          ? "cp.async.bulk.tensor." + rank + ".global.shared::cta"
          : "cp.reduce.async.bulk.tensor." + rank + ".global.shared::cta." + reduction;
  text.body = opcode + ".tile.bulk_group [%map, " + coordinate_list(coordinates) +
              "], [%buffer];\ncp.async.bulk.commit_group;\ncp.async.bulk.wait_group 0;";
  SiliconCase result;
  result.name = name;
  result.ptx = text.str();
  result.input = noise(text.shared_bytes, 3);
  result.output = noise(tensor_bytes(map) + 64, 5);
  result.map = std::move(map);
  return result;
}

void add_stores(std::vector<SiliconCase>& cases) {
  cases.push_back(store_case("store_1d", padded_tensor(kTensorMapUint8, {500}, {128}), "", {48}));
  cases.push_back(
      store_case("store_1d_ends", padded_tensor(kTensorMapUint8, {500}, {128}), "", {448}));
  const TensorRequest cube = padded_tensor(kTensorMapFloat32, {20, 7, 5}, {8, 4, 3});
  cases.push_back(store_case("store_3d", cube, "", {4, 1, 1}));
  cases.push_back(store_case("store_3d_cut_off", cube, "", {16, 5, 4}));
  const TensorRequest four = padded_tensor(kTensorMapUint16, {24, 6, 5, 4}, {16, 3, 2, 2});
  cases.push_back(store_case("store_4d_cut_off", four, "", {16, 4, 4, 1}));
  const TensorRequest five = padded_tensor(kTensorMapUint8, {48, 4, 5, 3, 4}, {32, 3, 2, 2, 3});
  cases.push_back(store_case("store_5d", five, "", {16, 1, 2, 1, 1}));
  cases.push_back(store_case("store_5d_cut_off", five, "", {32, 3, 4, 2, 3}));
  cases.push_back(store_case("store_5d_outside", five, "", {0, 4, 0, 0, 0}));
  TensorRequest stepped = padded_tensor(kTensorMapUint16, {64, 40}, {32, 12});
  stepped.steps = {1, 3};
  cases.push_back(store_case("store_steps", stepped, "", {8, 2}));
  for (int mode = kSwizzleNone; mode <= kSwizzle128B; ++mode) {
    const uint32_t spans[] = {256, 32, 64, 128};
    TensorRequest map = padded_tensor(kTensorMapUint16, {200, 40}, {spans[mode] / 2, 20});
    map.swizzle = static_cast<CUtensorMapSwizzle>(mode);
    const std::string name = "store_swizzle" + std::to_string(mode);
    cases.push_back(store_case(name, map, "", {8, 5}));
    cases.push_back(store_case(name + "_cut_off", map, "", {168, 33}));
    map.box = {spans[mode] / 4, 12};
    cases.push_back(store_case(name + "_narrow", map, "", {24, 3}));
  }
  for (int number = kTensorMapFloat16; number <= kTensorMapTFloat32Ftz; ++number) {
    const auto type = static_cast<CUtensorMapDataType>(number);
    const TensorRequest map = padded_tensor(type, {48, 10}, {16, 8});
    cases.push_back(store_case("store_type_" + type_name(type), map, "", {8, 1}));
  }
}

void add_reductions(std::vector<SiliconCase>& cases, CUtensorMapDataType type,
                    const std::vector<std::string>& reductions) {
  for (const std::string& reduction : reductions) {
    const TensorRequest map = padded_tensor(type, {48, 9}, {32, 8});
    SiliconCase one =
        store_case("reduce_" + reduction + "_" + type_name(type), map, reduction, {8, 2});
    if (is_float(type)) {
      one.input = numbers(type, one.input.size(), 3);
      one.output = numbers(type, one.output.size(), 5);
    }
    cases.push_back(one);
  }
}

}  // namespace

std::vector<SiliconCase> tensor_store_cases() {
  std::vector<SiliconCase> cases;
  add_stores(cases);
  const std::vector<std::string> extremes{"min", "max"};
  add_reductions(cases, kTensorMapUint32, {"add", "min", "max", "inc", "dec", "and", "or", "xor"});
  add_reductions(cases, kTensorMapInt32, {"add", "min", "max", "and", "or", "xor"});
  add_reductions(cases, kTensorMapUint64, {"add", "min", "max", "and", "or", "xor"});
  add_reductions(cases, kTensorMapInt64, extremes);
  add_reductions(cases, kTensorMapFloat16, {"add", "min", "max"});
  add_reductions(cases, kTensorMapBFloat16, {"add", "min", "max"});
  add_reductions(cases, kTensorMapFloat32, {"add"});
  add_reductions(cases, kTensorMapFloat32Ftz, {"add"});
  return cases;
}

}  // namespace emulator::silicon
