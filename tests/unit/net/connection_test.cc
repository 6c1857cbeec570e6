#include <doctest/doctest.h>

#include <rapidcheck.h>

#include "net_fixture.h"

namespace sim::net_test {
namespace {

TEST_CASE("two hosts: a connect takes a round trip, the accept half a one more") {
  TestNet net;
  TestHost& a = net.host("a");
  TestHost& b = net.host("b");
  net.connect(a, "b");
  CHECK(a.story().empty());  // nothing answers from inside the call
  net.run_until(1s);
  CHECK(a.story() == "connected");
  CHECK(a.when("connected") == 2ms);
  CHECK(b.story() == "accepted");
  CHECK(b.when("accepted") == 3ms);
  CHECK(net.events == 3);  // SYN, SYN-ACK, ACK: a healthy connect sets no timer
}

TEST_CASE("two hosts: a connect without a listener is refused after one round trip") {
  TestNet net;
  TestHost& a = net.host("a");
  net.host("b");
  net.connect(a, "b", 1234);
  net.run_until(1s);
  CHECK(a.story() == "failed");
  CHECK(a.when("failed") == 2ms);
  CHECK(net.network.counts().refusals == 1);
  CHECK(net.network.open_connections() == 0);
}

TEST_CASE("a connect to a name that nobody has fails") {
  TestNet net;
  TestHost& a = net.host("a");
  net.connect(a, "nowhere");
  CHECK(a.story().empty());
  net.run_until(1s);
  CHECK(a.story() == "failed");
}

TEST_CASE("a connect to a killed process is refused: its machine answers") {
  TestNet net;
  TestHost& a = net.host("a");
  TestHost& b = net.host("b");
  net.network.host_killed(b.id);
  net.connect(a, "b");
  net.run_until(1s);
  CHECK(a.story() == "failed");
  CHECK(a.when("failed") == 2ms);
}

TEST_CASE("a connect to a host without power is unanswered and fails after 127 s of SYNs") {
  TestNet net;
  TestHost& a = net.host("a");
  TestHost& b = net.host("b");
  net.network.host_lost(b.id);
  net.connect(a, "b");
  net.run_until(126s);
  CHECK(a.story().empty());
  net.run_until(128s);
  CHECK(a.story() == "failed");
  CHECK(a.when("failed") == 127s);
}

TEST_CASE("a connect to a host that comes up meets it at the next SYN, 1 s doubling") {
  TestNet net;
  TestHost& a = net.host("a");
  TestHost& b = net.host("b");
  net.network.host_lost(b.id);
  net.connect(a, "b");
  net.run_until(3500ms);  // SYNs at 0, 1 and 3 s
  net.network.host_up(b.id);
  net.network.listen(b.id, 9092);
  net.run_until(20s);
  CHECK(a.when("connected") == 7s + 2ms);
}

TEST_CASE("a connect that is closed before its answer leaves nothing behind") {
  TestNet net;
  TestHost& a = net.host("a");
  TestHost& b = net.host("b");
  const SocketId early = net.connect(a, "b");
  net.network.close(early);
  const SocketId late = net.connect(a, "b");
  net.run_until(1500us);
  net.network.close(late);
  net.run_until(1s);
  CHECK(a.story().empty());
  CHECK(b.story().empty());
  CHECK(net.network.open_connections() == 0);
}

TEST_CASE("frames keep their order on a connection whatever latency each one draws") {
  const bool holds = rc::check("order", [](std::uint32_t seed) {
    Topology jittery({.latency = Uniform{.low = 0ms, .high = 50ms}, .bytes_per_second = {}});
    TestNet net(std::move(jittery), {}, seed);
    TestHost& a = net.host("a");
    TestHost& b = net.host("b");
    const SocketId socket = net.connect(a, "b");
    net.run_until(1s);
    std::string expected = "accepted";
    for (int i = 0; i < 40; ++i) {
      net.send(socket, std::to_string(i));
      expected += " " + std::to_string(i);
      if (i % 7 == 0) net.run_for(3ms);
    }
    net.run_for(1s);
    RC_ASSERT(b.story() == expected);
  });
  CHECK(holds);
}

TEST_CASE("the same seed gives the same times, another seed others") {
  const auto times = [](std::uint64_t seed) {
    TestNet net{Topology(), {}, seed};
    TestHost& a = net.host("a");
    TestHost& b = net.host("b");
    const SocketId socket = net.connect(a, "b");
    net.run_until(1s);
    for (int i = 0; i < 10; ++i) net.send(socket, "x");
    net.run_until(2s);
    std::string result;
    for (const Told& told : b.log) result += fmt::format("{} ", told.when.count());
    return result;
  };
  CHECK(times(1) == times(1));
  CHECK(times(1) != times(2));
}

TEST_CASE("bandwidth: frames of one direction queue, the other direction is free") {
  // 1 MB/s; 996 + 4 bytes of stream and one segment's 90 take 1.09 ms.
  Pair net(Topology(exact(1ms, 1'000'000)));
  const std::string text(996, 'x');
  net.send(net.from_a, text);
  net.send(net.from_a, text);
  net.send(net.from_b, text);
  net.run_until(1s);
  REQUIRE(net.b.log.size() == 2);
  CHECK(net.b.log[0].when == 10ms + 1090us + 1ms);
  CHECK(net.b.log[1].when == 10ms + 2180us + 1ms);
  REQUIRE(net.a.log.size() == 1);
  CHECK(net.a.log[0].when == 10ms + 1090us + 1ms);
}

TEST_CASE("close: the peer is told after all that was sent before; the closer hears nothing") {
  Pair net(Topology(exact(1ms, 1'000'000)));
  net.send(net.from_a, "one");
  net.send(net.from_a, std::string(100'000, 'y'));
  net.network.close(net.from_a);
  net.send(net.from_a, "ignored");
  net.run_until(1s);
  CHECK(net.b.story() == "one yyyyyyyyyyyyyyyy closed");
  CHECK(net.a.story().empty());
  CHECK(net.network.open_connections() == 0);
}

TEST_CASE("close with unread data is a reset, as tcp_close() does it") {
  Pair net;
  net.network.set_readable(net.from_b, false);
  net.send(net.from_a, "unread");
  net.run_until(20ms);
  net.network.close(net.from_b);
  net.run_until(1s);
  CHECK(net.a.story() == "reset");
  CHECK(net.b.story().empty());
  CHECK(net.network.open_connections() == 0);
}

TEST_CASE("a frame sent while the peer's close is under way is answered by a reset") {
  Pair net;
  net.network.set_readable(net.from_a, false);  // it does not notice the FIN
  net.network.close(net.from_b);
  net.run_until(20ms);
  net.send(net.from_a, "late");
  net.run_until(30ms);
  CHECK(net.a.story().empty());
  net.network.set_readable(net.from_a, true);
  net.run_until(40ms);
  CHECK(net.a.story() == "closed");
  CHECK(net.b.story().empty());
}

TEST_CASE("two worlds in one process do not disturb each other") {
  Pair one;
  Pair two;
  one.send(one.from_a, "1");
  two.send(two.from_a, "2");
  one.run_until(1s);
  two.run_until(1s);
  CHECK(one.b.story() == "1");
  CHECK(two.b.story() == "2");
}

TEST_CASE("a socket id is not used again: what is sent on a dead one goes nowhere") {
  Pair net;
  net.network.close(net.from_a);
  net.run_until(1s);
  const SocketId next = net.connect(net.a, "b");
  net.run_until(2s);
  CHECK(next != net.from_a);
  net.b.log.clear();
  net.send(net.from_a, "stale");
  net.run_until(3s);
  CHECK(net.b.story().empty());
}

}  // namespace
}  // namespace sim::net_test
