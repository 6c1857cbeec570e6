#include <algorithm>

#include "broker-model/broker/api_table.h"
#include "broker-model/broker/handlers/decode.h"
#include "broker-model/broker/leader_hints.h"
#include "broker-model/messages/create_topics.h"
#include "broker-model/messages/metadata.h"

namespace kafka {
namespace {

using TopicAnswer = MetadataResponse::MetadataResponseTopic;
using PartitionAnswer = MetadataResponse::MetadataResponsePartition;

constexpr std::int16_t kTopicIdsFrom = 12;  // a request may name topics by id
constexpr std::int32_t kNoLeader = -1;
constexpr std::size_t kTopicNameMax = 249;

bool is_internal(std::string_view topic) {
  return topic == "__consumer_offsets" || topic == "__transaction_state" ||
         topic == "__share_group_state";
}

// Topic.validate.
bool is_valid_name(std::string_view name) {
  if (name.empty() || name == "." || name == ".." || name.size() > kTopicNameMax) return false;
  return std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

// KRaftMetadataCache.getPartitionMetadata. Fenced replicas are offline, and a fenced leader is
// none.
PartitionAnswer answer_partition(const MetadataImage& image, std::int32_t number,
                                 const PartitionImage& partition, std::int16_t version) {
  PartitionAnswer answer;
  answer.partition_index = number;
  answer.leader_epoch = partition.leader_epoch.value();
  const bool has_leader = partition.leader && image.is_unfenced(*partition.leader);
  answer.leader_id = has_leader ? partition.leader->value() : kNoLeader;
  if (!has_leader) answer.error_code = ErrorCode::kLeaderNotAvailable;
  const auto add_alive = [&](const std::vector<NodeId>& from, std::vector<std::int32_t>& to) {
    for (const NodeId id : from)
      if (version > 0 || image.is_unfenced(id)) to.push_back(id.value());
  };
  add_alive(partition.replicas, answer.replica_nodes);
  add_alive(partition.isr, answer.isr_nodes);
  for (const NodeId id : partition.replicas)
    if (!image.is_unfenced(id)) answer.offline_replicas.push_back(id.value());
  // v0 knows no offline replicas and says it by an error.
  if (version == 0 && has_leader && !answer.offline_replicas.empty())
    answer.error_code = ErrorCode::kReplicaNotAvailable;
  return answer;
}

TopicAnswer answer_topic(const MetadataImage& image, const TopicImage& topic,
                         std::int16_t version) {
  TopicAnswer answer;
  answer.name = topic.name;
  answer.topic_id = topic.id;
  answer.is_internal = is_internal(topic.name);
  answer.partitions.reserve(topic.partitions.size());
  for (const auto& [number, partition] : topic.partitions)
    answer.partitions.push_back(answer_partition(image, number, partition, version));
  return answer;
}

TopicAnswer refuse(std::string_view name, ErrorCode error) {
  TopicAnswer answer;
  answer.name = std::string(name);
  answer.error_code = error;
  answer.is_internal = is_internal(name);
  return answer;
}

// AutoTopicCreationManager: asks the controller and answers "unknown" meanwhile; the client comes
// again.
void create_topics(BrokerCore& broker, const std::vector<std::string>& names) {
  CreateTopicsRequest request;
  request.timeout_ms = static_cast<std::int32_t>(
      env::millis(broker.options().config.get_duration("request.timeout.ms")));
  for (const std::string& name : names) {
    auto& topic = request.topics.emplace_back();
    topic.name = name;
    topic.num_partitions = -1;  // num.partitions
    topic.replication_factor = -1;
  }
  const auto body = encode(request, CreateTopicsRequest::api.highest);
  TIT_ASSERT(body.has_value(), "a CreateTopics request of our own making cannot be encoded");
  broker.forward_own(CreateTopicsRequest::api, CreateTopicsRequest::api.highest, *body);
}

void add_topics(BrokerCore& broker, const MetadataRequest& request, std::int16_t version,
                MetadataResponse& response) {
  const MetadataImage& image = *broker.image();
  const bool wants_all = !request.topics || (version == 0 && request.topics->empty());
  if (wants_all) {
    for (const auto& [name, id] : image.topic_ids())
      response.topics.push_back(answer_topic(image, *image.topic(id), version));
    return;
  }
  const bool may_create = request.allow_auto_topic_creation &&
                          broker.options().config.get_bool("auto.create.topics.enable");
  std::vector<std::string> to_create;
  for (const auto& asked : *request.topics) {
    const bool by_id = version >= kTopicIdsFrom && !asked.topic_id.is_zero();
    const std::string name = asked.name.value_or("");
    const TopicImage* topic = by_id ? image.topic(asked.topic_id) : image.topic(name);
    if (topic != nullptr) {
      response.topics.push_back(answer_topic(image, *topic, version));
    } else if (by_id) {
      TopicAnswer answer = refuse("", ErrorCode::kUnknownTopicId);
      answer.name.reset();
      answer.topic_id = asked.topic_id;
      response.topics.push_back(std::move(answer));
    } else if (!is_valid_name(name)) {
      response.topics.push_back(refuse(name, ErrorCode::kInvalidTopicException));
    } else {
      response.topics.push_back(refuse(name, ErrorCode::kUnknownTopicOrPartition));
      if (may_create) to_create.push_back(name);
    }
  }
  if (!to_create.empty()) create_topics(broker, to_create);
}

}  // namespace

void handle_metadata(BrokerCore& broker, const RequestContext& context, const env::Rope& body) {
  with_request<MetadataRequest>(broker, context, body, [&](const MetadataRequest& request) {
    const MetadataImage& image = *broker.image();
    MetadataResponse response;
    response.cluster_id = broker.options().cluster_id;
    for (const auto& [id, registered] : image.brokers()) {
      const ListenerImage* listener = registered.listener(kBrokerListener);
      if (registered.is_fenced || listener == nullptr) continue;
      auto& said = response.brokers.emplace_back();
      said.node_id = id.value();
      said.host = listener->endpoint.host;
      said.port = listener->endpoint.port;
      said.rack = registered.rack;
    }
    // In KRaft clients never talk to the controller: any live broker stands for it.
    if (!response.brokers.empty())
      response.controller_id =
          response.brokers[broker.env().rng().below(response.brokers.size())].node_id;
    add_topics(broker, request, context.version, response);
    broker.server().respond(broker.env(), context.id, response);
  });
}

}  // namespace kafka
