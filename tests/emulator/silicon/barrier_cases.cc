// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "tests/emulator/silicon/cases.h"

namespace emulator::silicon {
namespace {

constexpr size_t kMaxNotes = 64;

// One thread does something to an mbarrier, step by step, and notes what it sees.
constexpr const char* kHead = R"(.version 8.0
.target sm_90a
.address_size 64
.visible .entry k(.param .u64 out_param, .param .u64 in_param)
{
.shared .align 8 .b64 barrier;
.shared .align 16 .b8 buffer[64];
.reg .b64 %out, %in, %state, %first;
.reg .b32 %barrier, %buffer, %note;
.reg .pred %is_over;
ld.param.u64 %out, [out_param];
ld.param.u64 %in, [in_param];
mov.u32 %barrier, barrier;
mov.u32 %buffer, buffer;
)";

class Steps {
 public:
  explicit Steps(unsigned count) { init(count); }

  Steps& init(unsigned count) { return to("init.shared::cta.b64", number(count)); }
  Steps& inval() { return line("mbarrier.inval.shared::cta.b64 [%barrier];"); }
  Steps& expect(unsigned bytes) {
    return to("expect_tx.relaxed.cta.shared::cta.b64", number(bytes));
  }
  Steps& complete(unsigned bytes) {
    return to("complete_tx.relaxed.cta.shared::cta.b64", number(bytes));
  }

  // An arrival of that kind, and how many are missing before it.
  Steps& arrive(const std::string& kind = "arrive", const std::string& operand = "") {
    line("mbarrier." + kind + ".shared::cta.b64 %state, [%barrier]" +
         (operand.empty() ? "" : ", " + operand) + ";");
    line("mbarrier.pending_count.b64 %note, %state;");
    return note();
  }
  Steps& arrive(unsigned count) { return arrive("arrive", number(count)); }
  Steps& remember() { return line("mov.b64 %first, %state;"); }

  // Which phases are over, by parity.
  Steps& look() {
    for (const char* parity : {"0", "1"}) {
      test("test_wait.parity.shared::cta.b64", parity);
    }
    return *this;
  }
  Steps& test(const std::string& kind, const std::string& operand) {
    line("mbarrier." + kind + " %is_over, [%barrier], " + operand + ";");
    line("selp.u32 %note, 1, 0, %is_over;");
    return note();
  }
  Steps& test_first() { return test("test_wait.shared::cta.b64", "%first"); }

  Steps& line(const std::string& text) {
    text_ += text + "\n";
    return *this;
  }

  SiliconCase named(const std::string& name) const {
    SiliconCase made;
    made.name = "mbarrier." + name;
    made.ptx = kHead + text_ + "ret;\n}\n";
    made.input = noise(64, 1);
    made.output.assign(4 * kMaxNotes, 0xee);
    made.num_threads = 1;
    return made;
  }

 private:
  static std::string number(unsigned value) { return std::to_string(value); }

  Steps& to(const std::string& operation, const std::string& operand) {
    return line("mbarrier." + operation + " [%barrier], " + operand + ";");
  }
  Steps& note() { return line("st.global.u32 [%out], %note;\nadd.u64 %out, %out, 4;"); }

  std::string text_;
};

void add_arrivals(std::vector<SiliconCase>& cases) {
  Steps phases(1);
  phases.look();
  for (int i = 0; i < 5; ++i) phases.arrive().look();
  cases.push_back(phases.named("phases"));

  for (const unsigned count : {2u, 3u, 31u}) {
    Steps steps(count);
    steps.arrive().remember().look().test_first();
    for (unsigned i = 1; i < count; ++i) steps.arrive();
    cases.push_back(steps.look().test_first().named("count." + std::to_string(count)));
  }
  constexpr unsigned kMost = (1u << 20) - 1;
  cases.push_back(Steps(kMost).arrive(kMost - 1).look().arrive().look().arrive(kMost).look().named(
      "count.most"));
  cases.push_back(
      Steps(7).arrive(3).remember().arrive(4).look().test_first().arrive(7).look().named(
          "several_at_once"));
  cases.push_back(
      Steps(3).arrive("arrive.noComplete", "2").look().arrive().look().named("no_complete"));
  cases.push_back(
      Steps(2).arrive().inval().init(4).look().arrive().arrive(3).look().named("inval"));
}

void add_drops(std::vector<SiliconCase>& cases) {
  cases.push_back(Steps(3)
                      .arrive("arrive_drop")
                      .arrive(2)
                      .look()
                      .arrive()
                      .arrive()
                      .look()
                      .arrive(2)
                      .look()
                      .named("drop"));
  cases.push_back(Steps(5)
                      .arrive("arrive_drop", "2")
                      .arrive("arrive_drop")
                      .arrive(2)
                      .look()
                      .arrive()
                      .look()
                      .arrive()
                      .look()
                      .named("drop.several"));
  cases.push_back(Steps(4)
                      .arrive("arrive_drop.noComplete", "1")
                      .arrive(3)
                      .look()
                      .arrive(3)
                      .look()
                      .named("drop.no_complete"));
}

void add_bytes(std::vector<SiliconCase>& cases) {
  cases.push_back(
      Steps(1).expect(16).look().arrive().look().complete(16).look().named("bytes.last"));
  cases.push_back(Steps(1).expect(16).complete(16).look().arrive().look().named("bytes.first"));
  cases.push_back(
      Steps(1).complete(16).look().expect(16).look().arrive().look().named("bytes.too_early"));
  cases.push_back(Steps(2)
                      .arrive("arrive.expect_tx", "8")
                      .arrive()
                      .look()
                      .complete(8)
                      .look()
                      .arrive(2)
                      .look()
                      .named("bytes.with_arrival"));
  constexpr unsigned kMost = (1u << 20) - 1;
  cases.push_back(
      Steps(1).expect(kMost).arrive().complete(kMost - 1).look().complete(1).look().named(
          "bytes.most"));
  cases.push_back(
      Steps(1).expect(kMost).complete(kMost).expect(kMost).complete(kMost).arrive().look().named(
          "bytes.most_twice"));
}

void add_waits(std::vector<SiliconCase>& cases) {
  const char* const kTry = "try_wait.parity.shared::cta.b64";
  cases.push_back(
      Steps(1).test(kTry, "0, 32").test(kTry, "1, 32").arrive().test(kTry, "0").named("try_wait"));
  for (const std::string kind : {"", ".noinc"}) {
    Steps steps(kind.empty() ? 1 : 2);
    steps.line("cp.async.ca.shared.global [%buffer], [%in], 16;");
    steps.line("cp.async.mbarrier.arrive" + kind + ".shared::cta.b64 [%barrier];");
    steps.line("cp.async.wait_all;");
    steps.line("mbarrier.arrive.shared::cta.b64 %state, [%barrier];").line("again:");
    steps.line("mbarrier.try_wait.parity.shared::cta.b64 %is_over, [%barrier], 0;");
    steps.line("@!%is_over bra again;").look();
    cases.push_back(steps.named("cp_async" + kind));
  }
}

}  // namespace

std::vector<SiliconCase> barrier_cases() {
  std::vector<SiliconCase> cases;
  for (const auto& add : {add_arrivals, add_drops, add_bytes, add_waits}) add(cases);
  return cases;
}

}  // namespace emulator::silicon
