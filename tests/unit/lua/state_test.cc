// What a scenario can ask: brokers, topics, logs, clients, metrics.
#include <doctest/doctest.h>

#include "tests/unit/lua/run_script.h"

namespace {

using test::has;
using test::run_script;

constexpr const char* kOrders = "local orders = c:topic('orders', { replicas = 3 })\n";

std::string notes(const std::string& script) {
  const test::Told told = run_script(kOrders + script);
  return told.error().empty() ? told.notes : told.error();
}

std::string error_of(const std::string& script) { return run_script(kOrders + script).error(); }

TEST_CASE("a broker says what the controller knows of it") {
  CHECK(notes("local b = c:broker(2)\nnote(b:state()) note(b:epoch())\nrun_for('10s')\n"
              "note(b:state()) note(b:epoch() > 0) note(b:rack()) note(c:broker(3):rack())\n"
              "b:kill() run_for('15s') note(b:state())") == "nil|nil|unfenced|true|b|a|fenced");
  CHECK(notes("run_for('10s') local b = orders:leader(0)\nnote(#b:partitions_led()) "
              "note(b:partitions_led()[1])\nlocal f = orders:followers(0)[1] "
              "note(#f:partitions_led()) note(f:is_paused()) f:pause('1s') note(f:is_paused())") ==
        "1|orders-0|0|false|true");
  CHECK(has(error_of("c:controller():state()"),
            "x.lua:3:16: error[E0106]: controller-3000:state(): controller-3000 is no broker"));
}

TEST_CASE("a cluster lists its topics and the partitions in trouble") {
  CHECK(notes("run_for('10s') note(#c:topics()) note(c:topics()[1] == orders)\n"
              "note(#c:leaderless() .. #c:under_replicated())\n"
              "for _, b in ipairs(c:brokers()) do b:kill() end run_for('30s')\n"
              "note(c:under_replicated()[1]) note(c:leaderless()[1])") ==
        "1|true|00|orders-0|orders-0");
}

TEST_CASE("a topic says how it is made and what it holds") {
  CHECK(notes("note(orders:partitions()) note(orders:count(0)) note(#orders:replicas(0))\n"
              "c:producer {}:drive { topic = orders, rate = '100/s', count = 20 }\nrun_for('15s')\n"
              "note(orders:count(0)) note(#orders:replicas(0)) note(orders:partition_epoch(0))\n"
              "note(orders:log_start(0) .. orders:log_start(0, c:broker(1)))") ==
        "1|0|0|20|3|0|00");
}

TEST_CASE("records by hand have an outcome, and the log holds them") {
  const std::string sends =
      "local p = c:producer {}\n"
      "local a = p:send { topic = orders, key = 'k', value = 'one' }\n"
      "local b = p:send { topic = orders, value = 'two\\0!', partition = 0 }\n"
      "note(a:is_done()) note(a:offset()) note(a)\nrun_for('10s')\n";
  CHECK(
      notes(sends +
            "note(a:is_done()) note(a:offset() .. b:offset()) note(a:partition()) note(a:error())\n"
            "note(p:sent() .. p:acked() .. p:failed() .. p:in_flight()) "
            "note(metric('records.acked'))\nnote(metric('produce.latency').count)") ==
      "false|nil|send 1|true|01|0|nil|2200|2|2");
  CHECK(notes(sends +
              "local log = orders:log(0) local r = log:records()\n"
              "note(#r) note(r[1].key .. r[1].value) note(r[2].key) note(#r[2].value)\n"
              "note(r[1].offset .. r[2].offset .. r[1].sequence .. r[2].sequence)\n"
              "note(r[1].producer_id == r[2].producer_id) note(r[1].leader_epoch)\n"
              "note(log:start_offset() .. log:end_offset() .. log:high_watermark())\n"
              "note(#log:records { from = 1 } .. #log:records { to = 1 } .. "
              "#log:records { from = 5 })\n"
              "note(log == orders:log(0, orders:leader(0))) note(log:broker() == "
              "orders:leader(0))\n"
              "for _, f in ipairs(orders:followers(0)) do note(#orders:log(0, f):records()) end")
            .substr(std::string("false|nil|send 1|").size()) ==
        "2|kone|nil|5|0101|true|0|022|110|true|true|2|2");
}

TEST_CASE("a send that fails says why; one to a dead cluster stays open") {
  CHECK(
      notes("local p = c:producer { max_request_size = 100 }\n"
            "local a = p:send { topic = orders, value = ('x'):rep(200) }\nrun_for('10s')\n"
            "note(a:is_done()) note(a:error()) note(a:offset()) note(p:failed()) note(a:reason())")
          .starts_with("true|MESSAGE_TOO_LARGE|nil|1|The message is "));
  CHECK(has(error_of("local p = c:producer {} p:kill()\np:send { topic = orders, value = 'x' }"),
            "x.lua:4:1: error[E0114]: producer-1:send{ }: it is down"));
  CHECK(has(error_of("c:producer {}:send { topic = orders }"), "send{ value = } is missing"));
  CHECK(has(error_of("c:producer {}:send { topic = orders, value = 'x', partition = 1 }"),
            "send{ partition = } expects a whole number from 0 to 0, got 1"));
  CHECK(has(error_of("c:producer {}:send { topic = orders, valu = 'x', value = 'y' }"),
            "unknown option of send \"valu\""));
}

TEST_CASE("a log that cannot be read says so, and can be asked first") {
  CHECK(notes("note(orders:log(0)) run_for('10s')\nlocal f = orders:followers(0)[1] "
              "local log = orders:log(0, f)\n"
              "note(log:is_open()) f:kill() note(log:is_open())\n"
              "note(tostring(log) == 'log of orders-0 on ' .. f:name())") == "nil|true|false|true");
  CHECK(has(error_of("run_for('10s')\nlocal b = orders:leader(0) b:kill()\n"
                     "orders:log(0, b):records()"),
            ": the broker is down\n"));
  CHECK(has(error_of("orders:log(0, c:controller())"), "a broker expected, got controller-3000"));
  CHECK(has(error_of("run_for('10s')\norders:log(0):records { from = 2, to = 1 }"),
            "records{ from = 2, to = 1 } ends before it begins"));
  CHECK(has(error_of("orders:log(1)"), "topic orders has partitions 0 to 0, got 1"));
}

TEST_CASE("a consumer says where it is, lags and seeks") {
  CHECK(notes("local p = c:producer {}\nlocal r = c:consumer { topic = orders, "
              "auto_offset_reset = 'earliest' }\nnote(r:position(0)) note(r:lag(0))\n"
              "p:drive { topic = orders, rate = '100/s', count = 30 }\nrun_for('15s')\n"
              "note(r:delivered()) note(r:position(0)) note(r:lag(0))\n"
              "r:seek(0, 10) run_for('5s') note(r:delivered()) note(r:position(0))") ==
        "nil|nil|30|30|0|50|30");
  CHECK(has(error_of("c:consumer { topic = orders }:seek(0, 5)"),
            "x.lua:3:31: error[E0114]: consumer-1:seek(): it is not assigned orders-0"));
  CHECK(has(error_of("c:consumer { topic = orders }:seek(0, -1)"), "expects an offset"));
  CHECK(has(error_of("c:consumer { topic = orders }:position(3)"),
            "topic orders has partitions 0 to 0, got 3"));
}

TEST_CASE("metrics and plots are asked for by name") {
  CHECK(notes("note(metric('e2e.latency').count) note(metric('e2e.latency').p99_us) "
              "note(metric('records.sent')) run_for('1s')") == "0|nil|0");
  CHECK(has(error_of("metric('records.fialed')"),
            "x.lua:3:8: error[E0122]: unknown metric \"records.fialed\"\n   3 | "
            "metric('records.fialed')\n"
            "     |        ^^^^^^^^^^^^^^^^\n"
            "help: did you mean \"records.failed\""));
  CHECK(has(error_of("metric()"), "metric(name) expects the name of a metric"));
  CHECK(has(error_of("plot('latency-over-tim')"), "did you mean \"latency-over-time\"?"));
  CHECK(has(error_of("plot('latency-over-time', { by = 'variant' })"),
            "unknown option of plot \"by\""));
  CHECK(run_script("plot('latency-over-time') run_for('1s')").report.plots ==
        std::vector<std::string>{"latency-over-time"});
}

TEST_CASE("state and logs that nobody asks for change nothing") {
  const std::string base =
      "local orders = c:topic('orders', { replicas = 3 })\n"
      "c:producer {}:drive { topic = orders, rate = '100/s' }\n";
  const auto plain = run_script(base + "run_for('9s')").report;
  const auto asking = run_script(base +
                                 "every('1s', function() if orders:log(0) then "
                                 "note(#orders:log(0):records()) end end) run_for('9s')")
                          .report;
  CHECK(plain.messages == asking.messages);
  CHECK(plain.metrics.csv() == asking.metrics.csv());
}

TEST_CASE("-D takes the type of the default") {
  const auto complaint = [](const std::string& value, const std::string& given) {
    sim::ScenarioOptions options;
    options.path = "x.lua";
    options.source = "scenario { api = 1, name = 'x', params = { p = " + value + " } }\n" +
                     "cluster { brokers = 1 } note(math.type(param.p) or param.p) run_for('1s')";
    options.parameters = {{"p", given}};
    const test::Told told = run_script(std::move(options));
    return told.failure.empty() ? told.notes : told.failure;
  };
  CHECK(complaint("200", "7") == "integer");
  CHECK(complaint("200", "7.5") == "-D p=7.5: the parameter is a whole number, its default 200");
  CHECK(complaint("200", "fast") == "-D p=fast: the parameter is a whole number, its default 200");
  CHECK(complaint("200", "7 x") == "-D p=7 x: the parameter is a whole number, its default 200");
  CHECK(complaint("0.5", "7") == "float");
  CHECK(complaint("0.5", "1e999") == "-D p=1e999: the parameter is a number, its default 0.5");
  CHECK(complaint("true", "no") == "-D p=no: the parameter is true or false, its default true");
  CHECK(complaint("'5s'", "250ms") == "250ms");
  CHECK(complaint("'5s'", "250") == "-D p=250: the parameter is a duration, its default \"5s\"");
  CHECK(complaint("'200/s'", "5") == "-D p=5: the parameter is a rate, its default \"200/s\"");
  CHECK(complaint("'orders'", "anything") == "anything");
}

TEST_CASE("param is strict: what scenario{ params = } does not name is an error") {
  const auto error = [](const std::string& line) {
    sim::ScenarioOptions options;
    options.path = "x.lua";
    options.source =
        "scenario { api = 1, name = 'x', params = { rate = 5 } }\ncluster { brokers = 1 }\n" + line;
    return run_script(std::move(options)).error();
  };
  CHECK(error("note(param.rat)") ==
        "x.lua:3:12: error[E0102]: unknown parameter \"rat\"\n   3 | note(param.rat)\n"
        "     |            ^^^\n"
        "help: did you mean \"rate\"?");
  CHECK(has(error("param.size = 5"), "x.lua:3:7: error[E0102]: unknown parameter \"size\""));
  CHECK(error("note(param.rate) for k, v in pairs(param) do note(k) end run_for('1s')").empty());
}

TEST_CASE("the admin client is a node like others, configured before the first topic") {
  CHECK(run_script("local a = c:admin { retries = 3 } note(a) note(a == c:admin())\n"
                   "local t = c:topic('t') run_for('9s') note(t:count(0)) a:kill() "
                   "note(a:is_up())")
            .notes == "admin-1|true|0|false");
  CHECK(has(error_of("c:admin { retries = 3 }"),
            "x.lua:3:1: error[E0115]: the admin client is there already"));
  CHECK(has(run_script("c:admin { retrys = 3 }").error(), "unknown admin config \"retrys\""));
}

}  // namespace
