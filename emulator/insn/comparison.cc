// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "emulator/insn/comparison.cc"
#include <hwy/foreach_target.h>
// foreach_target comes first.
#include <array>

#include "emulator/insn/dispatch.h"
#include "emulator/insn/float_format.h"
#include "emulator/insn/handlers.h"
#include "emulator/insn/lane_loops-inl.h"

HWY_BEFORE_NAMESPACE();
namespace emulator::HWY_NAMESPACE {
namespace {

// Ordered comparisons are false when a source is NaN, unordered ones true.
struct Eq {
  template <typename T>
  static bool test(T a, T b) {
    return a == b;
  }
};
struct Ne {
  template <typename T>
  static bool test(T a, T b) {
    return a < b || a > b;
  }
};
struct Lt {
  template <typename T>
  static bool test(T a, T b) {
    return a < b;
  }
};
struct Le {
  template <typename T>
  static bool test(T a, T b) {
    return a <= b;
  }
};
struct Gt {
  template <typename T>
  static bool test(T a, T b) {
    return a > b;
  }
};
struct Ge {
  template <typename T>
  static bool test(T a, T b) {
    return a >= b;
  }
};
struct Equ {
  template <typename T>
  static bool test(T a, T b) {
    return !(a < b || a > b);
  }
};
struct Neu {
  template <typename T>
  static bool test(T a, T b) {
    return !(a == b);
  }
};
struct Ltu {
  template <typename T>
  static bool test(T a, T b) {
    return !(a >= b);
  }
};
struct Leu {
  template <typename T>
  static bool test(T a, T b) {
    return !(a > b);
  }
};
struct Gtu {
  template <typename T>
  static bool test(T a, T b) {
    return !(a <= b);
  }
};
struct Geu {
  template <typename T>
  static bool test(T a, T b) {
    return !(a < b);
  }
};
struct Num {
  template <typename T>
  static bool test(T a, T b) {
    return a == a && b == b;
  }
};
struct Nan {
  template <typename T>
  static bool test(T a, T b) {
    return a != a || b != b;
  }
};

// A source as the value that is compared.
template <typename T>
struct Plain {
  using Stored = T;
  static T value(T stored) { return stored; }
};
struct FlushedF32 {
  using Stored = float;
  static float value(float stored) { return flush_subnormal(stored); }
};
struct HalfValue {
  using Stored = uint16_t;
  static float value(uint16_t stored) { return f16_to_float(stored); }
};
struct BfloatValue {
  using Stored = uint16_t;
  static float value(uint16_t stored) { return bf16_to_float(stored); }
};

template <typename Comparison, typename Source>
struct Compare {
  using Stored = typename Source::Stored;
  static bool test(Stored a, Stored b) {
    return Comparison::test(Source::value(a), Source::value(b));
  }
};

enum class Combine { kNone, kAnd, kOr, kXor };

template <Combine kCombine>
LaneMask combine(LaneMask bits, LaneMask with) {
  switch (kCombine) {
    case Combine::kNone: return bits;
    case Combine::kAnd: return bits & with;
    case Combine::kOr: return bits | with;
    case Combine::kXor: return bits ^ with;
  }
}

// setp p|q, a, b, c: p is the comparison combined with c, q is its opposite combined with c.
template <typename Comparison, typename Source, Combine kCombine>
Outcome set_predicates(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const Row* operands = instruction.operands;
  const LaneMask bits = test_lanes<Compare<Comparison, Source>, typename Source::Stored>(
      warp, operands[2], operands[3]);
  const LaneMask with = kCombine == Combine::kNone ? 0 : warp.predicate(operands[4]);
  warp.set_predicate(operands[0], lanes, combine<kCombine>(bits, with));
  if (!operands[1].is_absent()) {
    warp.set_predicate(operands[1], lanes, combine<kCombine>(~bits, with));
  }
  return Outcome::kNext;
}

template <typename Comparison, typename Source>
Execute select_combine(const ptx::Form& form) {
  const std::string_view word = form.one_of("and|or|xor");
  if (word == "and") return set_predicates<Comparison, Source, Combine::kAnd>;
  if (word == "or") return set_predicates<Comparison, Source, Combine::kOr>;
  if (word == "xor") return set_predicates<Comparison, Source, Combine::kXor>;
  return set_predicates<Comparison, Source, Combine::kNone>;
}

template <typename Source>
Execute select_ordered(const ptx::Form& form) {
  const std::string_view word = form.one_of("eq|ne|lt|le|gt|ge|lo|ls|hi|hs");
  if (word == "eq") return select_combine<Eq, Source>(form);
  if (word == "ne") return select_combine<Ne, Source>(form);
  if (word == "lt" || word == "lo") return select_combine<Lt, Source>(form);
  if (word == "le" || word == "ls") return select_combine<Le, Source>(form);
  if (word == "gt" || word == "hi") return select_combine<Gt, Source>(form);
  if (word == "ge" || word == "hs") return select_combine<Ge, Source>(form);
  return nullptr;
}

template <typename Source>
Execute select_float(const ptx::Form& form) {
  const std::string_view word = form.one_of("equ|neu|ltu|leu|gtu|geu|num|nan");
  if (word == "equ") return select_combine<Equ, Source>(form);
  if (word == "neu") return select_combine<Neu, Source>(form);
  if (word == "ltu") return select_combine<Ltu, Source>(form);
  if (word == "leu") return select_combine<Leu, Source>(form);
  if (word == "gtu") return select_combine<Gtu, Source>(form);
  if (word == "geu") return select_combine<Geu, Source>(form);
  if (word == "num") return select_combine<Num, Source>(form);
  if (word == "nan") return select_combine<Nan, Source>(form);
  return select_ordered<Source>(form);
}

Execute integer_setp(const Instruction& instruction) {
  const ptx::Form& form = *instruction.form;
  const bool is_signed = ptx::is_signed_integer(form.type());
  switch (ptx::size_bits(form.type())) {
    case 16:
      return is_signed ? select_ordered<Plain<int16_t>>(form)
                       : select_ordered<Plain<uint16_t>>(form);
    case 32:
      return is_signed ? select_ordered<Plain<int32_t>>(form)
                       : select_ordered<Plain<uint32_t>>(form);
    case 64:
      return is_signed ? select_ordered<Plain<int64_t>>(form)
                       : select_ordered<Plain<uint64_t>>(form);
    default: return nullptr;
  }
}

Execute float_setp(const Instruction& instruction) {
  const ptx::Form& form = *instruction.form;
  switch (form.type()) {
    case ptx::Type::kF16: return select_float<HalfValue>(form);
    case ptx::Type::kBf16: return select_float<BfloatValue>(form);
    case ptx::Type::kF64: return select_float<Plain<double>>(form);
    case ptx::Type::kF32:
      return form.has("ftz") ? select_float<FlushedF32>(form) : select_float<Plain<float>>(form);
    default: return nullptr;
  }
}

// selp d, a, b, p
template <typename Word>
Outcome select_lanes(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const Row* operands = instruction.operands;
  const LaneMask chooses_a = warp.predicate(operands[3]);
  Word* d = warp.words<Word>(operands[0]);
  const Word* a = warp.words<Word>(operands[1]);
  const Word* b = warp.words<Word>(operands[2]);
#pragma GCC ivdep
  for (int lane = 0; lane < kWarpSize; ++lane) {
    const Word chosen = (chooses_a >> lane) & 1 ? a[lane] : b[lane];
    d[lane] = (lanes >> lane) & 1 ? chosen : d[lane];
  }
  return Outcome::kNext;
}

Execute select_by_predicate(const Instruction& instruction) {
  return ptx::size_bits(instruction.form->type()) == 64 ? select_lanes<uint64_t>
                                                        : select_lanes<uint32_t>;
}

}  // namespace
}  // namespace emulator::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace emulator::handlers {
EMULATOR_DISPATCH(integer_setp)
EMULATOR_DISPATCH(float_setp)
EMULATOR_DISPATCH(select_by_predicate)
}  // namespace emulator::handlers
#endif
