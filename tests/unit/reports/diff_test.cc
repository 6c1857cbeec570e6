// Two runs beside each other; and run directories that are cut short, damaged or foreign.
#include "reports/diff.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstdint>
#include <filesystem>
#include <string>

#include "reports/trace_diff.h"
#include "reports/trace_text.h"
#include "reports/wrap.h"
#include "tests/unit/reports/scratch.h"
#include "tests/unit/reports/trace_builder.h"

namespace {

using reports::diff_runs;
using test::Scratch;

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::string hosts() {
  titorelli::trace::Record record;
  titorelli::trace::Header& header = *record.mutable_header();
  header.set_schema_version(reports::kTraceSchemaVersion);
  for (const auto& [id, name] : {std::pair(1, "broker-1"), std::pair(6, "producer-1")}) {
    titorelli::trace::Host& host = *header.add_hosts();
    host.set_id(static_cast<std::uint32_t>(id));
    host.set_name(name);
  }
  return test::delimited(record);
}

std::string observation(std::int64_t time, const std::string& text) {
  titorelli::trace::Record record;
  record.mutable_event()->set_time_ns(time);
  record.mutable_event()->mutable_observation()->set_node("broker-1");
  record.mutable_event()->mutable_observation()->set_text(text);
  return test::delimited(record);
}

std::string fault(std::int64_t time, const std::string& name) {
  titorelli::trace::Record record;
  record.mutable_event()->set_time_ns(time);
  record.mutable_event()->mutable_fault()->set_name(name);
  record.mutable_event()->mutable_fault()->set_begins(true);
  return test::delimited(record);
}

// A Produce v9 request with that correlation id, and the response to it.
std::string request(char id, const std::string& body) {
  return std::string("\0\0\0\x09\0\0\0", 7) + id + body;
}
std::string response(char id) { return std::string("\0\0\0", 3) + id + "done"; }

std::string summary(const std::string& verdict, int p99) {
  return fmt::format(
      R"j({{"schema_version": 1, "scenario": "s.lua", "seed": 1, "verdict": "{}",
  "digest": "00000000000000aa", "virtual_ms": 4000, "events": 9, "messages": 2, "wall_ms": 7,
  "checks": [{{"name": "no_lost_acks(t)", "verdict": "{}", "evaluated": 12, "detail": "",
               "at_ms": null}}],
  "thresholds": [], "faults": [],
  "metrics": {{"produce.latency": {{"count": 4, "p99_us": {}}}, "records.acked": 4}}}})j",
      verdict, verdict == "passed" ? "ok" : "violated", p99);
}

// A run directory; "" for no trace.
void put_run(const Scratch& scratch, const std::string& name, const std::string& summary_json,
             const std::string& trace) {
  scratch.put(name + "/summary.json", summary_json);
  scratch.put(name + "/events.csv", "time_ms,event,node\n1.0,fault,broker-1\n");
  scratch.put(name + "/metrics.csv", "time_ms,metric,value\n0,records.acked,4\n");
  scratch.put(name + "/histograms.csv", "metric,low_us,high_us,count\nproduce.latency,0,1,4\n");
  if (!trace.empty()) scratch.put(name + "/trace.pb", trace);
}

