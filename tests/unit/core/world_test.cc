#include "sim/core/world.h"

#include <doctest/doctest.h>

#include <set>

#include "tests/unit/core/fake_network.h"
#include "tests/unit/core/script_node.h"

namespace {

using namespace std::chrono_literals;
using env::Instant;
using env::TimerKey;
using sim::Host;
using sim::HostState;
using sim::World;
using sim::test::FakeNetwork;
using sim::test::Script;
using sim::test::ScriptNode;
using Log = std::vector<std::string>;

Instant at(env::Duration since_start) { return Instant(since_start); }

struct Bench {
  explicit Bench(std::uint64_t seed = 1) : Bench(sim::WorldOptions{.seed = seed}) {}
  explicit Bench(const sim::WorldOptions& options) : world(options), network(world) {
    world.attach_network(network);
  }
  Host& add(std::string name, Script& script) {
    return world.add_host({.name = std::move(name),
                           .rack = "",
                           .node = [&script] { return std::make_unique<ScriptNode>(script); },
                           .disk = nullptr});
  }
  World world;
  FakeNetwork network;
};

env::Frame text(std::string_view content) { return env::Bytes::copy_of(content); }

// Four timers of one time, under seeds or decisions of the stream "ties".
Log order_of_ties(sim::WorldOptions options) {
  options.draws_ties = true;
  Bench bench(options);
  Script script;
  script.on_start = [](env::Env& e) {
    for (std::uint32_t id = 1; id <= 4; ++id) e.set_timer({1, id}, 10ms);
  };
  bench.add("a", script).start();
  bench.world.run_until(at(1s));
  return script.log;
}

TEST_CASE("ties: drawn, every order is met; a decision makes it") {
  std::set<Log> orders;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    Log log = order_of_ties({.seed = seed});
    CHECK(log.size() == 5);
    CHECK(order_of_ties({.seed = seed}) == log);
    orders.insert(std::move(log));
  }
  CHECK(orders.size() == 24);

  sim::WorldOptions options;  // draw 0 is the start, 1 to 4 are the timers
  for (std::uint64_t id = 1; id <= 4; ++id) options.decisions.set("ties", id, (9 - id) << 60);
  CHECK(order_of_ties(options) ==
        Log{"0 start", "10 timer 1/4", "10 timer 1/3", "10 timer 1/2", "10 timer 1/1"});
}

TEST_CASE(
    "ties: drawn, the lab's own events come first, as they were made; no command before the "
    "start") {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Bench bench(sim::WorldOptions{.seed = seed, .draws_ties = true});
    Script script;
    script.on_start = [](env::Env& e) { e.set_timer({1, 1}, 10ms); };
    Host& host = bench.add("a", script);
    host.start();
    host.command(std::make_shared<const kafka::Command>(kafka::Command{7}));
    for (int i = 0; i < 3; ++i) {
      bench.world.at(at(10ms), [&script, i] { script.log.push_back("lab " + std::to_string(i)); });
    }
    bench.world.run_until(at(1s));
    CHECK(script.log == Log{"0 start", "0 command 7", "lab 0", "lab 1", "lab 2", "10 timer 1/1"});
  }
}

TEST_CASE("timers: the same key replaces, cancel silences, equal times fire in the order set") {
  Bench bench;
  Script script;
  script.on_start = [](env::Env& e) {
    e.set_timer({1, 1}, 10ms);
    e.set_timer({1, 2}, 20ms);
    e.set_timer({1, 3}, 20ms);
    e.set_timer({1, 4}, 5ms);
    e.set_timer({1, 1}, 30ms);
    e.cancel_timer({1, 4});
    e.cancel_timer({9, 9});
    e.set_timer({1, 3}, 20ms);
  };
  bench.add("a", script).start();
  bench.world.run_until(at(1s));
  CHECK(script.log == Log{"0 start", "20 timer 1/2", "20 timer 1/3", "30 timer 1/1"});
}

