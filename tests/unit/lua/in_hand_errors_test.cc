// What can be wrong with on(), captures and replays: each a sentence, most with a way out.
#include <doctest/doctest.h>

#include "tests/unit/lua/in_hand_harness.h"

namespace {

struct BadInput {
  const char* script;
  const char* says;
  const char* helps;  // "" for no help
};

constexpr BadInput kBad[] = {
    {"on('isr-chnage', function() end)", "unknown event \"isr-chnage\"", "\"isr-change\""},
    {"on(5, function() end)", "expects the name of an event", "titorelli list events"},
    {"on('acked')", "expects a function", "the function comes last"},
    {"on('acked', {}, 5)", "expects a function", ""},
    {"on('acked', { topics = orders }, function() end)",
     "unknown option of on(\"acked\") \"topics\"", "\"topic\""},
    {"on('election', { node = c:broker(1) }, function() end)",
     "unknown option of on(\"election\") \"node\"", "\"once\""},
    {"on('acked', { nth = 0 }, function() end)", "a whole number from 1", ""},
    {"on('acked', { nth = -1 }, function() end)", "a whole number from 1", ""},
    {"on('acked', { once = 1 }, function() end)", "expects true or false", ""},
    {"on('acked', { topic = 'order' }, function() end)", "unknown topic \"order\"", "\"orders\""},
    {"on('acked', { topic = orders, partition = 2 }, function() end)",
     "topic orders has partitions 0 to 1, got 2", ""},
    {"on('acked', { partition = 0 }, function() end)", "needs the topic too", "topic = orders"},
    {"on('append', { node = 'broker-1' }, function() end)", "a node expected", ""},
    {"on('timeout', { api = 'Produec' }, function() end)", "unknown api \"Produec\"",
     "\"Produce\""},
    {"on('broker-state', { state = 'fence' }, function() end)", "unknown broker state \"fence\"",
     "\"fenced\""},
    {"on('send-failed', { error = 'NOT_LEADER_OF_FOLLOWER' }, function() end)", "unknown error",
     "NOT_LEADER_OR_FOLLOWER"},
    {"on('message', { api = 'produce' }, function() end)", "unknown api \"produce\"",
     "\"Produce\""},
    {"on('message', { kind = 'requests' }, function() end)", "unknown kind \"requests\"",
     "\"request\""},
    {"on('message', { point = 'leave' }, function() end)", "unknown point \"leave\"", "\"leaves\""},
    {"on('message', { from = {} }, function() end)", "is empty: nothing would ever match", ""},
    {"on('message', { between = p }, function() end)", "at least two nodes", ""},
    {"on('message', { from = 'p' }, function() end)", "a node or a list of nodes expected", ""},
    {"local h = on('acked', function() end) h:cancel() h:cancel()", "it is over already", "once"},
    {"on('acked', function() end):count('x'):x()", "", ""},
    {"net:capture { apis = 'Produce' }", "unknown option of capture \"apis\"", "\"api\""},
    {"net:capture { api = 'Produze' }", "unknown api \"Produze\"", "\"Produce\""},
    {"net:capture { nth = 0 }", "a whole number from 1", ""},
    {"net:capture { limit = 0 }", "a whole number from 1", ""},
    {"net:capture { kind = 'answer' }", "unknown kind \"answer\"", "request"},
    {"net:capture { partition = 0 }", "needs the topic too", ""},
    {"local x = net:capture {} x:release()", "it holds nothing", "hold() or delay()"},
    {"local x = net:capture {} x:hold() x:hold()", "it holds already", ""},
    {"local x = net:capture {} x:hold() x:release() x:release()", "it holds nothing", ""},
    {"local x = net:capture {} x:delay('-5ms')", "expects a duration", ""},
    {"local x = net:capture {} x:delay(5)", "needs a unit", "\"5ms\""},
    {"local x = net:capture {} x:delay()", "expects a duration", ""},
    {"local x = net:capture {} x:message(0)", "a number from 1 on, got 0", ""},
    {"local x = net:capture {} x:message('a')", "a number from 1 on", ""},
    {"local x = net:capture {} x:response(-1)", "a number from 1 on", ""},
    {"local x = net:capture {} x:replay {}", "nothing has been captured yet", "cap:count()"},
    {"local x = net:capture {} x:hodl()", "unknown function of capture \"hodl\"", "\"hold\""},
    {"local x = net:capture {} x:save('a/b')", "expects the name of a file", "letters"},
    {"local x = net:capture {} x:save('..')", "expects the name of a file", ""},
    {"local x = net:capture {} x:save()", "expects the name of a file", ""},
    {"net:capture{}:save('a') net:capture{}:save('a')", "another capture has that name", ""},
    {"net:load_capture('none.capture')", "there is no such file", "the scenario's folder"},
    {"net:load_capture('../x.capture')", "not below the scenario's folder", ""},
    {"net:load_capture('/etc/passwd')", "not below the scenario's folder", ""},
    {"net:load_capture('a/../../x')", "not below the scenario's folder", ""},
    {"net:load_capture('')", "not below the scenario's folder", ""},
    {"net:load_capture(5)", "expects the name of a file", ""},
};

// With one captured Produce request, as `x`.
constexpr BadInput kBadReplays[] = {
    {"x:replay { index = 2 }", "1 message was captured so far", ""},
    {"x:replay { index = 0 }", "a whole number from 1", ""},
    {"x:replay { to = p }", "producer-1 is no server", "brokers and controllers"},
    {"x:replay { to = 2 }", "a broker or controller expected, got 2", ""},
    {"x:replay { times = 0 }", "a whole number from 1", ""},
    {"x:replay { after = '-1s' }", "expects a duration", ""},
    {"x:replay { after = 5 }", "needs a unit", ""},
    {"x:replay { time = 2 }", "unknown option of replay \"time\"", "\"times\""},
    {"x:replay { edit = 5 }", "expects a table of fields", "acks = 0"},
    {"x:replay { edit = { ack = 0 } }", "the message has no field \"ack\"", "\"acks\""},
    {"x:replay { edit = { acks = 'all' } }", "acks: expects a whole number, got a string", ""},
    {"x:replay { edit = { acks = 99999 } }", "expects a number from -32768 to 32767", ""},
    {"x:replay { edit = { acks = 1.5 } }", "expects a whole number, got a number", ""},
    {"x:replay { edit = { topic_data = 1 } }", "topic_data is a list", ""},
    {"x:replay { edit = { ['topic_data[2].name'] = 'x' } }", "there is no \"2\"", ""},
    {"x:replay { edit = { topic_data = { { nam = 'x' } } } }", "has no field \"nam\"", ""},
    {"x:replay { edit = { acks = print } }", "a value is a string, a number", ""},
    {"x:replay { edit = { [1.5] = 1 } }", "the name of a field", ""},
    {"local t = {} t.topic_data = { t } x:replay { edit = t }", "edit: ", ""},
    {"local t = {} t.a = t x:replay { edit = t }", "too deep", "hold itself"},
    {"x:message(1):hold()", "it is on its way already", "before its first wait"},
    {"x:message(1):delay('1s')", "it is on its way already", ""},
    {"x:message(1):release()", "it is not held", ""},
    {"x:message(1).size = 5", "message cannot be changed", ""},
    {"x.message(1)", "a capture expected, got 1", ""},
    {"y:replay {}", "it is a response", "kind = \"request\""},
};

void check_error(const std::string& script, const BadInput& bad) {
  const std::string error = test::run_in_hand(script).error;
  CAPTURE(bad.script);
  CHECK_MESSAGE(test::has(error, "error[E0"), error);
  CHECK_MESSAGE(test::has(error, bad.says), error);
  const std::size_t help = error.find("\nhelp: ");
  if (*bad.helps != '\0') {
    REQUIRE_MESSAGE(help != std::string::npos, error);
    CHECK_MESSAGE(test::has(error.substr(help), bad.helps), error);
  }
}

TEST_CASE("on, captures: what cannot be meant is refused where it stands") {
  for (const BadInput& bad : kBad) check_error(bad.script, bad);
}

TEST_CASE("replays and edits: what cannot be meant is refused where it stands") {
  for (const BadInput& bad : kBadReplays) {
    check_error(std::string("drive(1) local x = net:capture { api = 'Produce', limit = 1 } ") +
                    "local y = net:capture { api = 'Produce', kind = 'response' }\n" +
                    "run_for('3s') " + bad.script,
                bad);
  }
}

TEST_CASE("before the cluster there is nothing to capture and nothing to wait for") {
  const auto early = [](const std::string& line) {
    sim::ScenarioOptions options;
    options.path = "x.lua";
    options.source = "scenario { api = 1, name = 'x' }\n" + line;
    return sim::ScenarioRun::create(std::move(options))->begin()->text;
  };
  CHECK(test::has(early("on('acked', function() end)"), "cluster{ } comes first"));
  CHECK(test::has(early("net:capture {}"), "cluster{ } comes first"));
}

}  // namespace
