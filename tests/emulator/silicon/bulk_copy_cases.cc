// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "tests/emulator/silicon/cases.h"
#include "tests/emulator/silicon/kernel_text.h"
#include "tests/emulator/silicon/numbers.h"

namespace emulator::silicon {
namespace {

using namespace mla::driver;

SiliconCase load_case(const std::string& name, uint32_t bytes, const std::string& body) {
  KernelText text;
  text.shared_bytes = 4096;
  text.expected_bytes = bytes;
  text.body = body;
  SiliconCase result;
  result.name = "bulk_load_" + name;
  result.ptx = text.str();
  result.input = noise(4096, 7);
  result.output.assign(4096 + 16, 0x5a);
  return result;
}

std::string load(uint32_t to, uint32_t from, uint32_t bytes) {
  return "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%buffer+" +
         std::to_string(to) + "], [%in+" + std::to_string(from) + "], " + std::to_string(bytes) +
         ", [%barrier];\n";
}

SiliconCase store_case(const std::string& name, const std::string& opcode, uint32_t bytes) {
  KernelText text;
  text.shared_bytes = 1024;
  text.fill = KernelText::Fill::kInput;
  text.dumps = false;
  text.body = opcode + " [%out+32], [%buffer+16], " + std::to_string(bytes) +
              ";\ncp.async.bulk.commit_group;\ncp.async.bulk.wait_group 0;";
  SiliconCase result;
  result.name = name;
  result.ptx = text.str();
  result.input = noise(1024, 11);
  result.output = noise(1024, 13);
  return result;
}

void add_reductions(std::vector<SiliconCase>& cases, const std::string& type,
                    const std::vector<std::string>& reductions) {
  for (const std::string& reduction : reductions) {
    cases.push_back(store_case(
        "bulk_reduce_" + reduction + "_" + type,
        "cp.reduce.async.bulk.global.shared::cta.bulk_group." + reduction + "." + type, 512));
  }
}

void add_float_reductions(std::vector<SiliconCase>& cases, CUtensorMapDataType data_type,
                          const std::string& type, const std::vector<std::string>& reductions) {
  const size_t first = cases.size();
  add_reductions(cases, type, reductions);
  for (size_t i = first; i < cases.size(); ++i) {
    cases[i].input = numbers(data_type, 1024, 11);
    cases[i].output = numbers(data_type, 1024, 13);
  }
}

}  // namespace

std::vector<SiliconCase> bulk_copy_cases() {
  std::vector<SiliconCase> cases;
  cases.push_back(load_case("16", 16, load(0, 0, 16)));
  cases.push_back(load_case("2048", 2048, load(512, 1040, 2048)));
  cases.push_back(load_case("pair", 96, load(1024, 16, 48) + load(3072, 2000, 48)));
  cases.push_back(store_case("bulk_store_16", "cp.async.bulk.global.shared::cta.bulk_group", 16));
  cases.push_back(store_case("bulk_store_720", "cp.async.bulk.global.shared::cta.bulk_group", 720));
  const std::vector<std::string> bits{"and", "or", "xor"};
  add_reductions(cases, "u32", {"add", "min", "max", "inc", "dec"});
  add_reductions(cases, "s32", {"add", "min", "max"});
  add_reductions(cases, "u64", {"add", "min", "max"});
  add_reductions(cases, "s64", {"min", "max"});
  add_reductions(cases, "b32", bits);
  add_reductions(cases, "b64", bits);
  add_float_reductions(cases, kTensorMapFloat32, "f32", {"add"});
  add_float_reductions(cases, kTensorMapFloat64, "f64", {"add"});
  add_float_reductions(cases, kTensorMapFloat16, "f16", {"add.noftz", "min", "max"});
  add_float_reductions(cases, kTensorMapBFloat16, "bf16", {"add.noftz", "min", "max"});
  return cases;
}

}  // namespace emulator::silicon
