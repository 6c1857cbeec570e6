// A World is one run: scheduler, streams, digest and hosts. It knows no Kafka and no protocol.
//
// The lab makes one, attaches a network, adds hosts, starts them and runs. Two worlds share
// nothing. Order of life: World first, then the network made from its scheduler and streams.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "sim/core/digest.h"
#include "sim/core/event_record.h"
#include "sim/core/host.h"
#include "sim/core/network_port.h"
#include "sim/core/scheduler.h"
#include "sim/core/streams.h"
#include "sim/core/verify.h"

namespace sim {

struct WorldOptions {
  std::uint64_t seed = 1;
  bool check_every_event = false;  // Node::check_invariants after each of the node's events
  env::WallTime wall_clock_at_start{std::chrono::milliseconds(1'767'225'600'000)};  // 2026-01-01
  bool draws_ties = false;     // the order of events of one time; else first in, first out
  Decisions decisions{};       // draws that are not left to the seed
  DrawWatch* draws = nullptr;  // told of draws; outlives the world
};

enum class RunResult : std::uint8_t {
  kReached,  // the limit asked for: a time, or a number of events
  kIdle,     // run_events only: nothing is left to happen
  kStopped,  // stop() was called, or the verifier met a difference
};

class World final : private EventTarget, private env::AssertionContext {
 public:
  using Callback = std::move_only_function<void()>;
  using CallbackId = EventHandle;

  explicit World(const WorldOptions& options);
  ~World() override;

  // --- building
  void attach_network(Network& network);  // before the first host; outlives the last event
  Host& add_host(HostOptions options);    // REQUIRES: a name that no host has
  void set_observation_sink(ObservationSink* sink) { observation_sink_ = sink; }
  void set_trace(TraceSink* sink) { trace_ = sink; }
  void set_verifier(Verifier* verifier) { verifier_ = verifier; }
  void set_check_every_event(bool is_on) { check_every_event_ = is_on; }

  // --- running
  RunResult run_until(env::Instant limit);  // events at `limit` included; now() is then `limit`
  // The same, but not past the event of that number: with it done, now() is its time.
  RunResult run_until(env::Instant limit, std::uint64_t last_event);
  RunResult run_events(std::uint64_t count);
  RunResult step() { return run_events(1); }
  void stop() { is_stopping_ = true; }  // after the event that is being handled

  env::Instant now() const { return scheduler_.now(); }
  std::uint64_t events() const { return events_; }                 // scheduler events so far
  const EventRecord& last_record() const { return last_record_; }  // without its frame
  // The path so far, draws of all streams included. Asking does not move it.
  std::uint64_t digest() const;

  // The lab's own events: before the others of their time when ties are drawn, in the order of
  // these calls. REQUIRES: at >= now().
  CallbackId at(env::Instant when, Callback callback);
  bool cancel(CallbackId id);

  // --- parts
  Scheduler& scheduler() { return scheduler_; }
  Streams& streams() { return streams_; }
  Digest& rolling_digest() { return digest_; }
  Network& network() {
    TIT_ASSERT(network_ != nullptr, "a world has a network before it has hosts");
    return *network_;
  }
  Host& host(HostId id);                                    // REQUIRES: an id of this world
  Host* find_host(std::string_view name);                   // null: no such host
  std::size_t host_count() const { return hosts_.size(); }  // ids are 1..host_count()
  bool checks_every_event() const { return check_every_event_; }
  env::WallTime wall_clock_at_start() const { return wall_clock_at_start_; }
  ObservationSink* observation_sink() { return observation_sink_; }

  // --- for hosts: around each record. end_record comes after all effects of the event.
  void begin_record(EventRecord& record) {
    record.number = events_;
    record.at = now();
    const std::uint64_t what = std::uint64_t{record.host.value()} << 40 |
                               std::uint64_t{record.incarnation & 0xffffffff} << 8 |
                               static_cast<std::uint64_t>(record.kind);
    digest_.add(static_cast<std::uint64_t>(env::nanos(record.at)), what);
    digest_.add(record.subject, record.detail);
    last_record_ = record;
    last_record_.frame = nullptr;
    if (trace_ != nullptr) trace_->on_event(record);
  }
  void end_record(const EventRecord& record) {
    if (verifier_ != nullptr) verify(record);
  }

 private:
  void on_event(const Event& event) override;  // a callback
  std::string describe() const override;
  void verify(const EventRecord& record);
  bool run_one(env::Instant limit);

  Scheduler scheduler_;
  Streams streams_;
  Digest digest_;
  Network* network_ = nullptr;
  ObservationSink* observation_sink_ = nullptr;
  TraceSink* trace_ = nullptr;
  Verifier* verifier_ = nullptr;
  std::vector<std::unique_ptr<Host>> hosts_;
  std::vector<Callback> callbacks_;  // by slot; empty ones are free
  std::vector<std::uint64_t> callback_slots_free_;
  std::uint64_t events_ = 0;
  EventRecord last_record_;  // for describe()
  bool is_stopping_ = false;
  bool check_every_event_;
  env::WallTime wall_clock_at_start_;
};

}  // namespace sim
