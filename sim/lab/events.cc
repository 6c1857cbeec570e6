#include "sim/lab/events.h"

#include <fmt/format.h>

#include <algorithm>

#include "broker-model/messages/api_versions_table.h"

namespace sim {
namespace {

constexpr EventInfo kEvents[] = {
    {EventType::kMessage, "message", "api kind from to between topic partition point",
     "api version kind correlation_id from to size message",
     "A request or response leaves its sender or, with point = \"arrives\", is about to be handed "
     "to its receiver. It is held there until the handler has returned or waits for the first "
     "time."},
    {EventType::kIsrChange, "isr-change", "topic partition",
     "topic partition isr old_isr leader leader_epoch",
     "The controller has committed another set of in-sync replicas of a partition."},
    {EventType::kElection, "election", "topic partition",
     "topic partition leader old_leader leader_epoch unclean",
     "The controller has committed another leader of a partition, or none, or a new epoch of the "
     "old one. The first leader of a new partition is no election."},
    {EventType::kBecameLeader, "became-leader", "topic partition node",
     "topic partition leader_epoch leo hw isr",
     "A broker has taken office as leader of a partition."},
    {EventType::kBecameFollower, "became-follower", "topic partition node",
     "topic partition leader leader_epoch leo", "A broker follows the leader of a partition."},
    {EventType::kAppend, "append", "topic partition node",
     "topic partition base_offset last_offset as_leader leader_epoch size",
     "A batch has become part of a replica's log."},
    {EventType::kHighWatermark, "high-watermark", "topic partition node",
     "topic partition hw old_hw as_leader leader_epoch",
     "The high watermark of a replica has moved."},
    {EventType::kTruncate, "truncate", "topic partition node", "topic partition leo old_leo",
     "A replica has cut the end of its log."},
    {EventType::kLogStart, "log-start", "topic partition node", "topic partition log_start",
     "The first offset of a replica's log has moved."},
    {EventType::kBrokerState, "broker-state", "node state", "state",
     "The controller has committed a broker's state: registered, fenced, unfenced, "
     "in-controlled-shutdown or unregistered. `node` is that broker."},
    {EventType::kController, "controller", "node", "epoch", "A controller has been elected."},
    {EventType::kHalted, "halted", "node", "reason",
     "A broker or controller ends itself because of what is wrong with its disk, as Kafka halts."},
    {EventType::kTimeout, "timeout", "node api", "api version elapsed_ms",
     "A request of `node` has timed out; its fate is unknown."},
    {EventType::kDisconnect, "disconnect", "node api", "api version elapsed_ms",
     "The connection of `node` on which a request waited for its answer has ended."},
    {EventType::kSend, "send", "topic node", "topic", "A record was handed to a producer."},
    {EventType::kAcked, "acked", "topic partition node", "topic partition offset",
     "A producer was told that its record is stored; without an offset under acks = 0."},
    {EventType::kSendFailed, "send-failed", "topic partition node error",
     "topic partition error reason maybe_written", "A producer gave up a record."},
    {EventType::kDelivered, "delivered", "topic partition node", "topic partition offset",
     "A consumer was given a record."},
    {EventType::kFault, "fault", "name", "name",
     "A fault begins. `name` is as in the summary, \"kill broker-1\"."},
    {EventType::kHeal, "heal", "name", "name", "A fault has ended."},
};
static_assert(std::size(kEvents) == kEventTypes);

}  // namespace

std::span<const EventInfo> event_kinds() { return kEvents; }

const EventInfo& info(EventType type) { return kEvents[static_cast<std::size_t>(type)]; }

const EventInfo* find_event(std::string_view name) {
  const auto* found = std::ranges::find(kEvents, name, &EventInfo::name);
  return found != std::end(kEvents) ? found : nullptr;
}

void Occurrence::add(std::string_view name, EventValue value) {
  fields.push_back({name, std::move(value)});
}

std::vector<std::string_view> words_of(std::string_view list) {
  std::vector<std::string_view> words;
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(' '), list.size());
    words.push_back(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return words;
}

std::string_view api_name(std::int16_t key) {
  const kafka::OfferedApi* known = kafka::find_api(key);
  return known != nullptr ? known->api.name : "unknown";
}

std::vector<std::string_view> api_names() {
  std::vector<std::string_view> names;
  for (const kafka::OfferedApi& offer : kafka::served_apis()) names.push_back(offer.api.name);
  return names;
}

std::optional<kafka::ApiKey> find_api_by_name(std::string_view name) {
  for (const kafka::OfferedApi& offer : kafka::served_apis()) {
    if (offer.api.name == name) return offer.api.key;
  }
  return std::nullopt;
}

std::string events_manual() {
  std::string text =
      "\n## events\n\n"
      "What on(event, filter, function) can wait for. All filters may be left out; all events have "
      "the filters `nth` (the nth\nmatch alone) and `once`, and the fields `event`, `time` (in "
      "ms) and, where something happens to a node, `node`.\nState changes are told after the "
      "fact, at the same virtual time; messages before it.\n\n";
  for (const EventInfo& event : kEvents) {
    const auto quoted = [](std::string_view list) {
      std::string line;
      for (std::string_view word : words_of(list))
        line += fmt::format("{}`{}`", line.empty() ? "" : ", ", word);
      return line;
    };
    text += fmt::format("- **{}**: {}  \n  filters {}  \n  fields {}\n", event.name, event.doc,
                        quoted(event.filters), quoted(event.fields));
  }
  return text;
}

}  // namespace sim
