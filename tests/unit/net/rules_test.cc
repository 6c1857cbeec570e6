// What goes wrong without a cut: clogs, slow and narrow links, slow readers.
#include <doctest/doctest.h>

#include "net_fixture.h"

namespace sim::net_test {
namespace {

TEST_CASE("clog: what is sent stands and moves at once, in order, when it is healed") {
  Pair net;
  net.send(net.from_a, "before");
  const RuleHandle clog = net.network.clog({net.a.id}, {net.b.id});
  net.send(net.from_a, "one");
  net.send(net.from_a, "two");
  net.run_until(10min);
  net.send(net.from_a, "three");
  CHECK(net.b.story() == "before");  // it was under way
  CHECK(net.a.story().empty());
  CHECK(net.network.counts().retransmissions == 0);
  CHECK(net.network.counts(clog).frames_delayed == 3);
  CHECK(net.network.counts(clog).affected() == 3);
  CHECK(net.network.heal(clog));
  CHECK_FALSE(net.network.heal(clog));
  net.run_until(20min);
  CHECK(net.b.story() == "before one two three");
  CHECK(net.b.when("one") == 10min + 1ms);
  CHECK(net.b.when("three") == 10min + 1ms);
  CHECK(net.scheduler.pending() == 0u);
}

TEST_CASE("clog: what its sender had sent survives the sender, and its reset follows") {
  Pair net;
  const RuleHandle clog = net.network.clog({net.a.id}, {net.b.id});
  net.send(net.from_a, "last words");
  net.network.host_killed(net.a.id);
  net.run_until(1min);
  CHECK(net.b.story().empty());
  net.network.heal(clog);
  net.run_until(2min);
  CHECK(net.b.story() == "last words reset");
  CHECK(net.network.open_connections() == 0);
}

TEST_CASE("clog one way: acknowledgements stand, so that the window closes, and open it at last") {
  Pair net(Topology(exact(1ms)), {.receive_buffer_bytes = 40});
  const RuleHandle clog = net.network.clog({net.b.id}, {net.a.id}, Direction::kForward);
  for (const char* text : {"0123456789-one", "0123456789-two", "0123456789-three"})
    net.send(net.from_a, text);
  net.run_until(1min);
  CHECK(net.b.story() == "0123456789-one 0123456789-two");
  net.network.heal(clog);
  net.run_until(2min);
  CHECK(net.b.when("0123456789-three") == 1min + 2ms);
  CHECK(net.network.counts().retransmissions == 0);
}

TEST_CASE("clog: a connect stands in it, either way, and is completed after it") {
  for (const bool is_answer : {false, true}) {
    TestNet net;
    TestHost& a = net.host("a");
    TestHost& b = net.host("b");
    const RuleHandle clog = is_answer ? net.network.clog({b.id}, {a.id}, Direction::kForward)
                                      : net.network.clog({a.id}, {b.id}, Direction::kForward);
    net.connect(a, "b");
    net.run_until(20s);
    CHECK(a.story().empty());
    CHECK(net.network.counts(clog).connects_unanswered == 1);
    net.network.heal(clog);
    net.run_until(1min);
    CHECK(a.story() == "connected");
    CHECK(b.story() == "accepted");
    CHECK(a.when("connected") == 20s + (is_answer ? 1ms : 2ms));
    CHECK(net.scheduler.pending() == 0u);
  }
}

TEST_CASE("clog: a connect that stands too long fails after 127 s") {
  TestNet net;
  TestHost& a = net.host("a");
  TestHost& b = net.host("b");
  const RuleHandle clog = net.network.clog({a.id}, {b.id});
  net.connect(a, "b");
  net.run_until(5min);
  CHECK(a.story() == "failed");
  CHECK(a.when("failed") == 127s);
  net.network.heal(clog);
  net.run_until(6min);
  CHECK(b.story().empty());
}

TEST_CASE("slow link: frames and handshakes take longer, later ones overtake nothing") {
  Pair net;
  const RuleHandle slow = net.network.slow_link({net.a.id}, {net.b.id}, Constant{100ms});
  net.send(net.from_a, "slow");
  net.run_until(20ms);
  net.network.heal(slow);
  net.send(net.from_a, "fast");
  net.run_until(1s);
  CHECK(net.b.when("slow") == 111ms);
  CHECK(net.b.when("fast") == 111ms);
  CHECK(net.network.counts(slow).frames_delayed == 1);
  CHECK(net.network.counts(slow).bytes_delayed == 8);
  CHECK(net.network.counts(slow).time_added == 100ms);
  net.network.slow_link({net.a.id}, {net.b.id}, Constant{10ms}, Direction::kForward);
  net.a.log.clear();
  net.connect(net.a, "b");
  net.run_until(2s);
  CHECK(net.a.when("connected") == 1s + 12ms);
}

TEST_CASE("slow link: its draws move no others") {
  const auto arrivals = [](bool is_slow) {
    TestNet net(Topology({.latency = Uniform{.low = 1ms, .high = 9ms}, .bytes_per_second = {}}));
    TestHost& a = net.host("a");
    TestHost& b = net.host("b");
    TestHost& c = net.host("c");
    if (is_slow) {
      net.network.slow_link({a.id}, {c.id}, Exponential{.mean = 5ms, .low = 0ms});
    }
    const SocketId to_b = net.connect(a, "b");
    const SocketId to_c = net.connect(a, "c");
    net.run_until(1s);
    for (int i = 0; i < 5; ++i) {
      net.send(to_c, "x");
      net.send(to_b, std::to_string(i));
      net.run_for(100ms);
    }
    std::vector<env::Duration> result;
    for (const Told& told : b.log) result.push_back(told.when);
    const env::Duration last = c.log.back().when;
    return std::pair(result, last);
  };
  CHECK(arrivals(false).first == arrivals(true).first);
  CHECK(arrivals(false).second < arrivals(true).second);
}

TEST_CASE("limited bandwidth: frames queue up, and leave at once when it is healed") {
  Pair net;
  const RuleHandle narrow = net.network.limit_bandwidth({net.a.id}, {net.b.id}, 1000);
  // 910 bytes on the wire each, 0.91 s.
  for (const char* text : {"one", "two", "three", "four"})
    net.send(net.from_a, text + std::string(816 - std::string_view(text).size(), ' '));
  net.send(net.from_b, "back");  // has a queue of its own
  net.run_until(2s);
  const auto arrived = [&net] {
    std::vector<env::Duration> result;
    for (const Told& told : net.b.log) result.push_back(told.when);
    return result;
  };
  CHECK(arrived() == std::vector<env::Duration>{10ms + 910ms + 1ms, 10ms + 1820ms + 1ms});
  CHECK(net.a.when("back") == 10ms + 98ms + 1ms);
  CHECK(net.network.counts(narrow).frames_delayed == 5);
  CHECK(net.network.counts(narrow).bytes_delayed == 4 * 820 + 8);
  CHECK(net.network.counts(narrow).time_added == 10 * 910ms + 98ms);
  net.network.heal(narrow);
  net.send(net.from_a, "after");
  net.run_until(10s);
  CHECK(net.b.log.size() == 5);
  CHECK(net.b.log[2].when == 2s + 1ms);
  CHECK(net.b.log[3].when == 2s + 1ms);
  CHECK(net.b.when("after") == 2s + 1ms);
  CHECK(net.scheduler.pending() == 0u);
}

TEST_CASE("limited bandwidth: a window that waits for it opens when it is healed") {
  Pair net(Topology(exact(1ms)), {.receive_buffer_bytes = 1700});
  const RuleHandle narrow = net.network.limit_bandwidth({net.a.id}, {net.b.id}, 1000);
  for (int i = 0; i < 4; ++i) net.send(net.from_a, std::string(816, 'x'));
  net.run_until(100ms);
  net.network.heal(narrow);
  net.run_until(1s);
  REQUIRE(net.b.log.size() == 4);
  CHECK(net.b.log[1].when == 101ms);
  CHECK(net.b.log[3].when == 103ms);  // an acknowledgement, and the way again
}

TEST_CASE("slow reader: its inboxes fill, the window closes, its sockets take turns") {
  TestNet net(Topology(exact(1ms)), {.receive_buffer_bytes = 350});
  TestHost& a = net.host("a");
  TestHost& b = net.host("b");
  TestHost& slow = net.host("slow");
  const SocketId from_a = net.connect(a, "slow");
  const SocketId from_b = net.connect(b, "slow");
  net.run_until(10ms);
  slow.log.clear();
  const RuleHandle rule = net.network.limit_reading(slow.id, 1000);
  for (int i = 0; i < 5; ++i) {
    net.send(from_a, fmt::format("{:<96}", fmt::format("a{}", i)));  // 100 ms each
    net.send(from_b, fmt::format("{:<96}", fmt::format("b{}", i)));
  }
  net.run_until(500ms);
  const auto story = [&slow] {
    std::string text;
    for (const Told& told : slow.log) text += told.what.substr(0, 2) + " ";
    return text;
  };
  CHECK(story() == "a0 b0 a1 b1 a2 ");
  CHECK(slow.log[4].when == 411ms);
  net.run_until(800ms);
  CHECK(story() == "a0 b0 a1 b1 a2 b2 a3 b3 ");
  CHECK(net.network.counts(rule).frames_delayed == 7);  // all but the first
  CHECK(net.network.counts(rule).affected() == 7);
  net.network.heal(rule);
  net.run_until(900ms);
  CHECK(story() == "a0 b0 a1 b1 a2 b2 a3 b3 a4 b4 ");
  CHECK(slow.log.back().when <= 803ms);
  CHECK(net.scheduler.pending() == 0u);
}

TEST_CASE("slow reader: senders stall on the window, and the slowest of several limits holds") {
  Pair net(Topology(exact(1ms)), {.receive_buffer_bytes = 200});
  net.network.limit_reading(net.b.id, 100'000);
  const RuleHandle slow = net.network.limit_reading(net.b.id, 100);
  for (int i = 0; i < 4; ++i) net.send(net.from_a, std::string(96, 'x'));
  net.run_until(900ms);
  CHECK(net.b.log.size() == 1);
  net.run_until(1100ms);
  CHECK(net.b.log.size() == 2);
  net.network.heal(slow);
  net.run_until(2s);
  CHECK(net.b.log.size() == 4);
}

TEST_CASE("slow reader: pauses, kills and closes in the middle") {
  Pair net;
  const RuleHandle slow = net.network.limit_reading(net.b.id, 1000);
  for (int i = 0; i < 4; ++i) net.send(net.from_a, std::string(96, 'x'));
  net.run_until(50ms);
  net.network.host_paused(net.b.id, true);
  net.run_until(1s);
  CHECK(net.b.log.size() == 1);
  net.network.host_paused(net.b.id, false);
  net.run_until(1050ms);
  CHECK(net.b.log.size() == 2);
  SUBCASE("killed") {
    net.network.host_killed(net.b.id);
    net.run_until(5s);
    CHECK(net.a.story() == "reset");
  }
  SUBCASE("closed unread") {
    net.network.close(net.from_b);
    net.run_until(5s);
    CHECK(net.a.story() == "reset");
  }
  SUBCASE("the peer closes: told after all data") {
    net.network.close(net.from_a);
    net.run_until(5s);
    CHECK(net.b.log.size() == 5);
    CHECK(net.b.log.back().what == "closed");
  }
  CHECK(net.network.open_connections() == 0);
  net.network.heal(slow);
  net.run_until(10s);
  CHECK(net.scheduler.pending() == 0u);
}

TEST_CASE("rules add up, and concern nobody else") {
  TestNet net;
  TestHost& a = net.host("a");
  TestHost& b = net.host("b");
  TestHost& c = net.host("c");
  net.network.slow_link({a.id}, {b.id}, Constant{10ms}, Direction::kForward);
  net.network.slow_link({a.id}, {b.id}, Constant{5ms}, Direction::kForward);
  net.network.limit_bandwidth({a.id}, {b.id}, 94'000);
  const SocketId to_b = net.connect(a, "b");
  const SocketId to_c = net.connect(a, "c");
  net.run_until(1s);
  net.send(to_b, "");
  net.send(to_c, "c");
  net.run_until(2s);
  CHECK(b.when("") == 1s + 17ms);  // 94 bytes take 1 ms
  CHECK(c.when("c") == 1s + 1ms);
}

}  // namespace
}  // namespace sim::net_test
