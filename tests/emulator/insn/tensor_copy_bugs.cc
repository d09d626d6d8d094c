// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "tests/emulator/insn/copy_bugs.h"

namespace emulator {

using Shows = CopyBug::Shows;

std::vector<CopyBug> tensor_copy_bugs() {
  return {
      {"box_at_a_misaligned_place", R"(
       @%p1 mbarrier.arrive.expect_tx.shared.b64 %rd1, [barrier], 512;
     - @%p1 cp.async.bulk.tensor.2d.shared::cta.global.mbarrier::complete_tx::bytes [%buffer+1088], [%map, {0, 0}], [barrier];
     + @%p1 cp.async.bulk.tensor.2d.shared::cta.global.mbarrier::complete_tx::bytes [%buffer+1152], [%map, {0, 0}], [barrier];
       WAIT)",
       FaultKind::kMisaligned,
       "@%p1 cp.async.bulk.tensor.2d.shared::cta.global.mbarrier::complete_tx::bytes "
       "[%buffer+1088], "
       "[%map, {0, 0}], [barrier];"},

      {"box_begins_between_units", R"(
       @%p1 mbarrier.arrive.expect_tx.shared.b64 %rd1, [barrier], 512;
     - @%p1 cp.async.bulk.tensor.2d.shared::cta.global.mbarrier::complete_tx::bytes [%buffer+1024], [%map, {4, 0}], [barrier];
     + @%p1 cp.async.bulk.tensor.2d.shared::cta.global.mbarrier::complete_tx::bytes [%buffer+1024], [%map, {8, 0}], [barrier];
       WAIT)",
       FaultKind::kMisaligned,
       "@%p1 cp.async.bulk.tensor.2d.shared::cta.global.mbarrier::complete_tx::bytes "
       "[%buffer+1024], "
       "[%map, {4, 0}], [barrier];"},

      {"map_of_another_rank", R"(
       @%p1 mbarrier.arrive.expect_tx.shared.b64 %rd1, [barrier], 512;
     - @%p1 cp.async.bulk.tensor.3d.shared::cta.global.mbarrier::complete_tx::bytes [%buffer+1024], [%map, {0, 0, 0}], [barrier];
     + @%p1 cp.async.bulk.tensor.2d.shared::cta.global.mbarrier::complete_tx::bytes [%buffer+1024], [%map, {0, 0}], [barrier];
       WAIT)",
       FaultKind::kAsyncMisuse,
       "@%p1 cp.async.bulk.tensor.3d.shared::cta.global.mbarrier::complete_tx::bytes "
       "[%buffer+1024], "
       "[%map, {0, 0, 0}], [barrier];"},

      {"map_misaligned", R"(
     - add.s64 %map, %map, 32;
       prefetch.param.tensormap [%map];
       @%p1 cp.async.bulk.prefetch.tensor.2d.L2.global [%map, {0, 0}];)",
       FaultKind::kMisaligned, "@%p1 cp.async.bulk.prefetch.tensor.2d.L2.global [%map, {0, 0}];"},

      {"map_in_shared_memory", R"(
     - cvt.u64.u32 %rd2, %buffer;
     - cvta.shared.u64 %map, %rd2;
       @%p1 cp.async.bulk.prefetch.tensor.2d.L2.global [%map, {0, 0}];)",
       FaultKind::kOutOfBounds, "@%p1 cp.async.bulk.prefetch.tensor.2d.L2.global [%map, {0, 0}];"},

      {"no_map_at_the_address", R"(
     - mov.u64 %map, %in;
       @%p1 cp.async.bulk.prefetch.tensor.2d.L2.global [%map, {0, 0}];)",
       FaultKind::kAsyncMisuse, "@%p1 cp.async.bulk.prefetch.tensor.2d.L2.global [%map, {0, 0}];"},

      {"store_before_the_tensor", R"(
     - mov.u32 %r2, -1;
     + mov.u32 %r2, 1;
       @%p1 cp.async.bulk.tensor.2d.global.shared::cta.bulk_group [%map, {0, %r2}], [%buffer];
       @%p1 cp.async.bulk.commit_group;
       @%p1 cp.async.bulk.wait_group 0;)",
       FaultKind::kAsyncMisuse,
       "@%p1 cp.async.bulk.tensor.2d.global.shared::cta.bulk_group [%map, {0, %r2}], [%buffer];"},

      {"no_such_reduction", R"(
     - @%p1 cp.reduce.async.bulk.tensor.2d.global.shared::cta.add.bulk_group [%map, {0, 0}], [%buffer];
     + @%p1 cp.async.bulk.tensor.2d.global.shared::cta.bulk_group [%map, {0, 0}], [%buffer];
       @%p1 cp.async.bulk.commit_group;
       @%p1 cp.async.bulk.wait_group 0;)",
       FaultKind::kAsyncMisuse,
       "@%p1 cp.reduce.async.bulk.tensor.2d.global.shared::cta.add.bulk_group [%map, {0, 0}], "
       "[%buffer];"},

      {"barrier_outside_of_the_pair", R"(
       mapa.shared::cluster.u32 %r2, %buffer, 1;
     - mapa.shared::cluster.u32 %r3, %barrier, 2;
     + mapa.shared::cluster.u32 %r3, %barrier, 0;
       setp.eq.and.u32 %p3, %rank, 0, %p1;
       @%p3 mbarrier.arrive.expect_tx.shared.b64 %rd1, [barrier], 512;
       @%p3 cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes.cta_group::2 [%r2+1024], [%map, {0, 0}], [%r3];
       setp.ne.u32 %p3, %rank, 0;
       @%p3 bra DONE;
       WAIT
       DONE:
       barrier.cluster.arrive.aligned;
       barrier.cluster.wait.aligned;)",
       FaultKind::kAsyncMisuse,
       "@%p3 "
       "cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes.cta_group::2 "
       "[%r2+1024], [%map, {0, 0}], [%r3];",
       Shows::kAlways, 4},
  };
}

}  // namespace emulator