TEST_CASE("lanes: two servers take three jobs in order, another lane does not wait") {
  Bench bench;
  Script script;
  script.on_start = [](env::Env& e) {
    const env::Lane requests{.kind = env::LaneKind::kRequestHandler, .index = 0, .servers = 2};
    const env::Lane heartbeat{.kind = env::LaneKind::kHeartbeat, .index = 0, .servers = 1};
    e.spend(requests, 10ms, {2, 1});
    e.spend(requests, 4ms, {2, 2});
    e.spend(requests, 3ms, {2, 3});
    e.spend(requests, 1ms, {2, 4});
    e.spend(heartbeat, 1ms, {3, 1});
  };
  bench.add("a", script).start();
  bench.world.run_until(at(1s));
  CHECK(script.log ==
        Log{"0 start", "1 timer 3/1", "4 timer 2/2", "7 timer 2/3", "8 timer 2/4", "10 timer 2/1"});
}

TEST_CASE("connections: accepted, frames both ways, closed in order; a refused connect fails") {
  Bench bench;
  Script server;
  Script client;
  server.on_start = [](env::Env& e) { e.listen(9092); };
  server.on_frame = [](env::Env& e, env::ConnId conn, const env::Frame&) {
    e.send(conn, text("pong"));
    e.close(conn);
    e.send(conn, text("into the void"));
  };
  client.on_start = [](env::Env& e) {
    e.connect({.host = "server", .port = 9092});
    e.connect({.host = "server", .port = 1});
  };
  client.on_conn = [](env::Env& e, env::ConnId conn, const env::ConnEvent& event) {
    if (event.kind == env::ConnEventKind::kConnected) e.send(conn, text("ping"));
  };
  bench.add("server", server).start();
  bench.add("client", client).start();
  bench.world.run_until(at(1s));
  CHECK(server.log == Log{"0 start", "1 accepted 1 client", "3 frame 1 ping"});
  CHECK(client.log == Log{"0 start", "1 failed 2 server", "2 connected 1 server", "4 frame 1 pong",
                          "4 closed 1 server"});
}

TEST_CASE("kill: nothing set by the dead incarnation reaches the next one, peers see a reset") {
  Bench bench;
  Script server;
  Script client;
  server.on_start = [](env::Env& e) {
    e.listen(9092);
    e.set_timer({1, env::nanos(e.now()) == 0 ? 1u : 2u}, 20ms);
    e.spend({.kind = env::LaneKind::kRaft}, 20ms, {2, 1});
  };
  client.on_start = [](env::Env& e) { e.connect({.host = "server", .port = 9092}); };
  Host& host = bench.add("server", server);
  host.start();
  bench.add("client", client).start();
  CHECK_FALSE(host.start());
  bench.world.at(at(10ms), [&] { CHECK(host.kill()); });
  bench.world.at(at(11ms), [&] {
    CHECK(host.node() == nullptr);
    CHECK_FALSE(host.kill());
    CHECK_FALSE(host.command(std::make_shared<const kafka::Command>()));
    CHECK(host.start());
  });
  bench.world.run_until(at(1s));
  CHECK(host.incarnation() == 2);
  CHECK(server.log ==
        Log{"0 start", "1 accepted 1 client", "11 start", "31 timer 1/2", "31 timer 2/1"});
  CHECK(client.log == Log{"0 start", "2 connected 1 server", "11 reset 1 server"});
}

TEST_CASE("power loss: the peer hears nothing") {
  Bench bench;
  Script server;
  Script client;
  server.on_start = [](env::Env& e) { e.listen(9092); };
  client.on_start = [](env::Env& e) { e.connect({.host = "server", .port = 9092}); };
  Host& host = bench.add("server", server);
  host.start();
  bench.add("client", client).start();
  bench.world.at(at(10ms), [&] { CHECK(host.power_loss()); });
  bench.world.run_until(at(1s));
  CHECK(client.log == Log{"0 start", "2 connected 1 server"});
  CHECK(host.state() == HostState::kDown);
}

