#include "sim/net/network.h"

#include <algorithm>

namespace sim {
namespace {

constexpr std::uint32_t kFirstEphemeralPort = 49152;
constexpr std::uint32_t kEphemeralPorts = 65536 - kFirstEphemeralPort;

}  // namespace

StreamNetwork::StreamNetwork(Scheduler& scheduler, Streams& streams, Topology topology,
                             StreamOptions options)
    : scheduler_(scheduler), options_(options), paths_(streams, std::move(topology), rules_) {}

StreamNetwork::~StreamNetwork() = default;

void StreamNetwork::set_topology(Topology topology) {
  TIT_ASSERT(hosts_.empty(), "a topology is chosen before the first host");
  paths_.topology() = std::move(topology);
}

// --- hosts

void StreamNetwork::add_host(HostId id, std::string_view name, std::string_view rack,
                             SocketSink& sink) {
  const bool is_new = names_.emplace(name, id).second && !hosts_.contains(id);
  TIT_ASSERT(is_new, "two hosts of one name or id");
  auto added = std::make_unique<NetHost>();
  added->id = id;
  added->name = name;
  added->sink = &sink;
  hosts_.emplace(id, std::move(added));
  paths_.topology().add_host(name, rack);
}

std::optional<HostId> StreamNetwork::resolve(std::string_view name) const {
  const auto found = names_.find(name);
  if (found == names_.end()) return std::nullopt;
  return found->second;
}

NetHost& StreamNetwork::host(HostId id) {
  const auto found = hosts_.find(id);
  TIT_ASSERT(found != hosts_.end(), "a host that was never added");
  return *found->second;
}

void StreamNetwork::host_up(HostId id) {
  NetHost& up = host(id);
  up.is_on = true;
  up.is_paused = false;
}

void StreamNetwork::host_killed(HostId id) {
  NetHost& killed = host(id);
  killed.is_paused = false;
  killed.listening.clear();
  for (const auto& c : connections_) {
    for (const int side : {kClient, kServer}) {
      // What the process had closed is the kernel's business alone, and the kernel lives.
      if (c->sides[side].host == &killed && c->sides[side].state != SideState::kClosing)
        abort(*c, side);
    }
  }
}

void StreamNetwork::host_lost(HostId id) {
  NetHost& lost = host(id);
  lost.is_on = false;
  lost.is_paused = false;
  lost.listening.clear();
  for (const auto& c : connections_) {
    for (const int side : {kClient, kServer}) {
      if (c->sides[side].host != &lost || c->sides[side].state == SideState::kGone) continue;
      receiver_vanished(*c, side);
      vanish(*c, side);
    }
  }
}

void StreamNetwork::host_paused(HostId id, bool is_paused) {
  NetHost& paused = host(id);
  paused.is_paused = is_paused;
  if (is_paused) return;
  for (const auto& c : connections_) {
    for (const int side : {kClient, kServer}) {
      if (c->sides[side].host == &paused) kick(*c, side);
    }
  }
}

void StreamNetwork::listen(HostId id, std::uint16_t port) {
  std::vector<std::uint16_t>& ports = host(id).listening;
  const auto at = std::ranges::lower_bound(ports, port);
  if (at == ports.end() || *at != port) ports.insert(at, port);
}

// --- sockets

Connection& StreamNetwork::new_connection(NetHost& client) {
  const std::uint16_t port = ephemeral_port(client);
  if (free_connections_.empty()) {
    free_connections_.push_back(static_cast<std::uint32_t>(connections_.size()));
    connections_.push_back(std::make_unique<Connection>());
    connections_.back()->index = free_connections_.back();
  }
  Connection& c = *connections_[free_connections_.back()];
  free_connections_.pop_back();
  const std::uint32_t index = c.index;
  const std::uint32_t generation = c.generation + 1;
  c = Connection();
  c.index = index;
  c.generation = generation;
  for (const int side : {kClient, kServer}) c.sides[side].id = socket_id(generation, index, side);
  c.sides[kClient].host = &client;
  c.sides[kClient].state = SideState::kConnecting;
  c.client_port = port;
  return c;
}

// The first round cannot meet a port in use. Later ones may; when all are, the oldest repeats.
std::uint16_t StreamNetwork::ephemeral_port(NetHost& client) {
  const auto next = [&client] { return client.ports_used++ % kEphemeralPorts; };
  if (client.port_users.empty() && client.ports_used < kEphemeralPorts)
    return static_cast<std::uint16_t>(kFirstEphemeralPort + next());
  if (client.port_users.empty()) {
    client.port_users.resize(kEphemeralPorts);
    for (const auto& c : connections_) {
      if (c->generation % 2 == 1 && c->sides[kClient].host == &client)
        ++client.port_users[c->client_port - kFirstEphemeralPort];
    }
  }
  std::uint32_t chosen = next();
  for (std::uint32_t tries = 0; tries < kEphemeralPorts && client.port_users[chosen] > 0; ++tries)
    chosen = next();
  ++client.port_users[chosen];
  return static_cast<std::uint16_t>(kFirstEphemeralPort + chosen);
}

Connection* StreamNetwork::find(SocketId id) const {
  const auto index = static_cast<std::uint32_t>(id.value() >> 1);
  if (index >= connections_.size() || id == SocketId()) return nullptr;
  Connection& c = *connections_[index];
  return c.sides[id.value() & 1].id == id ? &c : nullptr;
}

SocketId StreamNetwork::connect(HostId from, const env::Endpoint& to) {
  NetHost& client = host(from);
  TIT_ASSERT(client.is_on, "a connect from a host that is switched off");
  ++counts_.connects;
  Connection& c = new_connection(client);
  c.server_port = to.port;
  c.first_syn = scheduler_.now();
  const SocketId id = c.sides[kClient].id;
  const std::optional<HostId> target = resolve(to.host);
  if (!target.has_value()) {
    post(scheduler_.now(), c, kClient, EventKind::kUnknownHost);
    return id;
  }
  NetHost& server = host(*target);
  c.sides[kServer].host = &server;
  c.sides[kClient].flow.path = &paths_.get({client.id, server.id, client.name, server.name});
  c.sides[kServer].flow.path = &paths_.get({server.id, client.id, server.name, client.name});
  send_syn(c);
  return id;
}

void StreamNetwork::send(SocketId id, env::Frame&& frame) {
  Connection* c = find(id);
  if (c == nullptr) return;
  const int side = static_cast<int>(id.value() & 1);
  Side& me = c->sides[side];
  if (me.state == SideState::kBroken) {
    // A write on a broken socket fails at once, whatever is unread before the error.
    clear_inbox(me);
    me.is_readable = true;
    me.inbox.push(items_.take(ItemKind::kReset));
    kick(*c, side);
    return;
  }
  if (me.state != SideState::kOpen) return;
  ++counts_.frames_sent;
  counts_.bytes_sent += frame.size();
  Item* item = items_.take(ItemKind::kFrame);
  item->ticket = counts_.frames_sent;
  item->stream_bytes = kLengthPrefixBytes + frame.size();
  if (tap_ != nullptr) {
    tap_->on_frame_sent(scheduler_.now(), name(*c),
                        {.is_from_client = side == kClient, .offset = me.flow.sent_offset}, frame);
  }
  me.flow.sent_offset += item->stream_bytes;
  item->frame = std::move(frame);
  const bool is_free = filter_ == nullptr && me.flow.gate.empty();
  if (is_free || passes_gate(*c, side, item)) enqueue(*c, side, item);
}

void StreamNetwork::set_readable(SocketId id, bool is_readable) {
  Connection* c = find(id);
  if (c == nullptr) return;
  const int side = static_cast<int>(id.value() & 1);
  c->sides[side].is_readable = is_readable;
  kick(*c, side);
}

void StreamNetwork::close(SocketId id) {
  Connection* c = find(id);
  if (c == nullptr) return;
  const int side = static_cast<int>(id.value() & 1);
  Side& me = c->sides[side];
  switch (me.state) {
    case SideState::kGone:
    case SideState::kAccepting:
    case SideState::kClosing: return;
    case SideState::kConnecting:
    case SideState::kBroken: vanish(*c, side); return;
    case SideState::kOpen: break;
  }
  if (me.unread_bytes > 0) {  // tcp_close(): data nobody will read is answered by RST, not FIN
    abort(*c, side);
    return;
  }
  if (c->sides[other(side)].state == SideState::kGone) {  // nobody is left to notice the FIN
    vanish(*c, side);
    return;
  }
  clear_inbox(me);
  me.state = SideState::kClosing;
  Item* finish = items_.take(ItemKind::kFinish);
  if (passes_gate(*c, side, finish)) enqueue(*c, side, finish);
}

void StreamNetwork::vanish(Connection& c, int side) {
  Side& me = c.sides[side];
  Side& peer = c.sides[other(side)];
  me.state = SideState::kGone;
  clear_inbox(me);
  stop_sending(me.flow);
  // A half-made connection dies with a client that will not complete it.
  if (peer.state == SideState::kAccepting && me.flow.in_flight.empty())
    peer.state = SideState::kGone;
  if (peer.state != SideState::kGone || c.generation % 2 == 0) return;
  me.flow.in_flight.clear(items_);
  peer.flow.in_flight.clear(items_);
  if (filter_ != nullptr) filter_->on_connection_gone(c.sides[kClient].id.value());
  std::vector<std::uint16_t>& ports = c.sides[kClient].host->port_users;
  if (!ports.empty()) --ports[c.client_port - kFirstEphemeralPort];
  ++c.generation;
  me.id = peer.id = SocketId();
  free_connections_.push_back(c.index);
}

void StreamNetwork::abort(Connection& c, int side) {
  const SideState state = c.sides[side].state;
  if (state == SideState::kGone) return;
  const bool is_peer_there = c.sides[other(side)].state != SideState::kGone;
  if (is_peer_there && (state == SideState::kOpen || state == SideState::kAccepting) &&
      !send_reset(c, side, scheduler_.now())) {
    receiver_vanished(c, side);
  }
  vanish(c, side);
}

void StreamNetwork::receiver_vanished(Connection& c, int side) {
  // What is in flight will find nobody. What waits for a window has nothing under way that could
  // find out: its probes are what learns it.
  const int sender = other(side);
  if (c.sides[sender].state != SideState::kGone && !c.sides[sender].flow.unsent.empty())
    hold(c, sender);
}

void StreamNetwork::post(env::Instant at, const Connection& c, int side, EventKind kind) {
  scheduler_.post(at, *this, c.sides[side].id.value(), static_cast<std::uint32_t>(kind));
}

void StreamNetwork::on_event(const Event& event) {
  if (event.b == static_cast<std::uint32_t>(EventKind::kReader)) {
    on_reader(host(HostId(static_cast<std::uint32_t>(event.a))));
    return;
  }
  Connection* c = find(SocketId(event.a));
  if (c == nullptr) return;  // the connection ended before
  const int side = static_cast<int>(event.a & 1);
  switch (static_cast<EventKind>(event.b)) {
    case EventKind::kArrival: return on_arrival(*c, side);
    case EventKind::kDrain: return on_drain(*c, side);
    case EventKind::kFlowTimer: return on_flow_timer(*c, side);
    case EventKind::kSyn: return on_syn(*c);
    case EventKind::kSynAck: return on_syn_ack(*c);
    case EventKind::kSynTimer: return on_syn_timer(*c);
    case EventKind::kRefused: ++counts_.refusals; return fail_connect(*c);
    case EventKind::kUnknownHost: return fail_connect(*c);
    case EventKind::kReader: return;  // of a host, see above
  }
}

// --- observation

ConnectionName StreamNetwork::name(const Connection& c) const {
  const NetHost* server = c.sides[kServer].host;
  return {.id = c.sides[kClient].id.value(),
          .client = c.sides[kClient].host->id,
          .client_port = c.client_port,
          .server = server == nullptr ? HostId() : server->id,
          .server_port = c.server_port};
}

std::optional<ConnectionName> StreamNetwork::name_of(SocketId id) const {
  const Connection* c = find(id);
  if (c == nullptr) return std::nullopt;
  return name(*c);
}

std::size_t StreamNetwork::connections_of(HostId id) const {
  std::size_t count = 0;
  for (const auto& c : connections_) {
    for (const Side& side : c->sides) {
      if (c->generation % 2 == 1 && side.host != nullptr && side.host->id == id &&
          side.state == SideState::kOpen)
        ++count;
    }
  }
  return count;
}

void StreamNetwork::check_invariants() const {
  for (const auto& c : connections_) {
    const bool is_used = c->generation % 2 == 1;
    const bool is_gone =
        c->sides[kClient].state == SideState::kGone && c->sides[kServer].state == SideState::kGone;
    TIT_ASSERT(is_used != is_gone, "a connection is freed exactly when both sides are gone");
    for (const Side& side : c->sides) {
      const bool has_process = side.state != SideState::kGone && side.state != SideState::kClosing;
      TIT_ASSERT(has_process || side.inbox.empty(), "an inbox without a reader");
      TIT_ASSERT(side.flow.gate.empty() || side.flow.gate.front()->is_held,
                 "a gate that nothing keeps shut");
      TIT_ASSERT(side.flow.acks_lost <= side.flow.unacked.size() || !is_used,
                 "more acks lost than items unacknowledged");
      const bool is_missing = side.flow.acks_lost > 0 || side.flow.is_blocked();
      if (is_missing && side.state == SideState::kOpen)
        TIT_ASSERT(side.flow.timer_at != kNever, "missing data and nobody who retransmits it");
    }
  }
}

}  // namespace sim
