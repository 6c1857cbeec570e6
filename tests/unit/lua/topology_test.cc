// cluster{ network = }: what it means, and each way to get it wrong.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <map>
#include <string>

#include "sim/lua/scenario.h"

namespace {

using Files = std::map<std::string, std::string>;

constexpr const char* kGraphml = R"(<graphml>
  <key id="n" for="node" attr.name="name" attr.type="string"/>
  <key id="k" for="node" attr.name="kind" attr.type="string"/>
  <key id="l" for="edge" attr.name="latency" attr.type="string"/>
  <graph edgedefault="undirected">
    <node id="1"><data key="n">core</data><data key="k">switch</data></node>
    <node id="2"><data key="n">broker-1</data></node>
    <node id="3"><data key="n">r2</data><data key="k">rack</data></node>
    <edge source="1" target="2"><data key="l">1ms</data></edge>
    <edge source="1" target="3"><data key="l">2ms</data></edge>
  </graph>
</graphml>)";

std::unique_ptr<sim::ScenarioRun> scenario(const std::string& cluster, Files files = {}) {
  sim::ScenarioOptions options;
  options.path = "x.lua";
  options.source = fmt::format(
      "scenario{{ api = 1, name = 'x' }}\nlocal c = cluster{{ {} }}\nc:topic('t')\nrun_for('5s')",
      cluster);
  options.read_file = [files = std::move(files)](
                          const std::string& path) -> std::expected<std::string, std::string> {
    const auto found = files.find(path);
    if (found == files.end()) return std::unexpected("there is no such file");
    return found->second;
  };
  return sim::ScenarioRun::create(std::move(options));
}

std::string complaint(const std::string& cluster, Files files = {}) {
  const auto failure = scenario(cluster, std::move(files))->begin();
  return failure.has_value() ? failure->text : "none";
}

// That the topic was made shows that all nodes hear each other.
std::uint64_t digest(const std::string& cluster, Files files = {}) {
  const auto run = scenario(cluster, std::move(files));
  const auto failure = run->begin();
  REQUIRE_MESSAGE(!failure.has_value(), (failure.has_value() ? failure->text : ""));
  const sim::RunReport report = run->finish();
  CHECK(report.liveness.empty());
  CHECK(report.messages > 100);
  return report.digest;
}

void check_says(const std::string& text, std::initializer_list<const char*> parts) {
  for (const char* part : parts) {
    const std::string expected = part;
    CHECK_MESSAGE(text.find(expected) != std::string::npos, expected, " in ", text);
  }
}

TEST_CASE("network: presets by name; lan is what there is without one") {
  const std::uint64_t plain = digest("brokers = 2");
  CHECK(digest("brokers = 2, network = 'lan'") == plain);
  CHECK(digest("brokers = 2, network = { preset = 'lan' }") == plain);
  CHECK(digest("brokers = 2, network = 'three-regions'") != plain);
  CHECK(digest("brokers = 2, network = 'racks'") == plain);  // nobody has a rack
  CHECK(digest("brokers = 2, racks = {'a', 'b'}, network = 'racks'") !=
        digest("brokers = 2, racks = {'a', 'b'}"));
  check_says(complaint("network = 'three-region'"),
             {"unknown topology \"three-region\"", "did you mean \"three-regions\"?"});
}

TEST_CASE("network: a full mesh with exceptions") {
  const std::uint64_t plain = digest("brokers = 2, network = { default = '500us' }");
  CHECK(digest("brokers = 2, network = { default = { latency = '500us' } }") == plain);
  CHECK(digest(
            "brokers = 2, network = { default = '500us', links = { {'broker-1', 'broker-2'} } }") ==
        plain);
  CHECK(digest("brokers = 2, network = { default = '500us', links = { {'broker-1', "
               "'controller-3000', latency = '5ms', bandwidth = '10MB/s', loss = '0.1%', back = "
               "{ latency = '9ms' }} } }") != plain);
  const std::string csv = "brokers = 2, network = { default = { latency = { csv = 'a.csv' } } }";
  CHECK(digest(csv, {{"a.csv", "500us"}}) == digest(csv, {{"a.csv", "latency,count\n500us,9"}}));
  CHECK(digest(csv, {{"a.csv", "500us\n1ms"}}) != digest(csv, {{"a.csv", "500us\n2ms"}}));
}

