#include "sim/core/sim_env.h"

#include <utility>

#include "sim/core/host.h"
#include "sim/core/world.h"

namespace sim {
namespace {

// What an effect is, in the digest. Part of what a digest means: never renumber.
enum Effect : std::uint64_t {
  kSetTimer = 1,
  kCancelTimer,
  kSpend,
  kListen,
  kConnect,
  kSend,
  kSetReadable,
  kClose,
  kOpen,
  kWrite,
  kRead,
  kSync,
  kSyncDir,
  kTruncate,
  kRename,
  kRemove,
};

constexpr std::uint32_t kVersionMask = 0xffffff;
constexpr int kEffectShift = 56;

std::uint32_t lane_key(env::Lane lane) {
  return std::uint32_t{static_cast<std::uint8_t>(lane.kind)} << 16 | lane.index;
}

std::uint64_t lane_word(std::uint32_t key, std::size_t server) {
  return std::uint64_t{key} << 16 | server;
}

std::uint64_t signed_word(std::int64_t value) { return static_cast<std::uint64_t>(value); }

}  // namespace

SimEnv::SimEnv(Host& host, env::Rng& rng)
    : host_(host), world_(host.world()), rng_(rng), incarnation_(host.incarnation()) {}

void SimEnv::add_effect(std::uint64_t what, std::uint64_t a, std::uint64_t b) {
  world_.rolling_digest().add(a + (what << kEffectShift), b);
}

env::Instant SimEnv::now() const { return world_.now(); }
env::WallTime SimEnv::wall_clock() const { return host_.wall_clock(); }

// --- timers

void SimEnv::set_timer(env::TimerKey key, env::Duration after) {
  TIT_ASSERT(after.count() >= 0, "a timer is not set into the past");
  add_effect(kSetTimer, mix(key.kind, key.id), signed_word(after.count()));
  const auto [found, is_new] = timer_slots_.try_emplace(key, 0);
  std::uint32_t slot = found->second;
  if (!is_new) {
    world_.scheduler().cancel(timers_[slot].event);  // false: held back by a pause, then stale
    ++timers_[slot].version;
  } else if (timer_slots_free_.empty()) {
    slot = static_cast<std::uint32_t>(timers_.size());
    timers_.emplace_back();
  } else {
    slot = timer_slots_free_.back();
    timer_slots_free_.pop_back();
  }
  found->second = slot;
  Timer& timer = timers_[slot];
  timer.key = key;
  const std::uint64_t payload = std::uint64_t{timer.version & kVersionMask} << 32 | slot;
  timer.event = world_.scheduler().schedule(
      now() + after, host_, Host::word(Host::EventType::kTimer, payload), incarnation_);
}

void SimEnv::cancel_timer(env::TimerKey key) {
  const auto found = timer_slots_.find(key);
  if (found == timer_slots_.end()) return;
  add_effect(kCancelTimer, key.kind, key.id);
  world_.scheduler().cancel(timers_[found->second].event);
  free_timer(found->second);
  timer_slots_.erase(found);
}

void SimEnv::free_timer(std::uint32_t slot) {
  ++timers_[slot].version;
  timer_slots_free_.push_back(slot);
}

std::optional<env::TimerKey> SimEnv::take_timer(std::uint64_t payload) {
  const auto slot = static_cast<std::uint32_t>(payload);
  Timer& timer = timers_[slot];
  if ((timer.version & kVersionMask) != payload >> 32) return std::nullopt;
  const env::TimerKey key = timer.key;
  timer_slots_.erase(key);
  free_timer(slot);
  return key;
}

// --- lanes

void SimEnv::spend(env::Lane lane, env::Duration cpu, env::TimerKey done) {
  TIT_ASSERT(cpu.count() >= 0, "CPU time is not negative");
  TIT_ASSERT(lane.servers > 0, "a lane has at least one server");
  const std::uint32_t key = lane_key(lane);
  add_effect(kSpend, mix(done.kind, done.id), mix(key, signed_word(cpu.count())));
  cpu = host_.slowed(cpu);
  LaneState& state = lanes_[key];
  if (state.servers.empty()) state.servers.resize(lane.servers);
  TIT_ASSERT(state.servers.size() == lane.servers, "a lane keeps its number of servers");
  for (std::size_t i = 0; i < state.servers.size(); ++i) {
    if (state.servers[i].is_busy) continue;
    start_job(state.servers[i], lane_word(key, i), Job{.cpu = cpu, .done = done});
    return;
  }
  state.queue.push_back(Job{.cpu = cpu, .done = done});
}

void SimEnv::start_job(Server& server, std::uint64_t payload, const Job& job) {
  server.is_busy = true;
  server.done = job.done;
  server.end = now() + job.cpu;
  server.event = world_.scheduler().schedule(
      server.end, host_, Host::word(Host::EventType::kLane, payload), incarnation_);
}

env::TimerKey SimEnv::finish_job(std::uint64_t payload) {
  const auto key = static_cast<std::uint32_t>(payload >> 16);
  const std::size_t index = payload & 0xffff;
  LaneState& state = lanes_.find(key)->second;
  const env::TimerKey done = state.servers[index].done;
  state.servers[index].is_busy = false;
  if (!state.queue.empty()) {
    const Job next = state.queue.front();
    state.queue.pop_front();
    start_job(state.servers[index], payload, next);
  }
  return done;
}

void SimEnv::stop_lanes() {
  for (auto& [key, lane] : lanes_) {
    for (Server& server : lane.servers) {
      // A job whose event already came up is held back by the host and goes its own way.
      if (!server.is_busy || !world_.scheduler().cancel(server.event)) continue;
      server.remaining = server.end - now();
    }
  }
}

void SimEnv::resume_lanes() {
  for (auto& [key, lane] : lanes_) {
    for (std::size_t i = 0; i < lane.servers.size(); ++i) {
      Server& server = lane.servers[i];
      if (!server.is_busy || server.remaining.count() < 0) continue;
      const Job rest{.cpu = std::exchange(server.remaining, kNotStopped), .done = server.done};
      start_job(server, lane_word(key, i), rest);
    }
  }
}

// --- connections

void SimEnv::listen(std::uint16_t port) {
  add_effect(kListen, port, 0);
  world_.network().listen(host_.id(), port);
}

env::ConnId SimEnv::connect(const env::Endpoint& to) {
  add_effect(kConnect, hash_text(to.host), to.port);
  const HostId peer = world_.network().resolve(to.host).value_or(HostId{});
  return add(Connection{.socket = world_.network().connect(host_.id(), to),
                        .peer = peer,
                        .peer_name = to.host,
                        .is_open = true});
}

void SimEnv::send(env::ConnId id, env::Frame frame) {
  add_effect(kSend, id.value(), frame.size());
  if (Connection* connection = open_connection(id)) {
    world_.network().send(connection->socket, std::move(frame));
  }
}

void SimEnv::set_readable(env::ConnId id, bool is_readable) {
  add_effect(kSetReadable, id.value(), is_readable ? 1 : 0);
  if (Connection* connection = open_connection(id)) {
    world_.network().set_readable(connection->socket, is_readable);
  }
}

void SimEnv::close(env::ConnId id) {
  add_effect(kClose, id.value(), 0);
  if (Connection* connection = open_connection(id)) {
    const SocketId socket = connection->socket;
    forget(id);
    world_.network().close(socket);
  }
}

env::ConnId SimEnv::add_accepted(SocketId socket, HostId peer) {
  return add(Connection{
      .socket = socket, .peer = peer, .peer_name = world_.host(peer).name(), .is_open = true});
}

env::ConnId SimEnv::add(Connection connection) {
  const env::ConnId id(connections_.size() + 1);
  by_socket_.emplace(connection.socket, id);
  connections_.push_back(std::move(connection));
  return id;
}

SimEnv::Connection* SimEnv::open_connection(env::ConnId id) {
  TIT_ASSERT(id.value() >= 1 && id.value() <= connections_.size(),
             "a connection of this incarnation");
  Connection& connection = connections_[id.value() - 1];
  return connection.is_open ? &connection : nullptr;
}

std::optional<env::ConnId> SimEnv::find(SocketId socket) const {
  const auto found = by_socket_.find(socket);
  if (found == by_socket_.end()) return std::nullopt;
  return found->second;
}

std::string_view SimEnv::peer_name(env::ConnId id) const {
  return connections_[id.value() - 1].peer_name;
}

HostId SimEnv::peer(env::ConnId id) const { return connections_[id.value() - 1].peer; }

void SimEnv::forget(env::ConnId id) {
  Connection& connection = connections_[id.value() - 1];
  by_socket_.erase(connection.socket);
  connection.is_open = false;
}

void SimEnv::close_all() {
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    if (connections_[i].is_open) close(env::ConnId(i + 1));
  }
}

