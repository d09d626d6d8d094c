// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/insn/handlers.h"
#include "emulator/insn/mbarrier_access.h"
#include "emulator/insn/tcgen05_issue.h"

namespace emulator {
namespace {

// The CTAs whose barrier is signalled: that of the address, or those of the mask.
std::vector<SharedPlace> find_barriers(const Tcgen05Issue& issue) {
  const Row* operands = issue.instruction().operands;
  const MbarrierPlace place =
      find_mbarrier_place(issue.warp(), issue.instruction(), operands[0], issue.lane());
  if (!issue.instruction().form->has("multicast::cluster")) return {{place.cta, place.offset}};
  const uint64_t mask = issue.read(operands[1]);
  std::vector<SharedPlace> barriers;
  for (uint32_t rank = 0; rank < 16; ++rank) {
    if ((mask >> rank & 1) == 0) continue;
    Cta* cta = issue.warp().cta().cluster.find_cta(rank);
    if (!cta) {
      issue.warp().fail(
          FaultKind::kOutOfBounds, issue.instruction(),
          "the mask names CTA rank " + std::to_string(rank) + ", which the cluster does not have",
          issue.lane());
    }
    barriers.push_back({cta, place.offset});
  }
  return barriers;
}

using Knowledge = std::shared_ptr<const check::View>;

// The arrival of a finished commit at one barrier.
void arrive(const AsyncAccess& access, const SharedPlace& barrier, const Knowledge& known,
            uint32_t issuer, uint32_t last_number) {
  const auto it = barrier.cta->mbarriers.find(barrier.offset);
  if (it == barrier.cta->mbarriers.end()) {
    access.fail(FaultKind::kMbarrierMisuse,
                "tcgen05.commit arrives at an mbarrier that was not initialised in CTA rank " +
                    std::to_string(barrier.cta->rank),
                shared_address(barrier));
  }
  check::signal_groups(access.warp(), access.lane(), kTensorCoreUnit, last_number, known,
                       *barrier.cta, barrier.offset);
  const uint64_t phase = it->second.phase();
  if (const char* problem = it->second.arrive(1)) {
    access.fail(FaultKind::kMbarrierMisuse,
                std::string(problem) + " (" + it->second.describe() + ")", shared_address(barrier));
  }
  access.warp().cta().cluster.tensor_operations.signal(
      issuer, {last_number, barrier.cta, barrier.offset, phase});
}

// tcgen05.commit [barrier], mask: one arrival once all operations of this thread so far are done.
Outcome issue_commit(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const Tcgen05Issue issue(warp, instruction, lanes);
  const std::vector<SharedPlace> barriers = find_barriers(issue);
  const uint32_t issuer = issue.issuer();
  const uint32_t last_number = warp.cta().cluster.tensor_operations.last_number(issuer);
  const AsyncAccess access(warp, instruction, issue.lane());
  const Knowledge known = check::known_by(warp, issue.lane());
  issue.submit([access, barriers, known, issuer, last_number] {
    for (const SharedPlace& barrier : barriers) arrive(access, barrier, known, issuer, last_number);
  });
  return Outcome::kNext;
}

}  // namespace

namespace handlers {

Execute tcgen05_commit(const Instruction&) {
  return issue_commit;
}

}  // namespace handlers
}  // namespace emulator
