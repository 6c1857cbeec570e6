#include "sim/net/tap.h"

#include <doctest/doctest.h>

#include "net_fixture.h"

namespace sim::net_test {
namespace {

class TestTap final : public NetworkTap {
 public:
  void on_connection_opened(env::Instant asked, env::Instant opened,
                            const ConnectionName& c) override {
    note(opened, c, fmt::format("open asked {}us", asked.time_since_epoch().count() / 1000));
  }
  void on_frame_sent(env::Instant now, const ConnectionName& c, TappedFrame f,
                     const env::Frame& frame) override {
    note(now, c, fmt::format("sent {} {} {}", f.is_from_client, f.offset, frame.size()));
  }
  void on_frame_delivered(env::Instant now, const ConnectionName& c, TappedFrame f,
                          const env::Frame& frame) override {
    note(now, c, fmt::format("delivered {} {} {}", f.is_from_client, f.offset, frame.size()));
  }
  void on_connection_ended(env::Instant now, const ConnectionName& c, bool is_from_client,
                           bool is_reset) override {
    note(now, c, fmt::format("end {} {}", is_from_client, is_reset));
  }
  std::vector<std::string> lines;

 private:
  void note(env::Instant now, const ConnectionName& c, const std::string& what) {
    lines.push_back(fmt::format("{}us {}:{}>{}:{} {}", now.time_since_epoch().count() / 1000,
                                c.client.value(), c.client_port, c.server.value(), c.server_port,
                                what));
  }
};

TEST_CASE("tap: two hosts, two connections, every frame with its place in the stream") {
  TestNet net;
  TestTap tap;
  net.network.set_tap(&tap);
  TestHost& a = net.host("a");
  TestHost& b = net.host("b");
  const SocketId first = net.connect(a, "b");
  net.run_until(5ms);
  net.send(first, "12345678");
  net.send(first, "abc");
  net.send(b.socket_accepted, "answer");
  net.run_until(10ms);
  net.network.close(first);
  net.run_until(20ms);
  net.connect(a, "b");
  net.run_until(25ms);
  net.network.host_killed(b.id);
  net.run_until(30ms);
  const std::vector<std::string> expected{
      "2000us 1:49152>2:9092 open asked 0us",      "5000us 1:49152>2:9092 sent true 0 8",
      "5000us 1:49152>2:9092 sent true 12 3",      "5000us 1:49152>2:9092 sent false 0 6",
      "6000us 1:49152>2:9092 delivered true 0 8",  "6000us 1:49152>2:9092 delivered false 0 6",
      "6000us 1:49152>2:9092 delivered true 12 3", "11000us 1:49152>2:9092 end true false",
      "22000us 1:49153>2:9092 open asked 20000us", "26000us 1:49153>2:9092 end false true",
  };
  CHECK(tap.lines == expected);
}

TEST_CASE("tap: it changes nothing, and its names are those that name_of() tells") {
  const auto story = [](NetworkTap* tap) {
    TestNet net{Topology(), {}, 7};
    net.network.set_tap(tap);
    TestHost& a = net.host("a");
    TestHost& b = net.host("b");
    const SocketId socket = net.connect(a, "b");
    net.run_until(1s);
    for (int i = 0; i < 20; ++i) net.send(socket, std::to_string(i));
    net.run_until(2s);
    const auto name = net.network.name_of(socket);
    REQUIRE(name.has_value());
    CHECK(name->client == a.id);
    CHECK(name->server == b.id);
    CHECK(name->client_port == 49152);
    std::string result = fmt::format("{}", net.events);
    for (const Told& told : b.log) result += fmt::format(" {}", told.when.count());
    return result;
  };
  TestTap tap;
  CHECK(story(nullptr) == story(&tap));
  CHECK(tap.lines.size() == 41);
}

TEST_CASE("ephemeral ports are counted per host and wrap round ports in use") {
  TestNet net;
  TestHost& a = net.host("a");
  TestHost& b = net.host("b");
  const SocketId kept = net.connect(a, "b");
  net.run_until(1s);
  for (int i = 1; i < 16384; ++i) net.network.close(net.connect(a, "b"));
  const SocketId next = net.connect(a, "b");
  const SocketId of_b = net.connect(b, "a");
  net.run_until(2s);
  CHECK(net.network.name_of(kept)->client_port == 49152);
  CHECK(net.network.name_of(next)->client_port == 49153);
  CHECK(net.network.name_of(of_b)->client_port == 49152);
}

TEST_CASE("counts: frames and bytes as processes gave and got them") {
  Pair net;
  net.send(net.from_a, "12345");
  net.send(net.from_b, "12");
  net.network.set_readable(net.from_b, false);
  net.run_until(1s);
  const NetworkCounts& counts = net.network.counts();
  CHECK(counts.frames_sent == 2);
  CHECK(counts.bytes_sent == 7);
  CHECK(counts.frames_delivered == 1);
  CHECK(counts.bytes_delivered == 2);
  CHECK(counts.connects == 1);
  CHECK(counts.connections == 1);
  CHECK(counts.resets == 0);
}

}  // namespace
}  // namespace sim::net_test
