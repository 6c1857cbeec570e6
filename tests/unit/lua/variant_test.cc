// variant and compare: which there are, which one runs, and what is held side by side.
#include <doctest/doctest.h>

#include "tests/unit/lua/run_script.h"

namespace {

using test::has;
using test::run_script;
using test::script_options;

constexpr const char* kTwo =
    "note('before')\n"
    "variant('a=1', function() note('a') sleep('2s') note('a ' .. now()) end)\n"
    "variant('b', function() note('b') end, { expect = 'liveness' })\n"
    "note('after ' .. now())\n"
    "run_for('3s')\n";

std::vector<std::string> names_of(const std::string& script) {
  const auto declared = sim::read_declarations(script_options(script));
  REQUIRE_MESSAGE(declared.has_value(), declared.error().text);
  std::vector<std::string> names;
  for (const sim::DeclaredVariant& variant : declared->variants) names.push_back(variant.name);
  return names;
}

std::string complaint_of(const std::string& script) {
  const auto declared = sim::read_declarations(script_options(script));
  return declared.has_value() ? "" : declared.error().text;
}

test::Told run_variant(const std::string& script, const std::string& name) {
  sim::ScenarioOptions options = script_options(script);
  options.variant = sim::VariantChoice{.name = name, .all = names_of(script)};
  return run_script(std::move(options));
}

TEST_CASE("a run executes exactly one variant, as part of the main chunk") {
  CHECK(run_variant(kTwo, "a=1").notes == "before|a|a 2000|after 2000");
  CHECK(run_variant(kTwo, "b").notes == "before|b|after 0");
  CHECK(run_variant(kTwo, "b").report.variant == "b");
  // Without a choice it is the first.
  CHECK(run_script(kTwo).notes == "before|a|a 2000|after 2000");
  CHECK(run_script("run_for('1s')").report.variant.empty());
}

TEST_CASE("the rerun command names the variant") {
  CHECK(run_variant(kTwo, "a=1").report.rerun == "titorelli run x.lua --seed 1 --variant a=1");
}

TEST_CASE("the pass over the declarations knows all variants, also those after a waiting one") {
  CHECK(names_of(kTwo) == std::vector<std::string>{"a=1", "b"});
  CHECK(names_of("run_for('1s')").empty());
  const auto declared = sim::read_declarations(script_options(kTwo));
  CHECK(declared->variants[0].slug == "a-1");
  CHECK_FALSE(declared->variants[0].expect.has_value());
  CHECK(declared->variants[1].expect == "liveness");
  CHECK(declared->seed == 1);
  // What follows a variant may rest on what it does after its wait: no complaint of the pass.
  CHECK(names_of("local t\nvariant('a', function() sleep('1s') t = {} end)\n"
                 "variant('b', function() t = {} end)\nnote(#t)") ==
        std::vector<std::string>{"a", "b"});
  // Not even through pcall does virtual time pass in it.
  CHECK(names_of("variant('a', function() pcall(sleep, '1s') sleep('1s') end)\n"
                 "variant('b', function() end)") == std::vector<std::string>{"a", "b"});
}

TEST_CASE("variants of one seed are whole runs of their own, and repeat") {
  const std::string script =
      "local t = c:topic('t', {})\nlocal acks\n"
      "variant('all', function() acks = 'all' end)\nvariant('one', function() acks = 1 end)\n"
      "local p = c:producer { acks = acks }\np:drive { topic = t, rate = '50/s' }\nrun_for('8s')";
  const auto all = run_variant(script, "all").report;
  const auto one = run_variant(script, "one").report;
  CHECK(all.digest == run_variant(script, "all").report.digest);
  CHECK(all.digest != one.digest);
  CHECK(all.metrics.of(sim::Count::kAcked).total > 10);
}

TEST_CASE("what is wrong with a variant is refused with its line") {
  CHECK(complaint_of("variant('a')") ==
        "x.lua:2:1: error[E0106]: variant(name, function, { expect = }) expects a name and a "
        "function\n   2 | variant('a')\n     | ^^^^^^^\n"
        "help: variant(\"acks=1\", function() c:producer { acks = 1 } end)");
  const auto refused = [](const std::string& script, std::string_view part) {
    const std::string text = complaint_of(script);
    CHECK_MESSAGE(has(text, part), text);
  };
  refused("variant('a', print)\nvariant('a', print)",
          "x.lua:3:9: error[E0127]: variant \"a\" is declared twice");
  refused("variant('a b', function() end)\nvariant('A-b', function() end)",
          "x.lua:3:9: error[E0127]: variants \"a b\" and \"A-b\" would share the folder \"a-b\"");
  refused("variant('==', print)",
          "x.lua:2:9: error[E0127]: \"==\" cannot be the name of a variant");
  refused("variant('a < b', print)", "\"a < b\" cannot be the name of a variant");
  refused("variant('a', function() variant('b', print) end)",
          "variant \"b\" is declared inside another variant");
  refused("variant('a', function() end, { expekt = 'passed' })",
          "unknown option of variant \"expekt\"");
  refused("variant('a', function() end, { expect = 'failed' })",
          "variant{ expect = } cannot be \"failed\"");
  refused("variant('a', function() error('boom') end)", "x.lua:2:31: error[E0125]: boom");
  const std::string late = "variant('a', function() end) sleep('1s') variant('b', print)";
  CHECK(names_of(late) == std::vector<std::string>{"a"});
  CHECK(has(run_variant(late, "a").error(),
            "x.lua:2:50: error[E0115]: variant \"b\" is declared after the first wait of the main "
            "chunk"));
  CHECK(has(run_script("at('1s', function() variant('b', print) end)").error(),
            "variant: only the main chunk declares variants"));
}

TEST_CASE("slugs are plain names of folders") {
  CHECK(sim::variant_slug("idempotence=true") == "idempotence-true");
  CHECK(sim::variant_slug("Cooperative Sticky!") == "cooperative-sticky");
  CHECK(sim::variant_slug("../../x") == "x");
  CHECK(sim::variant_slug("..").empty());
  CHECK(sim::variant_slug("v1.2") == "v1.2");
}

TEST_CASE("comparisons are read when they are declared") {
  const auto refused = [](const std::string& line, std::string_view part) {
    const std::string text =
        complaint_of("variant('a', function() end) variant('b', function() end)\n" + line);
    CHECK_MESSAGE(has(text, part), text);
  };
  refused("compare('produce.latencyy p99', 'a < b')",
          "x.lua:3:1: error[E0122]: unknown metric \"produce.latencyy\"\n   3 | ");
  refused("compare('produce.latencyy p99')", "help: did you mean \"produce.latency\"?");
  refused("compare('produce.latency')", "produce.latency is a latency: which statistic of it?");
  refused("compare('produce.latency p98', 'a < b')", "produce.latency has no statistic \"p98\"\n");
  refused("compare('records.failed p99', 'a < b')", "records.failed has no statistic \"p99\"");
  refused("compare('records.failed', 'a<b')", "cannot read the comparison \"a<b\"");
  refused("compare('records.failed', 'a < b < c')", "cannot read the comparison");
  refused("compare('records.failed', 'a < a')", "names one variant twice");
  refused("compare('records.failed', 'a < bb')",
          "x.lua:3:1: error[E0127]: unknown variant \"bb\"\n   3 | compare('records.failed', 'a < "
          "bb')\n"
          "     | ^^^^^^^\n"
          "help: did you mean \"b\"?");
  refused("compare('records.failed', 5)", "compare(statistic, expression) expects strings");
  CHECK(has(complaint_of("compare('records.failed')"),
            "x.lua:2:1: error[E0127]: compare() needs variants"));
}

TEST_CASE("a comparison is judged over the metrics of all variants") {
  sim::Metrics few;
  sim::Metrics many;
  sim::Metrics none;
  few.add(sim::Latency::kProduce, env::Instant(), std::chrono::milliseconds(2));
  many.add(sim::Latency::kProduce, env::Instant(), std::chrono::milliseconds(9));
  many.add(sim::Count::kFailed, env::Instant());
  const std::vector<sim::Comparison::Sample> samples = {
      {"few", &few}, {"many", &many}, {"none", &none}};
  const auto judge = [&](std::string_view statistic, std::string_view expression) {
    const auto comparison = sim::Comparison::parse(statistic, expression, "");
    REQUIRE_MESSAGE(comparison.has_value(), comparison.error().message);
    return comparison->judge(samples);
  };
  const auto result = judge("produce.latency p99", "few < many");
  CHECK(result.ok == true);
  CHECK(result.metric == "produce.latency p99");
  REQUIRE(result.values.size() == 3);
  CHECK(result.values[0] == std::pair<std::string, std::string>{"few", "2.0 ms"});
  CHECK(result.values[2].second == "no samples");
  CHECK(judge("produce.latency p99", "few > many").ok == false);
  CHECK(judge("produce.latency p99", "few <= many").ok == true);
  CHECK(judge("produce.latency count", "few == many").ok == true);
  CHECK(judge("produce.latency p99", "none < many").ok == false);  // never asked, never passed
  CHECK(judge("records.failed", "few < many").ok == true);
  CHECK(judge("records.failed", "few >= many").ok == false);
  CHECK_FALSE(judge("records.failed", "").ok.has_value());
}

}  // namespace
