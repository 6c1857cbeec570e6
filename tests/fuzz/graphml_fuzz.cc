// Mutates a topology in GraphML: whatever the text is, reading it ends in a topology or a sentence,
// and a topology that was read answers for the routes between its hosts.
//
//   graphml_fuzz [--seconds N] [--seed N]        default: 10 s, seed 1
#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>

#include "broker-model/env/rng.h"
#include "sim/net/graphml.h"

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kGood =
    R"(<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
  <key id="d0" for="node" attr.name="name" attr.type="string"/>
  <key id="d1" for="node" attr.name="kind" attr.type="string"/>
  <key id="d2" for="edge" attr.name="latency" attr.type="string"/>
  <key id="d3" for="edge" attr.name="bandwidth" attr.type="string"/>
  <key id="d4" for="edge" attr.name="loss" attr.type="string"/>
  <key id="d5" for="edge" attr.name="cost" attr.type="string"/>
  <graph id="G" edgedefault="undirected">
    <node id="n0"><data key="d0">broker-1</data></node>
    <node id="n1"><data key="d0">broker-2</data><data key="d1">host</data></node>
    <node id="n2"><data key="d0">core</data><data key="d1">switch</data></node>
    <node id="n3"><data key="d0">r1</data><data key="d1">rack</data></node>
    <edge source="n0" target="n2"><data key="d2">200us</data><data key="d3">10Gbit/s</data></edge>
    <edge source="n1" target="n2"><data key="d2">lognormal(median 2ms, p99 9ms)</data></edge>
    <edge source="n2" target="n3"><data key="d2">1ms</data><data key="d4">0.1%</data>
      <data key="d5">5ms</data></edge>
  </graph>
</graphml>
)";

constexpr std::string_view kWords[] = {"<",
                                       ">",
                                       "/>",
                                       "</graph>",
                                       "<graph>",
                                       "&#0;",
                                       "&lt;",
                                       "\"",
                                       "<!--",
                                       "]]>",
                                       "<![CDATA[",
                                       "<!DOCTYPE a [",
                                       "<!ENTITY x \"y\">",
                                       "&x;",
                                       "-1ms",
                                       "99999999999999999999s",
                                       "pareto(min 1ms, shape 0)",
                                       "uniform(5ms, 1ms)",
                                       "1000%",
                                       "n0",
                                       "d2",
                                       "edge",
                                       "node",
                                       "\xff"};

std::string mutated(env::Rng& rng) {
  std::string text(kGood);
  for (std::uint64_t changes = 1 + rng.below(6); changes > 0; --changes) {
    const std::size_t at = rng.below(text.size() + 1);
    const std::size_t length = std::min<std::size_t>(rng.below(40), text.size() - at);
    const std::uint64_t kind = rng.below(5);
    if (kind == 0) {
      text.erase(at, length);
    } else if (kind == 1) {
      text.insert(at, text.substr(at, length));
    } else if (kind == 2) {
      text.replace(at, length, kWords[rng.below(std::size(kWords))]);
    } else if (kind == 3 && at < text.size()) {
      text[at] = static_cast<char>(rng.below(256));
    } else {
      const std::string piece = text.substr(rng.below(text.size() + 1)).substr(0, length);
      text.insert(at, piece);
    }
    if (text.empty()) text = "<";
  }
  return text;
}

std::uint64_t number(const char* text) {
  std::uint64_t value = 0;
  std::from_chars(text, text + std::string_view(text).size(), value);
  return value;
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t seconds = 10;
  std::uint64_t seed = 1;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view flag = argv[i];
    if (flag == "--seconds") seconds = number(argv[i + 1]);
    if (flag == "--seed") seed = number(argv[i + 1]);
  }
  if (!sim::read_graphml(kGood).has_value()) {
    fmt::print(stderr, "the unchanged file is refused: {}\n", sim::read_graphml(kGood).error());
    return 1;
  }
  env::Rng rng(seed);
  std::uint64_t tried = 0;
  std::uint64_t read = 0;
  const Clock::time_point end = Clock::now() + std::chrono::seconds(seconds);
  while (Clock::now() < end) {
    ++tried;
    auto graph = sim::read_graphml(mutated(rng));
    if (!graph.has_value()) {
      if (graph.error().empty()) return 1;  // refused without a word
      continue;
    }
    ++read;
    for (const std::string& host : graph->hosts) graph->topology.add_host(host, "");
    for (const std::string& from : graph->hosts) {
      for (const std::string& to : graph->hosts) {
        if (from != to) graph->topology.route(from, to);
      }
    }
  }
  fmt::print("{} texts, {} of them topologies\n", tried, read);
  return read > 0 && read < tried ? 0 : 1;
}
