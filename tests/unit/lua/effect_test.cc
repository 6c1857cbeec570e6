// scenario{ require_effect = true }: a fault that touched nothing is an error of the run.
#include <doctest/doctest.h>

#include "tests/unit/lua/run_script.h"

namespace {

using test::has;

test::Told run(const std::string& requirement, const std::string& script) {
  sim::ScenarioOptions options;
  options.path = "x.lua";
  options.source = "scenario { api = 1, name = 'x'" + requirement +
                   " } local c = cluster { brokers = 3 }\n" + script;
  return test::run_script(std::move(options));
}

// Healed in the instant in which it was made: nothing can have met it.
constexpr const char* kIdle =
    "after('10s', function() net:partition(c:broker(1), c:broker(2)):heal() end) run_for('12s')";

TEST_CASE("a fault without an effect is an error under require_effect, and none without") {
  const test::Told strict = run(", require_effect = true", kIdle);
  REQUIRE(strict.report.faults.size() == 1);
  CHECK(strict.report.faults[0].affected == 0);
  const std::string name = strict.report.faults[0].name;
  CHECK(strict.error() == "x.lua: error[E0126]: fault \"" + name +
                              "\" at 10s had no effect\n"
                              "help: scenario{ require_effect = true } asks that each fault "
                              "touches something");
  CHECK(sim::verdict_of(strict.report) == sim::RunVerdict::kError);
  CHECK(sim::exit_code_of(sim::verdict_of(strict.report)) == 3);
  for (const char* lax : {"", ", require_effect = false"}) {
    const test::Told told = run(lax, kIdle);
    CHECK(told.error() == "");
    CHECK(sim::verdict_of(told.report) == sim::RunVerdict::kPassed);
    CHECK(told.report.digest == strict.report.digest);
  }
}

TEST_CASE("a fault with an effect satisfies require_effect; every one without is named") {
  const std::string kill = "after('10s', function() c:broker(3):kill() end) ";
  CHECK(run(", require_effect = true", kill + "run_for('12s')").error() == "");
  const test::Told two =
      run(", require_effect = true",
          kill + "after('11s', function() net:partition(c:broker(1), c:broker(2)):heal() end) " +
              kIdle);
  CHECK_FALSE(has(two.error(), "kill"));
  CHECK_MESSAGE(has(two.error(), " at 10s, fault \""), two.error());
  CHECK_MESSAGE(has(two.error(), "\" at 11s had no effect"), two.error());
}

TEST_CASE("an earlier error of the script stands; require_effect is true or false") {
  const test::Told broken = run(", require_effect = true",
                                "after('11s', function() error('boom') end) " + std::string(kIdle));
  CHECK_MESSAGE(has(broken.error(), "boom"), broken.error());
  CHECK_FALSE(has(broken.error(), "no effect"));
  const test::Told wrong = run(", require_effect = 'yes'", "");
  CHECK_MESSAGE(
      has(wrong.error(),
          "error[E0106]: scenario{ require_effect = } expects true or false, got \"yes\""),
      wrong.error());
}

}  // namespace
