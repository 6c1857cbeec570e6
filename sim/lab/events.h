// Events: what a scenario can be told of while it runs, each kind with its filters and the fields
// that its handler gets. From this table come on(), `titorelli list events`, the manual and the
// suggestions. hooks.h matches and tells them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "broker-model/types/observation.h"
#include "sim/lab/message_watch.h"

namespace sim {

enum class EventType : std::uint8_t {
  kMessage,
  kIsrChange,
  kElection,
  kBecameLeader,
  kBecameFollower,
  kAppend,
  kHighWatermark,
  kTruncate,
  kLogStart,
  kBrokerState,
  kController,
  kHalted,
  kTimeout,
  kDisconnect,
  kSend,
  kAcked,
  kSendFailed,
  kDelivered,
  kFault,
  kHeal,
};
inline constexpr std::size_t kEventTypes = static_cast<std::size_t>(EventType::kHeal) + 1;

struct EventInfo {
  EventType type;
  std::string_view name;
  std::string_view filters;  // besides `nth` and `once`, which all have: "topic partition node"
  std::string_view fields;   // besides `event`, `time` and `node`: "topic partition leader isr"
  std::string_view doc;
};
std::span<const EventInfo> event_kinds();  // by type
const EventInfo& info(EventType type);
const EventInfo* find_event(std::string_view name);  // null: no such kind

// "topic partition node" as its words.
std::vector<std::string_view> words_of(std::string_view list);

// What happened, in values that a handler gets as fields of a table.
using EventValue = std::variant<std::int64_t, bool, std::string, kafka::NodeId, HostId,
                                std::vector<kafka::NodeId>>;
struct EventField {
  std::string_view name;
  EventValue value;
};
struct Occurrence {
  EventType type = EventType::kMessage;
  env::Instant at;
  std::optional<HostId> node;  // whom it happened to; of a message: its sender
  std::vector<EventField> fields;
  std::optional<Message> message;
  void add(std::string_view name, EventValue value);
};

// Kafka's name of an API: "Produce".
std::string_view api_name(std::int16_t key);
std::vector<std::string_view> api_names();
std::optional<kafka::ApiKey> find_api_by_name(std::string_view name);

// docs/scenario-api.md's page of events.
std::string events_manual();

}  // namespace sim
