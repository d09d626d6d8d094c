// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "ops/host_tensors.h"

#include <algorithm>
#include <cstddef>

#include "ops/gpu_runtime.h"
#include "ops/memory.h"

namespace mla {
namespace {

struct Range {
  std::byte* begin;
  std::byte* end;
};

// The tensors' bytes as ranges that do not overlap; views of one tensor often interleave.
std::vector<Range> joined_ranges(const std::vector<TensorView>& tensors) {
  std::vector<Range> ranges;
  for (const TensorView& tensor : tensors) {
    auto* begin = static_cast<std::byte*>(tensor.data);
    const std::int64_t bytes = span_bytes(tensor).value();
    if (bytes > 0) ranges.push_back({begin, begin + bytes});
  }
  std::ranges::sort(ranges, {}, &Range::begin);
  std::vector<Range> joined;
  for (const Range& range : ranges) {
    if (!joined.empty() && range.begin < joined.back().end) {
      joined.back().end = std::max(joined.back().end, range.end);
    } else {
      joined.push_back(range);
    }
  }
  return joined;
}

}  // namespace

std::vector<TensorView> tensors_of(const DecodeArgs& args) {
  std::vector<TensorView> tensors = {args.query,    args.kv_cache,         args.block_tables,
                                     args.seq_lens, args.workspace_buffer, args.out};
  if (args.lse) tensors.push_back(*args.lse);
  if (args.causal_seqs) tensors.push_back(*args.causal_seqs);
  return tensors;
}

std::vector<TensorView> tensors_of(const KvPackArgs& args) {
  return {args.k_nope, args.k_pe, args.v, args.k_out, args.v_out};
}

std::vector<TensorView> tensors_of(const MergeArgs& args) {
  std::vector<TensorView> tensors = {args.out};
  if (args.lse) tensors.push_back(*args.lse);
  for (const MergePartial& partial : args.partials) {
    tensors.insert(tensors.end(), {partial.out, partial.lse});
  }
  return tensors;
}

std::vector<TensorView> tensors_of(const PrefillArgs& args) {
  std::vector<TensorView> tensors = {args.query,           args.key,           args.value, args.out,
                                     args.cum_seq_lens_kv, args.cum_seq_lens_q};
  if (args.lse) tensors.push_back(*args.lse);
  return tensors;
}

HostTensors::HostTensors(GpuRuntime& gpu, const std::vector<TensorView>& tensors)
    : gpu_(gpu), lock_(gpu.host_tensors_mutex()), current_(gpu.context(0)) {
  const driver::Driver& driver = gpu.driver();
  try {
    for (const Range& range : joined_ranges(tensors)) {
      driver.check(
          driver->cuMemHostRegister_v2(range.begin, std::size_t(range.end - range.begin), 0),
          "lending a tensor on the host to the emulated GPU");
      registered_.push_back(range.begin);
    }
  } catch (...) {
    unregister();
    throw;
  }
}

HostTensors::~HostTensors() {
  unregister();
}

void HostTensors::wait() {
  const driver::Driver& driver = gpu_.driver();
  driver.check(driver->cuStreamSynchronize(nullptr), "running on the emulated GPU");
}

void HostTensors::unregister() noexcept {
  const driver::Driver& driver = gpu_.driver();
  // Work that was launched before an error may still be on its way.
  driver->cuStreamSynchronize(nullptr);
  for (void* begin : registered_) driver->cuMemHostUnregister(begin);
}

}  // namespace mla
