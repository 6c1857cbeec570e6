#include "sim/lab/hooks.h"

#include <fmt/format.h>

#include <algorithm>

namespace sim {
namespace {

template <class T>
constexpr std::size_t index_of() {
  return kafka::Observation(T{}).what.index();
}

// The observations that a kind of event is made of.
std::vector<std::size_t> observations_of(EventType type) {
  switch (type) {
    case EventType::kMessage:
    case EventType::kFault:
    case EventType::kHeal: return {};
    case EventType::kIsrChange:
    case EventType::kElection: return {index_of<kafka::PartitionChanged>()};
    case EventType::kBecameLeader: return {index_of<kafka::BecameLeader>()};
    case EventType::kBecameFollower: return {index_of<kafka::BecameFollower>()};
    case EventType::kAppend: return {index_of<kafka::RecordsAppended>()};
    case EventType::kHighWatermark: return {index_of<kafka::HighWatermarkMoved>()};
    case EventType::kTruncate: return {index_of<kafka::LogTruncated>()};
    case EventType::kLogStart: return {index_of<kafka::LogStartMoved>()};
    case EventType::kBrokerState: return {index_of<kafka::BrokerStateChanged>()};
    case EventType::kHalted: return {index_of<kafka::Halted>()};
    case EventType::kController: return {index_of<kafka::ControllerElected>()};
    case EventType::kTimeout:
    case EventType::kDisconnect: return {index_of<kafka::RequestDone>()};
    case EventType::kSend: return {index_of<kafka::SendStarted>()};
    case EventType::kAcked: return {index_of<kafka::SendAcked>()};
    case EventType::kSendFailed: return {index_of<kafka::SendFailed>()};
    case EventType::kDelivered: return {index_of<kafka::RecordDelivered>()};
  }
  return {};
}

std::vector<kafka::NodeId> sorted(std::span<const kafka::NodeId> ids) {
  std::vector<kafka::NodeId> result(ids.begin(), ids.end());
  std::ranges::sort(result);
  return result;
}

// REQUIRES: both sorted.
std::string_view isr_change_word(const std::vector<kafka::NodeId>& before,
                                 const std::vector<kafka::NodeId>& now) {
  if (std::ranges::includes(before, now)) return "shrink";
  return std::ranges::includes(now, before) ? "expand" : "replace";
}

std::string_view election_word(std::optional<kafka::NodeId> before,
                               const kafka::PartitionChanged& now) {
  if (!now.leader.has_value()) return "none";
  if (now.is_unclean) return "unclean";
  return before == now.leader ? "same-leader" : "clean";
}

using Fields = Occurrence;

template <class Id>
std::int64_t number(Id id) {
  return static_cast<std::int64_t>(id.value());
}

void add_leader(Fields& fields, std::string_view name, std::optional<kafka::NodeId> leader) {
  if (leader.has_value()) fields.add(name, *leader);
}

}  // namespace

class Hooks::Hook final : public MessageListener {
 public:
  Hook(Hooks& hooks, HookId hook_id, EventType of, EventFilter what, HookSink& told)
      : id(hook_id), type(of), filter(std::move(what)), sink(told), hooks_(hooks) {}

  bool matches(const Told& told) const {
    if (filter.partition.has_value() && filter.partition != told.partition) return false;
    if (filter.node.has_value() && filter.node != (told.node ? told.node : node_of(told)))
      return false;
    if (filter.api.has_value() && static_cast<std::int16_t>(*filter.api) != told.api) return false;
    if (!filter.word.empty() && filter.word != told.word) return false;
    return filter.topic.empty() || filter.topic == told.topic;
  }

  // Whether this match is one that the handler wants.
  bool counts_match() {
    if (is_over) return false;
    const bool is_wanted = ++matched == filter.nth || filter.nth == 0;
    if (is_wanted && (filter.nth > 0 || filter.once)) is_over = true;
    return is_wanted;
  }

