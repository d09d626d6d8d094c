// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "mla/decode.h"
#include "mla/device.h"
#include "mla/kv_pack.h"
#include "mla/merge.h"
#include "mla/prefill.h"

// The CPU backend. Arguments were checked by the caller (src/ops); nothing here throws on them.
namespace mla::cpu {

// How decode cuts its work (see device/abi/decode_work.h).
struct DecodeSchedule {
  int tile_rows = 64;   // (token, head) rows that share one pass over the keys
  int tile_kv = 64;     // keys per tile
  int num_workers = 1;  // stretches of the key line, several per thread at will
};

// Uses (num_workers - 1) * q_len * num_heads * 513 * 4 bytes of workspace, at any address; none
// when num_workers is 1 or requests are not split (batch_invariant).
void decode(const DecodeArgs& args, const DecodeSchedule& schedule, int num_threads);
void prefill(const PrefillArgs& args, int num_threads);
void kv_pack(const KvPackArgs& args, int num_threads);
void merge_states(const MergeArgs& args, int num_threads);

// This machine: threads, caches, and rates measured on the spot (some 20 ms: ask once and keep the
// answer).
DeviceFacts device_facts(int num_threads);

}  // namespace mla::cpu