TEST_CASE("network: graphs, in place and from a file") {
  digest(
      "brokers = 2, racks = {'r1', 'r2'}, network = { switches = {'core'}, racks = {'r1', 'r2'}, "
      "clients = 'core', default = '200us', links = { {'r1', 'core', latency = '1ms'}, {'r2', "
      "'core', latency = '2ms'} } }");
  digest("brokers = 2, racks = {'r1', 'r2'}, network = { file = 'n.graphml', clients = 'core' }",
         {{"n.graphml", kGraphml}});
}

TEST_CASE("network: each mistake has its sentence") {
  const Files files = {{"n.graphml", kGraphml}, {"bad.graphml", "<graphml>"}, {"a.csv", "1ms\n2"}};
  const auto says = [&](const std::string& cluster, std::initializer_list<const char*> parts) {
    const std::string text = complaint(cluster, files);
    check_says(text, {"x.lua:2:", "error[E0"});
    check_says(text, parts);
  };
  says("network = 5", {"expects the name of a topology or a table", "titorelli list topologies"});
  says("network = { preset = 'lan', file = 'x' }", {"not several of these"});
  says("network = { file = 'x', clients = 'core' }", {"cannot read \"x\": there is no such file"});
  says("network = { file = '../x' }", {"cannot read \"../x\": it is not below"});
  says("network = { file = 'bad.graphml' }", {"bad.graphml: it is no GraphML"});
  says("network = { file = 'n.graphml', clients = 'cor' }",
       {"unknown node of the network \"cor\"", "did you mean \"core\"?"});
  says("racks = {'r2'}, network = { file = 'n.graphml' }",
       {"controller-3000 has no place in the network", "clients ="});
  says(
      "brokers = 1, network = { switches = {'a'}, links = { {'broker-1', 'a', latency = '1ms'}, "
      "{'controller-3000', 'a', latency = '1ms'} } }",
      {"clients have no place in the network"});
  says("network = { switches = {'a', 'b'}, clients = 'a' }", {"no links lead from \"a\" to \"b\""});
  says("network = { switches = {'a', 'a'}, clients = 'a' }", {"\"a\" is named twice"});
  says("network = { switches = {'a'}, between_racks = '1ms', clients = 'a' }",
       {"between_racks is of a full mesh"});
  says("network = { clients = 'a' }", {"clients = names a node of a graph"});
  says("network = { links = { {'broker-1', 'broker-9', latency = '1ms'} } }",
       {"the network has a node \"broker-9\" that the cluster does not have", "help:"});
  says("network = { links = { {'broker-1', 'broker-1'} } }", {"from \"broker-1\" to itself"});
  says("network = { links = { {'broker-1'} } }", {"expects a list of links"});
  says("network = { links = 'x' }", {"expects a list of links"});
  says("network = { links = { {'broker-1', 'broker-2', latency = '5'} } }",
       {"link 1 of cluster{ network: \"5\" is no distribution of durations"});
  says("network = { links = { {'broker-1', 'broker-2', latency = 5} } }",
       {"a latency is a duration or a distribution"});
  says("network = { links = { {'broker-1', 'broker-2', bandwidth = '10'} } }",
       {"bandwidth: \"10\" is no bandwidth"});
  says("network = { links = { {'broker-1', 'broker-2', loss = '200%'} } }",
       {"loss: \"200%\" is no share"});
  says("network = { links = { {'broker-1', 'broker-2', latncy = '5ms'} } }",
       {"\"latncy\"", "did you mean \"latency\"?"});
  says("network = { lnks = {} }", {"\"lnks\"", "did you mean \"links\"?"});
  says("network = { default = { latency = { csv = 'a.csv' } } }", {"a.csv, line 2: \"2\" is no"});
  says("network = { default = { latency = {} } }", {"latency needs a file"});
  says("network = { default = 5 }", {"expects a latency or a table of properties"});
}

}  // namespace
