// Hooks: whoever asked to be told when something happens (on() of a scenario). A Lab has one Hooks.
//
// An observation is looked at only by the hooks of its kind; the handler of one that matches runs
// in an event of its own right after, at the same virtual time, never inside a broker's handler. A
// message is held until its handler has had its turn.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sim/core/world.h"
#include "sim/lab/events.h"
#include "sim/lab/reached.h"
#include "sim/lab/recorder.h"

namespace sim {

using HookId = env::Strong<struct HookIdTag, std::uint32_t>;  // in the order of their making

// What is not set matches anything.
struct EventFilter {
  std::string topic{};
  std::optional<std::int32_t> partition{};
  std::optional<kafka::NodeId> node{};
  std::optional<kafka::ApiKey> api{};
  std::string word{};  // broker-state: the state; send-failed: the error; fault, heal: the name
  MessageFilter message{};
  std::uint64_t nth = 0;  // that match alone; 0: all
  bool once = false;
};

class HookSink {
 public:
  virtual ~HookSink() = default;
  // In an event of its own. A message is released after this has returned, unless it is held for
  // another reason by then.
  virtual void on_occurrence(HookId, const Occurrence&) = 0;
};

class Hooks {
 public:
  Hooks(World& world, Recorder& recorder, MessageWatch& messages);
  ~Hooks();

  HookId add(EventType type, EventFilter filter, HookSink& sink);
  bool cancel(HookId id);                // false: it was over already
  std::uint64_t count(HookId id) const;  // how often its handler has run
  EventType type(HookId id) const;
  const Reached& reached() const { return reached_; }
  Reached& reached() { return reached_; }

  // --- from the lab
  void on_observed(const Member& source, const kafka::Observation& observation) {
    if (is_watched_[observation.what.index()]) dispatch(source, observation);
  }
  void on_fault(std::string_view name, bool begins);

 private:
  class Hook;
  class Teller;
  static constexpr std::size_t kObservations =
      std::variant_size_v<decltype(kafka::Observation::what)>;
  struct Partition {
    std::optional<kafka::NodeId> leader;
    kafka::LeaderEpoch leader_epoch;
    std::vector<kafka::NodeId> isr;
  };
  // What filters look at.
  struct Told {
    EventType type;
    std::string_view topic{};
    std::optional<std::int32_t> partition{};
    const Member* source = nullptr;
    std::optional<kafka::NodeId> node{};  // instead of the source
    std::string_view word{};
    std::optional<std::int16_t> api{};
  };

  void dispatch(const Member& source, const kafka::Observation& observation);
  template <class Fill>
  void offer(const Told& told, Fill fill);
  void fire(Hook& hook, Occurrence occurrence);
  std::optional<HostId> host_of(const Told& told) const;

  World& world_;
  Recorder& recorder_;
  MessageWatch& messages_;
  std::vector<std::unique_ptr<Hook>> hooks_;               // by id
  std::array<std::vector<Hook*>, kEventTypes> by_type_{};  // in the order of their making
  Reached reached_;
  // Kinds of observations to look at: those with hooks, those that are counted, and changes of
  // partitions, whose last state the next change is told against.
  std::array<bool, kObservations> is_watched_{};
  std::map<kafka::TopicPartition, Partition> partitions_;  // as last committed
  std::map<kafka::NodeId, kafka::BrokerState> brokers_;    // likewise
};

}  // namespace sim
