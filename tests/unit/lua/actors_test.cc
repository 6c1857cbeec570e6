// Actors on virtual time: what a scenario's main chunk and its functions may wait for, and what is
// said when they go wrong.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "sim/lua/scenario.h"

namespace {

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

constexpr const char* kHead =
    "scenario { api = 1, name = 'x' } local c = cluster { brokers = 1 }\n";

struct Told {
  std::string failure;  // of begin()
  sim::RunReport report;
  std::string notes;  // joined by '|'
};

// One broker, no topics; the script begins in line 2.
Told run(const std::string& script, sim::SandboxLimits limits = {}, std::uint64_t seed = 1) {
  sim::ScenarioOptions options;
  options.path = "x.lua";
  options.source = kHead + script;
  options.limits = limits;
  options.seed = seed;
  const auto scenario = sim::ScenarioRun::create(std::move(options));
  Told told;
  if (const auto failure = scenario->begin(); failure.has_value()) {
    told.failure = failure->text;
    return told;
  }
  told.report = scenario->finish();
  for (const std::string& note : told.report.notes)
    told.notes += (told.notes.empty() ? "" : "|") + note;
  return told;
}

TEST_CASE("at, after, every, spawn and sleep run at their virtual times, in order") {
  CHECK(run("at('2s', function() note('at ' .. now()) end)\n"
            "after('1s', function() note('after ' .. now()) sleep('3s') note('slept ' .. now()) "
            "end)\n"
            "every('1500ms', function() note('every ' .. now()) end)\n"
            "spawn(function() note('spawned ' .. now()) end)\n"
            "note('main') run_for('4s') note('end ' .. now())")
            .notes ==
        "main|spawned 0|after 1000|every 1500|at 2000|every 3000|end 4000|slept 4000");
}

TEST_CASE("without run_for a scenario runs for 60 s; run_for in sequence adds up") {
  CHECK(run("").report.virtual_time <= std::chrono::seconds(60));
  CHECK(run("every('10s', function() note(now() // 1000) end)").notes == "10|20|30|40|50|60");
  CHECK(run("run_for('1s') run_for('2s') note(now())").notes == "3000");
}

TEST_CASE("every with a jitter draws each gap from the seed, within its bounds") {
  const auto gaps = [](std::uint64_t seed, const std::string& options) {
    const Told told =
        run("local last = 0 every('10s', function() note(now() - last) last = now() "
            "end" +
                options + ") run_for('200s')",
            {}, seed);
    std::vector<int> result;
    for (const std::string& note : told.report.notes) result.push_back(std::stoi(note));
    return result;
  };
  const std::vector<int> drawn = gaps(1, ", { jitter = '2s' }");
  CHECK(drawn.size() >= 16);
  CHECK(std::ranges::all_of(drawn, [](int gap) { return gap >= 8000 && gap <= 12000; }));
  // Both halves of the range are met.
  CHECK(std::ranges::any_of(drawn, [](int gap) { return gap < 9900; }));
  CHECK(std::ranges::any_of(drawn, [](int gap) { return gap > 10100; }));
  CHECK(drawn == gaps(1, ", { jitter = '2s' }"));
  CHECK(drawn != gaps(2, ", { jitter = '2s' }"));
  CHECK(gaps(1, ", { jitter = '0s' }") == std::vector<int>(20, 10000));
  CHECK(gaps(1, ", {}") == std::vector<int>(20, 10000));
}

TEST_CASE("a jitter as long as its gap, and what is no option, are refused") {
  CHECK_MESSAGE(has(run("every('10s', print, { jitter = '10s' })").failure,
                    "error[E0110]: every{ jitter = } expects less than the gap of 10s, got 10s"),
                run("every('10s', print, { jitter = '10s' })").failure);
  CHECK(has(run("every('10s', print, { jitter = 2 })").failure,
            "error[E0109]: every{ jitter = }: a duration needs a unit, got 2"));
  CHECK(has(run("every('10s', print, { jiter = '2s' })").failure,
            "error[E0104]: unknown option of every \"jiter\""));
}

TEST_CASE("wait_until goes on when its predicate holds, and answers true") {
  CHECK(run("local x = false after('3s', function() x = true end)\n"
            "local answer = wait_until(function() return x end) note(now()) note(tostring(answer))")
            .notes == "3000|true");
  CHECK(run("wait_until(function() return true end, { within = '0s' }) note(now())").notes == "0");
  CHECK(run("local x after('3s', function() x = true end)\n"
            "wait_until(function() return x end, { within = '3s' }) note('reached')")
            .notes == "reached");
}

TEST_CASE("wait_until that never comes true is a failure of liveness, with its line") {
  const Told late = run("\nwait_until(function() return false end, { within = '5s' })\nnote('on')");
  REQUIRE(late.report.liveness.size() == 1);
  CHECK(late.report.liveness[0] == "x.lua:3: wait_until did not come true within 5s (at 5s)");
  CHECK(late.notes.empty());
  CHECK(sim::verdict_of(late.report) == sim::RunVerdict::kLiveness);
  const Told never =
      run("spawn(function() wait_until(function() return false end) end) run_for('9s')");
  REQUIRE(never.report.liveness.size() == 1);
  CHECK(has(never.report.liveness[0], "x.lua:2: wait_until had not come true when the run ended"));
}

TEST_CASE("check.eventually that is not reached is told once, as liveness") {
  const Told late = run("check.eventually('sun', function() return false end, '5s') run_for('9s')");
  REQUIRE(late.report.liveness.size() == 1);
  CHECK(late.report.liveness[0] ==
        "x.lua:2: check.eventually(\"sun\") did not come true within 5s");
  CHECK(late.report.checks.empty());
  const Told cut = run("check.eventually('sun', function() return false end, '50s') run_for('9s')");
  REQUIRE(cut.report.liveness.size() == 1);
  CHECK(has(cut.report.liveness[0], "had not come true when the run ended"));
  const Told reached =
      run("local x after('2s', function() x = true end)\n"
          "check.eventually('sun', function() return x end, '5s') run_for('9s')");
  CHECK(reached.report.liveness.empty());
  REQUIRE(reached.report.checks.size() == 1);
  CHECK(reached.report.checks[0].verdict == kafka::Verdict::kOk);
}

TEST_CASE("check.that judges at the end; one that raises is a scenario error") {
  const Told bad = run("check.that('n', function() return false end) run_for('1s')");
  REQUIRE(bad.report.checks.size() == 1);
  CHECK(bad.report.checks[0].verdict == kafka::Verdict::kViolated);
  CHECK(has(bad.report.checks[0].detail, "x.lua:2: the function answered false"));
  const Told raises = run("check.that('n', function() return nothing.x end) run_for('1s')");
  CHECK(raises.report.checks.empty());
  REQUIRE(raises.report.error.has_value());
  CHECK(has(*raises.report.error, "x.lua:2:35: error[E0102]: unknown name \"nothing\""));
}

TEST_CASE("an error in a callback ends the run and names its line, virtual time and seed") {
  const Told told = run("at('7s', function()\n  error('boom')\nend)\nafter('8s', note)");
  REQUIRE(told.report.error.has_value());
  CHECK(*told.report.error ==
        "x.lua:3:9: error[E0125]: boom\n   3 |   error('boom')\n     |         ^^^^^^\n"
        "at virtual time 7s, seed 1");
  CHECK(sim::verdict_of(told.report) == sim::RunVerdict::kError);
  for (const char* script :
       {"at('7s', function() error('boom', 0) end)", "at('7s', function() error({}) end)",
        "at('7s', function() string.format('%d', {}) end)",
        "at('7s', function() table.sort({ 1, 'x' }) end)"}) {
    const Told other = run(script);
    REQUIRE(other.report.error.has_value());
    CHECK_MESSAGE(other.report.error->starts_with("x.lua:2:"), *other.report.error);
    CHECK_MESSAGE(has(*other.report.error, ": error[E0125]: "), *other.report.error);
  }
}

TEST_CASE("budgets that end name the line, in callbacks, predicates and checks") {
  const sim::SandboxLimits small{.instructions_per_resume = 1'000'000,
                                 .memory_bytes = std::size_t{4} << 20};
  for (const char* script : {
           "at('1s', function() while true do end end)",
           "at('1s', function() pcall(function() while true do end end) end)",
           "at('1s', function() coroutine.wrap(function() while true do end end)() end)",
           "at('1s', function() local s = 'x' while true do s = s .. s end end)",
           "at('1s', function() pcall(string.rep, 'x', 1 << 30) end)",
           "at('1s', function() wait_until(function() while true do end end) end)",
           "check.that('n', function() while true do end end)",
       }) {
    const Told told = run(script, small);
    const std::string text = script;
    CAPTURE(text);
    REQUIRE(told.report.error.has_value());
    CHECK_MESSAGE(told.report.error->starts_with("x.lua:2:"), *told.report.error);
    CHECK_MESSAGE(has(*told.report.error, ": error[E0124]: "), *told.report.error);
    const bool is_named =
        has(*told.report.error, "endless loop") || has(*told.report.error, "out of memory");
    CHECK_MESSAGE(is_named, *told.report.error);
  }
}

TEST_CASE("sleep works through pcall") {
  CHECK(run("local ok, e = pcall(function() sleep('2s') error('late', 0) end)\n"
            "note(now() .. ' ' .. tostring(ok) .. ' ' .. e)")
            .notes == "2000 false late");
  CHECK(run("note(select(2, pcall(function() sleep('2s') return 'fine' end)))").notes == "fine");
  CHECK(
      run("note(select(2, xpcall(function() sleep('2s') error('x', 0) end, function(e) return e .. "
          "'!' end)))")
          .notes == "x!");
}

TEST_CASE("waiting where nobody could wait is refused") {
  const std::string refused = "x.lua:2:11: error[E0117]: ";
  CHECK(has(run("wait_until(function() sleep('1s') return true end)").report.error.value_or(""),
            "sleep: cannot wait here"));
  CHECK(
      has(run("coroutine.wrap(function() sleep('1s') end)()").failure, "sleep: cannot wait here"));
  CHECK(has(run("local _ = ('x'):gsub('x', function() sleep('1s') end)").failure,
            "sleep: cannot wait inside this call"));
  CHECK(has(
      run("check.that('n', function() sleep('1s') end) run_for('1s')").report.error.value_or(""),
      "sleep: cannot wait here"));
  CHECK(has(run("coroutine.yield()").failure, refused + "coroutine.yield: nobody would resume"));
}

TEST_CASE("nobody resumes an actor but virtual time") {
  const Told told =
      run("local me = coroutine.running()\n"
          "after('1s', function() coroutine.resume(me) end) sleep('2s')");
  CHECK(has(told.report.error.value_or(""),
            "x.lua:3:1: error[E0117]: a function given to at, after"));
}

TEST_CASE("errors before the first wait are failures of begin(), without a virtual time") {
  for (const char* script : {"error('x')", "local x = = 1", "nosuch()", "sleep(5)", "c:brokr(1)",
                             "sleep('5')", "at('1s')", "every('0s', function() end)"}) {
    const Told told = run(script);
    CHECK_MESSAGE(told.failure.starts_with("x.lua:2:"), std::string(script), " gave ",
                  told.failure);
    CHECK_FALSE(has(told.failure, "virtual time"));
  }
}

TEST_CASE("a metatable that becomes weak later ends the run") {
  const Told told =
      run("local m = {} local t = setmetatable({}, m)\n"
          "after('1s', function() m.__mode = 'k' end)");
  CHECK(has(told.report.error.value_or(""), "a metatable got __gc, __mode or __close"));
}

TEST_CASE(
    "our objects are equal when they are the same, print their names and are ordered as keys") {
  CHECK(run("local c2 = c:broker(1) note(tostring(c2)) note(tostring(c2 == c:broker(1)))\n"
            "local t = { [c:controller()] = 'second', [c:broker(1)] = 'first' }\n"
            "for k, v in pairs(t) do note(tostring(k) .. ' ' .. v) end\n"
            "note(tostring(pcall(function() c2.x = 1 end)))")
            .notes == "broker-1|true|controller-3000 second|broker-1 first|false");
}

TEST_CASE("globals are strict, and the script cannot take that away") {
  CHECK(has(run("setmetatable(_G, nil)").failure, "cannot change a protected metatable"));
  CHECK(has(run("os.exit()").failure, "\"os\" is not available in a scenario"));
  CHECK(has(run("chek.that()").failure, "help: did you mean \"check\"?"));
  CHECK(run("x = 5 note(x)").notes == "5");
}

}  // namespace
