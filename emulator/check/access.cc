// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/check/access.h"

#include "emulator/check/race_checker.h"

namespace emulator::check {

// What was known when the work was handed over, and by whom.
struct AsyncOperation::Issue {
  RaceChecker* checker = nullptr;
  const Warp* warp = nullptr;
  const Instruction* instruction = nullptr;
  int lane = 0;
  ViewPointer view;
  std::vector<ViewPointer> other_views;  // of warps that issued it together with this one
  Time time = 0;
  Agent agent = 0;  // of the work itself
  uint64_t group = 0;
  const Cta* mbarrier_cta = nullptr;  // null: the group tells the time
  uint32_t mbarrier_offset = 0;

  // Work that an mbarrier counts belongs to the phase that is open when it is done.
  Time completion_time() const {
    if (!mbarrier_cta) return static_cast<Time>(group);
    return static_cast<Time>(mbarrier_cta->mbarriers.at(mbarrier_offset).phase() + 1);
  }
};

namespace {

// An instruction of a whole warp comes after what all of its lanes did before.
ViewPointer whole_view(const Warp& warp, WarpView& view) {
  view.now = static_cast<Time>(warp.num_executed);
  return std::make_shared<const View>(view.release(warp.live_lanes()));
}

}  // namespace

std::shared_ptr<AsyncOperation::Issue> AsyncOperation::remember(const Warp& warp,
                                                                const Instruction& instruction,
                                                                int lane) {
  RaceChecker* checker = warp.cta().cluster.races;
  if (!checker) return nullptr;
  auto issue = std::make_shared<Issue>();
  WarpView& view = checker->state().view_of(warp);
  issue->checker = checker;
  issue->warp = &warp;
  issue->instruction = &instruction;
  issue->lane = lane;
  issue->view = lane < 0 ? whole_view(warp, view) : view.of(lane);
  issue->time = static_cast<Time>(warp.num_executed);
  return issue;
}

AsyncOperation AsyncOperation::signalling(const Warp& warp, const Instruction& instruction,
                                          int lane, const Cta& cta, uint32_t offset) {
  AsyncOperation operation;
  if (const auto issue = remember(warp, instruction, lane)) {
    issue->agent = issue->checker->state().mbarrier(cta, offset).agent;
    issue->mbarrier_cta = &cta;
    issue->mbarrier_offset = offset;
    operation.issue_ = issue;
  }
  return operation;
}

AsyncOperation AsyncOperation::in_group(const Warp& warp, const Instruction& instruction, int lane,
                                        const char* unit, uint64_t group) {
  AsyncOperation operation;
  if (const auto issue = remember(warp, instruction, lane)) {
    issue->agent = issue->checker->state().unit_agent(warp, unit);
    issue->group = group;
    operation.issue_ = issue;
  }
  return operation;
}

AsyncOperation AsyncOperation::of_warpgroup(const Warp& warp, const Warp& first,
                                            const Instruction& instruction, const char* unit,
                                            uint64_t group) {
  AsyncOperation operation = in_group(warp, instruction, -1, unit, group);
  if (operation.issue_) {
    operation.issue_->agent = operation.issue_->checker->state().unit_agent(first, unit);
  }
  return operation;
}

void AsyncOperation::join(const Warp& warp) const {
  if (!issue_) return;
  WarpView& view = issue_->checker->state().view_of(warp);
  issue_->other_views.push_back(whole_view(warp, view));
}

void AsyncOperation::synchronise(const Warp& warp) const {
  if (!issue_) return;
  View common = *issue_->view;
  common.join(*whole_view(warp, issue_->checker->state().view_of(warp)));
  issue_->view = std::make_shared<const View>(std::move(common));
}

void AsyncOperation::access(const Cta* cta, uint64_t address, uint32_t bytes, bool is_write,
                            bool is_atomic) const {
  const LaneMask lanes = issue_->lane < 0 ? kAllLanes : LaneMask{1} << issue_->lane;
  MemoryAccess access;
  access.warp = issue_->warp;
  access.instruction = issue_->instruction;
  access.lane = issue_->lane;
  access.view = issue_->view.get();
  access.other_views = issue_->other_views;
  access.issuer = issue_->checker->state().view_of(*issue_->warp).agent();
  access.issuer_lanes = lanes;
  access.issue_time = issue_->time;
  access.record.time = issue_->completion_time();
  access.record.lanes = issue_->mbarrier_cta ? kAllLanes : lanes;
  access.record.site = issue_->checker->site_of(*issue_->instruction);
  access.record.agent = issue_->agent;
  access.record.is_write = is_write;
  access.record.is_strong = is_atomic;
  access.record.scope = Scope::kGpu;
  access.record.is_async = true;
  issue_->checker->accesses().begin();
  issue_->checker->accesses().check(access, {cta, address}, bytes);
}

void finish_groups(const Warp& warp, LaneMask lanes, const char* unit, uint64_t group) {
  RaceChecker* checker = warp.cta().cluster.races;
  if (!checker || group == 0) return;
  const Agent agent = checker->state().unit_agent(warp, unit);
  WarpView& view = checker->state().view_of(warp);
  for_each_lane(lanes, [&](int lane) {
    const LaneMask alone = LaneMask{1} << lane;
    view.learn(alone, agent, alone, static_cast<Time>(group));
  });
}

void finish_warp_groups(const Warp& warp, const Warp& issuer, const char* unit, uint64_t group) {
  RaceChecker* checker = warp.cta().cluster.races;
  if (!checker || group == 0) return;
  const Agent agent = checker->state().unit_agent(issuer, unit);
  checker->state().view_of(warp).learn(warp.live_lanes(), agent, kAllLanes,
                                       static_cast<Time>(group));
}

std::shared_ptr<const View> known_by(const Warp& warp, int lane) {
  RaceChecker* checker = warp.cta().cluster.races;
  return checker ? checker->state().view_of(warp).of(lane) : nullptr;
}

void signal_groups(const Warp& warp, int lane, const char* unit, uint64_t group,
                   const std::shared_ptr<const View>& known, const Cta& cta, uint32_t offset) {
  RaceChecker* checker = warp.cta().cluster.races;
  if (!checker || group == 0) return;
  RaceState& state = checker->state();
  const LaneMask lanes = lane < 0 ? kAllLanes : LaneMask{1} << lane;
  MbarrierState& barrier = state.mbarrier(cta, offset);
  barrier.follow(cta.mbarriers.at(offset));  // who waits for an earlier phase does not learn of it
  View& arriving = barrier.sync.arriving;
  if (known) arriving.join(*known);
  arriving.known.learn(state.unit_agent(warp, unit), lanes, static_cast<Time>(group));
}

}  // namespace emulator::check
