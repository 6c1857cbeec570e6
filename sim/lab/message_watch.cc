#include "sim/lab/message_watch.h"

#include <algorithm>

#include "broker-model/messages/api_versions_table.h"
#include "broker-model/messages/message_values.h"

namespace sim {
namespace {

constexpr std::size_t kRequestPeek = 8;   // api key, version, correlation id
constexpr std::size_t kResponsePeek = 4;  // correlation id

// The first bytes of a frame, in one piece; null when it is shorter.
const std::uint8_t* peek(const env::Frame& frame, std::size_t size, env::Bytes& copy) {
  if (frame.part_count() > 0 && frame.part(0).size() >= size) return frame.part(0).data();
  if (frame.size() < size) return nullptr;
  copy = frame.slice(0, size).contiguous();
  return copy.data();
}

std::int16_t read16(const std::uint8_t* at) {
  return static_cast<std::int16_t>(at[0] << 8 | at[1]);
}
std::int32_t read32(const std::uint8_t* at) {
  return static_cast<std::int32_t>(std::uint32_t{at[0]} << 24 | std::uint32_t{at[1]} << 16 |
                                   std::uint32_t{at[2]} << 8 | at[3]);
}

bool is_one_of(HostId host, const std::vector<HostId>& hosts) {
  return std::ranges::find(hosts, host) != hosts.end();
}

// --- topics in messages, by the names that Kafka's schemas give such fields

bool is_partition(const kafka::Value& value, std::int32_t wanted) {
  const std::int64_t* number = value.get<std::int64_t>();
  return number != nullptr && *number == wanted;
}

bool names_partition(const kafka::Value& value, std::int32_t wanted) {
  if (const auto* list = value.get<kafka::Value::List>(); list != nullptr) {
    return std::ranges::any_of(
        *list, [&](const kafka::Value& element) { return names_partition(element, wanted); });
  }
  const auto* fields = value.get<kafka::ValueStruct>();
  if (fields == nullptr) return false;
  return std::ranges::any_of(fields->members, [&](const kafka::ValueMember& member) {
    if (member.name == "index" || member.name == "partition" || member.name == "partition_index")
      return is_partition(member.value, wanted);
    const auto* list = member.value.get<kafka::Value::List>();
    if (list != nullptr && (member.name == "partitions" || member.name == "partition_indexes") &&
        std::ranges::any_of(*list, [&](const auto& v) { return is_partition(v, wanted); }))
      return true;
    return names_partition(member.value, wanted);
  });
}

struct TopicWanted {
  const std::string& name;
  const std::optional<kafka::Uuid>& id;
  const std::optional<std::int32_t>& partition;
};

bool is_topic(const kafka::ValueMember& member, const TopicWanted& wanted) {
  if (const auto* id = member.value.get<kafka::Uuid>(); id != nullptr)
    return member.name == "topic_id" && wanted.id == *id;
  const auto* text = member.value.get<std::string>();
  return text != nullptr && *text == wanted.name &&
         (member.name == "name" || member.name == "topic" || member.name == "topic_name");
}

bool names_topic_in(const kafka::Value& value, const TopicWanted& wanted) {
  const auto is_in = [&](const kafka::Value& inner) { return names_topic_in(inner, wanted); };
  if (const auto* list = value.get<kafka::Value::List>(); list != nullptr)
    return std::ranges::any_of(*list, is_in);
  const auto* fields = value.get<kafka::ValueStruct>();
  if (fields == nullptr) return false;
  for (const kafka::ValueMember& member : fields->members) {
    if (is_topic(member, wanted))
      return !wanted.partition.has_value() || names_partition(value, *wanted.partition);
  }
  return std::ranges::any_of(fields->members, is_in, &kafka::ValueMember::value);
}

}  // namespace

MessageWatch::MessageWatch(StreamNetwork& network,
                           std::function<std::optional<kafka::Uuid>(const std::string&)> topic_id)
    : network_(network), topic_id_(std::move(topic_id)) {
  network_.set_filter(this);
}

MessageWatch::~MessageWatch() { network_.set_filter(nullptr); }

template <class Do>
void MessageWatch::for_each_slot(const MessageFilter& filter, Do act) {
  for (const MessageKind kind : {MessageKind::kRequest, MessageKind::kResponse}) {
    if (filter.kind.has_value() && filter.kind != kind) continue;
    for (const kafka::OfferedApi& offer : kafka::served_apis()) {
      if (filter.api.has_value() && *filter.api != offer.api.key) continue;
      act(slot(filter.point, kind, static_cast<std::int16_t>(offer.api.key)));
    }
  }
}

MessageWatch::WatchId MessageWatch::add(MessageFilter filter, MessageListener& listener) {
  const auto id = static_cast<WatchId>(watches_.size());
  for_each_slot(filter, [&](std::size_t at) {
    by_slot_[at].push_back(id);
    ++watched_[at / kApis];
  });
  watches_.push_back(
      std::make_unique<Watch>(Watch{.filter = std::move(filter), .listener = &listener}));
  return id;
}

void MessageWatch::remove(WatchId id) {
  if (watches_.at(id) == nullptr) return;
  for_each_slot(watches_[id]->filter, [&](std::size_t at) {
    std::erase(by_slot_[at], id);
    --watched_[at / kApis];
  });
  watches_[id] = nullptr;
}

void MessageWatch::expect_response(const Message& request, MessageListener& listener) {
  expected_[{request.connection, request.correlation_id}].push_back(&listener);
}

// --- holding

bool MessageWatch::hold(FrameTicket ticket, MessageListener* listener) {
  const auto found = held_.find(ticket);
  if (found == held_.end()) return false;
  found->second.push_back(listener);
  return true;
}

bool MessageWatch::release(FrameTicket ticket, MessageListener* listener) {
  const auto found = held_.find(ticket);
  if (found == held_.end()) return false;
  const auto reason = std::ranges::find(found->second, listener);
  TIT_ASSERT(reason != found->second.end(), "who releases a message holds it");
  found->second.erase(reason);
  if (!found->second.empty()) return true;
  held_.erase(found);
  const bool was_held = network_.release(ticket);
  TIT_ASSERT(was_held, "the network holds what was not released or lost");
  return true;
}

void MessageWatch::on_frame_lost(FrameTicket ticket) {
  const auto found = held_.find(ticket);
  if (found == held_.end()) return;
  const std::vector<MessageListener*> holders = std::move(found->second);
  held_.erase(found);
  for (MessageListener* holder : holders) {
    if (holder != nullptr) holder->on_message_lost(ticket);
  }
}

void MessageWatch::on_connection_gone(std::uint64_t id) {
  connections_.erase(id);
  auto& recent = recent_[(id >> 1) % recent_.size()];
  if (recent.first == id) recent = {};
  const auto first = expected_.lower_bound({id, INT32_MIN});
  auto last = first;
  while (last != expected_.end() && last->first.connection == id) ++last;
  expected_.erase(first, last);
}

// --- frames

MessageWatch::Connection& MessageWatch::connection(std::uint64_t id) {
  auto& [recent_id, recent] = recent_[(id >> 1) % recent_.size()];
  if (recent_id == id && recent != nullptr) return *recent;
  std::unique_ptr<Connection>& found = connections_[id];
  if (found == nullptr) found = std::make_unique<Connection>();
  recent_id = id;
  recent = found.get();
  return *found;
}

const MessageWatch::Request* MessageWatch::request_of(std::uint64_t id, std::int32_t correlation) {
  const Connection& found = connection(id);
  for (std::uint32_t back = 1; back <= std::min(found.written, kRemembered); ++back) {
    const Request& request = found.requests[(found.written - back) % kRemembered];
    if (request.correlation_id == correlation) return &request;
  }
  return nullptr;
}

bool MessageWatch::on_frame(env::Instant now, FramePoint point, FrameTicket ticket,
                            const ConnectionName& name, bool is_from_client,
                            const env::Frame& frame) {
  const bool leaves = point == FramePoint::kLeaves;
  const MessageKind kind = is_from_client ? MessageKind::kRequest : MessageKind::kResponse;
  const bool is_watched = watched_[slot(point, kind, 0) / kApis] > 0;
  const bool may_be_expected = leaves && !is_from_client && !expected_.empty();
  if (!is_watched && !may_be_expected && !(leaves && is_from_client)) return true;
  env::Bytes copy;
  const std::uint8_t* bytes = peek(frame, is_from_client ? kRequestPeek : kResponsePeek, copy);
  if (bytes == nullptr) return true;
  Request request;
  if (is_from_client) {
    request = {read32(bytes + 4), read16(bytes), read16(bytes + 2)};
    if (leaves) {
      Connection& sender = connection(name.id);
      sender.requests[sender.written++ % kRemembered] = request;
    }
  } else if (const Request* asked = request_of(name.id, read32(bytes)); asked != nullptr) {
    request = *asked;
  } else {
    return true;
  }
  if (request.api_key < 0 || request.api_key >= static_cast<std::int16_t>(kApis)) return true;
  if (!may_be_expected && by_slot_[slot(point, kind, request.api_key)].empty()) return true;
  return tell({.at = now,
               .ticket = ticket,
               .point = point,
               .kind = kind,
               .api = static_cast<kafka::ApiKey>(request.api_key),
               .version = request.version,
               .correlation_id = request.correlation_id,
               .connection = name.id,
               .from = is_from_client ? name.client : name.server,
               .to = is_from_client ? name.server : name.client,
               .frame = frame});
}

bool MessageWatch::tell(Message message) {
  if (message.kind == MessageKind::kResponse && message.point == FramePoint::kLeaves &&
      !expected_.empty()) {
    tell_expectant(message);
  }
  // A listener may remove watches: walk over a copy, and look again.
  const std::vector<WatchId> ids =
      by_slot_[slot(message.point, message.kind, static_cast<std::int16_t>(message.api))];
  std::vector<MessageListener*> holders;
  for (const WatchId id : ids) {
    if (watches_[id] == nullptr || !matches(*watches_[id], message)) continue;
    MessageListener* listener = watches_[id]->listener;
    if (!listener->on_message(message)) holders.push_back(listener);
  }
  if (holders.empty()) return true;
  held_.emplace(message.ticket, std::move(holders));
  return false;
}

void MessageWatch::tell_expectant(const Message& response) {
  const auto found = expected_.find({response.connection, response.correlation_id});
  if (found == expected_.end()) return;
  const std::vector<MessageListener*> listeners = std::move(found->second);
  expected_.erase(found);
  for (MessageListener* listener : listeners) listener->on_response(response);
}

bool MessageWatch::matches(Watch& watch, const Message& message) {
  const MessageFilter& filter = watch.filter;
  if (!filter.from.empty() && !is_one_of(message.from, filter.from)) return false;
  if (!filter.to.empty() && !is_one_of(message.to, filter.to)) return false;
  if (!filter.between.empty() &&
      !(is_one_of(message.from, filter.between) && is_one_of(message.to, filter.between)))
    return false;
  return filter.topic.empty() || names_topic(watch, message);
}

bool MessageWatch::names_topic(Watch& watch, const Message& message) {
  if (!watch.topic_id.has_value()) watch.topic_id = topic_id_(watch.filter.topic);
  const TopicWanted wanted{watch.filter.topic, watch.topic_id, watch.filter.partition};
  if (message.kind == MessageKind::kRequest) {
    const auto request = kafka::decode_request_value(message.frame);
    return request.has_value() && names_topic_in(request->body, wanted);
  }
  const auto body = kafka::decode_response_value(message.frame, message.api, message.version);
  return body.has_value() && names_topic_in(*body, wanted);
}

}  // namespace sim
