// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "tests/emulator/insn/copy_bugs.h"

namespace emulator {

using Shows = CopyBug::Shows;

std::vector<CopyBug> bulk_copy_bugs() {
  return {
      {"read_before_the_wait", R"(
       @%p1 mbarrier.arrive.expect_tx.shared.b64 %rd1, [barrier], 512;
       @%p1 cp.async.bulk.shared::cta.global.mbarrier::complete_tx::bytes [%buffer+1024], [%in], 512, [barrier];
     - ld.shared.u32 %r2, [buffer+1024];
       WAIT
     + ld.shared.u32 %r2, [buffer+1024];)",
       FaultKind::kAsyncMisuse, "ld.shared.u32 %r2, [buffer+1024];", Shows::kLate},

      {"fewer_bytes_expected_than_copied", R"(
     - @%p1 mbarrier.arrive.expect_tx.shared.b64 %rd1, [barrier], 256;
     + @%p1 mbarrier.arrive.expect_tx.shared.b64 %rd1, [barrier], 512;
       @%p1 cp.async.bulk.shared::cta.global.mbarrier::complete_tx::bytes [%buffer+1024], [%in], 512, [barrier];
       WAIT)",
       FaultKind::kDeadlock, "mbarrier.try_wait.parity.shared.b64 %p2, [barrier], 0;"},