TEST_CASE("shutdown: the node stops when it has stopped, its connections close in order") {
  Bench bench;
  Script server;
  Script client;
  server.on_start = [](env::Env& e) { e.listen(9092); };
  client.on_start = [](env::Env& e) { e.connect({.host = "server", .port = 9092}); };
  Host& host = bench.add("server", server);
  host.start();
  bench.add("client", client).start();
  bench.world.at(at(10ms), [&] {
    host.command(std::make_shared<const kafka::Command>(kafka::Command{7}));
    host.command(std::make_shared<const kafka::Command>(kafka::Command{0}));
    host.command(std::make_shared<const kafka::Command>(kafka::Command{8}));
  });
  bench.world.run_until(at(1s));
  CHECK(host.state() == HostState::kDown);
  CHECK(server.log == Log{"0 start", "1 accepted 1 client", "10 command 7", "10 command 0"});
  CHECK(client.log == Log{"0 start", "2 connected 1 server", "11 closed 1 server"});
}

TEST_CASE("pause: late timers and frames come at the resume in order, lanes stand still") {
  Bench bench;
  Script server;
  Script client;
  server.on_start = [](env::Env& e) {
    e.listen(9092);
    e.set_timer({1, 1}, 12ms);
    e.set_timer({1, 2}, 15ms);
    e.set_timer({1, 3}, 18ms);
    e.set_timer({1, 4}, 30ms);  // due in the very moment of the resume
    e.spend({.kind = env::LaneKind::kRaft}, 25ms, {2, 1});
  };
  server.on_timer = [](env::Env& e, TimerKey key) {
    if (key == TimerKey{1, 1}) {
      e.cancel_timer({1, 2});  // came up during the pause, but has not been told yet
      e.set_timer({1, 3}, 1ms);
      e.set_timer({1, 5}, 0ms);
    }
  };
  client.on_start = [](env::Env& e) {
    e.connect({.host = "server", .port = 9092});
    e.set_timer({1, 1}, 13ms);
  };
  client.on_timer = [](env::Env& e, TimerKey) { e.send(env::ConnId(1), text("hello")); };
  Host& host = bench.add("server", server);
  host.start();
  bench.add("client", client).start();
  bench.world.at(at(10ms), [&] { CHECK(host.pause(20ms)); });
  bench.world.at(at(11ms), [&] { CHECK_FALSE(host.pause()); });
  bench.world.run_until(at(1s));
  CHECK(server.log == Log{"0 start", "1 accepted 1 client", "30 timer 1/1", "30 frame 1 hello",
                          "30 timer 1/4", "30 timer 1/5", "31 timer 1/3", "45 timer 2/1"});
}

TEST_CASE("a pause that ends by kill leaves nothing behind; a command waits for the resume") {
  Bench bench;
  Script script;
  script.on_start = [](env::Env& e) { e.set_timer({1, 1}, 5ms); };
  Host& host = bench.add("a", script);
  host.start();
  bench.world.at(at(1ms), [&] { host.pause(100ms); });
  bench.world.at(at(10ms), [&] { host.kill(); });
  bench.world.at(at(20ms), [&] { host.start(); });
  bench.world.at(at(21ms), [&] { host.pause(); });
  bench.world.at(at(22ms),
                 [&] { host.command(std::make_shared<const kafka::Command>(kafka::Command{3})); });
  bench.world.at(at(150ms), [&] { CHECK(host.resume()); });
  bench.world.run_until(at(1s));
  CHECK(script.log == Log{"0 start", "20 start", "150 command 3", "150 timer 1/1"});
}

struct Killer final : sim::ObservationSink {
  void on_observation(Instant, sim::HostId, std::uint32_t, const kafka::Observation& seen,
                      sim::Digest& digest) override {
    digest.add(static_cast<std::uint64_t>(seen.value));
    if (host != nullptr && seen.value == 13) CHECK(host->kill());
    is_alive_after = host == nullptr || host->node() != nullptr;
  }
  Host* host = nullptr;
  bool is_alive_after = false;
};

TEST_CASE("an observer kills the node inside its own handler: it dies when the handler returns") {
  Bench bench;
  Script script;
  Killer killer;
  script.on_start = [&](env::Env& e) {
    e.observe(kafka::Observation{13});
    e.set_timer({1, 1}, 1ms);
  };
  Host& host = bench.add("a", script);
  killer.host = &host;
  bench.world.set_observation_sink(&killer);
  host.start();
  bench.world.run_until(at(1s));
  CHECK(killer.is_alive_after);
  CHECK(host.state() == HostState::kDown);
  CHECK(script.log == Log{"0 start"});
}

