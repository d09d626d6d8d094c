// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "tests/emulator/silicon/cases.h"
#include "tests/emulator/silicon/kernel_text.h"
#include "tests/emulator/silicon/numbers.h"
#include "tests/emulator/silicon/tensor_request.h"

namespace emulator::silicon {
namespace {

using namespace mla::driver;

// The box goes to `shared_offset` of the buffer, at the coordinates.
SiliconCase load_case(const std::string& name, const TensorRequest& map,
                      const std::vector<int32_t>& coordinates, uint32_t shared_offset = 0) {
  KernelText text;
  text.expected_bytes = box_bytes(map);
  text.shared_bytes = (shared_offset + text.expected_bytes + 2047) / 512 * 512;
  text.body = "add.u32 %w0, %buffer, " + std::to_string(shared_offset) +
              ";\ncp.async.bulk.tensor." + std::to_string(map.dims.size()) +
              "d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%w0], [%map, " +
              coordinate_list(coordinates) + "], [%barrier];";
  SiliconCase result;
  result.name = "load_" + name;
  result.ptx = text.str();
  result.map = map;
  result.input = noise(tensor_bytes(map) + map.address_offset, result.name.size());
  result.output.assign(text.shared_bytes + 16, 0x5a);
  return result;
}

void add_ranks(std::vector<SiliconCase>& cases) {
  cases.push_back(load_case("1d", padded_tensor(kTensorMapUint8, {1000}, {256}), {48}));
  cases.push_back(load_case("1d_ends", padded_tensor(kTensorMapUint8, {1000}, {256}), {912}));
  cases.push_back(load_case("1d_begins", padded_tensor(kTensorMapUint8, {1000}, {256}), {-112}));
  const TensorRequest cube = padded_tensor(kTensorMapFloat32, {20, 7, 5}, {8, 4, 3});
  cases.push_back(load_case("3d", cube, {4, 1, 1}));
  cases.push_back(load_case("3d_low_corner", cube, {-4, -2, -1}));
  cases.push_back(load_case("3d_high_corner", cube, {16, 5, 4}));
  const TensorRequest four = padded_tensor(kTensorMapUint16, {24, 6, 5, 4}, {16, 3, 2, 2});
  cases.push_back(load_case("4d", four, {8, 2, 1, 1}));
  cases.push_back(load_case("4d_mixed_corner", four, {-8, 4, -1, 3}));
  const TensorRequest five = padded_tensor(kTensorMapUint8, {48, 4, 5, 3, 4}, {32, 3, 2, 2, 3});
  cases.push_back(load_case("5d", five, {16, 1, 2, 1, 1}));
  cases.push_back(load_case("5d_low_corner", five, {-16, -1, -1, -1, -1}));
  cases.push_back(load_case("5d_high_corner", five, {32, 3, 4, 2, 3}));
  cases.push_back(load_case("5d_outside", five, {0, 0, 0, 3, 0}));
}

void add_types(std::vector<SiliconCase>& cases) {
  for (int number = kTensorMapUint8; number <= kTensorMapTFloat32Ftz; ++number) {
    const auto type = static_cast<CUtensorMapDataType>(number);
    const uint32_t columns = 64 / element_bytes(type);
    TensorRequest map = padded_tensor(type, {2 * columns - 3, 9}, {columns, 8});
    map.stride_bytes[0] = 144;
    const auto last = static_cast<int32_t>(columns);
    cases.push_back(load_case("type_" + type_name(type), map, {last, 3}));
    if (!is_float(type)) continue;
    SiliconCase special = load_case("special_" + type_name(type), map, {last, 3});
    special.input = numbers(type, special.input.size(), 19);
    cases.push_back(special);
    map.fill = kOutOfBoundsNan;
    cases.push_back(load_case("nan_" + type_name(type), map, {last, 3}));
  }
}

void add_swizzles(std::vector<SiliconCase>& cases) {
  for (int mode = kSwizzleNone; mode <= kSwizzle128B; ++mode) {
    const uint32_t spans[] = {256, 32, 64, 128};
    const std::string prefix = "swizzle" + std::to_string(mode) + "_";
    TensorRequest map = padded_tensor(kTensorMapUint16, {200, 40}, {spans[mode] / 2, 20});
    map.swizzle = static_cast<CUtensorMapSwizzle>(mode);
    cases.push_back(load_case(prefix + "aligned", map, {8, 5}));
    cases.push_back(load_case(prefix + "at_128", map, {8, 5}, 128));
    cases.push_back(load_case(prefix + "at_640", map, {8, 5}, 640));
    cases.push_back(load_case(prefix + "cut_off", map, {-8, -7}));
    map.box = {spans[mode] / 4, 12};
    cases.push_back(load_case(prefix + "narrow", map, {24, 3}));
    map.box = {24, 11};
    if (mode >= kSwizzle64B) cases.push_back(load_case(prefix + "odd_width", map, {24, 3}, 128));
    map = padded_tensor(kTensorMapUint8, {300, 9, 5}, {spans[mode] / 2, 5, 3});
    map.swizzle = static_cast<CUtensorMapSwizzle>(mode);
    if (mode > 0) cases.push_back(load_case(prefix + "3d", map, {32, 6, 3}));
  }
}

void add_places(std::vector<SiliconCase>& cases) {
  const TensorRequest map = padded_tensor(kTensorMapFloat16, {100, 37}, {64, 16});
  const std::pair<const char*, std::vector<int32_t>> places[] = {
      {"inside", {16, 8}},
      {"left", {-8, 8}},
      {"right", {72, 8}},
      {"above", {16, -3}},
      {"below", {16, 30}},
      {"left_above", {-56, -15}},
      {"right_below", {96, 36}},
      {"before", {-64, 8}},
      {"behind", {104, 8}},
      {"far", {1000000, 1000000}},
      {"far_before", {-1000000, 8}},
      {"farthest", {2147483640, -2147483647 - 1}},
  };
  for (const auto& [name, place] : places) {
    cases.push_back(load_case(std::string("place_") + name, map, place));
  }
}

void add_steps(std::vector<SiliconCase>& cases) {
  TensorRequest map = padded_tensor(kTensorMapUint16, {64, 40}, {32, 12});
  map.steps = {1, 3};
  cases.push_back(load_case("step3", map, {8, 2}));
  cases.push_back(load_case("step3_cut_off", map, {8, 33}));
  cases.push_back(load_case("step3_before", map, {8, -4}));
  map.box = {32, 13};
  map.steps = {1, 5};
  cases.push_back(load_case("step5_ragged", map, {8, 2}));
  map = padded_tensor(kTensorMapUint8, {64, 12, 14}, {32, 8, 6});
  map.steps = {1, 2, 3};
  cases.push_back(load_case("steps_3d", map, {16, 3, 2}));
  map.swizzle = kSwizzle32B;
  cases.push_back(load_case("steps_3d_swizzled", map, {16, 3, 2}));
}

// A stride that makes rows overlap, a base inside of the memory, the widest box.
void add_strides(std::vector<SiliconCase>& cases) {
  TensorRequest map = padded_tensor(kTensorMapUint8, {64, 20}, {64, 8});
  map.stride_bytes[0] = 16;
  cases.push_back(load_case("overlapping_rows", map, {0, 4}));
  map.stride_bytes[0] = 0;
  cases.push_back(load_case("repeated_row", map, {0, 4}));
  map = padded_tensor(kTensorMapUint32, {40, 20}, {16, 8});
  map.address_offset = 48;
  cases.push_back(load_case("base_offset", map, {8, 4}));
  map = padded_tensor(kTensorMapUint16, {8, 2}, {32, 8});
  cases.push_back(load_case("box_beyond_tensor", map, {0, 0}));
  map = padded_tensor(kTensorMapUint8, {300, 40}, {256, 32});
  cases.push_back(load_case("wide_box", map, {32, 4}));
  map = padded_tensor(kTensorMapUint8, {16, 300}, {16, 256});
  cases.push_back(load_case("tall_box", map, {0, 20}));
}

// A map changed by the kernel: another base, smaller dims, another box. The new one lies behind the
// tensor, where nobody compares it: what its bits mean is the driver's secret.
SiliconCase replaced_map_case() {
  const TensorRequest map = padded_tensor(kTensorMapUint16, {64, 40}, {32, 8});
  KernelText text;
  text.shared_bytes = 2048;
  text.expected_bytes = 32 * 4 * 2;
  text.num_issuers = 32;
  const std::string replace = "tensormap.replace.tile.";
  text.body =
      "shl.b32 %w0, %thread, 2;\nadd.u32 %w1, %buffer, %w0;\ncvt.u64.u32 %x0, %w0;\n"
      "add.s64 %x1, %map, %x0;\nld.u32 %w2, [%x1];\nst.shared.u32 [%w1+1024], %w2;\n"
      "bar.warp.sync -1;\nadd.s64 %x2, %in, 160;\nadd.u32 %w3, %buffer, 1024;\n"
      "@!%is_first bra replaced;\n" +
      replace + "global_address.shared::cta.b1024.b64 [%w3], %x2;\n" + replace +
      "global_dim.shared::cta.b1024.b32 [%w3], 0, 20;\n" + replace +
      "global_dim.shared::cta.b1024.b32 [%w3], 1, 5;\n" + replace +
      "global_stride.shared::cta.b1024.b64 [%w3], 0, 288;\n" + replace +
      "box_dim.shared::cta.b1024.b32 [%w3], 1, 4;\n" + replace +
      "swizzle_mode.shared::cta.b1024.b32 [%w3], 2;\nreplaced:\nbar.warp.sync -1;\n"
      "add.s64 %x3, %in, 8192;\n"
      "tensormap.cp_fenceproxy.global.shared::cta.tensormap::generic.release.gpu.sync.aligned "
      "[%x3], [%w3], 128;\n"
      "fence.proxy.tensormap::generic.acquire.gpu [%x3], 128;\n"
      "@%is_first cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes "
      "[%buffer], [%x3, {8, 2}], [%barrier];\n"
      "st.shared.u32 [%w1+1024], 0;";
  SiliconCase result;
  result.name = "load_replaced_map";
  result.map = map;
  result.input = noise(8192 + 128, 23);
  result.output.assign(text.shared_bytes + 16, 0x5a);
  result.ptx = text.str();
  return result;
}

}  // namespace

std::vector<SiliconCase> tensor_load_cases() {
  std::vector<SiliconCase> cases;
  add_ranks(cases);
  add_types(cases);
  add_swizzles(cases);
  add_places(cases);
  add_steps(cases);
  add_strides(cases);
  cases.push_back(replaced_map_case());
  return cases;
}

}  // namespace emulator::silicon