      {"bytes_left_at_the_end", R"(
       @%p1 mbarrier.arrive.expect_tx.shared.b64 %rd1, [barrier], 512;
     - @%p1 cp.async.bulk.shared::cta.global.mbarrier::complete_tx::bytes [%buffer+1024], [%in], 256, [barrier];
     + @%p1 cp.async.bulk.shared::cta.global.mbarrier::complete_tx::bytes [%buffer+1024], [%in], 512, [barrier];
     + WAIT)",
       FaultKind::kMbarrierMisuse,
       "@%p1 cp.async.bulk.shared::cta.global.mbarrier::complete_tx::bytes [%buffer+1024], [%in], "
       "256, [barrier];",
       Shows::kEarly},

      {"thread_ends_before_its_load", R"(
       @%p1 mbarrier.arrive.expect_tx.shared.b64 %rd1, [barrier], 512;
       @%p1 cp.async.bulk.shared::cta.global.mbarrier::complete_tx::bytes [%buffer+1024], [%in], 512, [barrier];
     + WAIT)",
       FaultKind::kAsyncMisuse,
       "@%p1 cp.async.bulk.shared::cta.global.mbarrier::complete_tx::bytes [%buffer+1024], [%in], "
       "512, [barrier];",
       Shows::kLate},

      {"thread_ends_before_its_store", R"(
       @%p1 cp.async.bulk.global.shared::cta.bulk_group [%out], [%buffer], 512;
       @%p1 cp.async.bulk.commit_group;
     + @%p1 cp.async.bulk.wait_group.read 0;)",
       FaultKind::kAsyncMisuse,
       "@%p1 cp.async.bulk.global.shared::cta.bulk_group [%out], [%buffer], 512;"},

      {"source_overwritten_before_it_is_read", R"(
       @%p1 cp.async.bulk.global.shared::cta.bulk_group [%out], [%buffer], 512;
       @%p1 cp.async.bulk.commit_group;
     - @%p1 st.shared.u32 [buffer+16], 0;
       @%p1 cp.async.bulk.wait_group.read 0;
     + @%p1 st.shared.u32 [buffer+16], 0;)",
       FaultKind::kAsyncMisuse, "@%p1 st.shared.u32 [buffer+16], 0;", Shows::kLate},

      {"waits_for_too_few_groups", R"(
       @%p1 cp.async.bulk.global.shared::cta.bulk_group [%out], [%buffer], 256;
       @%p1 cp.async.bulk.commit_group;
       @%p1 cp.async.bulk.global.shared::cta.bulk_group [%out+256], [%buffer+256], 256;
       @%p1 cp.async.bulk.commit_group;
     - @%p1 cp.async.bulk.wait_group.read 1;
     + @%p1 cp.async.bulk.wait_group.read 0;
       @%p1 st.shared.u32 [buffer+272], 0;
       @%p1 cp.async.bulk.wait_group 0;)",
       FaultKind::kAsyncMisuse, "@%p1 st.shared.u32 [buffer+272], 0;", Shows::kLate},

      {"load_into_a_stage_still_stored", R"(
       @%p1 cp.async.bulk.global.shared::cta.bulk_group [%out], [%buffer], 512;
       @%p1 cp.async.bulk.commit_group;
     + @%p1 cp.async.bulk.wait_group.read 0;
       @%p1 mbarrier.arrive.expect_tx.shared.b64 %rd1, [barrier], 128;
       @%p1 cp.async.bulk.shared::cta.global.mbarrier::complete_tx::bytes [%buffer+256], [%in], 128, [barrier];
       WAIT
     - @%p1 cp.async.bulk.wait_group.read 0;)",
       FaultKind::kAsyncMisuse,
       "@%p1 cp.async.bulk.shared::cta.global.mbarrier::complete_tx::bytes [%buffer+256], [%in], "
       "128, [barrier];",
       Shows::kLate},

      {"store_of_nothing_written", R"(
     + @%p1 cp.async.bulk.global.shared::cta.bulk_group [%out], [%buffer+384], 128;
     - @%p1 cp.async.bulk.global.shared::cta.bulk_group [%out], [%buffer+448], 128;
       @%p1 cp.async.bulk.commit_group;
       @%p1 cp.async.bulk.wait_group 0;)",
       FaultKind::kUninitialisedShared,
       "@%p1 cp.async.bulk.global.shared::cta.bulk_group [%out], [%buffer+448], 128;"},

      {"size_not_in_units", R"(
     - mov.u32 %r2, 100;
     + mov.u32 %r2, 96;
       @%p1 cp.async.bulk.global.shared::cta.bulk_group [%out], [%buffer], %r2;
       @%p1 cp.async.bulk.commit_group;
       @%p1 cp.async.bulk.wait_group 0;)",
       FaultKind::kAsyncMisuse,
       "@%p1 cp.async.bulk.global.shared::cta.bulk_group [%out], [%buffer], %r2;"},

      {"source_behind_its_allocation", R"(
       @%p1 mbarrier.arrive.expect_tx.shared.b64 %rd1, [barrier], 512;
     - @%p1 cp.async.bulk.shared::cta.global.mbarrier::complete_tx::bytes [%buffer+1024], [%in+7936], 512, [barrier];
     + @%p1 cp.async.bulk.shared::cta.global.mbarrier::complete_tx::bytes [%buffer+1024], [%in+7680], 512, [barrier];
       WAIT)",
       FaultKind::kOutOfBounds,
       "@%p1 cp.async.bulk.shared::cta.global.mbarrier::complete_tx::bytes [%buffer+1024], "
       "[%in+7936], 512, [barrier];"},

      {"barrier_not_initialised", R"(
     + @%p1 mbarrier.init.shared.b64 [idle], 1;
       @%p1 cp.async.bulk.shared::cta.global.mbarrier::complete_tx::bytes [%buffer+1024], [%in], 64, [idle];
     + @%p1 mbarrier.expect_tx.shared.b64 [idle], 64;
     + @%p1 mbarrier.arrive.shared.b64 %rd1, [idle];
     + WAIT2:
     + @%p1 mbarrier.try_wait.parity.shared.b64 %p3, [idle], 0;
     + @!%p1 mov.pred %p3, -1;
     + @!%p3 bra WAIT2;)",
       FaultKind::kMbarrierMisuse,
       "@%p1 cp.async.bulk.shared::cta.global.mbarrier::complete_tx::bytes [%buffer+1024], [%in], "
       "64, [idle];"},

      {"barrier_of_another_cta", R"(
       mapa.shared::cluster.u32 %r2, %buffer, 1;
     - mapa.shared::cluster.u32 %r3, %barrier, 0;
     + mapa.shared::cluster.u32 %r3, %barrier, 1;
       setp.eq.and.u32 %p3, %rank, 0, %p1;
       setp.eq.and.u32 %p4, %rank, 1, %p1;
       @%p4 mbarrier.arrive.expect_tx.shared.b64 %rd1, [barrier], 64;
       @%p3 cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%r2+1024], [%in], 64, [%r3];
       setp.eq.u32 %p3, %rank, 0;
       @%p3 bra DONE;
       WAIT
       DONE:)",
       FaultKind::kAsyncMisuse,
       "@%p3 cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%r2+1024], [%in], "
       "64, [%r3];",
       Shows::kAlways, 2},

      {"mask_names_an_absent_cta", R"(
     - mov.u16 %h1, 7;
     + mov.u16 %h1, 3;
       setp.eq.and.u32 %p3, %rank, 0, %p1;
       @%p1 mbarrier.arrive.expect_tx.shared.b64 %rd1, [barrier], 64;
       @%p3 cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes.multicast::cluster [%buffer+1024], [%in], 64, [%barrier], %h1;
       WAIT)",
       FaultKind::kAsyncMisuse,
       "@%p3 cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes.multicast::cluster "
       "[%buffer+1024], [%in], 64, [%barrier], %h1;",
       Shows::kAlways, 2},

      {"copy_into_a_cta_that_has_ended", R"(
       setp.eq.and.u32 %p3, %rank, 0, %p1;
       setp.eq.u32 %p4, %rank, 1;
       mov.u16 %h1, 3;
       @%p1 mbarrier.arrive.expect_tx.shared.b64 %rd1, [barrier], 64;
       @%p3 cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes.multicast::cluster [%buffer+1024], [%in], 64, [%barrier], %h1;
     - @%p4 bra DONE;
       WAIT
       DONE:)",
       FaultKind::kAsyncMisuse,
       "@%p3 cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes.multicast::cluster "
       "[%buffer+1024], [%in], 64, [%barrier], %h1;",
       Shows::kLate, 2},
  };
}

}  // namespace emulator
