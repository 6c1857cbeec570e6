// on(): each kind of event reaches its handler at its time, with its fields; messages are told
// before they go on, and handlers that nothing calls change nothing.
#include <doctest/doctest.h>

#include "sim/lab/events.h"
#include "tests/unit/lua/in_hand_harness.h"

namespace {

using test::has;
using test::run_in_hand;

TEST_CASE("3 brokers, a paused follower: isr-change is told at its time, with old and new ISR") {
  const auto told = run_in_hand(
      "drive(200)\n"
      "on('isr-change', { topic = orders, partition = 0 }, function(e)\n"
      "  note(e.event .. ' ' .. e.topic .. '-' .. e.partition .. ' ' .. #e.old_isr .. ' to ' .. "
      "#e.isr .. ' ' .. tostring(e.time == now()) .. ' ' .. tostring(#orders:isr(0) == #e.isr) .. "
      "' ' .. tostring(e.leader == orders:leader(0)))\n"
      "end)\n"
      "at('5s', function() local f = orders:followers(0)[1] local x = f:pause() sleep('40s') "
      "x:heal() end)\n"
      "run_for('90s')");
  CHECK(told.error == "");
  CHECK(told.notes ==
        "isr-change orders-0 3 to 2 true true true|"
        "isr-change orders-0 2 to 3 true true true");
}

TEST_CASE("a leader that is killed: election, became-leader, became-follower, broker-state") {
  const auto told = run_in_hand(
      "drive(100)\n"
      "on('election', { topic = 'orders', partition = 0, once = true }, function(e)\n"
      "  local old = e.old_leader note('election ' .. tostring(e.leader ~= old) .. ' ' .. "
      "e.leader_epoch .. ' ' .. tostring(e.unclean)) end)\n"
      "on('became-leader', { topic = orders, partition = 0, nth = 2 }, function(e)\n"
      "  note('office ' .. tostring(e.node == orders:leader(0)) .. ' ' .. tostring(e.leo >= e.hw)) "
      "end)\n"
      "local fenced = on('broker-state', { state = 'fenced' }, function(e) note('fenced ' .. "
      "tostring(e.node == killed)) end)\n"
      "killed = nil\n"
      "at('5s', function() killed = orders:leader(0) killed:kill() end)\n"
      "run_for('40s') note(fenced:count())");
  CHECK(told.error == "");
  CHECK(told.notes == "election true 1 false|fenced true|office true true|1");
}

TEST_CASE("every kind of event that this run has is told, and count() says how often") {
  // log-start, send-failed and truncate need rarer runs than this one.
  std::string script = "counts = {}\n";
  for (const sim::EventInfo& event : sim::event_kinds())
    script += "counts['" + std::string(event.name) + "'] = on('" + std::string(event.name) +
              "', function(e) assert(e.event == '" + std::string(event.name) +
              "' and e.time == now()) end)\n";
  script +=
      "drive(100) c:consumer { topic = orders, auto_offset_reset = 'earliest' }\n"
      "at('5s', function() local l, f = orders:leader(0), orders:followers(0)[1]\n"
      "  local cut = net:partition(l, p) sleep('40s') cut:heal()\n"
      "  f:kill() sleep('15s') f:start() end)\n"
      "run_for('90s')\n"
      "for name, hook in pairs(counts) do if hook:count() == 0 then note(name) end end";
  const auto told = run_in_hand(script);
  CHECK(told.error == "");
  CHECK(told.notes == "halted|log-start|send-failed|truncate");
}

TEST_CASE("a message is told before it goes on: a link cut in the handler cuts it off") {
  const auto script = [](const std::string& point) {
    return "drive(20)\n"
           "on('message', { api = 'Produce', kind = 'response', to = p, nth = 3, point = '" +
           point +
           "' }, function(e)\n"
           "  cut = net:partition(e.from, p) at_cut = acked sleep('5s') note(acked - at_cut)\n"
           "  cut:heal() end)\n"
           "acked = 0 on('acked', function() acked = acked + 1 end)\n"
           "run_for('30s') note(acked)";
  };
  // Leaving: it and all behind it wait for the healing. Arriving: it is in the receiver's kernel.
  const auto leaves = run_in_hand(script("leaves"));
  CHECK(leaves.error == "");
  const auto arrives = run_in_hand(script("arrives"));
  CHECK(arrives.error == "");
  // The other partition's leader may answer meanwhile: the held response is what differs.
  const auto count = [](const std::string& notes) { return std::stoi(notes); };
  CHECK(count(arrives.notes) > count(leaves.notes));
  CHECK(has(leaves.notes, "|20"));
  CHECK(has(arrives.notes, "|20"));
}

TEST_CASE("a message in a handler: what it is, its fields, held, released and delayed") {
  const auto told = run_in_hand(
      "drive(1)\n"
      "on('message', { api = 'Produce', kind = 'request', from = p, topic = orders, once = true },"
      " function(e)\n"
      "  local m = e.message\n"
      "  note(m:api() .. ' ' .. m:kind() .. ' ' .. tostring(m:from() == p) .. ' ' .. "
      "tostring(m:to() == e.to) .. ' ' .. tostring(m:size() == e.size and m:version() == e.version "
      "and m:correlation_id() == e.correlation_id))\n"
      "  local batch = m:fields().topic_data[1].partition_data[1].records[1]\n"
      "  note(m:fields().acks .. ' ' .. batch.count .. ' ' .. #batch.records[1].value .. ' ' .. "
      "batch.producer_id)\n"
      "  m:hold() sleep('2s') note(tostring(orders:leo(0) + orders:leo(1)))\n"
      "  note(tostring(m:release())) sleep('1s') note(tostring(orders:leo(0) + orders:leo(1)))\n"
      "  note(tostring(pcall(function() m:release() end)) .. tostring(pcall(function() m:hold() "
      "end)))\n"
      "end)\n"
      "run_for('10s')");
  CHECK(told.error == "");
  CHECK(told.notes == "Produce request true true true|-1 1 100 -1|0|true|1|falsefalse");
  REQUIRE(told.report.faults.size() == 1);
  CHECK(told.report.faults[0].affected == 1);
  const auto delayed = run_in_hand(
      "drive(1)\n"
      "on('message', { api = 'Produce', kind = 'response', to = p }, function(e) "
      "e.message:delay('300ms') end)\n"
      "on('send', function(e) sent = now() end)\n"
      "on('acked', function(e) note(tostring(now() - sent >= 300 and now() - sent < 500)) end)\n"
      "run_for('10s')");
  CHECK(delayed.error == "");
  CHECK(delayed.notes == "true");
}

TEST_CASE("filters on messages: ends, topics by id, partitions, the nth match") {
  const auto told = run_in_hand(
      "local other = c:topic('other', { partitions = 1, replicas = 3 })\n"
      "q = c:producer {} q:drive { topic = other, rate = '10/s', count = 5 } drive(10)\n"
      "local function count(filter) return on('message', filter, function() end) end\n"
      "local a = count { api = 'Produce', kind = 'request', topic = other }\n"
      "local b = count { api = 'Produce', kind = 'request', from = q }\n"
      "local d = count { api = 'Produce', kind = 'request', topic = orders, partition = 0 }\n"
      "local e = count { api = 'Produce', kind = 'request', topic = orders, partition = 1 }\n"
      "local f = count { api = 'Produce', kind = 'request', from = p }\n"
      "local g = count { api = 'Fetch', kind = 'request', between = c:brokers() }\n"
      "local h = count { api = 'Produce', nth = 2 }\n"
      "local i = count { api = 'Produce', between = { q, p } }\n"
      "run_for('10s')\n"
      "note(a:count() == b:count() and a:count() > 0)\n"
      "note(d:count() > 0 and e:count() > 0 and d:count() + e:count() >= f:count())\n"
      "note(g:count() > 10) note(h:count()) note(i:count())");
  CHECK(told.error == "");
  CHECK(told.notes == "true|true|true|1|0");
}

TEST_CASE("a hook that is cancelled is not called again; one that is over cannot be cancelled") {
  const auto told = run_in_hand(
      "drive(20)\n"
      "local h h = on('acked', function() if h:count() == 3 then h:cancel() end end)\n"
      "local o = on('acked', { once = true }, function() end)\n"
      "run_for('10s') note(h:count()) note(o:count())\n"
      "note(select(2, pcall(function() o:cancel() end)))");
  CHECK(told.error == "");
  CHECK(has(told.notes, "3|1|x.lua:6: hook:cancel(): it is over already"));
}

TEST_CASE("an error in a handler ends the run with its line, time and seed") {
  const auto told = run_in_hand("drive(5)\non('acked', function(e)\n  error('boom') end)");
  CHECK(has(told.error, "x.lua:4:9: error[E0125]: boom"));
  CHECK(has(told.error, "at virtual time "));
}

TEST_CASE("100 handlers that nothing calls, and a watch on every message, change no digest") {
  const std::string plain = "drive(20) run_for('10s')";
  const std::uint64_t digest = run_in_hand(plain).report.digest;
  const auto idle = run_in_hand(
      "for i = 1, 100 do on('log-start', { topic = orders }, error) end\n"
      "on('message', { api = 'InitProducerId' }, error) net:capture { api = 'Fetch' }\n" +
      plain);
  CHECK(idle.error == "");
  CHECK(idle.report.digest == digest);
}

}  // namespace
