#include "sim/net/topology.h"

#include <doctest/doctest.h>

#include "net_fixture.h"

namespace sim::net_test {
namespace {

LinkOptions both_ways(env::Duration latency) {
  return {.forward = exact(latency), .backward = exact(latency)};
}

std::string text(const std::optional<Route>& route) {
  if (!route.has_value()) return "none";
  std::string result;
  for (const Hop& hop : *route) {
    result += fmt::format("{}{}{}", result.empty() ? "" : " ", hop.queue / 2,
                          hop.queue % 2 == 0 ? ">" : "<");
  }
  return result;
}

TEST_CASE("two racks: the route runs host, rack, rack, host and its latencies add up") {
  Topology topology = Topology::graph();
  topology.add_rack("r1", both_ways(1ms));
  topology.add_rack("r2", {.forward = exact(2ms), .backward = exact(3ms)});
  topology.add_link("r1", "r2", both_ways(10ms));
  TestNet net(std::move(topology));
  TestHost& a = net.host("a", "r1");
  TestHost& b = net.host("b", "r2");
  TestHost& c = net.host("c", "r1");
  net.connect(a, "b");
  net.run_until(1s);
  // there: 1 + 10 + 3 ms; back: 2 + 10 + 1 ms
  CHECK(a.when("connected") == 27ms);
  CHECK(b.when("accepted") == 41ms);
  net.connect(a, "c");
  net.run_until(2s);
  CHECK(c.when("accepted") == 1s + 6ms);
}

TEST_CASE("two racks: frames of all pairs share the link between the racks") {
  Topology topology = Topology::graph();
  topology.add_rack("r1", both_ways(0ms));
  topology.add_rack("r2", both_ways(0ms));
  topology.add_link("r1", "r2", {.forward = exact(1ms, 1'000'000), .backward = exact(1ms)});
  TestNet net(std::move(topology));
  TestHost& a = net.host("a", "r1");
  TestHost& b = net.host("b", "r2");
  TestHost& c = net.host("c", "r1");
  TestHost& d = net.host("d", "r2");
  const SocketId first = net.connect(a, "b");
  const SocketId second = net.connect(c, "d");
  net.run_until(1s);
  net.send(first, std::string(996, 'x'));  // 1.09 ms on the wire
  net.send(second, std::string(996, 'y'));
  net.run_until(2s);
  CHECK(b.log.back().when == 1s + 2090us);
  CHECK(d.log.back().when == 1s + 3180us);
}

TEST_CASE("routes: the cheaper, then the shorter, then the earlier links") {
  Topology topology = Topology::graph();
  for (const char* node : {"a", "x", "y", "b"}) topology.add_node(node);
  topology.add_host("a", "");
  topology.add_host("b", "");
  SUBCASE("cost first") {
    topology.add_link("a", "b", both_ways(5ms));  // 0
    topology.add_link("a", "x", both_ways(1ms));  // 1
    topology.add_link("x", "b", both_ways(1ms));  // 2
    CHECK(text(topology.route("a", "b")) == "1> 2>");
    CHECK(text(topology.route("b", "a")) == "2< 1<");
  }
  SUBCASE("hops at equal cost") {
    topology.add_link("a", "x", both_ways(1ms));  // 0
    topology.add_link("x", "b", both_ways(1ms));  // 1
    topology.add_link("a", "b", both_ways(2ms));  // 2
    CHECK(text(topology.route("a", "b")) == "2>");
  }
  SUBCASE("link ids at equal cost and hops, wherever the vertices lie") {
    topology.add_link("y", "b", both_ways(1ms));  // 0
    topology.add_link("x", "b", both_ways(1ms));  // 1
    topology.add_link("a", "x", both_ways(1ms));  // 2
    topology.add_link("a", "y", both_ways(1ms));  // 3
    CHECK(text(topology.route("a", "b")) == "2> 1>");
    CHECK(text(topology.route("b", "a")) == "0< 3<");
  }
  SUBCASE("parallel links") {
    topology.add_link("b", "a", both_ways(1ms));  // 0
    topology.add_link("a", "b", both_ways(1ms));  // 1
    CHECK(text(topology.route("a", "b")) == "0<");
  }
  SUBCASE("a declared cost overrules latency") {
    LinkOptions dear = both_ways(1ms);
    dear.forward.cost = 1s;
    topology.add_link("a", "b", dear);            // 0
    topology.add_link("a", "b", both_ways(9ms));  // 1
    CHECK(text(topology.route("a", "b")) == "1>");
    CHECK(text(topology.route("b", "a")) == "0<");
  }
  SUBCASE("a graph that grew is looked at again") {
    topology.add_link("a", "b", both_ways(5ms));  // 0
    CHECK(text(topology.route("a", "b")) == "0>");
    topology.add_link("a", "b", both_ways(4ms));  // 1
    CHECK(text(topology.route("a", "b")) == "1>");
  }
}

TEST_CASE("routes: planted ties are broken alike whatever the order of the hosts") {
  // A square of switches: two ways of equal cost and length between opposite corners.
  const auto route = [](std::vector<std::string> order) {
    Topology topology = Topology::graph();
    for (const std::string& node : order) topology.add_node(node);
    topology.add_link("n", "e", both_ways(1ms));
    topology.add_link("e", "s", both_ways(1ms));
    topology.add_link("s", "w", both_ways(1ms));
    topology.add_link("w", "n", both_ways(1ms));
    topology.add_host("n", "");
    topology.add_host("s", "");
    return text(topology.route("n", "s")) + " | " + text(topology.route("s", "n"));
  };
  const std::string expected = "0> 1> | 1< 0<";
  CHECK(route({"n", "e", "s", "w"}) == expected);
  CHECK(route({"w", "s", "e", "n"}) == expected);
  CHECK(route({"s", "n", "w", "e"}) == expected);
}

TEST_CASE("a graph without a way: connects are unanswered") {
  Topology topology = Topology::graph();
  topology.add_rack("r1");
  TestNet net(std::move(topology));
  TestHost& a = net.host("a", "r1");
  net.host("b", "elsewhere");
  net.connect(a, "b");
  net.run_until(126s);
  CHECK(a.story().empty());
  net.run_until(130s);
  CHECK(a.story() == "failed");
}

TEST_CASE("full mesh: racks and single pairs may differ") {
  Topology topology(exact(1ms));
  topology.set_between_racks(exact(20ms));
  topology.set_pair("a", "b", exact(7ms));
  TestNet net(std::move(topology));
  TestHost& a = net.host("a", "r1");
  net.host("b", "r1");
  net.host("c", "r2");
  net.host("d", "r1");
  net.connect(a, "b");
  net.run_until(1s);
  CHECK(a.log.back().when == 8ms);
  net.connect(a, "c");
  net.run_until(2s);
  CHECK(a.log.back().when == 1s + 40ms);
  net.connect(a, "d");
  net.run_until(3s);
  CHECK(a.log.back().when == 2s + 2ms);
}

TEST_CASE("1,000 hosts in a full mesh: only pairs that talk take memory") {
  TestNet net;
  for (int i = 0; i < 1000; ++i) net.host(fmt::format("h{}", i));
  CHECK(net.network.paths_in_use() == 0);
  for (std::size_t i = 0; i < 1000; ++i)
    net.connect(*net.hosts[i], fmt::format("h{}", (i + 1) % 1000));
  net.run_until(1s);
  CHECK(net.network.counts().connections == 1000);
  CHECK(net.network.paths_in_use() == 2000);  // ordered pairs, of 999,000
  std::vector<HostId> half;
  std::vector<HostId> rest;
  for (const auto& host : net.hosts) (half.size() < 500 ? half : rest).push_back(host->id);
  net.network.partition(half, rest);
  CHECK(net.network.paths_in_use() == 2000);
}

}  // namespace
}  // namespace sim::net_test
