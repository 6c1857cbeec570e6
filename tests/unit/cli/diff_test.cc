// titorelli diff, as the program runs it; and the names of APIs that it has.
#include <doctest/doctest.h>

#include <string>

#include "broker-model/messages/apis.h"
#include "reports/kafka_names.h"
#include "tests/unit/cli/program.h"

namespace {

using test::Program;
using test::Said;

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

constexpr const char* kScenario =
    "scenario { api = 1, name = 'x', params = { rate = 10 } }\n"
    "local c = cluster { brokers = 1 }\n"
    "local t = c:topic('t')\n"
    "check.no_lost_acks(t)\n"
    "c:producer {}:drive { topic = t, rate = param.rate .. '/s' }\n"
    "run_for('4s')\n";

TEST_CASE("two runs of the program: equal ones, others, and what is none") {
  const Program program;
  program.write("s.lua", kScenario);
  for (const char* name : {"a", "b"})
    program.run({"run", "s.lua", "--seed", "3", "--trace", "all", "-o", name});
  program.run({"run", "s.lua", "--seed", "3", "-D", "rate=20", "--trace", "all", "-o", "c"});
  const Said equal = program.run({"diff", "a", "b"});
  CHECK(equal.exit_code == 0);
  CHECK_MESSAGE(has(equal.out, "\nequal: "), equal.out);
  const Said other = program.run({"diff", "a", "c"});
  CHECK(other.exit_code == 1);
  CHECK(other.err.empty());
  CHECK_MESSAGE(has(other.out, "first differing event\n"), other.out);
  CHECK(has(other.out,
            "\n  no_lost_acks(t)                  ok, judged 39                  ok, judged 78\n"));
  CHECK(has(other.out,
            "  records.acked                                39             78    +100.0 %\n"));
  const std::string trace = program.read("c/trace.pb");
  program.write("c/trace.pb", trace.substr(0, 30));
  const Said cut = program.run({"diff", "a", "c"});
  CHECK(cut.exit_code == 2);
  CHECK_MESSAGE(has(cut.err, "titorelli diff: 'c/trace.pb': record 0 is broken or cut off\n"),
                cut.err);
  const Said none = program.run({"diff", "a", "nowhere"});
  CHECK(none.exit_code == 2);
  CHECK(has(none.err, "'nowhere' is not a run directory: it has no summary.json\n"));
  CHECK(program.run({"diff", "a"}).exit_code == 2);
}

TEST_CASE("the names of APIs in traces are the model's own") {
  int compared = 0;
  kafka::for_each_type(kafka::RequestTypes{}, [&]<class T>() {
    CHECK(reports::api_name(static_cast<int>(T::api.key)) == T::api.name);
    ++compared;
  });
  CHECK(compared >= 34);
  CHECK(reports::api_name(52) == "Vote");
  CHECK(reports::api_name(92) == "DeleteShareGroupOffsets");
  CHECK(reports::api_name(93).empty());
  CHECK(reports::api_name(-1).empty());
}

}  // namespace
