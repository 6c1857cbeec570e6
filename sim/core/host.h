// A Host is a machine: it has a name, a disk, a clock that may be wrong, and runs one process,
// whose volatile part (node and SimEnv) is made anew at every start. A World owns its hosts for
// good.
//
// States: down --start--> up --pause--> paused --resume--> up; kill, power_loss, wipe and the end
// of a shutdown lead to down from everywhere. Operations that do not apply in a state answer false.
// Called from inside a handler of the same host (by an observer), they take place after it has
// returned.
//
// Invariants: (1) an event for another incarnation than the running one changes nothing; (2) a
// handler is never entered while another one of the host runs; (3) nothing reaches a paused
// process, and what was held back reaches it in order, before anything newer.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "broker-model/env/node.h"
#include "sim/core/disk_port.h"
#include "sim/core/event_record.h"
#include "sim/core/network_port.h"
#include "sim/core/scheduler.h"

namespace sim {

class SimEnv;
class World;

using NodeFactory = std::move_only_function<std::unique_ptr<env::Node>()>;

struct HostOptions {
  std::string name;
  std::string rack;
  NodeFactory node;
  std::unique_ptr<DiskPort> disk;  // null: a node that never touches files
};

enum class HostState : std::uint8_t { kDown, kUp, kPaused };

struct HostTroubles {
  std::uint64_t events_held_back = 0;  // by pauses: timers, frames, disk answers
  std::uint64_t jobs_slowed = 0;       // spend() calls under a CPU factor above 1
  env::Duration cpu_added{};           // what they took beyond what was asked
  std::uint64_t clock_misread = 0;     // wall_clock() calls while it was off by 1 ms or more
};

class Host final : public EventTarget, public SocketSink, public DiskSink {
 public:
  Host(World& world, HostId id, HostOptions options);
  ~Host() override;

  HostId id() const { return id_; }
  const std::string& name() const { return name_; }
  HostState state() const { return state_; }
  std::uint32_t incarnation() const {
    return incarnation_;
  }  // of the last start; 0 before the first
  env::Node* node() { return node_.get(); }  // null while down
  DiskPort* disk() { return disk_.get(); }
  // How the last process ended: by itself (in order, or because it halted), or by force.
  bool has_ended_itself() const { return has_ended_itself_; }

  bool start();
  bool kill();        // SIGKILL: page cache kept, peers see a reset
  bool power_loss();  // page cache kept, lost or torn by page; peers see nothing. Also when down
  bool wipe();        // as power loss, and the disk is empty. Also when down
  bool pause();       // GC or SIGSTOP
  bool pause(env::Duration duration);
  bool resume();
  // An order from outside, as an event of its own now (or after a pause); lost with the
  // incarnation.
  bool command(std::shared_ptr<const kafka::Command> command);

  // What wall_clock() of this host reads from now on, against virtual time.
  void set_wall_clock_offset(env::Duration offset);
  void set_wall_clock_drift(std::int64_t parts_per_million);  // from now on
  std::int64_t wall_clock_drift() const { return wall_clock_drift_; }
  env::Duration wall_clock_error() const;  // against virtual time, now
  env::WallTime wall_clock() const;

  // From now on all CPU time that the process asks for takes `factor` times as long; 1: as it was.
  // Jobs that wait in a lane or run already keep the time they were given.
  void set_cpu_factor(std::int64_t factor);
  std::int64_t cpu_factor() const { return cpu_factor_; }
  env::Duration slowed(env::Duration cpu);  // for SimEnv

  // What went wrong with this host so far, for those who must show that a fault did something.
  const HostTroubles& troubles() const { return troubles_; }

  // --- called by scheduler, network and disk
  void on_event(const Event& event) override;
  void on_socket_accepted(SocketId, HostId peer, std::uint16_t local_port) override;
  void on_socket_connected(SocketId) override;
  void on_socket_failed(SocketId) override;
  void on_socket_closed(SocketId, bool reset) override;
  void on_socket_frame(SocketId, env::Frame&&) override;
  void on_disk_done(env::DiskOpId, env::DiskResult) override;

  // --- called by SimEnv. The upper 8 bits of an event's word tell what it is.
  enum class EventType : std::uint8_t { kStart, kTimer, kLane, kCommand, kResume, kHeld };
  static constexpr int kPayloadBits = 56;
  static std::uint64_t word(EventType type, std::uint64_t payload) {
    return static_cast<std::uint64_t>(type) << kPayloadBits | payload;
  }
  World& world() { return world_; }

 private:
  struct SocketEvent {
    EventKind kind = EventKind::kFrame;
    SocketId socket{};
    HostId peer{};
    std::uint16_t local_port = 0;
    env::Frame frame;
  };
  struct DiskEvent {
    env::DiskOpId op{};
    env::DiskResult result;
  };
  using Held = std::variant<Event, SocketEvent, DiskEvent>;
  using Operation = bool (Host::*)();

  // Runs a handler of the node, with all that goes around it. The record's host is filled in here.
  template <class Handler>
  void enter(EventRecord record, Handler handler);
  bool must_hold() const { return state_ == HostState::kPaused || !held_.empty(); }
  void on_socket(SocketEvent event);
  void hold(Held held);
  void release_one();
  void deliver(const Event& event);
  void deliver(SocketEvent event);
  void deliver(DiskEvent event);
  void after_handler();
  bool defer(Operation operation);
  void end_incarnation();
  void note(EventKind kind);
  bool stop_in_order();
  std::int64_t drifted_ns() const;  // since wall_clock_since_

  World& world_;
  HostId id_;
  std::string name_;
  NodeFactory factory_;
  std::unique_ptr<DiskPort> disk_;
  env::Rng& rng_;
  HostState state_ = HostState::kDown;
  std::uint32_t incarnation_ = 0;
  bool in_handler_ = false;
  bool has_ended_itself_ = false;
  bool is_starting_ = false;         // the event that begins the incarnation has not come up
  std::unique_ptr<SimEnv> env_;      // not null while up or paused
  std::unique_ptr<env::Node> node_;  // the same
  std::deque<Held> held_;            // in the order in which it would have been delivered
  std::deque<std::shared_ptr<const kafka::Command>> commands_;
  std::vector<Operation> deferred_;
  EventHandle resume_;                 // of pause(duration)
  env::Instant wall_clock_since_{};    // offset and drift hold from here on
  env::Duration wall_clock_offset_{};  // at wall_clock_since_
  std::int64_t wall_clock_drift_ = 0;  // parts per million
  std::int64_t cpu_factor_ = 1;
  mutable HostTroubles troubles_;  // reading a wrong clock is counted as well
};

}  // namespace sim
