// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "tests/emulator/silicon/cases.h"
#include "tests/emulator/silicon/kernel_text.h"
#include "tests/emulator/silicon/tensor_request.h"

namespace emulator::silicon {
namespace {

using namespace mla::driver;

constexpr uint32_t kSharedBytes = 2048;

// %w0 is the rank of the next CTA, %w1 place 1024 of its buffer, %w2 its barrier.
std::string find_next(uint32_t cluster_size) {
  return "add.u32 %w0, %rank, 1;\nrem.u32 %w0, %w0, " + std::to_string(cluster_size) +
         ";\nadd.u32 %w3, %buffer, 1024;\nmapa.shared::cluster.u32 %w1, %w3, %w0;\n"
         "mapa.shared::cluster.u32 %w2, %barrier, %w0;\n";
}

SiliconCase cluster_case(const std::string& name, uint32_t cluster_size, uint32_t expected_bytes,
                         const std::string& body) {
  KernelText text;
  text.shared_bytes = kSharedBytes;
  text.fill = KernelText::Fill::kInput;
  text.expected_bytes = expected_bytes;
  text.body = find_next(cluster_size) + body;
  SiliconCase result;
  result.name = "cluster" + std::to_string(cluster_size) + "_" + name;
  result.ptx = text.str();
  result.cluster_size = cluster_size;
  result.input = noise(size_t{kSharedBytes} * cluster_size, 17);
  result.output.assign((size_t{kSharedBytes} + 16) * cluster_size, 0x5a);
  return result;
}

void add_sends(std::vector<SiliconCase>& cases) {
  const std::string operands = " [%w1], [%buffer+256], 512, [%w2];";
  const std::string copy =
      "cp.async.bulk.shared::cluster.shared::cta.mbarrier::complete_tx::bytes" + operands;
  cases.push_back(cluster_case("send", 2, 512, copy));
  cases.push_back(cluster_case("send", 4, 512, copy));
  const char* const reductions[] = {"add.u32", "add.s32", "add.u64", "min.u32",
                                    "min.s32", "max.u32", "max.s32", "inc.u32",
                                    "dec.u32", "and.b32", "or.b32",  "xor.b32"};
  for (const std::string reduction : reductions) {
    cases.push_back(cluster_case(
        "send_" + reduction, 2, 512,
        "cp.reduce.async.bulk.shared::cluster.shared::cta.mbarrier::complete_tx::bytes." +
            reduction + operands));
  }
  cases.push_back(cluster_case(
      "load_into_next", 2, 256,
      "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%w1], [%in+64], 256, "
      "[%w2];"));
}

void add_signalled_stores(std::vector<SiliconCase>& cases) {
  const std::string values =
      "add.u32 %w4, %rank, 100;\nadd.u32 %w5, %rank, 200;\nadd.u32 %w6, %rank, 300;\n"
      "mov.b64 %x0, {%w4, %w5};\nmov.b64 %x1, {%w6, %w4};\n";
  const std::string store = values + "st.async.weak.shared::cluster.mbarrier::complete_tx::bytes";
  cases.push_back(cluster_case("st_async_b32", 2, 4, store + ".b32 [%w1], %w4, [%w2];"));
  cases.push_back(
      cluster_case("st_async_v4", 4, 16, store + ".v4.b32 [%w1], {%w4, %w5, %w6, %w4}, [%w2];"));
  cases.push_back(
      cluster_case("st_async_v2_b64", 2, 16, store + ".v2.b64 [%w1], {%x0, %x1}, [%w2];"));
  const std::string reduce =
      values + "red.async.relaxed.cluster.shared::cluster.mbarrier::complete_tx::bytes";
  for (const std::string operation : {"add.u32", "min.s32", "max.u32", "inc.u32", "xor.b32"}) {
    cases.push_back(cluster_case("red_async_" + operation, 2, 4,
                                 reduce + "." + operation + " [%w1], %w4, [%w2];"));
  }
  cases.push_back(cluster_case("red_async_add.u64", 2, 8, reduce + ".add.u64 [%w1], %x0, [%w2];"));
}

// Every CTA copies its share to all of them.
void add_multicasts(std::vector<SiliconCase>& cases) {
  const std::string share =
      "mul.lo.u32 %w4, %rank, 256;\nadd.u32 %w5, %buffer, %w4;\ncvt.u64.u32 %x0, %w4;\n"
      "add.s64 %x0, %x0, %in;\n";
  for (const uint32_t size : {2u, 4u}) {
    const std::string mask = "mov.u16 %h0, " + std::to_string((1u << size) - 1) + ";\n";
    cases.push_back(cluster_case(
        "bulk_multicast", size, size * 256,
        share + mask +
            "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes.multicast::cluster "
            "[%w5], [%x0], 256, [%barrier], %h0;"));
    SiliconCase tensor = cluster_case(
        "tensor_multicast", size, size * 256,
        share + mask +
            "cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes"
            ".multicast::cluster [%w5], [%map, {0, %rank}], [%barrier], %h0;");
    tensor.map = padded_tensor(kTensorMapUint16, {40, 9}, {32, 4});
    tensor.map->swizzle = kSwizzle64B;
    cases.push_back(tensor);
  }
}

}  // namespace

std::vector<SiliconCase> cluster_copy_cases() {
  std::vector<SiliconCase> cases;
  add_sends(cases);
  add_signalled_stores(cases);
  add_multicasts(cases);
  return cases;
}

}  // namespace emulator::silicon
