#include "sim/core/host.h"

#include <utility>

#include "sim/core/sim_env.h"
#include "sim/core/world.h"

namespace sim {

using env::ConnEvent;
using env::ConnEventKind;

namespace {

ConnEventKind conn_event_kind(EventKind kind) {
  if (kind == EventKind::kAccepted) return ConnEventKind::kAccepted;
  if (kind == EventKind::kConnected) return ConnEventKind::kConnected;
  if (kind == EventKind::kFailed) return ConnEventKind::kFailed;
  if (kind == EventKind::kClosed) return ConnEventKind::kClosed;
  TIT_ASSERT(kind == EventKind::kReset, "an event of a connection");
  return ConnEventKind::kReset;
}

}  // namespace

Host::Host(World& world, HostId id, HostOptions options)
    : world_(world),
      id_(id),
      name_(std::move(options.name)),
      factory_(std::move(options.node)),
      disk_(std::move(options.disk)),
      rng_(world.streams().stream("node/" + name_)) {
  if (disk_ != nullptr) disk_->attach(*this);
}

Host::~Host() = default;

// --- operations from outside

bool Host::defer(Operation operation) {
  deferred_.push_back(operation);
  return true;
}

void Host::note(EventKind kind) {
  EventRecord record{.kind = kind, .host = id_, .incarnation = incarnation_};
  world_.begin_record(record);
  world_.end_record(record);
}

bool Host::start() {
  if (in_handler_) return defer(&Host::start);
  if (state_ != HostState::kDown) return false;
  state_ = HostState::kUp;
  has_ended_itself_ = false;
  ++incarnation_;
  env_ = std::make_unique<SimEnv>(*this, rng_);
  node_ = factory_();
  is_starting_ = true;
  world_.scheduler().post(world_.now(), *this, word(EventType::kStart, 0), incarnation_);
  return true;
}

bool Host::kill() {
  if (in_handler_) return defer(&Host::kill);
  if (state_ == HostState::kDown) return false;
  note(EventKind::kKilled);
  end_incarnation();
  world_.network().host_killed(id_);
  if (disk_ != nullptr) disk_->process_ended();
  return true;
}

bool Host::power_loss() {
  if (in_handler_) return defer(&Host::power_loss);
  note(EventKind::kPowerLost);
  end_incarnation();
  world_.network().host_lost(id_);
  if (disk_ != nullptr) disk_->power_lost();
  return true;
}

bool Host::wipe() {
  if (in_handler_) return defer(&Host::wipe);
  note(EventKind::kWiped);
  end_incarnation();
  world_.network().host_lost(id_);
  if (disk_ != nullptr) disk_->wipe();
  return true;
}

bool Host::stop_in_order() {
  note(EventKind::kStopped);
  env_->close_all();
  end_incarnation();
  has_ended_itself_ = true;
  world_.network().host_stopped(id_);
  if (disk_ != nullptr) disk_->process_ended();
  return true;
}

// The volatile part goes. Events of this incarnation are dropped when they come up.
void Host::end_incarnation() {
  if (state_ == HostState::kPaused) world_.network().host_paused(id_, false);
  state_ = HostState::kDown;
  world_.scheduler().cancel(std::exchange(resume_, {}));
  held_.clear();
  commands_.clear();
  node_.reset();
  env_.reset();
}

bool Host::pause() {
  if (in_handler_) return defer(static_cast<Operation>(&Host::pause));
  if (state_ != HostState::kUp) return false;
  note(EventKind::kPaused);
  state_ = HostState::kPaused;
  env_->stop_lanes();
  world_.network().host_paused(id_, true);
  return true;
}

bool Host::pause(env::Duration duration) {
  TIT_ASSERT(duration.count() >= 0, "a pause has a length");
  if (state_ != HostState::kUp || !pause()) return false;
  resume_ = world_.scheduler().schedule(world_.now() + duration, *this, word(EventType::kResume, 0),
                                        incarnation_);
  return true;
}

bool Host::resume() {
  if (in_handler_) return defer(&Host::resume);
  if (state_ != HostState::kPaused) return false;
  world_.scheduler().cancel(std::exchange(resume_, {}));
  note(EventKind::kResumed);
  state_ = HostState::kUp;
  for (std::size_t i = 0; i < held_.size(); ++i) {
    world_.scheduler().post(world_.now(), *this, word(EventType::kHeld, 0), incarnation_);
  }
  env_->resume_lanes();
  world_.network().host_paused(id_, false);
  return true;
}

bool Host::command(std::shared_ptr<const kafka::Command> command) {
  if (state_ == HostState::kDown) return false;
  commands_.push_back(std::move(command));
  world_.scheduler().post(world_.now(), *this, word(EventType::kCommand, 0), incarnation_);
  return true;
}

// --- the wall clock

std::int64_t Host::drifted_ns() const {
  constexpr std::int64_t kMillion = 1'000'000;
  const std::int64_t elapsed = (world_.now() - wall_clock_since_).count();
  return elapsed / kMillion * wall_clock_drift_ + elapsed % kMillion * wall_clock_drift_ / kMillion;
}

void Host::set_wall_clock_offset(env::Duration offset) {
  wall_clock_since_ = world_.now();
  wall_clock_offset_ = offset;
}

void Host::set_wall_clock_drift(std::int64_t parts_per_million) {
  wall_clock_offset_ += env::Duration(drifted_ns());
  wall_clock_since_ = world_.now();
  wall_clock_drift_ = parts_per_million;
}

env::Duration Host::wall_clock_error() const {
  return wall_clock_offset_ + env::Duration(drifted_ns());
}

env::WallTime Host::wall_clock() const {
  const env::Duration error = wall_clock_error();
  if (std::chrono::abs(error) >= std::chrono::milliseconds(1)) ++troubles_.clock_misread;
  const env::Duration since_start = world_.now().time_since_epoch() + error;
  return world_.wall_clock_at_start() + std::chrono::floor<std::chrono::milliseconds>(since_start);
}

// --- a slow processor

void Host::set_cpu_factor(std::int64_t factor) {
  TIT_ASSERT(factor >= 1, "a processor is slowed, not sped up");
  cpu_factor_ = factor;
}

env::Duration Host::slowed(env::Duration cpu) {
  if (cpu_factor_ == 1) return cpu;
  ++troubles_.jobs_slowed;
  troubles_.cpu_added += cpu * (cpu_factor_ - 1);
  return cpu * cpu_factor_;
}

// --- what comes in, and what a pause holds back

void Host::hold(Held held) {
  held_.push_back(std::move(held));
  ++troubles_.events_held_back;
  // After the resume, while older ones are still on their way: this one queues behind them.
  if (state_ == HostState::kPaused) return;
  world_.scheduler().post(world_.now(), *this, word(EventType::kHeld, 0), incarnation_);
}

void Host::release_one() {
  if (state_ == HostState::kPaused || held_.empty()) return;  // paused again: the resume posts anew
  Held held = std::move(held_.front());
  held_.pop_front();
  std::visit([this](auto& what) { deliver(std::move(what)); }, held);
}

void Host::on_event(const Event& event) {
  if (event.b != incarnation_ || state_ == HostState::kDown) return;
  switch (static_cast<EventType>(event.a >> kPayloadBits)) {
    case EventType::kResume: resume(); return;
    case EventType::kHeld: release_one(); return;
    case EventType::kStart: is_starting_ = false; break;
    case EventType::kCommand:
      if (is_starting_) {  // drawn ties let it come up before the start: it waits
        world_.scheduler().post(world_.now(), *this, event.a, event.b);
        return;
      }
      break;
    case EventType::kTimer:
    case EventType::kLane: break;
  }
  if (must_hold()) {
    hold(event);
  } else {
    deliver(event);
  }
}

void Host::on_socket_accepted(SocketId socket, HostId peer, std::uint16_t local_port) {
  on_socket({.kind = EventKind::kAccepted,
             .socket = socket,
             .peer = peer,
             .local_port = local_port,
             .frame = {}});
}

void Host::on_socket_connected(SocketId socket) {
  on_socket({.kind = EventKind::kConnected, .socket = socket, .peer = {}, .frame = {}});
}

void Host::on_socket_failed(SocketId socket) {
  on_socket({.kind = EventKind::kFailed, .socket = socket, .peer = {}, .frame = {}});
}

void Host::on_socket_closed(SocketId socket, bool reset) {
  on_socket({.kind = reset ? EventKind::kReset : EventKind::kClosed,
             .socket = socket,
             .peer = {},
             .frame = {}});
}

void Host::on_socket_frame(SocketId socket, env::Frame&& frame) {
  on_socket({.kind = EventKind::kFrame, .socket = socket, .peer = {}, .frame = std::move(frame)});
}

void Host::on_socket(SocketEvent event) {
  if (state_ == HostState::kDown) return;
  if (must_hold()) {
    hold(std::move(event));
  } else {
    deliver(std::move(event));
  }
}

void Host::on_disk_done(env::DiskOpId op, env::DiskResult result) {
  if (state_ == HostState::kDown) return;
  DiskEvent event{.op = op, .result = std::move(result)};
  if (must_hold()) {
    hold(std::move(event));
  } else {
    deliver(std::move(event));
  }
}

// --- into the node

template <class Handler>
void Host::enter(EventRecord record, Handler handler) {
  TIT_ASSERT(!in_handler_, "a handler is not entered while another one of its node runs");
  record.host = id_;
  record.incarnation = incarnation_;
  world_.begin_record(record);
  in_handler_ = true;
  handler();
  in_handler_ = false;
  world_.rolling_digest().add(rng_.draws());
  if (world_.checks_every_event()) node_->check_invariants();
  world_.end_record(record);
  after_handler();
}

void Host::after_handler() {
  if (!deferred_.empty()) {
    for (const Operation operation : std::exchange(deferred_, {})) (this->*operation)();
  }
  if (node_ != nullptr && node_->has_stopped()) stop_in_order();
}

void Host::deliver(const Event& event) {
  const std::uint64_t payload = event.a & ((std::uint64_t{1} << kPayloadBits) - 1);
  switch (static_cast<EventType>(event.a >> kPayloadBits)) {
    case EventType::kStart:
      world_.network().host_up(id_);
      enter({.kind = EventKind::kStarted}, [&] { node_->on_start(*env_); });
      return;
    case EventType::kTimer:
      if (const std::optional<env::TimerKey> key = env_->take_timer(payload)) {
        enter({.kind = EventKind::kTimer, .subject = key->id, .detail = key->kind},
              [&] { node_->on_timer(*env_, *key); });
      }
      return;
    case EventType::kLane: {
      const env::TimerKey key = env_->finish_job(payload);
      enter({.kind = EventKind::kLaneDone, .subject = key.id, .detail = key.kind},
            [&] { node_->on_timer(*env_, key); });
      return;
    }
    case EventType::kCommand: {
      const std::shared_ptr<const kafka::Command> command = std::move(commands_.front());
      commands_.pop_front();
      enter({.kind = EventKind::kCommand}, [&] { node_->on_command(*env_, *command); });
      return;
    }
    case EventType::kResume:
    case EventType::kHeld: break;
  }
  TIT_ASSERT(false, "an event of no type that reaches a node");
}

void Host::deliver(SocketEvent event) {
  std::optional<env::ConnId> conn;
  if (event.kind == EventKind::kAccepted) {
    conn = env_->add_accepted(event.socket, event.peer);
  } else {
    conn = env_->find(event.socket);
    if (!conn.has_value()) return;  // closed by this side while it was under way
  }
  EventRecord record{.kind = event.kind,
                     .subject = conn->value(),
                     .detail = event.local_port,
                     .peer = env_->peer(*conn)};
  if (event.kind == EventKind::kFrame) {
    record.detail = hash_rope(event.frame);
    record.frame = &event.frame;
    enter(record, [&] { node_->on_frame(*env_, *conn, std::move(event.frame)); });
    return;
  }
  const std::string peer_name(env_->peer_name(*conn));  // the table may move during the call
  const ConnEvent told{
      .kind = conn_event_kind(event.kind), .local_port = event.local_port, .peer_host = peer_name};
  const bool is_end = event.kind != EventKind::kAccepted && event.kind != EventKind::kConnected;
  if (is_end) env_->forget(*conn);
  enter(record, [&] { node_->on_conn(*env_, *conn, told); });
}

void Host::deliver(DiskEvent event) {
  EventRecord record{.kind = EventKind::kDisk, .subject = event.op.value()};
  record.detail = mix(hash_rope(event.result.data), static_cast<std::uint64_t>(event.result.error));
  enter(record, [&] { node_->on_disk(*env_, event.op, std::move(event.result)); });
}

}  // namespace sim
