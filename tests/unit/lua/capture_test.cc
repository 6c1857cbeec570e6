// Messages in hand: captured, held, delayed, replayed, edited, saved and loaded.
#include <doctest/doctest.h>

#include "tests/unit/lua/in_hand_harness.h"

namespace {

using test::Files;
using test::has;
using test::run_in_hand;

// The answer's part of the one partition.
constexpr const char* kTold =
    "function told(a) return a.responses[1].partition_responses[1] end\n"
    "cap = net:capture { api = 'Produce', from = p }\n";

TEST_CASE("a capture keeps requests and their responses, from the nth on, up to its limit") {
  const auto told = run_in_hand(
      "drive(10) local cap = net:capture { api = 'Produce', from = p, nth = 2, limit = 3 }\n"
      "local all = net:capture { api = 'Produce', from = p }\n"
      "note(cap:count() .. tostring(cap:message(1)) .. tostring(cap:response(1)))\n"
      "run_for('10s')\n"
      "note(cap:count() .. ' ' .. #cap:messages()) note(cap:message(4) == nil)\n"
      "note(cap:message() == cap:message(1) and cap:messages()[2] == cap:message(2))\n"
      "note(cap:message(1):correlation_id() == all:message(2):correlation_id())\n"
      "note(cap:response(1).responses[1].name or 'by id') note(all:count() >= 4)");
  CHECK(told.error == "");
  CHECK(has(told.notes, "0nilnil|3 3|true|true|true|"));
}

TEST_CASE("hold: nothing of the connection goes on until release; the record says how much") {
  const auto told = run_in_hand(
      "drive(10) local cap = net:capture { api = 'Produce', from = p } cap:hold()\n"
      "run_for('5s') note(orders:leo(0) + orders:leo(1)) note(cap:held() == cap:count())\n"
      "note(cap:release() >= 1) note(cap:held()) run_for('5s')\n"
      "note(orders:leo(0) + orders:leo(1))");
  CHECK(told.error == "");
  CHECK(told.notes == "0|true|true|0|10");
  REQUIRE(told.report.faults.size() == 1);
  CHECK(told.report.faults[0].name == "hold Produce requests");
  CHECK(told.report.faults[0].affected >= 1);
  CHECK(told.report.faults[0].until.has_value());
}

TEST_CASE("delay: each matching message goes on so much later, and nothing is held for ever") {
  const auto told = run_in_hand(
      "drive(5) local cap = net:capture { api = 'Produce', kind = 'response', to = p }\n"
      "cap:delay('400ms') on('send', { once = true }, function() sent = now() end)\n"
      "on('acked', { once = true }, function() note(now() - sent >= 400 and now() - sent < 700) "
      "end)\n"
      "run_for('10s') note(orders:leo(0) + orders:leo(1)) note(cap:held())");
  CHECK(told.error == "");
  CHECK(told.notes == "true|5|0");
}

TEST_CASE("a held message whose sender is killed is gone; releasing it is no error") {
  const auto told = run_in_hand(
      "drive(3) local cap = net:capture { api = 'Produce', from = p, limit = 1 } cap:hold()\n"
      "wait_until(function() return cap:count() == 1 end) sleep('1s')\n"
      "p:kill() sleep('1s') note(cap:held()) note(cap:release())\n"
      "note(pcall(function() cap:message(1):release() end))");
  CHECK(told.error == "");
  CHECK(told.notes == "0|0|false");
}

TEST_CASE("replay: over a connection of its own, marked, with its answers in order") {
  const auto told = run_in_hand(
      std::string(kTold) +
      "drive(3) sleep('5s') local before = orders:leo(0) + orders:leo(1)\n"
      "local r = cap:replay { index = 1, times = 3, after = '1s' }\n"
      "note(r:is_done()) note(tostring(r:answer())) note(#r:answers()) note(r)\n"
      "wait_until(function() return r:is_done() end, { within = '5s' })\n"
      "note(now()) note(#r:answers()) note(told(r:answer()).error_code) note(tostring(r:error()))\n"
      "note(told(r:answers()[2]).base_offset - told(r:answers()[1]).base_offset)\n"
      "note(orders:leo(0) + orders:leo(1) - before)");
  CHECK(told.error == "");
  CHECK(has(told.notes, "false|nil|0|replay Produce to broker-"));
  CHECK(has(told.notes, "|3|NONE|nil|1|3"));
  REQUIRE(told.report.faults.size() == 1);
  CHECK(has(told.report.faults[0].name, "replay Produce to broker-"));
  CHECK(told.report.faults[0].name.ends_with("×3"));
  CHECK(told.report.faults[0].affected == 3);
  bool is_marked = false;
  for (const sim::EventRow& row : told.report.event_rows)
    is_marked = is_marked || (row.event == "replay" && has(row.detail, "3 answers"));
  CHECK(is_marked);
}

TEST_CASE("replay to a follower, to a broker that is down, to one that dies meanwhile") {
  const auto told = run_in_hand(
      std::string(kTold) +
      "drive(1) sleep('5s') local leader = cap:message(1):to()\n"
      "local part = cap:message(1):fields().topic_data[1].partition_data[1].index\n"
      "local r = cap:replay { to = orders:followers(part)[1] }\n"
      "wait_until(function() return r:is_done() end) note(told(r:answer()).error_code)\n"
      "orders:followers(part)[1]:pause() orders:followers(part)[2]:pause()\n"
      "local hung = cap:replay {} sleep('1s') note(hung:is_done()) leader:kill()\n"
      "wait_until(function() return hung:is_done() end) note(hung:error()) note(#hung:answers())\n"
      "local dead = cap:replay { to = leader }\n"
      "wait_until(function() return dead:is_done() end) note(dead:error())");
  CHECK(told.error == "");
  CHECK(told.notes == "NOT_LEADER_OR_FOLLOWER|false|connection reset|0|could not connect");
}

TEST_CASE("edits before a replay: fields, paths, nested tables, heads of batches") {
  const auto told = run_in_hand(
      std::string(kTold) +
      "drive(1) sleep('5s') local before = orders:leo(0) + orders:leo(1)\n"
      "local none = cap:replay { edit = { acks = 0 } }\n"
      "local lost = cap:replay { edit = { ['topic_data[1].partition_data[1].index'] = 7 } }\n"
      "local nested = cap:replay { edit = { topic_data = { { partition_data = { { index = 8 } } } }"
      " } }\n"
      "local wrong = cap:replay { edit = { acks = 5 } }\n"
      "local seq = cap:replay { edit = { ['topic_data.1.partition_data.1.records.1.producer_id'] = "
      "77, ['topic_data.1.partition_data.1.records.1.producer_epoch'] = 0, "
      "['topic_data.1.partition_data.1.records.1.base_sequence'] = 0 }, times = 2 }\n"
      "sleep('3s') note(none:is_done()) note(#none:answers())\n"
      "note(told(lost:answer()).error_code) note(told(nested:answer()).error_code)\n"
      "note(told(wrong:answer()).error_code)\n"
      "note(told(seq:answers()[1]).base_offset == told(seq:answers()[2]).base_offset)\n"
      "note(orders:leo(0) + orders:leo(1) - before)");
  CHECK(told.error == "");
  CHECK(
      told.notes ==
      "true|0|UNKNOWN_TOPIC_OR_PARTITION|UNKNOWN_TOPIC_OR_PARTITION|INVALID_REQUIRED_ACKS|true|2");
}

TEST_CASE("a capture that is saved in one run is replayed in another") {
  const auto first = run_in_hand(
      "drive(3) local cap = net:capture { api = 'Produce', from = p } cap:save('three')\n"
      "local again = net:capture { api = 'Fetch', kind = 'response', limit = 2 } again:save('f')");
  REQUIRE(first.error == "");
  REQUIRE(first.report.captures.size() == 2);
  CHECK(first.report.captures[1].name == "three");
  const std::string bytes = first.report.captures[1].bytes;
  CHECK(bytes == run_in_hand("drive(3) local cap = net:capture { api = 'Produce', from = p }\n"
                             "local again = net:capture { api = 'Fetch', kind = 'response', limit "
                             "= 2 } cap:save('three')")
                     .report.captures[0]
                     .bytes);
  const std::string script =
      "local cap = net:load_capture('caps/three.capture')\n"
      "note(cap:count() >= 1) note(cap:message(1):api() .. ' from ' .. "
      "tostring(cap:message(1):from())) note(cap:response(1) ~= nil)\n"
      "sleep('5s') local r = cap:replay { to = orders:leader(0) }\n"
      "wait_until(function() return r:is_done() end, { within = '5s' })\n"
      "note(#r:answers()) note(pcall(function() cap:hold() end)) cap:save('copy')";
  const auto second = run_in_hand(script, {{"caps/three.capture", bytes}});
  CHECK(second.error == "");
  CHECK(second.notes == "true|Produce from producer-1|true|1|false");
  REQUIRE(second.report.captures.size() == 1);
  CHECK(second.report.captures[0].bytes == bytes);
}

TEST_CASE("capture files that are foreign, cut short or damaged are refused") {
  const auto saved =
      run_in_hand("drive(3) local cap = net:capture { api = 'Produce' } cap:save('x')");
  REQUIRE(saved.report.captures.size() == 1);
  const std::string good = saved.report.captures[0].bytes;
  const auto complaint = [](const std::string& bytes) {
    return run_in_hand("net:load_capture('x.capture')", {{"x.capture", bytes}}).error;
  };
  CHECK(complaint(good).empty());
  CHECK(has(complaint(""), "it is no capture of Titorelli"));
  CHECK(has(complaint("{\"json\": true}"), "it is no capture of Titorelli"));
  for (std::size_t size = 20; size < good.size(); size += 7) {
    const std::string text = complaint(good.substr(0, size));
    CHECK_MESSAGE(has(text, "error"), size, ": ", text);
  }
  std::size_t refused = 0;
  for (std::size_t at = 0; at < good.size(); at += 5) {
    std::string damaged = good;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x20);
    refused += complaint(damaged).empty() ? 0 : 1;
  }
  CHECK(refused == (good.size() + 4) / 5);
}

TEST_CASE("the same script with captures and replays gives the same digest twice") {
  const std::string script =
      "drive(5) local cap = net:capture { api = 'Produce', from = p } cap:delay('30ms')\n"
      "sleep('5s') local r = cap:replay { times = 2 } sleep('5s') note(r:is_done())";
  const auto one = run_in_hand(script);
  const auto two = run_in_hand(script);
  CHECK(one.notes == "true");
  CHECK(one.report.digest == two.report.digest);
  CHECK(one.report.digest != run_in_hand(script, {}, 2).report.digest);
}

}  // namespace
