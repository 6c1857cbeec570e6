#include "sim/net/graphml.h"

#include <doctest/doctest.h>

#include "net_fixture.h"
#include "sim/net/presets.h"

namespace sim::net_test {
namespace {

constexpr std::string_view kKeys = R"(
  <key id="n" for="node" attr.name="name" attr.type="string"/>
  <key id="k" for="node" attr.name="kind" attr.type="string"/>
  <key id="l" for="edge" attr.name="latency" attr.type="string"/>
  <key id="b" for="edge" attr.name="bandwidth" attr.type="string"/>
  <key id="o" for="edge" attr.name="loss" attr.type="string"/>
  <key id="c" for="edge" attr.name="cost" attr.type="string"/>)";

std::string file(std::string_view body, std::string_view keys = kKeys,
                 std::string_view edge_default = "undirected") {
  return fmt::format(
      "<?xml version=\"1.0\"?>\n<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">{}\n"
      "<graph id=\"g\" edgedefault=\"{}\">{}</graph></graphml>",
      keys, edge_default, body);
}

std::string node(std::string_view id, std::string_view name, std::string_view kind = "host") {
  return fmt::format("<node id=\"{}\"><data key=\"n\">{}</data><data key=\"k\">{}</data></node>",
                     id, name, kind);
}

std::string edge(std::string_view from, std::string_view to, std::string_view data) {
  return fmt::format("<edge source=\"{}\" target=\"{}\">{}</edge>", from, to, data);
}

constexpr std::string_view kOneMs = "<data key=\"l\">1ms</data>";

std::string mistake(std::string_view text) {
  const auto read = read_graphml(text);
  return read.has_value() ? std::string("none") : read.error();
}

TEST_CASE("GraphML: hosts, a switch and a rack, with everything a link can have") {
  auto read =
      read_graphml(file(node("1", "a") + node("2", "core", "switch") + node("3", "r1", "rack") +
                        edge("1", "2",
                             "<data key=\"l\">2ms</data><data key=\"b\">1MB/s</data>"
                             "<data key=\"o\">0%</data><data key=\"c\">7ms</data>") +
                        edge("2", "3", kOneMs)));
  REQUIRE_MESSAGE(read.has_value(), mistake(file("")));
  CHECK(read->hosts == std::vector<std::string>{"a"});
  CHECK(read->topology.nodes() == std::vector<std::string>{"a", "core", "r1"});
  CHECK(read->topology.find_link("a/core").has_value());
  CHECK(read->topology.has_place_for("b", "r1"));
  CHECK_FALSE(read->topology.has_place_for("b", "r2"));
  TestNet net(std::move(read->topology));
  TestHost& a = net.host("a");
  net.host("b", "r1");  // joined to its rack as hosts are
  net.connect(a, "b");
  net.run_until(1s);
  CHECK(a.when("connected") > 6ms);
  CHECK(a.when("connected") < 20ms);
}

TEST_CASE("GraphML: each mistake is a sentence that says what and where") {
  const std::string a = node("1", "a");
  const std::string b = node("2", "b");
  CHECK(mistake("") == "it is no GraphML: there is no element in it");
  CHECK(mistake("hello") == "it is no GraphML: there is no element in it");
  CHECK(mistake("<graphml>").starts_with("it is no GraphML"));
  CHECK(mistake("</graphml>").starts_with("it is no GraphML"));
  CHECK(mistake("<graphml").starts_with("it is no GraphML"));
  CHECK(mistake("<html></html>") != "none");
  CHECK(mistake("<!DOCTYPE x [<!ENTITY a \"b\">]><graphml/>") != "none");
  CHECK(mistake(file("")) == "there are no nodes in it");
  CHECK(mistake(file("<node id=\"1\"/>")).starts_with("node 1 of the file has no \"name\""));
  CHECK(mistake(file(a + node("2", "a"))) == "two nodes are called \"a\"");
  CHECK(mistake(file(node("1", "a/b"))).starts_with("the name \"a/b\" has a slash"));
  CHECK(mistake(file(node("1", "a", "router"))) ==
        "node \"a\" is of kind \"router\"; there are host, switch and rack");
  CHECK(mistake(file(a + b)) == "no links lead from \"a\" to \"b\"");
  CHECK(mistake(file(a + b + edge("1", "2", ""))) == "link \"a/b\": latency is missing");
  CHECK(mistake(file(a + b + edge("1", "2", "<data key=\"l\">20</data>")))
            .starts_with("link \"a/b\": latency: \"20\" is no distribution"));
  CHECK(mistake(file(a + b + edge("1", "2", std::string(kOneMs) + "<data key=\"b\">10</data>")))
            .starts_with("link \"a/b\": bandwidth: \"10\" is no bandwidth"));
  CHECK(mistake(file(a + b + edge("1", "2", std::string(kOneMs) + "<data key=\"o\">2</data>")))
            .starts_with("link \"a/b\": loss: \"2\" is no share"));
  CHECK(mistake(file(a + b + edge("1", "2", std::string(kOneMs) + "<data key=\"c\">2</data>")))
            .starts_with("link \"a/b\": cost: \"2\" is no duration"));
  CHECK(mistake(file(a + edge("1", "1", kOneMs))) == "a link leads from \"a\" to itself");
  CHECK(mistake(file(a + edge("1", "9", kOneMs))).find("not declared") != std::string::npos);
  CHECK(mistake(file(a + b + edge("1", "2", kOneMs), kKeys, "directed"))
            .starts_with("the graph is directed"));
  const std::string odd =
      std::string(kKeys) + "<key id=\"x\" for=\"node\" attr.name=\"colour\" attr.type=\"string\"/>";
  CHECK(mistake(file("<node id=\"1\"><data key=\"x\">red</data></node>", odd))
            .starts_with("unknown attribute \"colour\""));
  CHECK(mistake(file("<node id=\"1\"><data key=\"nope\">red</data></node>")) != "none");
  const std::string number = "<key id=\"n\" for=\"node\" attr.name=\"name\" attr.type=\"double\"/>";
  CHECK(mistake(file("<node id=\"1\"><data key=\"n\">1.5</data></node>", number))
            .find("attr.type=\"string\"") != std::string::npos);
}

TEST_CASE("GraphML: hostile files are errors") {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<a>";
  CHECK(mistake(deep) == "elements lie more than 32 deep");
  std::string closed = "<graphml>";
  for (int i = 0; i < 40; ++i) closed += "<graph edgedefault='undirected'><node id='n'>";
  for (int i = 0; i < 40; ++i) closed += "</node></graph>";
  CHECK(mistake(closed + "</graphml>") == "elements lie more than 32 deep");
  CHECK(mistake(std::string(5 << 20, ' ')) == "it is larger than 4 MiB");
  CHECK(mistake(std::string("<graphml>\0</graphml>", 20)).ends_with("zero byte"));
  // Whatever one byte is changed to, there is an answer.
  const std::string good = file(node("1", "a") + node("2", "b") + edge("1", "2", kOneMs));
  REQUIRE(mistake(good) == "none");
  env::Rng rng(1);
  int errors = 0;
  for (int i = 0; i < 3000; ++i) {
    std::string bad = good;
    for (std::uint64_t n = rng.below(4) + 1; n > 0; --n)
      bad[rng.below(bad.size())] = static_cast<char>(rng.below(256));
    if (rng.chance(1, 4)) bad.resize(rng.below(bad.size()));
    errors += mistake(bad) != "none" ? 1 : 0;
  }
  CHECK(errors > 1000);
}

TEST_CASE("presets: names are unique, each makes hosts that reach each other") {
  CHECK(topology_presets().size() == 3);
  for (const TopologyPreset& preset : topology_presets()) {
    CHECK(find_topology_preset(preset.name) == &preset);
    CHECK_FALSE(preset.doc.empty());
    TestNet net(preset.make());
    TestHost& a = net.host("a", "r1");
    net.host("b", "r2");
    net.host("c");
    net.connect(a, "b");
    net.connect(a, "c");
    net.run_until(1s);
    CHECK(a.story().find("connected") != std::string::npos);
  }
  CHECK(find_topology_preset("wan") == nullptr);
}

TEST_CASE("three regions: hosts belong where their rack says, else to one in turn") {
  Topology topology = find_topology_preset("three-regions")->make();
  topology.add_host("x", "eu-west");
  topology.add_host("a", "r1");  // us-east, the first in turn
  topology.add_host("b", "r2");  // us-west
  topology.add_host("c", "r1");  // as a
  topology.add_host("d", "");    // eu-west
  topology.add_host("e", "");    // us-east
  const auto median = [&topology](std::string_view from, std::string_view to) {
    const Route route = *topology.route(from, to);
    return std::get<LogNormal>(route.at(0).link.latency.shape()).median;
  };
  CHECK(median("a", "c") == 500us);
  CHECK(median("a", "b") == 35ms);
  CHECK(median("b", "a") == 35ms);
  CHECK(median("a", "x") == 40ms);
  CHECK(median("b", "d") == 70ms);
  CHECK(median("x", "d") == 500us);
  CHECK(median("e", "a") == 500us);
}

TEST_CASE("a graph: hosts without a place go to the default attachment") {
  Topology graph = Topology::graph();
  graph.add_link("a", "core", {.forward = exact(1ms), .backward = exact(1ms)});
  CHECK_FALSE(graph.has_place_for("b", ""));
  CHECK_FALSE(graph.disconnected().has_value());
  graph.set_default_attachment("core", {.forward = exact(2ms), .backward = exact(3ms)});
  CHECK(graph.has_place_for("b", ""));
  TestNet net(std::move(graph));
  TestHost& a = net.host("a");
  TestHost& b = net.host("b");
  net.connect(b, "a");
  net.run_until(1s);
  CHECK(b.when("connected") == 7ms);
  CHECK(a.story() == "accepted");
}

}  // namespace
}  // namespace sim::net_test
