#include "sim/lua/mistakes.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace sim {
namespace {

constexpr MistakeInfo kMistakes[] = {
    {Mistake::kOther, "something else is wrong",
     "The sentence says what was expected; no code of its own stands for it yet."},

    {Mistake::kSyntax, "Lua cannot read the file",
     "The text is not Lua 5.4. Nothing of the file has run.\n\n"
     "    at(\"5s\", function()\n"
     "      leader:kill()\n"
     "    end          -- the bracket of at( is never closed\n\n"
     "Look at the place and just before it: a missing end, bracket, comma or quote is often "
     "noticed "
     "only later. Where the message says \"to close ... at line N\", that line opened what is not "
     "closed."},

    {Mistake::kUnknownName, "unknown name",
     "A global name is read that nobody has set: neither a word of the language nor one that the "
     "scenario assigned before. Reading nil by accident is how mistypings go unnoticed, so it is "
     "refused.\n\n"
     "    local orders = c:topic(\"orders\")\n"
     "    check.no_lost_acks(order)     -- orders was meant\n\n"
     "Mend the name, or assign it first. To ask whether a global exists: rawget(_G, \"name\"). The "
     "same holds for param.NAME: scenario{ params = } names the parameters."},

    {Mistake::kUnknownFunction, "unknown function of an object",
     "A broker, topic, cluster and their like have the functions that docs/scenario-api.md lists, "
     "and "
     "no others.\n\n"
     "    c:broker(1):kil()       -- kill was meant\n\n"
     "Mend the name. If it is right, the object is another than you think: print(x) shows what it "
     "is."},

    {Mistake::kUnknownOption, "unknown option",
     "A table of options holds a name that this call does not take. Options are never ignored.\n\n"
     "    cluster { broker = 3 }            -- brokers was meant\n"
     "    wait_until(f, { \"30s\" })          -- an option without a name: { within = \"30s\" }\n\n"
     "docs/scenario-api.md lists the options of every call. Kafka's own keys stand inside config = "
     "{ } for a cluster, and directly among the options of topics and clients."},

    {Mistake::kMissingOption, "something required is missing",
     "A call lacks an option without which it means nothing, or a scenario lacks its head or its "
     "cluster.\n\n"
     "    p:drive { topic = orders }                    -- at what rate?\n"
     "    p:drive { topic = orders, rate = \"200/s\" }    -- so\n\n"
     "A scenario begins with scenario { api = 1, name = \"...\" } and declares a cluster { }."},

    {Mistake::kWrongType, "a value of the wrong type",
     "A string stands where a number is expected, a table where a function is, one kind of object "
     "where another is.\n\n"
     "    cluster { brokers = \"3\" }      -- a number: 3\n"
     "    at(\"5s\", leader:kill())        -- calls kill now; write function() leader:kill() end\n"
     "    c.broker(1)                    -- a colon: c:broker(1)\n\n"
     "The sentence says what was expected and what was got."},

    {Mistake::kUnknownConfig, "unknown configuration key",
     "Kafka (4.3) has no such key at this place, or Titorelli does not model it. Keys may be "
     "written "
     "with dots or with underscores.\n\n"
     "    c:topic(\"orders\", { min_insync_replica = 2 })     -- min_insync_replicas\n"
     "    cluster { config = { [\"log.segment.bytes\"] = 1048576 } }\n\n"
     "A key belongs to a broker, a topic, a producer, a consumer or an admin client; `titorelli "
     "list "
     "configs` prints all of them with their defaults."},

    {Mistake::kBadConfig, "a configuration key with a value that it does not take",
     "The key exists, but the value has the wrong type, lies outside Kafka's range, is none of the "
     "values that Kafka accepts, or contradicts another key, as Kafka would say when it starts.\n\n"
     "    c:producer { acks = 2 }                                       -- all, -1, 0 or 1\n"
     "    c:producer { enable_idempotence = true, acks = 1 }            -- idempotence needs "
     "all\n\n"
     "`titorelli list configs` prints type, default and meaning. A key in milliseconds takes a "
     "number or a duration such as \"10s\"."},

    {Mistake::kNoUnit, "a duration or a rate without its unit",
     "Five what? A duration is a string with a unit: ns, us, ms, s, m or h. A rate says per what: "
     "\"200/s\", \"12000/m\", \"1/h\".\n\n"
     "    sleep(5)           -- sleep(\"5s\") or sleep(\"5ms\")\n"
     "    sleep(\"5 s\")       -- no blank: \"5s\"\n"
     "    rate = 200         -- \"200/s\"\n\n"
     "From a number: sleep(seconds .. \"s\"). Only Kafka's own keys take Kafka's bare numbers."},

    {Mistake::kOutOfRange, "a value out of range",
     "The value has the right type, but none that is possible here.\n\n"
     "    cluster { brokers = 0 }\n"
     "    c:topic(\"t\", { replicas = 5 })       -- of three brokers\n\n"
     "The sentence names the range."},

    {Mistake::kUnknownNode, "no such node, topic or partition",
     "A broker, controller, rack, topic or partition is named that this cluster does not have.\n\n"
     "    cluster { brokers = 3 }:broker(4)\n"
     "    orders:leader(3)       -- of partitions 0 to 2\n\n"
     "Brokers count from 1, partitions from 0."},

    {Mistake::kUnknownFault, "no such fault",
     "The name is none of the faults. `titorelli list faults` prints them with what they do."},

    {Mistake::kBadTargets, "contradictory targets",
     "What a fault is aimed at is empty, or is the same on both sides, so that there is nothing to "
     "do.\n\n"
     "    net:partition({ leader }, orders:isr(0))       -- the leader is in its own isr\n"
     "    net:partition(leader, orders:followers(0))     -- so\n\n"
     "Look at what a list holds at that moment: print(#orders:followers(0))."},

    {Mistake::kWrongState, "not possible in this state",
     "What is asked for has happened already, or cannot happen as things are: starting a process "
     "that runs, killing one that is down, healing twice.\n\n"
     "    leader:shutdown()\n"
     "    leader:start()        -- it is still shutting down: wait_until(function() return not\n"
     "                          -- leader:is_up() end) first\n\n"
     "Ask before: node:is_up()."},

    {Mistake::kOutOfOrder, "too early or too late in the file",
     "Some calls have their place: scenario { } first and once, then one cluster { }, then topics, "
     "clients and checks, then faults and waits.\n\n"
     "    local c = cluster { brokers = 3 }\n"
     "    scenario { api = 1, name = \"x\" }       -- belongs first\n"},

    {Mistake::kPast, "a time that has passed",
     "at(time, function) counts from power-on; the time given lies before now().\n\n"
     "    sleep(\"10s\")\n"
     "    at(\"5s\", f)          -- after(\"5s\", f) counts from now\n"},

    {Mistake::kNotAWait, "waiting where nothing can wait",
     "sleep, wait_until and run_for let virtual time pass. That works in the main chunk and in "
     "functions given to at, after, every and spawn; not inside a predicate, a check, a sort's "
     "comparison, a gsub's replacement or a coroutine of your own.\n\n"
     "    wait_until(function() sleep(\"1s\") return done end)    -- a predicate is asked, it does "
     "not "
     "wait\n\n"
     "Do the waiting outside, or spawn(function() ... end) for something that goes on beside."},

    {Mistake::kNoCapture, "nothing was captured",
     "A message is to be held, released or replayed that no capture has caught (yet).\n\n"
     "Wait for it first, or widen the filter of the capture."},

    {Mistake::kUnknownEvent, "no such event",
     "The name is none of the events that a handler can wait for. `titorelli list events` prints "
     "them with their fields."},

    {Mistake::kModule, "a module that cannot be loaded",
     "require loads modules from the folder lib of the scenarios and from nowhere else; a scenario "
     "shall be the same wherever it runs.\n\n"
     "    local helpers = require \"helpers\"       -- scenarios/lib/helpers.lua\n"},

    {Mistake::kFile, "a file that cannot be read or is wrong",
     "A GraphML, CSV or capture file that the scenario names does not exist, is not what it should "
     "be, or lacks something. The sentence names the file, and its line where there is one."},

    {Mistake::kMetric, "an unknown metric, or an expression over one that cannot be read",
     "A threshold is a statistic, a comparison and a limit.\n\n"
     "    threshold(\"produce.latency\", \"p99 < 2s\")       -- p50, p90, p99, p99.9, max with a "
     "duration\n"
     "    threshold(\"records.failed\", \"count < 5\")       -- count with a number\n\n"
     "`titorelli list metrics` prints the metrics."},

    {Mistake::kSandbox, "not available in a scenario",
     "A scenario is a function of its text and the seed: what would let it see the clock, the file "
     "system, the environment, addresses in memory or the garbage collector is not there, and what "
     "belongs to the simulator cannot be changed.\n\n"
     "    os.time()         -- now(), virtual time\n"
     "    io.open(...)      -- note(text) leaves a line in the summary\n"
     "    math.randomseed() -- the run's seed decides: --seed, scenario { seed = }\n"},

    {Mistake::kBudget, "a budget of the script is spent",
     "Between two waits a script may execute some fifty million instructions, hold 64 MiB, and let "
     "a "
     "string pattern take twenty million steps; at one instant of virtual time a hundred thousand "
     "functions may run. More is an endless loop or a leak, and pcall does not catch it.\n\n"
     "    while not done do end                      -- wait_until(function() return done end)\n"
     "    spawn(function() while true do sleep(\"0s\") end end)       -- time must pass\n"},

    {Mistake::kRuntime, "the script failed while it ran",
     "Lua's own complaint, or an error that the scenario raised with error() or assert().\n\n"
     "    local leader = orders:leader(0)       -- nil while there is none\n"
     "    leader:kill()                         -- attempt to index a nil value\n\n"
     "Before the first election there is no leader: wait_until(function() return orders:leader(0) "
     "end)."},

    {Mistake::kNoEffect, "a fault had no effect",
     "With require_effect = true a fault that touched nothing ends the run: surviving what did not "
     "happen proves nothing.\n\n"
     "Look at when it was there and what then went over the link or happened on the node; "
     "handle:affected() counts."},

    {Mistake::kVariant, "a variant with a wrong name",
     "Each variant of a scenario has a name of its own, which names a folder of the run directory "
     "and stands in comparisons. compare() knows the names of the variants that are declared "
     "before the main chunk waits for the first time.\n\n"
     "    variant(\"acks=1\", function() c:producer { acks = 1 } end)\n"
     "    variant(\"acks=all\", function() c:producer { acks = \"all\" } end)\n"
     "    compare(\"produce.latency p99\", \"acks=1 < all\")      -- \"acks=1 < acks=all\"\n\n"
     "A name has up to 100 characters with a letter or digit among them, no '<' or '>', and \"==\" "
     "not between blanks. Two names may not differ in punctuation or case alone: they would share "
     "a folder."},
};

}  // namespace

std::string code_of(Mistake mistake) {
  return fmt::format("E{:04}", static_cast<std::uint16_t>(mistake));
}

std::optional<Mistake> mistake_of(std::string_view code) {
  if (code.starts_with('E') || code.starts_with('e')) code.remove_prefix(1);
  std::uint16_t number = 0;
  const auto read = std::from_chars(code.data(), code.data() + code.size(), number);
  if (read.ec != std::errc() || read.ptr != code.data() + code.size()) return std::nullopt;
  const auto found = std::ranges::find(kMistakes, number, [](const MistakeInfo& m) {
    return static_cast<std::uint16_t>(m.mistake);
  });
  if (found == std::end(kMistakes)) return std::nullopt;
  return found->mistake;
}

std::span<const MistakeInfo> mistakes() { return kMistakes; }

}  // namespace sim