  bool on_message(const Message& message) override {
    if (!counts_match()) return true;
    if (is_over) hooks_.messages_.remove(watch);
    hooks_.fire(*this, {.type = EventType::kMessage,
                        .at = message.at,
                        .node = message.from,
                        .fields = {},
                        .message = message});
    return false;
  }

  HookId id;
  EventType type;
  EventFilter filter;
  HookSink& sink;
  MessageWatch::WatchId watch = 0;  // of kMessage
  std::uint64_t matched = 0;
  std::uint64_t fired = 0;
  bool is_over = false;       // matches no more
  bool is_cancelled = false;  // and what it matched before is not told either

 private:
  static std::optional<kafka::NodeId> node_of(const Told& told) {
    return told.source != nullptr ? std::optional(told.source->id) : std::nullopt;
  }
  Hooks& hooks_;
};

// One observation as events: what filters look at, and the fields for those that match.
class Hooks::Teller {
 public:
  Teller(Hooks& hooks, const Member& source) : hooks_(hooks), source_(source) {}

  void operator()(const kafka::PartitionChanged& o);
  void operator()(const kafka::BecameLeader& o) {
    hooks_.offer(of(EventType::kBecameLeader, o.partition), [&](Fields& fields) {
      fields.add("leader_epoch", number(o.leader_epoch));
      fields.add("leo", o.log_end_offset);
      fields.add("hw", o.high_watermark);
      fields.add("isr", std::vector<kafka::NodeId>(o.isr.begin(), o.isr.end()));
    });
  }
  void operator()(const kafka::BecameFollower& o) {
    hooks_.offer(of(EventType::kBecameFollower, o.partition), [&](Fields& fields) {
      add_leader(fields, "leader", o.leader);
      fields.add("leader_epoch", number(o.leader_epoch));
      fields.add("leo", o.log_end_offset);
    });
  }
  void operator()(const kafka::RecordsAppended& o) {
    hooks_.offer(of(EventType::kAppend, o.partition), [&](Fields& fields) {
      fields.add("base_offset", o.base_offset);
      fields.add("last_offset", o.last_offset);
      fields.add("as_leader", o.as_leader);
      fields.add("leader_epoch", number(o.batch_epoch));
      fields.add("size", static_cast<std::int64_t>(o.body->size()));
    });
  }
  void operator()(const kafka::HighWatermarkMoved& o) {
    hooks_.offer(of(EventType::kHighWatermark, o.partition), [&](Fields& fields) {
      fields.add("hw", o.high_watermark);
      fields.add("old_hw", o.old_high_watermark);
      fields.add("as_leader", o.as_leader);
      fields.add("leader_epoch", number(o.leader_epoch));
    });
  }
  void operator()(const kafka::LogTruncated& o) {
    hooks_.offer(of(EventType::kTruncate, o.partition), [&](Fields& fields) {
      fields.add("leo", o.new_end_offset);
      fields.add("old_leo", o.old_end_offset);
    });
  }
  void operator()(const kafka::LogStartMoved& o) {
    hooks_.offer(of(EventType::kLogStart, o.partition),
                 [&](Fields& fields) { fields.add("log_start", o.log_start_offset); });
  }
  void operator()(const kafka::BrokerStateChanged& o) {
    const std::string_view state = name(o.state);
    const auto [before, is_new] = hooks_.brokers_.try_emplace(o.broker, o.state);
    if (!is_new) {
      hooks_.reached_.add(fmt::format("broker-step {} to {}", name(before->second), state));
      before->second = o.state;
    }
    hooks_.offer(
        {.type = EventType::kBrokerState, .source = &source_, .node = o.broker, .word = state},
        [&](Fields& fields) { fields.add("state", std::string(state)); });
  }
  void operator()(const kafka::ControllerElected& o) {
    hooks_.offer({.type = EventType::kController, .source = &source_, .node = o.controller},
                 [&](Fields& fields) { fields.add("epoch", number(o.epoch)); });
  }
  void operator()(const kafka::Halted& o) {
    hooks_.offer({.type = EventType::kHalted, .source = &source_},
                 [&](Fields& fields) { fields.add("reason", std::string(o.reason)); });
  }
  void operator()(const kafka::SendStarted& o) {
    hooks_.offer({.type = EventType::kSend, .topic = o.topic, .source = &source_},
                 [&](Fields& fields) { fields.add("topic", std::string(o.topic)); });
  }
  void operator()(const kafka::SendAcked& o) {
    hooks_.offer(of(EventType::kAcked, o.partition), [&](Fields& fields) {
      if (o.offset.has_value()) fields.add("offset", *o.offset);
    });
  }
  void operator()(const kafka::SendFailed& o) {
    hooks_.offer({.type = EventType::kSendFailed,
                  .topic = o.topic,
                  .partition = o.partition,
                  .source = &source_,
                  .word = kafka::name(o.error)},
                 [&](Fields& fields) {
                   fields.add("topic", std::string(o.topic));
                   if (o.partition.has_value()) fields.add("partition", std::int64_t{*o.partition});
                   fields.add("error", std::string(kafka::name(o.error)));
                   fields.add("reason", std::string(o.reason));
                   fields.add("maybe_written", o.maybe_written);
                 });
  }
  void operator()(const kafka::RecordDelivered& o) {
    hooks_.offer(of(EventType::kDelivered, o.partition),
                 [&](Fields& fields) { fields.add("offset", o.offset); });
  }
  void operator()(const kafka::RequestDone& o) {
    const auto tell = [&](EventType type) {
      hooks_.offer({.type = type, .source = &source_, .api = o.api_key}, [&](Fields& fields) {
        fields.add("api", std::string(api_name(o.api_key)));
        fields.add("version", std::int64_t{o.api_version});
        fields.add("elapsed_ms", env::millis(o.elapsed));
      });
    };
    if (o.timed_out) tell(EventType::kTimeout);
    if (o.disconnected) tell(EventType::kDisconnect);
  }
  template <class Other>
  void operator()(const Other&) {}  // of no event