TEST_CASE("wall clock: offset and drift move it, the monotonic clock stays") {
  Bench bench;
  Script script;
  Host& host = bench.add("a", script);
  const std::int64_t start = env::millis(bench.world.wall_clock_at_start());
  bench.world.run_until(at(1s));
  CHECK(env::millis(host.wall_clock()) == start + 1000);
  host.set_wall_clock_offset(-5s);
  CHECK(env::millis(host.wall_clock()) == start - 4000);
  host.set_wall_clock_drift(100'000);  // a tenth too fast
  bench.world.run_until(at(11s));
  CHECK(env::millis(host.wall_clock()) == start + 7000);
  host.set_wall_clock_drift(0);
  bench.world.run_until(at(12s));
  CHECK(env::millis(host.wall_clock()) == start + 8000);
}

TEST_CASE("invariants are checked after every event of a node when switched on") {
  Bench bench;
  Script script;
  script.on_start = [](env::Env& e) {
    e.set_timer({1, 1}, 1ms);
    e.set_timer({1, 2}, 2ms);
  };
  bench.add("a", script).start();
  bench.world.run_until(at(1ms));
  CHECK(script.invariant_checks == 0);
  bench.world.set_check_every_event(true);
  bench.world.run_until(at(1s));
  CHECK(script.invariant_checks == 1);
}

TEST_CASE("run_events, step and stop count and end as asked") {
  Bench bench;
  int calls = 0;
  for (int i = 0; i < 5; ++i) {
    bench.world.at(at(1ms), [&] {
      if (++calls == 4) bench.world.stop();
    });
  }
  const World::CallbackId cancelled = bench.world.at(at(0ms), [&] { calls += 100; });
  CHECK(bench.world.cancel(cancelled));
  CHECK(bench.world.step() == sim::RunResult::kReached);
  CHECK(calls == 1);
  CHECK(bench.world.run_events(2) == sim::RunResult::kReached);
  CHECK(calls == 3);
  CHECK(bench.world.run_until(at(1s)) == sim::RunResult::kStopped);
  CHECK(calls == 4);
  CHECK(bench.world.now() == at(1ms));
  CHECK(bench.world.run_events(9) == sim::RunResult::kIdle);
  CHECK(bench.world.events() == 5);
}

// --- digest and verification
// ----------------------------------------------------------------------

struct Mutation {
  std::string payload = "ping";
  env::Duration timer = 5ms;
  bool extra_node_draw = false;
  bool extra_other_draw = false;
  int observed = 1;
  std::uint64_t seed = 1;
};

// Two nodes, a conversation, a timer, an observation. What differs is told by the mutation.
class Conversation {
 public:
  explicit Conversation(Mutation m) : bench_(m.seed), mutation_(std::move(m)) {
    bench_.world.set_observation_sink(&sink_);
    server_.on_start = [](env::Env& e) { e.listen(9092); };
    client_.on_start = [](env::Env& e) { e.connect({.host = "server", .port = 9092}); };
    client_.on_conn = [this](env::Env& e, env::ConnId conn, const env::ConnEvent&) {
      e.send(conn, text(mutation_.payload));
      e.set_timer({1, 1}, mutation_.timer);
    };
    client_.on_timer = [this](env::Env& e, TimerKey) {
      if (mutation_.extra_node_draw) e.rng().next();
      if (mutation_.extra_other_draw) bench_.world.streams().stream("net/1-2").next();
      e.observe(kafka::Observation{mutation_.observed});
      if (env::nanos(e.now()) < 50'000'000) e.set_timer({1, 1}, 10ms);
    };
    bench_.add("server", server_).start();
    bench_.add("client", client_).start();
  }
  World& world() { return bench_.world; }
  std::uint64_t run() {
    bench_.world.run_until(at(100ms));
    return bench_.world.digest();
  }

 private:
  Bench bench_;
  Mutation mutation_;
  Script server_;
  Script client_;
  Killer sink_;
};

std::uint64_t digest_of(Mutation mutation) { return Conversation(std::move(mutation)).run(); }

TEST_CASE(
    "digest: one changed byte, timer, draw or observation changes it, the seed alone does not") {
  const std::uint64_t plain = digest_of({});
  CHECK(digest_of({}) == plain);
  CHECK(digest_of({.payload = "pinG"}) != plain);
  CHECK(digest_of({.timer = 5ms + 1ns}) != plain);
  CHECK(digest_of({.extra_node_draw = true}) != plain);
  CHECK(digest_of({.extra_other_draw = true}) != plain);
  CHECK(digest_of({.observed = 2}) != plain);
  CHECK(digest_of({.seed = 2}) == plain);  // nothing here is drawn from it
}

struct CountingTrace final : sim::TraceSink {
  void on_event(const sim::EventRecord& record) override {
    ++records;
    if (record.frame != nullptr) bytes += record.frame->size();
  }
  int records = 0;
  std::size_t bytes = 0;
};

TEST_CASE("digest: the same with a trace, with a verifier and with invariants checked") {
  const std::uint64_t plain = digest_of({});
  Conversation traced({});
  CountingTrace trace;
  sim::Verifier verifier;
  traced.world().set_trace(&trace);
  traced.world().set_verifier(&verifier);
  traced.world().set_check_every_event(true);
  CHECK(traced.run() == plain);
  CHECK(trace.bytes == 4);
  CHECK(static_cast<std::size_t>(trace.records) == verifier.recorded());
}

std::optional<sim::Verifier::Difference> verify(Mutation first, Mutation second) {
  sim::Verifier verifier;
  Conversation one(std::move(first));
  one.world().set_verifier(&verifier);
  one.run();
  verifier.second_run();
  Conversation two(std::move(second));
  two.world().set_verifier(&verifier);
  two.run();
  verifier.finish();
  return verifier.difference();
}

TEST_CASE("verify: equal runs agree; an extra draw is named at the timer that made it") {
  CHECK_FALSE(verify({}, {}).has_value());
  const auto drawn = verify({}, {.extra_other_draw = true});
  REQUIRE(drawn.has_value());
  CHECK(drawn->is_same_event());
  CHECK(drawn->second->at == 7'000'000);  // connected at 2 ms, the timer 5 ms later
  CHECK(drawn->second->kind == static_cast<std::uint32_t>(sim::EventKind::kTimer));
  CHECK(to_string(*drawn).find("0.007000000 s: timer, host 2 incarnation 1") != std::string::npos);
}

TEST_CASE("verify: a changed byte is named where it was sent, a longer run where the other ended") {
  const auto sent = verify({}, {.payload = "pong!"});
  REQUIRE(sent.has_value());
  CHECK(sent->second->kind == static_cast<std::uint32_t>(sim::EventKind::kConnected));
  const auto seen = verify({}, {.payload = "pinG"});  // the same size: seen where it arrives
  REQUIRE(seen.has_value());
  CHECK(seen->second->kind == static_cast<std::uint32_t>(sim::EventKind::kFrame));

  sim::Verifier verifier;
  Conversation one({});
  one.world().set_verifier(&verifier);
  one.run();
  verifier.second_run();
  Conversation two({});
  two.world().set_verifier(&verifier);
  two.world().run_until(at(20ms));
  verifier.finish();
  REQUIRE(verifier.difference().has_value());
  CHECK_FALSE(verifier.difference()->second.has_value());
}

TEST_CASE("two worlds in one process, run in turns, do as each alone") {
  const std::uint64_t alone = digest_of({.payload = "other"});
  Conversation one({});
  Conversation two({.payload = "other"});
  for (int ms = 1; ms <= 100; ++ms) {
    one.world().run_until(at(std::chrono::milliseconds(ms)));
    two.world().run_until(at(std::chrono::milliseconds(ms)));
  }
  CHECK(two.world().digest() == alone);
  CHECK(one.world().digest() == digest_of({}));
}

}  // namespace