std::string trace_with(const std::string& tail) {
  return hosts() + test::connection(1'000'000'000, titorelli::trace::OPENED, false) +
         test::frame(1'000'000'001, true, request(7, "abc")) +
         test::frame(1'500'000'000, false, response(7)) + tail;
}

// What diff_runs says of two runs that differ in the tails of their traces.
std::string told(const std::string& left, const std::string& right) {
  const Scratch scratch("diff");
  put_run(scratch, "a", summary("passed", 5), trace_with(left));
  put_run(scratch, "b", summary("passed", 5), trace_with(right));
  const auto diff = diff_runs(scratch / "a", scratch / "b");
  REQUIRE(diff.has_value());
  CHECK(diff->is_equal == (left == right));
  for (std::size_t at = 0; at < diff->text.size();) {
    const std::size_t end = diff->text.find('\n', at);
    const std::string line = diff->text.substr(at, end - at);
    CHECK_MESSAGE(reports::columns_of(line) <= 100, line);
    at = end + 1;
  }
  return diff->text;
}

TEST_CASE("equal runs are called equal") {
  CHECK(has(told(fault(2'000'000'000, "kill"), fault(2'000'000'000, "kill")),
            "equal: 4 events of the traces, all checks and metrics\n"));
}

TEST_CASE("the first differing event is told with those before and behind it, each by its name") {
  std::string left = observation(2'000'000'000, "append t-0 offset 5");
  std::string right = observation(2'000'000'000, "append t-0 offset 6");
  for (int i = 1; i < 9; ++i) left += fault(2'000'000'000 + i, fmt::format("only left {}", i));
  const std::string text = told(left, right);
  CHECK_MESSAGE(
      has(text,
          "first differing event\n3 events are equal; the last of them, and then each trace:\n"
          "    1.000000000  producer-1:49152 > broker-1  connection opened\n"
          "    1.000000001  producer-1:49152 > broker-1  Produce v9 request 7, 11 bytes\n"
          "    1.500000000  broker-1 > producer-1:49152  Produce v9 response 7, 8 bytes\n"
          "left\n"
          "  > 2.000000000  broker-1: append t-0 offset 5\n"
          "    2.000000001  fault begins: only left 1\n"),
      text);
  CHECK(has(text, "fault begins: only left 5\n"));
  CHECK_FALSE(has(text, "only left 6"));
  CHECK(has(text, "right\n  > 2.000000000  broker-1: append t-0 offset 6\n    it ends here\n"));
}

TEST_CASE("what two lines that read alike differ in is said") {
  CHECK(has(told(test::frame(2'000'000'000, true, request(8, "abcdefghijklmnop")),
                 test::frame(2'000'000'000, true, request(8, "abXdefghijklmnop"))),
            "the frames differ from byte 10 on: 63 64 65 66 67 68 69 6a ... and 58 64 65 66 67 68 "
            "69 6a ...\n"));
  CHECK(has(told(test::frame(2'000'000'000, true, request(8, "ab")),
                 test::frame(2'000'000'000, true, request(8, "abc"))),
            "the frames differ from byte 10 on: nothing and 63\n"));
  CHECK(has(told(fault(2'000'000'000, "kill"), fault(2'000'000'250, "kill")),
            "it is the same event, 250 ns later in right\n"));
  CHECK(has(told("", fault(2'000'000'000, "kill")), "left\n  > nothing more: it ends here\n"));
}

TEST_CASE(
    "a long text is broken where it differs and cut where it does not; nothing moves a cursor") {
  const std::string words = [] {
    std::string text;
    for (int i = 0; i < 40; ++i) text += fmt::format("word{} ", i);
    return text;
  }();
  const std::string text = told(observation(1, words + "left\x1b[31m") + observation(2, words),
                                observation(1, words + "right"));
  CHECK(has(text, "left\\x1b[31m\n"));
  CHECK(has(text, "...\n"));
  CHECK_FALSE(has(text, "\x1b"));
}

TEST_CASE("without traces the tables are compared, and it is said how to have the event") {
  const Scratch scratch("diff");
  put_run(scratch, "a", summary("passed", 200), "");
  put_run(scratch, "b", summary("violated", 250), hosts());
  scratch.put("b/events.csv", "time_ms,event,node\n1.0,fault,broker-1\n2.0,heal,broker-1\n");
  const auto diff = diff_runs(scratch / "a", scratch / "b");
  REQUIRE(diff.has_value());
  CHECK_FALSE(diff->is_equal);
  CHECK(has(diff->text, "--trace all"));
  CHECK_MESSAGE(has(diff->text,
                    "events.csv, first differing row 2\n"
                    "           1.0  fault  broker-1\n"
                    "    left   nothing more\n"
                    "    right  2.0  heal  broker-1\n"
                    "run                                left                           right\n"
                    "  verdict                          passed                         violated\n"
                    "checks                             left                           right\n"
                    "  no_lost_acks(t)                  ok, judged 12                  violated, "
                    "judged 12\n"),
                diff->text);
  CHECK(has(diff->text,
            "  produce.latency.p99_us                      200            250     +25.0 %\n"));
  CHECK_FALSE(has(diff->text, "wall"));
  CHECK(diff_runs(scratch / "a", scratch / "a")->is_equal);
}

TEST_CASE("variants are held against each other by folder") {
  const Scratch scratch("diff");
  for (const char* name : {"x", "y"}) {
    scratch.put(std::string(name) + "/summary.json",
                R"({"schema_version": 1, "scenario": "s.lua", "seed": 1, "verdict": "passed",
                    "variants": [], "compare": []})");
    put_run(scratch, std::string(name) + "/one", summary("passed", 5), "");
    put_run(scratch, std::string(name) + "/two", summary(name[0] == 'x' ? "passed" : "violated", 5),
            "");
  }
  put_run(scratch, "plain", summary("passed", 5), "");
  CHECK(diff_runs(scratch / "x", scratch / "x")->is_equal);
  const auto diff = diff_runs(scratch / "x", scratch / "y");
  REQUIRE(diff.has_value());
  CHECK_FALSE(diff->is_equal);
  CHECK(has(diff->text, "/x/two"));
  CHECK(has(diff->text,
            "  verdict                          passed                         violated\n"));
  CHECK(has(diff_runs(scratch / "x", scratch / "plain").error(),
            "holds variants and '" + (scratch / "plain") +
                "' is one run: name the folder of one "
                "variant (one, two)"));
  std::filesystem::remove_all(scratch / "y/two");
  CHECK(has(diff_runs(scratch / "x", scratch / "y").error(),
            "have other variants: one, two and one"));
}

TEST_CASE("what is no run directory, or one of another version, is refused in a sentence") {
  const Scratch scratch("diff");
  put_run(scratch, "a", summary("passed", 5), trace_with(""));
  const auto refused = [&](const std::string& name) {
    const auto diff = diff_runs(scratch / "a", scratch / name);
    REQUIRE_FALSE(diff.has_value());
    CHECK(diff_runs(scratch / name, scratch / "a").error() == diff.error());
    return diff.error();
  };
  CHECK(has(refused("nowhere"), "is not a run directory: it has no summary.json"));
  put_run(scratch, "b", "{\"schema_version\": 2}", "");
  CHECK(has(refused("b"), "has version 2 of the format; this program reads version 1"));
  put_run(scratch, "c", summary("passed", 5).substr(0, 100), "");
  CHECK(has(refused("c"), "is not a summary of ours, or only a part of one"));
  put_run(scratch, "d", summary("passed", 5), test::header(9));
  CHECK(has(refused("d"), "has trace version 9; this program reads version 1"));
  put_run(scratch, "e", summary("passed", 5), "");
  scratch.put("e/metrics.csv", "time_ms,metric,value\n1\n");
  CHECK(has(refused("e"), "metrics.csv:2: 1 fields, expected 3"));
}

TEST_CASE("a summary with any part replaced by something else is compared without harm") {
  const Scratch scratch("diff");
  put_run(scratch, "a", summary("passed", 5), "");
  const std::string whole = summary("violated", 5);
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const char* other : {"1", "[", "{}", "\"", "null", "\x1b"}) {
      std::string changed = whole;
      changed.replace(at, 1, other);
      put_run(scratch, "b", changed, "");
      const auto diff = diff_runs(scratch / "a", scratch / "b");
      if (!diff.has_value()) CHECK_FALSE(diff.error().empty());
      if (diff.has_value()) CHECK_FALSE(has(diff->text, "\x1b"));
    }
  }
}

TEST_CASE("a trace cut off anywhere or with any bit changed is compared or refused, never worse") {
  const Scratch scratch("diff");
  const std::string whole =
      trace_with(observation(2'000'000'000, "append t-0") + fault(3'000'000'000, "kill") +
                 test::connection(4'000'000'000, titorelli::trace::RESET, true));
  scratch.put("whole.pb", whole);
  const auto compared = [&](const std::string& bytes) {
    scratch.put("other.pb", bytes);
    return reports::diff_traces({.path = scratch / "whole.pb", .name = "left"},
                                {.path = scratch / "other.pb", .name = "right"});
  };
  REQUIRE(compared(whole)->is_equal);
  int refused = 0;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto diff = compared(whole.substr(0, size));
    if (diff.has_value()) CHECK_FALSE(diff->is_equal);
    if (!diff.has_value()) ++refused;
  }
  CHECK(refused > 100);
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = whole;
      changed[at] = static_cast<char>(changed[at] ^ (1 << bit));
      const auto diff = compared(changed);
      if (!diff.has_value()) {
        CHECK_FALSE(diff.error().empty());
      } else if (!diff->is_equal) {
        CHECK_FALSE(diff->text.empty());
      }
    }
  }
}

TEST_CASE("text fits into 100 columns: broken at blanks, or cut off") {
  CHECK(reports::wrapped("", "> ", "  ") == "> \n");
  CHECK(reports::wrapped(std::string(150, 'x'), "> ", "    ") ==
        "> " + std::string(98, 'x') + "\n    " + std::string(52, 'x') + "\n");
  CHECK(reports::wrapped(std::string(90, 'x') + " " + std::string(20, 'y'), "", "  ") ==
        std::string(90, 'x') + "\n  " + std::string(20, 'y') + "\n");
  CHECK(reports::shortened(std::string(98, 'x'), "  ") == "  " + std::string(98, 'x') + "\n");
  CHECK(reports::shortened(std::string(99, 'x'), "  ") == "  " + std::string(95, 'x') + "...\n");
  CHECK(reports::columns_of("≤ 1") == 3);
  CHECK(reports::printable("a\x1b\x7f\xc2\x9bz≤") == "a\\x1b\\x7f\\x9bz≤");
}

}  // namespace
