#include "sim/net/graphml.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/graphml.hpp>
#include <optional>
#include <set>
#include <sstream>

#include "sim/net/link_text.h"

namespace sim {
namespace {

constexpr std::size_t kBytesMax = std::size_t{4} << 20;
constexpr int kDepthMax = 32;  // Boost's reader calls itself for each level
constexpr std::size_t kNodesMax = 20'000;

struct NodeText {
  std::string name;
  std::string kind;
};
struct EdgeText {
  std::string latency;
  std::string bandwidth;
  std::string loss;
  std::string cost;
};
using FileGraph =
    boost::adjacency_list<boost::vecS, boost::vecS, boost::undirectedS, NodeText, EdgeText>;

// Steps over one <...> at a time, as the reader will, and counts how deep elements lie.
class Nesting {
 public:
  explicit Nesting(std::string_view text) : text_(text) {}

  // A sentence when the text is no XML that could be read safely.
  std::optional<std::string> mistake() {
    while (true) {
      const std::size_t open = text_.find('<');
      if (open == text_.npos) break;
      text_.remove_prefix(open);
      if (!skip_markup()) return "it is no GraphML: a tag does not end";
      if (depth_ > kDepthMax) return fmt::format("elements lie more than {} deep", kDepthMax);
      if (depth_ < 0) return "it is no GraphML: an element ends that has not begun";
    }
    if (elements_ == 0) return "it is no GraphML: there is no element in it";
    if (depth_ > 0) return "it is no GraphML: an element does not end";
    return std::nullopt;
  }

 private:
  bool skip_past(std::string_view end) {
    const std::size_t at = text_.find(end);
    if (at == text_.npos) return false;
    text_.remove_prefix(at + end.size());
    return true;
  }
  bool skip_markup() {
    if (text_.starts_with("<!--")) return skip_past("-->");
    if (text_.starts_with("<![CDATA[")) return skip_past("]]>");
    if (text_.starts_with("<?")) return skip_past("?>");
    if (text_.starts_with("<!")) return false;  // a document type has no place here
    char quote = 0;
    for (std::size_t i = 1; i < text_.size(); ++i) {
      const char c = text_[i];
      if (quote != 0) {
        if (c == quote) quote = 0;
      } else if (c == '"' || c == '\'') {
        quote = c;
      } else if (c == '<') {
        return false;
      } else if (c == '>') {
        const bool is_end = text_[1] == '/';
        const bool is_empty = text_[i - 1] == '/';
        if (is_end) --depth_;
        if (!is_end && !is_empty) ++depth_;
        ++elements_;
        text_.remove_prefix(i + 1);
        return true;
      }
    }
    return false;
  }

  std::string_view text_;
  int depth_ = 0;
  std::size_t elements_ = 0;
};

// Boost and the XML reader below it say by exceptions what is wrong; they end here.
std::optional<std::string> read_with_boost(std::string_view text, FileGraph& graph) {
  boost::dynamic_properties properties;
  properties.property("name", boost::get(&NodeText::name, graph));
  properties.property("kind", boost::get(&NodeText::kind, graph));
  properties.property("latency", boost::get(&EdgeText::latency, graph));
  properties.property("bandwidth", boost::get(&EdgeText::bandwidth, graph));
  properties.property("loss", boost::get(&EdgeText::loss, graph));
  properties.property("cost", boost::get(&EdgeText::cost, graph));
  std::istringstream in{std::string(text)};
  try {
    boost::read_graphml(in, graph, properties);
    return std::nullopt;
  } catch (const boost::directed_graph_error&) {
    return "the graph is directed; write edgedefault=\"undirected\": a link works both ways";
  } catch (const boost::undirected_graph_error&) {
    return "the graph is directed; write edgedefault=\"undirected\": a link works both ways";
  } catch (const boost::property_not_found& error) {
    return fmt::format(
        "unknown attribute \"{}\", or it is not of that kind of thing; nodes have "
        "name and kind, edges latency, bandwidth, loss and cost",
        error.property);
  } catch (const boost::bad_any_cast&) {
    return "an attribute is not declared as attr.type=\"string\"";
  } catch (const std::exception& error) {
    return fmt::format("it is no GraphML: {}", error.what());
  }
}

std::optional<std::string> add_nodes(const FileGraph& graph, GraphmlTopology& result) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < boost::num_vertices(graph); ++i) {
    const NodeText& node = graph[i];
    if (node.name.empty())
      return fmt::format(
          "node {} of the file has no \"name\" (an edge may lead to a node that is "
          "not declared)",
          i + 1);
    if (node.name.find('/') != node.name.npos)
      return fmt::format("the name \"{}\" has a slash, which links need for theirs", node.name);
    if (!names.insert(node.name).second)
      return fmt::format("two nodes are called \"{}\"", node.name);
    if (node.kind == "rack") {
      result.topology.add_rack(node.name);
    } else if (node.kind == "switch" || node.kind == "host" || node.kind.empty()) {
      result.topology.add_node(node.name);
      if (node.kind != "switch") result.hosts.push_back(node.name);
    } else {
      return fmt::format("node \"{}\" is of kind \"{}\"; there are host, switch and rack",
                         node.name, node.kind);
    }
  }
  if (names.empty()) return "there are no nodes in it";
  return std::nullopt;
}

std::optional<std::string> add_links(const FileGraph& graph, GraphmlTopology& result) {
  const auto [begin, end] = boost::edges(graph);
  for (auto edge = begin; edge != end; ++edge) {
    const EdgeText& text = graph[*edge];
    const std::string& from = graph[boost::source(*edge, graph)].name;
    const std::string& to = graph[boost::target(*edge, graph)].name;
    if (from == to) return fmt::format("a link leads from \"{}\" to itself", from);
    const auto link = parse_link({.latency = text.latency,
                                  .bandwidth = text.bandwidth,
                                  .loss = text.loss,
                                  .cost = text.cost});
    if (!link.has_value()) return fmt::format("link \"{}/{}\": {}", from, to, link.error());
    result.topology.add_link(from, to, {.forward = *link, .backward = *link});
  }
  return std::nullopt;
}

}  // namespace

std::expected<GraphmlTopology, std::string> read_graphml(std::string_view text) {
  if (text.size() > kBytesMax)
    return std::unexpected(fmt::format("it is larger than {} MiB", kBytesMax >> 20));
  if (text.find('\0') != text.npos) return std::unexpected("it is no GraphML: it has a zero byte");
  if (auto mistake = Nesting(text).mistake(); mistake.has_value())
    return std::unexpected(std::move(*mistake));
  FileGraph graph;
  if (auto mistake = read_with_boost(text, graph); mistake.has_value())
    return std::unexpected(std::move(*mistake));
  if (boost::num_vertices(graph) > kNodesMax)
    return std::unexpected(fmt::format("it has more than {} nodes", kNodesMax));
  GraphmlTopology result;
  if (auto mistake = add_nodes(graph, result); mistake.has_value())
    return std::unexpected(std::move(*mistake));
  if (auto mistake = add_links(graph, result); mistake.has_value())
    return std::unexpected(std::move(*mistake));
  if (const auto apart = result.topology.disconnected(); apart.has_value())
    return std::unexpected(
        fmt::format("no links lead from \"{}\" to \"{}\"", apart->first, apart->second));
  return result;
}

}  // namespace sim