// --- disk

DiskPort& SimEnv::disk() const {
  TIT_ASSERT(host_.disk() != nullptr, "a node that uses files lives on a host with a disk");
  return *host_.disk();
}

env::FileId SimEnv::open(std::string_view name) {
  add_effect(kOpen, hash_text(name), 0);
  return disk().open(name);
}

env::DiskOpId SimEnv::write(env::FileId file, std::int64_t offset, env::Rope content) {
  add_effect(kWrite, mix(file.value(), signed_word(offset)), content.size());
  return disk().write(file, offset, std::move(content));
}

env::DiskOpId SimEnv::read(env::FileId file, std::int64_t offset, std::size_t size) {
  add_effect(kRead, mix(file.value(), signed_word(offset)), size);
  return disk().read(file, offset, size);
}

env::DiskOpId SimEnv::sync(env::FileId file) {
  add_effect(kSync, file.value(), 0);
  return disk().sync(file);
}

env::DiskOpId SimEnv::sync_dir() {
  add_effect(kSyncDir, 0, 0);
  return disk().sync_dir();
}

env::DiskOpId SimEnv::truncate(env::FileId file, std::int64_t size) {
  add_effect(kTruncate, file.value(), signed_word(size));
  return disk().truncate(file, size);
}

void SimEnv::rename(std::string_view from, std::string_view to) {
  add_effect(kRename, hash_text(from), hash_text(to));
  disk().rename(from, to);
}

void SimEnv::remove(std::string_view name) {
  add_effect(kRemove, hash_text(name), 0);
  disk().remove(name);
}

std::vector<env::FileInfo> SimEnv::list() const { return disk().list(); }

void SimEnv::observe(const kafka::Observation& observation) {
  if (ObservationSink* sink = world_.observation_sink()) {
    sink->on_observation(now(), host_.id(), incarnation_, observation, world_.rolling_digest());
  }
}

}  // namespace sim
