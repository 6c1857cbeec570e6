#include <doctest/doctest.h>

#include <set>

#include "net_fixture.h"

namespace sim::net_test {
namespace {

// Holds what it is told to hold, and notes all it is asked.
class TestFilter final : public FrameFilter {
 public:
  bool on_frame(env::Instant now, FramePoint point, FrameTicket ticket, const ConnectionName& name,
                bool is_from_client, const env::Frame& frame) override {
    const std::string text(frame.contiguous().text());
    asked.push_back(fmt::format(
        "{}{} {} {} {}", point == FramePoint::kLeaves ? "leaves" : "arrives", ticket.value(),
        is_from_client ? "client" : "server", text, now.time_since_epoch() / 1ms));
    connection = name.id;
    return !(point == FramePoint::kLeaves ? leaving : arriving).contains(text);
  }
  void on_frame_lost(FrameTicket ticket) override { lost.push_back(ticket.value()); }
  void on_connection_gone(std::uint64_t id) override { gone.push_back(id); }

  std::set<std::string, std::less<>> leaving;
  std::set<std::string, std::less<>> arriving;
  std::vector<std::string> asked;
  std::vector<std::uint64_t> lost;
  std::vector<std::uint64_t> gone;
  std::uint64_t connection = 0;
};

struct Filtered : Pair {
  explicit Filtered(StreamOptions options = {}) : Pair(Topology(exact(1ms)), options) {
    network.set_filter(&filter);
  }
  TestFilter filter;
};

TEST_CASE("filter: is asked once where a frame leaves and once where it arrives") {
  Filtered net;
  net.send(net.from_a, "ping");
  net.run_until(15ms);
  net.send(net.from_b, "pong");
  net.run_until(1s);
  CHECK(net.filter.asked ==
        std::vector<std::string>{"leaves1 client ping 10", "arrives1 client ping 11",
                                 "leaves2 server pong 15", "arrives2 server pong 16"});
  CHECK(net.filter.connection == net.network.name_of(net.from_a)->id);
  CHECK_FALSE(net.network.release(FrameTicket(1)));
  net.network.close(net.from_a);
  net.run_until(2s);
  CHECK(net.filter.gone == std::vector<std::uint64_t>{net.filter.connection});
  CHECK(net.filter.lost.empty());
}

TEST_CASE("filter: tickets count the frames of a run, also those that no filter saw") {
  Pair net;
  net.send(net.from_a, "unseen");
  TestFilter filter;
  net.network.set_filter(&filter);
  net.send(net.from_a, "seen");
  net.run_until(1s);
  CHECK(filter.asked.front() == "leaves2 client seen 10");
  CHECK(filter.asked.size() == 3);  // both arrive under its eyes
}

TEST_CASE("filter: a frame held where it leaves stops what follows, and nothing else") {
  Filtered net;
  net.filter.leaving = {"two"};
  for (const char* text : {"one", "two", "three"}) net.send(net.from_a, text);
  net.send(net.from_b, "back");
  net.run_until(20ms);
  CHECK(net.a.story() == "back");
  net.network.close(net.from_a);  // the FIN waits as well
  net.run_until(1s);
  CHECK(net.b.story() == "one");
  CHECK(net.network.release(FrameTicket(2)));
  CHECK_FALSE(net.network.release(FrameTicket(2)));
  net.run_until(2s);
  CHECK(net.b.story() == "one two three closed");
  CHECK(net.b.when("two") == 1s + 1ms);
  CHECK(net.filter.asked.size() == 8);  // four leave and arrive
}

TEST_CASE("filter: what is held twice is released in order, whoever is released first") {
  Filtered net;
  net.filter.leaving = {"one", "three"};
  for (const char* text : {"one", "two", "three", "four"}) net.send(net.from_a, text);
  CHECK(net.network.release(FrameTicket(3)));
  net.run_until(1s);
  CHECK(net.b.story().empty());
  CHECK(net.network.release(FrameTicket(1)));
  net.run_until(2s);
  CHECK(net.b.story() == "one two three four");
  CHECK(net.b.when("one") == net.b.when("four"));
}

TEST_CASE("filter: a frame held where it arrives fills the window as unread data does") {
  Filtered net({.receive_buffer_bytes = 40});
  net.filter.arriving = {"held-0123456789"};
  net.send(net.from_a, "held-0123456789");
  net.send(net.from_a, "next-0123456789");
  net.send(net.from_a, "last-0123456789");
  net.run_until(1s);
  CHECK(net.b.story().empty());
  CHECK(net.network.counts().frames_delivered == 0);
  CHECK(net.filter.asked.size() == 4);  // nothing is asked of what waits behind
  CHECK(net.network.release(FrameTicket(1)));
  net.run_until(2s);
  CHECK(net.b.story() == "held-0123456789 next-0123456789 last-0123456789");
  CHECK(net.b.when("next-0123456789") == 1s);
  CHECK(net.b.when("last-0123456789") == 1s + 2ms);  // a window update, and the way
}

TEST_CASE("filter: what its process cannot take yet is not asked about") {
  Filtered net;
  net.filter.arriving = {"x"};
  net.network.set_readable(net.from_b, false);
  net.send(net.from_a, "x");
  net.run_until(1s);
  CHECK(net.filter.asked.size() == 1);
  net.network.set_readable(net.from_b, true);
  net.run_until(2s);
  CHECK(net.filter.asked.size() == 2);
  net.network.host_paused(net.b.id, true);
  CHECK(net.network.release(FrameTicket(1)));
  net.run_until(3s);
  CHECK(net.b.story().empty());
  net.network.host_paused(net.b.id, false);
  net.run_until(4s);
  CHECK(net.b.story() == "x");
  CHECK(net.filter.asked.size() == 2);
}

TEST_CASE("filter: a held frame is lost with its connection") {
  Filtered net;
  SUBCASE("in its sender's kernel, killed") {
    net.filter.leaving = {"x"};
    net.send(net.from_a, "x");
    net.network.host_killed(net.a.id);
    CHECK(net.filter.lost == std::vector<std::uint64_t>{1});
  }
  SUBCASE("in its sender's kernel, reset by the peer") {
    net.filter.leaving = {"y", "x"};
    net.send(net.from_a, "x");
    net.send(net.from_a, "y");
    net.network.host_killed(net.b.id);
    net.run_until(1s);
    CHECK(net.filter.lost == std::vector<std::uint64_t>{1, 2});
  }
  SUBCASE("in its receiver's kernel, killed") {
    net.filter.arriving = {"x"};
    net.send(net.from_a, "x");
    net.run_until(1s);
    net.network.host_killed(net.b.id);
    CHECK(net.filter.lost == std::vector<std::uint64_t>{1});
  }
  SUBCASE("in its receiver's kernel, closed unread") {
    net.filter.arriving = {"x"};
    net.send(net.from_a, "x");
    net.run_until(1s);
    net.network.close(net.from_b);
    CHECK(net.filter.lost == std::vector<std::uint64_t>{1});
  }
  net.run_until(5s);
  CHECK_FALSE(net.network.release(FrameTicket(1)));
  CHECK(net.filter.gone.size() == 1);
  CHECK(net.b.story().find('x') == std::string::npos);
  CHECK(net.network.open_connections() == 0);
}

TEST_CASE("filter: a partition made while a frame is held is met after the release") {
  Filtered net;
  net.filter.leaving = {"x"};
  net.send(net.from_a, "x");
  net.run_until(100ms);
  const PartitionHandle cut = net.cut();
  net.run_until(10s);
  CHECK(net.network.counts(cut).affected() == 0);
  net.network.release(FrameTicket(1));
  net.run_until(10100ms);
  CHECK(net.network.counts(cut).frames_held == 1);
  net.network.heal(cut);
  net.run_until(11s);
  CHECK(net.b.when("x") == 10201ms);  // with the first retransmission
}

TEST_CASE("filter: without one, what was held stays held and can be released") {
  Filtered net;
  net.filter.leaving = {"x"};
  net.send(net.from_a, "x");
  net.network.set_filter(nullptr);
  net.send(net.from_a, "y");
  net.run_until(1s);
  CHECK(net.b.story().empty());
  CHECK(net.network.release(FrameTicket(1)));
  net.run_until(2s);
  CHECK(net.b.story() == "x y");
}

}  // namespace
}  // namespace sim::net_test