 private:
  Told of(EventType type, kafka::TopicPartitionView partition) const {
    return {.type = type,
            .topic = partition.topic,
            .partition = partition.partition,
            .source = &source_};
  }
  Hooks& hooks_;
  const Member& source_;
};

void Hooks::Teller::operator()(const kafka::PartitionChanged& o) {
  const auto [place, is_new] = hooks_.partitions_.try_emplace(o.partition.owned());
  const Partition before = place->second;
  place->second = {o.leader, o.leader_epoch, std::vector(o.isr.begin(), o.isr.end())};
  if (is_new) return;
  // The controller tells it: it happened to no node.
  const auto untold = [&](EventType type, std::string_view word) {
    return Told{
        .type = type, .topic = o.partition.topic, .partition = o.partition.partition, .word = word};
  };
  if (const auto old_isr = sorted(before.isr), isr = sorted(o.isr); old_isr != isr) {
    hooks_.offer(untold(EventType::kIsrChange, isr_change_word(old_isr, isr)), [&](Fields& fields) {
      fields.add("isr", std::vector(o.isr.begin(), o.isr.end()));
      fields.add("old_isr", before.isr);
      add_leader(fields, "leader", o.leader);
      fields.add("leader_epoch", number(o.leader_epoch));
    });
  }
  if (before.leader != o.leader || before.leader_epoch != o.leader_epoch) {
    hooks_.offer(untold(EventType::kElection, election_word(before.leader, o)),
                 [&](Fields& fields) {
                   add_leader(fields, "leader", o.leader);
                   add_leader(fields, "old_leader", before.leader);
                   fields.add("leader_epoch", number(o.leader_epoch));
                   fields.add("unclean", o.is_unclean);
                 });
  }
}

Hooks::Hooks(World& world, Recorder& recorder, MessageWatch& messages)
    : world_(world), recorder_(recorder), messages_(messages) {
  for (const EventInfo& kind : event_kinds()) {
    if (!Reached::is_counted(kind.type)) continue;
    for (const std::size_t index : observations_of(kind.type)) is_watched_[index] = true;
  }
}

Hooks::~Hooks() = default;

HookId Hooks::add(EventType type, EventFilter filter, HookSink& sink) {
  const HookId id(static_cast<std::uint32_t>(hooks_.size()));
  hooks_.push_back(std::make_unique<Hook>(*this, id, type, std::move(filter), sink));
  Hook& hook = *hooks_.back();
  if (type == EventType::kMessage) {
    hook.watch = messages_.add(hook.filter.message, hook);
  } else {
    by_type_[static_cast<std::size_t>(type)].push_back(&hook);
    for (std::size_t index : observations_of(type)) is_watched_[index] = true;
  }
  return id;
}

bool Hooks::cancel(HookId id) {
  Hook& hook = *hooks_.at(id.value());
  const bool was_on = !hook.is_over;
  hook.is_over = hook.is_cancelled = true;
  if (hook.type == EventType::kMessage) {
    messages_.remove(hook.watch);
  } else {
    std::erase(by_type_[static_cast<std::size_t>(hook.type)], &hook);
  }
  return was_on;
}

std::uint64_t Hooks::count(HookId id) const { return hooks_.at(id.value())->fired; }
EventType Hooks::type(HookId id) const { return hooks_.at(id.value())->type; }

void Hooks::dispatch(const Member& source, const kafka::Observation& observation) {
  std::visit(Teller(*this, source), observation.what);
}

std::optional<HostId> Hooks::host_of(const Told& told) const {
  if (told.node.has_value()) {
    for (const auto& [host, member] : recorder_.members()) {
      if (member.id == *told.node) return host;
    }
    return std::nullopt;
  }
  if (told.source == nullptr) return std::nullopt;
  const Host* host = world_.find_host(told.source->name);
  return host != nullptr ? std::optional(host->id()) : std::nullopt;
}

template <class Fill>
void Hooks::offer(const Told& told, Fill fill) {
  if (Reached::is_counted(told.type))
    reached_.count(told.type, told.api.has_value() ? api_name(*told.api) : told.word);
  std::vector<Hook*>& hooks = by_type_[static_cast<std::size_t>(told.type)];
  bool has_ended = false;
  for (Hook* hook : hooks) {  // firing is for later: nobody is added or cancelled meanwhile
    if (!hook->matches(told) || !hook->counts_match()) continue;
    has_ended = has_ended || hook->is_over;
    Occurrence occurrence{.type = told.type,
                          .at = world_.now(),
                          .node = host_of(told),
                          .fields = {},
                          .message = std::nullopt};
    if (told.partition.has_value() && told.type != EventType::kSendFailed) {
      occurrence.add("topic", std::string(told.topic));
      occurrence.add("partition", std::int64_t{*told.partition});
    }
    fill(occurrence);
    fire(*hook, std::move(occurrence));
  }
  if (has_ended) std::erase_if(hooks, [](const Hook* hook) { return hook->is_over; });
}

void Hooks::on_fault(std::string_view name, bool begins) {
  offer({.type = begins ? EventType::kFault : EventType::kHeal, .word = name},
        [&](Fields& fields) { fields.add("name", std::string(name)); });
}

void Hooks::fire(Hook& hook, Occurrence occurrence) {
  world_.at(world_.now(), [this, &hook, occurrence = std::move(occurrence)] {
    if (!hook.is_cancelled) {
      ++hook.fired;
      hook.sink.on_occurrence(hook.id, occurrence);
    }
    if (occurrence.message.has_value()) messages_.release(occurrence.message->ticket, &hook);
  });
}

}  // namespace sim
