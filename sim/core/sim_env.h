// SimEnv is env::Env on virtual time, for one incarnation of one host; it dies with it.
//
// Each call leaves its effect in the scheduler, the network or the disk and returns: all outcomes
// come as later events, so no call can re-enter a handler. Effects that a peer or the disk could
// see are folded into the digest as they are asked for.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "broker-model/env/node.h"
#include "sim/core/disk_port.h"
#include "sim/core/event_record.h"
#include "sim/core/network_port.h"
#include "sim/core/scheduler.h"

namespace sim {

class Host;
class World;

class SimEnv final : public env::Env {
 public:
  SimEnv(Host& host, env::Rng& rng);

  env::Instant now() const override;
  env::WallTime wall_clock() const override;
  env::Rng& rng() override { return rng_; }

  void set_timer(env::TimerKey, env::Duration after) override;
  void cancel_timer(env::TimerKey) override;
  void spend(env::Lane, env::Duration cpu, env::TimerKey done) override;

  void listen(std::uint16_t port) override;
  env::ConnId connect(const env::Endpoint& to) override;
  void send(env::ConnId, env::Frame) override;
  void set_readable(env::ConnId, bool) override;
  void close(env::ConnId) override;

  env::FileId open(std::string_view name) override;
  env::DiskOpId write(env::FileId, std::int64_t offset, env::Rope) override;
  env::DiskOpId read(env::FileId, std::int64_t offset, std::size_t size) override;
  env::DiskOpId sync(env::FileId) override;
  env::DiskOpId sync_dir() override;
  env::DiskOpId truncate(env::FileId, std::int64_t size) override;
  void rename(std::string_view from, std::string_view to) override;
  void remove(std::string_view name) override;
  std::vector<env::FileInfo> list() const override;

  void observe(const kafka::Observation&) override;

  // --- for Host: from an event's payload to the key, which is then no longer set. Empty: the timer
  // was replaced or cancelled while its event was held back by a pause.
  std::optional<env::TimerKey> take_timer(std::uint64_t payload);
  // The job that is done; the lane's next one has started.
  env::TimerKey finish_job(std::uint64_t payload);
  void stop_lanes();  // a pause: the CPU time of running jobs stands still
  void resume_lanes();

  // --- for Host: between sockets and the connections of this incarnation
  env::ConnId add_accepted(SocketId, HostId peer);
  std::optional<env::ConnId> find(SocketId) const;  // empty: closed by this side
  std::string_view peer_name(env::ConnId) const;
  HostId peer(env::ConnId) const;
  void forget(env::ConnId);
  void close_all();  // in the order in which they were made

 private:
  struct Timer {
    env::TimerKey key;
    EventHandle event;
    std::uint32_t version = 0;  // of this slot's use, 24 bits of it travel in the event
  };
  struct Job {
    env::Duration cpu{};
    env::TimerKey done;
  };
  static constexpr env::Duration kNotStopped{-1};
  struct Server {
    bool is_busy = false;
    env::TimerKey done;
    env::Instant end{};                     // valid while busy and the lane runs
    env::Duration remaining = kNotStopped;  // of a job that stands still
    EventHandle event;
  };
  struct LaneState {
    std::vector<Server> servers;
    std::deque<Job> queue;  // empty unless all servers are busy
  };
  struct Connection {
    SocketId socket{};
    HostId peer{};
    std::string peer_name;
    bool is_open = false;
  };

  void add_effect(std::uint64_t what, std::uint64_t a, std::uint64_t b);
  void free_timer(std::uint32_t slot);
  // `payload` is the lane_word() of the server.
  void start_job(Server& server, std::uint64_t payload, const Job& job);
  Connection* open_connection(env::ConnId);
  env::ConnId add(Connection connection);
  DiskPort& disk() const;

  Host& host_;
  World& world_;
  env::Rng& rng_;
  std::uint32_t incarnation_;
  std::map<env::TimerKey, std::uint32_t> timer_slots_;  // of timers that are set
  std::vector<Timer> timers_;
  std::vector<std::uint32_t> timer_slots_free_;
  std::map<std::uint32_t, LaneState> lanes_;  // by kind and index
  std::vector<Connection> connections_;       // by ConnId - 1, closed ones stay as gaps
  std::map<SocketId, env::ConnId> by_socket_;
};

}  // namespace sim
