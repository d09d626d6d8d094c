// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "ops/decode_gpu.h"

#include <algorithm>
#include <limits>
#include <numbers>
#include <string>

#include "check.h"
#include "device/abi/decode_params.h"
#include "ops/gpu_runtime.h"
#include "ops/tensor_maps.h"
#include "plan/decode_workspace.h"
#include "plan/element.h"

namespace mla {
namespace {

constexpr const char* kWhere = "decode";

// Kernels keep rows in chunks of as many bytes as the copy engine swizzles.
constexpr driver::cuuint32_t kChunkBytes = 128;
constexpr int kLatentColumns = 512;
constexpr int kRopeColumns = 64;
constexpr driver::cuuint32_t kChunksPerBox = 4;  // where a page holds a block's tile

struct BlockShape {
  unsigned num_threads;
  int smem_bytes;
};

BlockShape block_shape(const DecodeConfig& config, Arch arch) {
  if (arch == Arch::kSm90) {
    return {unsigned(sm90_decode_threads(config)), sm90_decode_smem_bytes(config)};
  }
  return {kSm100DecodeThreads, sm100_decode_smem_bytes(config)};
}

driver::cuuint64_t latent_bytes(const TensorView& tensor) {
  return driver::cuuint64_t(kLatentColumns * size_bytes(tensor.dtype));
}

// From a tile of latent chunks to the same rows' rope part, which is one chunk or half of one.
void narrow_to_rope(driver::TensorTile& tile, const TensorView& tensor) {
  const auto bytes = driver::cuuint32_t(kRopeColumns * size_bytes(tensor.dtype));
  tile.dims[0] = tile.box[0] = bytes;
  tile.swizzle = swizzle_of(bytes);
}

// Query or output as boxes of one row tile. Whole tokens fold as [tokens, heads]; tiles that cut
// through tokens see all rows as one dimension, which takes tokens that lie one after another.
struct RowBoxes {
  driver::cuuint64_t num_tokens;
  driver::cuuint64_t num_heads;
  driver::cuuint32_t tokens_per_box;
  driver::cuuint32_t heads_per_box;
  int head_step;
  int token_step;
};

RowBoxes row_boxes(const char* name, const TensorView& tensor, const DecodePlan& plan) {
  const auto tokens = tensor.shape[1], heads = tensor.shape[2];
  if (!plan.is_dense) {
    return {driver::cuuint64_t(tokens),
            driver::cuuint64_t(heads),
            driver::cuuint32_t(plan.fold),
            driver::cuuint32_t(heads),
            0,
            plan.fold};
  }
  MLA_CHECK(tokens == 1 || tensor.strides[1] == heads * tensor.strides[2],
            ErrorKind::kNotImplemented, kWhere,
            std::string(name) + "'s tokens must lie one after another where " +
                std::to_string(tokens * heads) + " rows are packed into tiles of " +
                std::to_string(plan.rows_per_tile) + ": its token stride must be " +
                std::to_string(heads * tensor.strides[2]),
            tensor.strides[1]);
  return {1,
          driver::cuuint64_t(tokens * heads),
          1,
          driver::cuuint32_t(plan.rows_per_tile),
          plan.rows_per_tile,
          0};
}

// Boxes of one chunk of the latent columns.
driver::TensorTile latent_tile(const char* name, const TensorView& tensor, const RowBoxes& boxes) {
  return {
      .rank = 4,
      .dims = {latent_bytes(tensor), boxes.num_heads, boxes.num_tokens,
               driver::cuuint64_t(tensor.shape[0])},
      .stride_bytes = {stride_bytes(kWhere, name, tensor, 2), stride_bytes(kWhere, name, tensor, 1),
                       stride_bytes(kWhere, name, tensor, 0)},
      .box = {kChunkBytes, boxes.heads_per_box, boxes.tokens_per_box, 1},
      .swizzle = driver::kSwizzle128B};
}

void set_query(DecodeParams& params, const DecodeArgs& args, const DecodePlan& plan,
               GpuRuntime& gpu) {
  const TensorView& query = args.query;
  const RowBoxes boxes = row_boxes("query", query, plan);
  driver::TensorTile tile = latent_tile("query", query, boxes);
  params.query_latent = encode(gpu, query.data, tile);
  narrow_to_rope(tile, query);
  params.query_rope = encode(gpu, static_cast<char*>(query.data) + latent_bytes(query), tile);
  params.query_head_step = boxes.head_step;
  params.query_token_step = boxes.token_step;
}

// Kernels for 16-bit types store with the copy engine, a row tile at a time.
void set_result_maps(DecodeParams& params, const DecodeArgs& args, const DecodePlan& plan,
                     GpuRuntime& gpu) {
  if (!has_partial_exponents(plan.config)) return;
  const RowBoxes boxes = row_boxes("out", args.out, plan);
  params.out_map = encode(gpu, args.out.data, latent_tile("out", args.out, boxes));
  if (!plan.splits_requests) return;
  const driver::cuuint64_t row_bytes = latent_bytes(args.out);
  const auto num_rows = driver::cuuint64_t(plan.num_rows);
  const auto num_slots = driver::cuuint64_t(num_partial_slots(plan.num_workers));
  params.partial_map =
      encode(gpu, params.partial_out,
             {.rank = 4,
              .dims = {row_bytes, num_rows, num_slots, 1},
              .stride_bytes = {row_bytes, num_rows * row_bytes, num_slots * num_rows * row_bytes},
              .box = {kChunkBytes, driver::cuuint32_t(plan.rows_per_tile), 1, 1},
              .swizzle = driver::kSwizzle128B});
}

// The cache as boxes of up to a block's part of a tile's keys: four chunks at once where that is
// the tile and a page holds it, and they are not waited for one by one.
void set_cache(DecodeParams& params, const DecodeArgs& args, const DecodePlan& plan,
               GpuRuntime& gpu) {
  const TensorView& cache = args.kv_cache;
  const auto row_stride = stride_bytes(kWhere, "kv_cache", cache, cache.rank - 2);
  const auto page_stride = stride_bytes(kWhere, "kv_cache", cache, 0);
  const auto page_size = cache.shape[cache.rank - 2];
  const auto rows =
      driver::cuuint32_t(std::min<std::int64_t>(page_size, plan.tile_kv / plan.cluster_size));
  const bool several = rows == driver::cuuint32_t(plan.tile_kv) && plan.config.score_groups == 1;
  // A cache without pages is never read; its descriptor must be legal all the same.
  const auto num_pages = driver::cuuint64_t(std::max<std::int64_t>(cache.shape[0], 1));
  char* address = static_cast<char*>(cache.shape[0] > 0 ? cache.data : args.query.data);
  driver::TensorTile tile = {.rank = 4,
                             .dims = {kChunkBytes, driver::cuuint64_t(page_size),
                                      latent_bytes(cache) / kChunkBytes, num_pages},
                             .stride_bytes = {row_stride, kChunkBytes, page_stride},
                             .box = {kChunkBytes, rows, several ? kChunksPerBox : 1, 1},
                             .swizzle = driver::kSwizzle128B};
  params.cache_latent = encode(gpu, address, tile);
  narrow_to_rope(tile, cache);
  tile.dims[2] = tile.box[2] = 1;
  params.cache_rope = encode(gpu, address + latent_bytes(cache), tile);
  params.cache = cache.data;
  params.cache_row_bytes = static_cast<long long>(row_stride);
  params.cache_page_bytes = static_cast<long long>(page_stride);
}

void set_workspace(DecodeParams& params, const DecodeArgs& args, const DecodePlan& plan) {
  const DecodeWorkspace layout = decode_workspace(plan.num_workers, plan.num_rows, plan.config);
  char* base = static_cast<char*>(args.workspace_buffer.data);
  params.partial_out = base;
  params.partial_lse = reinterpret_cast<float*>(base + layout.partial_lse);
  params.partial_exponents = reinterpret_cast<signed char*>(base + layout.partial_exponents);
}

DecodeParams make_params(const DecodeArgs& args, const DecodePlan& plan, GpuRuntime& gpu) {
  expect_storable(kWhere, args.out);
  DecodeParams params = {};
  set_query(params, args, plan, gpu);
  set_cache(params, args, plan, gpu);
  set_workspace(params, args, plan);
  set_result_maps(params, args, plan, gpu);
  params.block_tables = static_cast<const int*>(args.block_tables.data);
  params.seq_lens = static_cast<const int*>(args.seq_lens.data);
  if (args.causal_seqs) params.causal_seqs = static_cast<const int*>(args.causal_seqs->data);
  params.out = args.out.data;
  if (args.lse) params.lse = static_cast<float*>(args.lse->data);
  params.block_table_stride = args.block_tables.strides[0];
  params.out_batch_stride = args.out.strides[0];
  params.out_token_stride = args.out.strides[1];
  params.out_head_stride = args.out.strides[2];
  params.batch = int(args.query.shape[0]);
  params.table_keys = int(std::min<std::int64_t>(args.block_tables.shape[1] * plan.config.page_size,
                                                 std::numeric_limits<int>::max()));
  params.q_len = int(args.query.shape[1]);
  params.num_heads = int(args.query.shape[2]);
  params.num_rows = int(plan.num_rows);
  params.rows_per_tile = plan.rows_per_tile;
  params.num_row_tiles = int(plan.num_row_tiles);
  params.num_workers = plan.num_workers;
  params.splits_requests = plan.splits_requests;
  params.is_causal = args.is_causal;
  params.cp_world = args.cp_world;
  params.cp_rank = args.cp_rank;
  params.softmax_scale_log2 = float(double(args.softmax_scale) * std::numbers::log2e);
  params.output_scale = args.output_scale;
  params.lse_unit = args.lse_base == LseBase::kE ? float(std::numbers::ln2) : 1.0f;
  return params;
}

// Blocks of the merge: one an SM, or fewer where the half rows of all requests that may be split
// are fewer.
unsigned merge_blocks(const DecodePlan& plan, std::int64_t batch, int num_sms) {
  const std::int64_t half_rows =
      2 * plan.num_rows * std::min<std::int64_t>(batch, plan.num_workers - 1);
  return unsigned(std::min<std::int64_t>(half_rows, num_sms));
}

}  // namespace

void decode_on_gpu(const DecodeArgs& args, const DecodePlan& plan, Runtime& runtime,
                   Stream stream) {
  GpuRuntime& gpu = runtime.gpu();
  const int ordinal = args.query.device.index;
  const driver::CurrentContext current(gpu.context(ordinal));
  const DecodeParams params = make_params(args, plan, gpu);
  const auto cuda_stream = static_cast<driver::CUstream>(stream.handle);
  const BlockShape block = block_shape(plan.config, gpu.facts(ordinal).arch);
  gpu.kernel(plan.config, ordinal)
      .launch({.grid = {unsigned(plan.grid.x)},
               .block = {block.num_threads},
               .cluster = {unsigned(plan.cluster_size)},
               .dynamic_smem_bytes = unsigned(block.smem_bytes),
               .enable_pdl = args.enable_pdl},
              cuda_stream, params);
  if (!plan.splits_requests) return;

  // It waits for the kernel above in any case; starting early hides its launch.
  const unsigned num_blocks =
      merge_blocks(plan, args.query.shape[0], runtime.device(args.query.device).num_sms);
  const DecodeMergeConfig merge = {.out_dtype = element_type(args.out.dtype),
                                   .latent_dim = plan.config.latent_dim,
                                   .tile_kv = plan.tile_kv,
                                   .has_exponents = has_partial_exponents(plan.config)};
  gpu.kernel(merge, ordinal)
      .launch({.grid = {num_blocks}, .block = {unsigned(kDecodeMergeThreads)}, .enable_pdl = true},
              cuda_stream, params);
}

}  // namespace mla
