// Resets, severed connections, links that fail.
#include <doctest/doctest.h>

#include "net_fixture.h"

namespace sim::net_test {
namespace {

TEST_CASE("reset by a middlebox: both ends are told, others are not") {
  TestNet net;
  TestHost& a = net.host("a");
  TestHost& b = net.host("b");
  TestHost& c = net.host("c");
  const SocketId to_b = net.connect(a, "b");
  net.connect(a, "c");
  net.connect(b, "a");
  net.run_until(10ms);
  for (const auto& host : net.hosts) host->log.clear();
  net.send(to_b, "under way");
  CHECK(net.network.reset_connections({a.id}, {b.id}) == 2);
  net.run_until(1s);
  CHECK(b.story() == "under way reset reset");
  CHECK(a.story() == "reset reset");
  CHECK(a.when("reset") == 11ms);
  CHECK(c.story().empty());
  CHECK(net.network.open_connections() == 1);
  CHECK(net.network.reset_connections({a.id}, {b.id}) == 0);
}

TEST_CASE("reset by a middlebox under a one-way cut: the other end learns from its next segment") {
  Pair net;
  net.cut(Direction::kForward);  // a to b
  CHECK(net.network.reset_connections({net.b.id}, {net.a.id}) == 1);
  net.run_until(1s);
  CHECK(net.a.story() == "reset");
  CHECK(net.b.story().empty());
  net.network.heal(RuleHandle(0));
  net.send(net.from_b, "x");
  net.run_until(5s);
  CHECK(net.b.story() == "reset");
}

TEST_CASE("severed: existing connections are silent for ever, new ones work") {
  Pair net;
  net.send(net.from_b, "under way");
  const RuleHandle severed = net.network.sever_connections({net.a.id}, {net.b.id});
  CHECK(net.network.counts(severed).connections_hit == 1);
  CHECK(net.network.counts(severed).affected() == 1);  // the acknowledgement of what is under way
  net.send(net.from_a, "lost");
  net.run_until(1min);
  CHECK(net.a.story() == "under way");
  CHECK(net.b.story().empty());
  CHECK(net.network.counts(severed).frames_held == 1);
  CHECK_FALSE(net.network.heal(severed));
  const SocketId again = net.connect(net.a, "b");
  net.run_until(2min);
  net.send(again, "through");
  net.run_until(1h);
  CHECK(net.b.story() == "accepted through reset");  // tcp_retries2: b waited for its ack
  CHECK(net.a.story() == "under way connected reset");
  CHECK(net.network.open_connections() == 1);
}

TEST_CASE("severed: a killed process' reset does not come through") {
  Pair net;
  const RuleHandle severed = net.network.sever_connections({net.a.id}, {net.b.id});
  net.network.host_killed(net.b.id);
  net.run_until(1h);
  CHECK(net.a.story().empty());  // half open, as nobody speaks
  CHECK(net.network.counts(severed).resets_eaten == 1);
  net.send(net.from_a, "x");
  net.run_until(2h);
  CHECK(net.a.story() == "reset");
}

TEST_CASE("severed while clogged: what stands has passed") {
  Pair net;
  const RuleHandle clog = net.network.clog({net.a.id}, {net.b.id});
  net.send(net.from_a, "stands");
  net.network.sever_connections({net.a.id}, {net.b.id});
  net.send(net.from_a, "lost");
  net.run_until(1min);
  CHECK(net.b.story() == "stands");
  net.network.heal(clog);
  net.run_until(1h);
  CHECK(net.b.story() == "stands");
  CHECK(net.a.story() == "reset");
  net.network.close(net.from_b);
  net.run_until(2h);
  CHECK(net.network.open_connections() == 0);
}

// a -- left -- b is short, a -- right -- b long.
struct Diamond : TestNet {
  static Topology topology() {
    Topology graph = Topology::graph();
    const auto both = [](env::Duration latency) {
      return LinkOptions{.forward = exact(latency), .backward = exact(latency)};
    };
    graph.add_link("a", "left", both(1ms));
    graph.add_link("left", "b", both(1ms));
    graph.add_link("a", "right", both(10ms));
    graph.add_link("right", "b", both(10ms));
    return graph;
  }
  Diamond() : TestNet(topology()), a(host("a")), b(host("b")) {
    from_a = connect(a, "b");
    run_until(100ms);
    a.log.clear();
    b.log.clear();
  }
  RuleHandle fail(std::string_view link) {
    return network.fail_link(*network.topology().find_link(link));
  }
  TestHost& a;
  TestHost& b;
  SocketId from_a;
};

TEST_CASE("a link that fails: frames go around it, those in flight arrive, nothing overtakes") {
  Diamond net;
  net.send(net.from_a, "short");
  const RuleHandle down = net.fail("left/a");
  CHECK(net.network.counts(down).routes_changed == 2);
  net.send(net.from_a, "long");
  net.run_until(110ms);
  CHECK(net.network.heal(down));
  net.send(net.from_a, "short again");
  net.run_until(1s);
  CHECK(net.b.when("short") == 102ms);
  CHECK(net.b.when("long") == 120ms);
  CHECK(net.b.when("short again") == 120ms);
  CHECK(net.network.counts().retransmissions == 0);
  CHECK(net.network.counts(down).affected() == 2);
}

TEST_CASE("a node behind links that are down is out of reach, and in nobody's way") {
  Topology graph = Topology::graph();
  const auto both = [](env::Duration latency) {
    return LinkOptions{.forward = exact(latency), .backward = exact(latency)};
  };
  const LinkId first = graph.add_link("a", "left", both(1ms));
  graph.add_link("left", "far", both(1ms));
  graph.add_link("far", "b", both(1ms));
  const LinkId last = graph.add_link("a", "b", both(5ms));
  for (const char* name : {"a", "b", "far", "left"}) graph.add_host(name, "");
  CHECK(graph.route("a", "b")->size() == 3);
  graph.set_link_up(first, false);
  CHECK(graph.route("a", "b")->size() == 1);
  CHECK(graph.route("a", "left")->size() == 3);
  graph.set_link_up(last, false);
  for (const char* name : {"b", "far", "left"}) CHECK_FALSE(graph.route("a", name).has_value());
  graph.set_link_up(first, true);
  CHECK(graph.route("a", "b")->size() == 3);
}

TEST_CASE("no link is left: what is sent is held as by a cut, and moves when one is up") {
  Diamond net;
  const RuleHandle left = net.fail("a/left");
  const RuleHandle right = net.fail("right/b");
  const RuleHandle left_again = net.fail("a/left");
  net.send(net.from_a, "held");
  net.run_until(200ms);
  CHECK(net.network.counts(right).frames_held == 1);
  CHECK(net.network.heal(left));  // still down: the other rule holds
  net.run_until(600ms);
  CHECK(net.b.story().empty());
  CHECK(net.network.heal(left_again));
  net.run_until(5s);
  CHECK(net.b.when("held") == 702ms);  // retransmitted at 300 and 700 ms
  CHECK_FALSE(net.network.heal(left));
}

TEST_CASE("links have names, found either way round") {
  const Topology graph = Diamond::topology();
  CHECK(graph.links().size() == 4);
  CHECK(graph.links()[3].name() == "right/b");
  CHECK(graph.find_link("b/right") == LinkId(3));
  CHECK_FALSE(graph.find_link("a/b").has_value());
  CHECK(graph.nodes() == std::vector<std::string>{"a", "b", "left", "right"});
}

}  // namespace
}  // namespace sim::net_test
