// Rules that come and go, and blows: what is done to the network from outside, between events.
#include <algorithm>

#include "sim/net/network.h"

namespace sim {

RuleHandle StreamNetwork::add_rule(Rule rule) {
  const RuleHandle handle = rules_.add(std::move(rule));
  paths_.apply();
  apply_rules();
  return handle;
}

RuleHandle StreamNetwork::partition(Hosts a, Hosts b, Direction direction) {
  return add_rule(
      {.kind = RuleKind::kPartition, .a = std::move(a), .b = std::move(b), .direction = direction});
}

RuleHandle StreamNetwork::clog(Hosts a, Hosts b, Direction direction) {
  return add_rule(
      {.kind = RuleKind::kClog, .a = std::move(a), .b = std::move(b), .direction = direction});
}

RuleHandle StreamNetwork::slow_link(Hosts a, Hosts b, Distribution extra, Direction direction) {
  return add_rule({.kind = RuleKind::kSlow,
                   .a = std::move(a),
                   .b = std::move(b),
                   .direction = direction,
                   .extra_latency = std::move(extra)});
}

RuleHandle StreamNetwork::limit_bandwidth(Hosts a, Hosts b, std::uint64_t bytes_per_second,
                                          Direction direction) {
  TIT_ASSERT(bytes_per_second > 0, "a link without any bandwidth is a clog");
  return add_rule({.kind = RuleKind::kBandwidth,
                   .a = std::move(a),
                   .b = std::move(b),
                   .direction = direction,
                   .bytes_per_second = bytes_per_second});
}

RuleHandle StreamNetwork::lose_packets(Hosts a, Hosts b, std::uint32_t parts_per_million,
                                       Direction direction) {
  return add_rule({.kind = RuleKind::kLoss,
                   .a = std::move(a),
                   .b = std::move(b),
                   .direction = direction,
                   .loss_ppm = parts_per_million});
}

RuleHandle StreamNetwork::limit_reading(HostId reader, std::uint64_t bytes_per_second) {
  TIT_ASSERT(bytes_per_second > 0, "a process that reads nothing is paused");
  host(reader);
  return add_rule({.kind = RuleKind::kSlowReader,
                   .a = {reader},
                   .b = {},
                   .bytes_per_second = bytes_per_second});
}

RuleHandle StreamNetwork::fail_link(LinkId link) {
  const RuleHandle handle =
      rules_.add({.kind = RuleKind::kLinkDown, .a = {}, .b = {}, .link = link.value()});
  paths_.topology().set_link_up(link, false);
  rules_.counts(handle.value()).routes_changed += paths_.reroute();
  apply_rules();
  return handle;
}

bool StreamNetwork::heal(RuleHandle handle) {
  if (!rules_.remove(handle)) return false;
  const Rule& healed = rules_.rule(handle.value());
  if (healed.kind == RuleKind::kLinkDown) {
    const std::vector<Rules::Index> others = rules_.of_kind(RuleKind::kLinkDown);
    const bool is_up = std::ranges::none_of(
        others, [&](Rules::Index other) { return rules_.rule(other).link == healed.link; });
    paths_.topology().set_link_up(LinkId(healed.link), is_up);
    paths_.reroute();
  } else {
    paths_.apply();
  }
  apply_rules();
  return true;
}

// After the paths know the rules: tells the connections what has changed for them.
void StreamNetwork::apply_rules() {
  apply_read_limits();
  for (const auto& c : connections_) {
    if (c->generation % 2 == 1 && c->sides[kServer].host != nullptr) apply_rules_to(*c);
  }
}

void StreamNetwork::apply_rules_to(Connection& c) {
  for (const int side : {kClient, kServer}) {
    const Path& back = ack_path(c, side);
    if (back.was_open() && !back.is_open()) ack_path_cut(c, side);
    if (!back.was_open() && back.is_open()) ack_path_healed(c, side);
  }
  for (const int side : {kClient, kServer}) {
    const Path& way = *c.sides[side].flow.path;
    const Path& back = ack_path(c, side);
    if (way.has_lost_its_limits()) hasten(c, side);
    if (way.was_clogged() && !way.is_clogged()) move_on(c, side);
    if (!back.was_clogged() && back.is_clogged()) acks_stand(c, side);
    if (back.was_clogged() && !back.is_clogged()) acks_move_on(c, side);
  }
  if (c.standing != Standing::kNothing) handshake_moves_on(c);
}

void StreamNetwork::apply_read_limits() {
  const std::vector<Rules::Index> slow = rules_.of_kind(RuleKind::kSlowReader);
  for (auto& [id, reader] : hosts_) {
    if (slow.empty() && reader->read_limit == nullptr) continue;
    std::optional<Rules::Index> lowest;
    for (const Rules::Index index : slow) {
      if (rules_.rule(index).a.front() != id) continue;
      if (!lowest.has_value() ||
          rules_.rule(index).bytes_per_second < rules_.rule(*lowest).bytes_per_second)
        lowest = index;
    }
    set_read_limit(*reader, lowest);
  }
}

// --- blows

std::vector<Connection*> StreamNetwork::connections_between(const Hosts& a, const Hosts& b) {
  const auto is_in = [](const Hosts& hosts, const Side& side) {
    return std::ranges::find(hosts, side.host->id) != hosts.end();
  };
  std::vector<Connection*> result;
  for (const auto& c : connections_) {
    const Side& client = c->sides[kClient];
    const Side& server = c->sides[kServer];
    if (c->generation % 2 == 0 || server.host == nullptr || client.host == server.host) continue;
    if (client.state == SideState::kConnecting) continue;  // nothing has been established
    const bool is_between =
        (is_in(a, client) && is_in(b, server)) || (is_in(b, client) && is_in(a, server));
    if (is_between) result.push_back(c.get());
  }
  return result;
}

std::size_t StreamNetwork::reset_connections(const Hosts& a, const Hosts& b) {
  std::size_t hit = 0;
  for (Connection* c : connections_between(a, b)) {
    bool is_hit = false;
    for (const int side : {kClient, kServer}) {
      // The RST that `side` seems to have sent.
      const bool is_told = has_socket(c->sides[other(side)]);
      if (is_told && send_reset(*c, side, scheduler_.now())) is_hit = true;
    }
    if (is_hit) ++hit;
  }
  return hit;
}

RuleHandle StreamNetwork::sever_connections(const Hosts& a, const Hosts& b) {
  const RuleHandle handle = rules_.add_at_once_over({.kind = RuleKind::kSevered, .a = a, .b = b});
  std::map<std::pair<HostId, HostId>, Path*> severed;
  for (Connection* c : connections_between(a, b)) {
    ++rules_.counts(handle.value()).connections_hit;
    for (const int side : {kClient, kServer}) {
      // What stands in a clog has passed the middlebox, or never will: let it have passed.
      move_on(*c, side);
      acks_move_on(*c, side);
    }
    for (const int side : {kClient, kServer}) {
      Flow& flow = c->sides[side].flow;
      Path*& path = severed[{c->sides[side].host->id, c->sides[other(side)].host->id}];
      if (path == nullptr) path = &paths_.severed(*flow.path, handle.value());
      flow.path = path;
    }
    for (const int side : {kClient, kServer}) ack_path_cut(*c, side);
  }
  return handle;
}

}  // namespace sim
