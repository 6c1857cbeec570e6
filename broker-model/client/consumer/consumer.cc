#include "broker-model/client/consumer/consumer.h"

#include <algorithm>
#include <utility>

#include "broker-model/messages/records/record_reader.h"
#include "broker-model/types/probe.h"

namespace kafka {
namespace {

constexpr std::int64_t kLatestTimestamp = -1;
constexpr std::int64_t kEarliestTimestamp = -2;

std::int8_t isolation_level(const Config& config) {
  return config.get_string("isolation.level") == "read_committed" ? 1 : 0;
}

}  // namespace

Consumer::FetchSettings::FetchSettings(const Config& config)
    : max_wait_ms(static_cast<std::int32_t>(config.get_int("fetch.max.wait.ms"))),
      min_bytes(static_cast<std::int32_t>(config.get_int("fetch.min.bytes"))),
      max_bytes(static_cast<std::int32_t>(config.get_int("fetch.max.bytes"))),
      partition_max_bytes(static_cast<std::int32_t>(config.get_int("max.partition.fetch.bytes"))),
      isolation_level(kafka::isolation_level(config)),
      rack(config.get_string("client.rack")) {}

Consumer::Consumer(ConsumerOptions consumer_options)
    : ClientNode(std::move(consumer_options)),
      reset_(Reset::kLatest),
      fetch_settings_(config()),
      checks_crcs_(config().get_bool("check.crcs")),
      max_poll_records_(static_cast<std::size_t>(config().get_int("max.poll.records"))),
      retry_backoff_(config().get_duration("retry.backoff.ms")) {
  const std::string reset = config().get_string("auto.offset.reset");
  if (reset == "earliest") reset_ = Reset::kEarliest;
  if (reset == "none") reset_ = Reset::kNone;
}

// --- the application -----------------------------------------------------------------------------

void Consumer::on_command(env::Env& env, const Command& command) {
  if (has_stopped()) return;
  if (const auto* order = std::get_if<AssignPartitions>(&command.what)) {
    assigned_.clear();
    topics_.clear();
    completed_.clear();
    for (const TopicPartition& partition : order->partitions) assign(env, partition);
  } else if (const auto* topic = std::get_if<AssignTopic>(&command.what)) {
    topics_.insert(topic->topic);
    assigned_as_of_.reset();
    metadata().add_topic(env, topic->topic);
  } else if (const auto* to = std::get_if<Seek>(&command.what)) {
    seek(env, to->partition, to->offset);
  } else if (std::holds_alternative<ShutDown>(command.what)) {
    close_sessions(env);
    stop(env);
    return;
  }
  wake(env);
}

void Consumer::assign(env::Env& env, const TopicPartition& partition) {
  const auto [found, is_new] = assigned_.try_emplace(partition);
  if (!is_new) return;
  found->second.generation = next_generation_++;
  metadata().add_topic(env, partition.topic);
}

void Consumer::assign_topics(env::Env& env) {
  if (assigned_as_of_ == metadata().version()) return;
  assigned_as_of_ = metadata().version();
  for (const std::string& topic : topics_) {
    const TopicMetadata* known = metadata().topic(topic);
    if (known == nullptr) continue;
    for (std::size_t i = 0; i < known->partitions.size(); ++i) {
      assign(env, {topic, static_cast<std::int32_t>(i)});
    }
  }
}

void Consumer::seek(env::Env& env, const TopicPartition& partition, Offset offset) {
  const auto found = assigned_.find(partition);
  if (found == assigned_.end()) return;  // KafkaConsumer.seek throws; nothing else happens
  found->second.generation = next_generation_++;
  found->second.is_looked_up = false;
  found->second.is_fetched = false;
  found->second.not_before.reset();
  std::erase_if(completed_, [&partition](const Completed& c) { return c.partition == partition; });
  set_position(env, partition, found->second, offset, PositionReason::kSeek);
}

void Consumer::set_position(env::Env& env, const TopicPartition& partition, Assigned& assigned,
                            Offset offset, PositionReason reason) {
  assigned.position = offset;
  assigned.had_position = true;
  env.observe(PositionSet{.partition = partition, .offset = offset, .reason = reason});
}

// --- the loop ------------------------------------------------------------------------------------

void Consumer::run_once(env::Env& env) {
  assign_topics(env);
  deliver(env);
  look_up_positions(env);
  send_fetches(env);
}

// After an error.
bool Consumer::is_waiting(env::Env& env, Assigned& assigned) {
  if (!assigned.not_before) return false;
  const Duration left = *assigned.not_before - env.wall_clock();
  if (left > Duration{}) {
    wake_after(env, left);
    return true;
  }
  assigned.not_before.reset();
  return false;
}

std::optional<NodeId> Consumer::leader_or_refresh(const TopicPartition& partition) {
  const std::optional<NodeId> known = metadata().leader(partition);
  if (!known) metadata().request_update();
  return known;
}

void Consumer::back_off(env::Env& env, Assigned& assigned) {
  assigned.not_before =
      env.wall_clock() + std::chrono::duration_cast<WallTime::duration>(retry_backoff_);
  wake_after(env, retry_backoff_);
}

Consumer::Assigned* Consumer::find(const Asked& asked) {
  const auto found = assigned_.find(asked.partition);
  if (found == assigned_.end() || found->second.generation != asked.generation) return nullptr;
  return &found->second;
}

void Consumer::forget_request(const Request& request) {
  if (request.api == ApiKey::kFetch) busy_nodes_.erase(request.node);
  for (const Asked& asked : request.asked) {
    Assigned* assigned = find(asked);
    if (assigned == nullptr) continue;
    (request.api == ApiKey::kFetch ? assigned->is_fetched : assigned->is_looked_up) = false;
  }
}

void Consumer::on_reply(env::Env& env, const RpcReply& reply, const env::Rope& body) {
  const auto found = requests_.find(reply.token);
  if (found == requests_.end()) return;
  const Request request = std::move(found->second);
  requests_.erase(found);
  forget_request(request);
  bool is_sound = false;
  if (request.api == ApiKey::kFetch) {
    const auto response = decode<FetchResponse>(body, reply.version);
    is_sound = response.has_value();
    if (response) {
      apply(env, request, reply, *response);
    } else {
      sessions_[request.node].handler.handle_error();
    }
  } else {
    const auto response = decode<ListOffsetsResponse>(body, reply.version);
    is_sound = response.has_value();
    if (response) apply(env, request, *response);
  }
  if (!is_sound) rpc().disconnect(env, reply.destination);
}

void Consumer::on_failure(env::Env& env, const RpcFailure& failure) {
  const auto found = requests_.find(failure.token);
  if (found == requests_.end()) return;
  const Request request = std::move(found->second);
  requests_.erase(found);
  forget_request(request);
  if (request.api == ApiKey::kFetch) {
    const auto session = sessions_.find(request.node);
    session->second.handler.handle_error();
    for (const auto& [partition, wanted] : session->second.handler.partitions())
      if (const auto assigned = assigned_.find(partition); assigned != assigned_.end())
        clear_read_replica(assigned->second);
  }
  for (const Asked& asked : request.asked) {
    if (Assigned* assigned = find(asked)) back_off(env, *assigned);
  }
}

// --- positions (OffsetFetcher) -------------------------------------------------------------------

void Consumer::look_up_positions(env::Env& env) {
  if (reset_ == Reset::kNone) return;
  std::map<NodeId, std::vector<Asked>> by_leader;
  for (auto& [partition, assigned] : assigned_) {
    if (assigned.position || assigned.is_looked_up || is_waiting(env, assigned)) continue;
    const std::optional<NodeId> leader = leader_or_refresh(partition);
    if (!leader) continue;
    if (!rpc().ready(env, destination(*leader))) {
      if (rpc().is_backing_off(env, destination(*leader)))
        wake_after(env, rpc().backoff_left(env, destination(*leader)));
      continue;
    }
    by_leader[*leader].push_back({.partition = partition, .generation = assigned.generation});
  }
  for (auto& [leader, asked] : by_leader) {
    // An earlier request of this turn may have taken the last place on the connection.
    if (rpc().can_send(destination(leader))) send_list_offsets(env, leader, std::move(asked));
  }
}

void Consumer::send_list_offsets(env::Env& env, NodeId leader, std::vector<Asked> asked) {
  ListOffsetsRequest request{.replica_id = -1,
                             .isolation_level = fetch_settings_.isolation_level,
                             .timeout_ms = static_cast<std::int32_t>(
                                 env::millis(config().get_duration("request.timeout.ms")))};
  for (const Asked& each : asked) {
    assigned_.at(each.partition).is_looked_up = true;
    if (request.topics.empty() || request.topics.back().name != each.partition.topic) {
      request.topics.push_back({.name = each.partition.topic});
    }
    request.topics.back().partitions.push_back(
        {.partition_index = each.partition.partition,
         .current_leader_epoch = metadata().leader_epoch(each.partition).value_or(-1),
         .timestamp = reset_ == Reset::kEarliest ? kEarliestTimestamp : kLatestTimestamp});
  }
  const std::uint64_t token = next_token();
  requests_[token] = {.api = ApiKey::kListOffsets, .node = leader, .asked = std::move(asked)};
  rpc().send(env, destination(leader), token, request);
}

void Consumer::apply(env::Env& env, const Request& request, const ListOffsetsResponse& response) {
  for (const Asked& asked : request.asked) {
    Assigned* assigned = find(asked);
    if (assigned == nullptr || assigned->position) continue;
    const ListOffsetsResponse::ListOffsetsPartitionResponse* answer = nullptr;
    for (const auto& topic : response.topics) {
      if (topic.name != asked.partition.topic) continue;
      for (const auto& partition : topic.partitions) {
        if (partition.partition_index == asked.partition.partition) answer = &partition;
      }
    }
    if (answer != nullptr && answer->error_code == ErrorCode::kNone && answer->offset >= 0) {
      set_position(env, asked.partition, *assigned, answer->offset,
                   assigned->had_position ? PositionReason::kReset : PositionReason::kAssigned);
      continue;
    }
    metadata().request_update();
    back_off(env, *assigned);
  }
}

// --- fetching (AbstractFetch) --------------------------------------------------------------------

// AbstractFetch.selectReadReplica: the leader, or the replica that it named.
std::optional<NodeId> Consumer::fetch_from(env::Env& env, const TopicPartition& partition,
                                           Assigned& assigned) {
  const std::optional<NodeId> leader = leader_or_refresh(partition);
  if (!leader) return std::nullopt;
  const std::optional<std::int32_t> epoch = metadata().leader_epoch(partition);
  if (assigned.leader != leader || assigned.leader_epoch != epoch) {
    assigned.leader = leader;
    assigned.leader_epoch = epoch;
    clear_read_replica(assigned);
  }
  if (!assigned.read_replica) return leader;
  if (env.wall_clock() > assigned.read_replica->until) {
    reached(Probe::kReadReplicaExpired);
    assigned.read_replica.reset();
    return leader;
  }
  if (metadata().is_online(partition, assigned.read_replica->node))
    return assigned.read_replica->node;
  metadata().request_update();
  clear_read_replica(assigned);
  return leader;
}

void Consumer::clear_read_replica(Assigned& assigned) {
  if (assigned.read_replica) reached(Probe::kReadReplicaCleared);
  assigned.read_replica.reset();
}

void Consumer::send_fetches(env::Env& env) {
  std::map<NodeId, std::vector<Asked>> by_node;
  std::set<NodeId> with_buffered;
  std::set<TopicPartition> buffered;
  for (const Completed& each : completed_) buffered.insert(each.partition);
  for (auto& [partition, assigned] : assigned_) {
    if (!assigned.position) continue;
    if (buffered.contains(partition)) {
      if (const auto node = fetch_from(env, partition, assigned)) with_buffered.insert(*node);
      continue;
    }
    if (assigned.is_fetched || is_waiting(env, assigned)) continue;
    const std::optional<NodeId> node = fetch_from(env, partition, assigned);
    if (!node || busy_nodes_.contains(*node)) continue;
    if (rpc().is_backing_off(env, destination(*node))) {
      wake_after(env, rpc().backoff_left(env, destination(*node)));
      continue;
    }
    by_node[*node].push_back({.partition = partition,
                              .topic_id = metadata().topic_id(partition.topic),
                              .offset = *assigned.position,
                              .generation = assigned.generation});
  }
  for (auto& [node, asked] : by_node)
    if (!with_buffered.contains(node)) send_fetch(env, node, std::move(asked));
}

void Consumer::write_head(FetchRequest& request) const {
  request.max_wait_ms = fetch_settings_.max_wait_ms;
  request.min_bytes = fetch_settings_.min_bytes;
  request.max_bytes = fetch_settings_.max_bytes;
  request.isolation_level = fetch_settings_.isolation_level;
  request.rack_id = fetch_settings_.rack;
}

void Consumer::send_fetch(env::Env& env, NodeId node, std::vector<Asked> asked) {
  FetchRequest request;
  write_head(request);
  Session& session = sessions_[node];
  session.handler.begin();
  session.topic_names.clear();
  for (const Asked& each : asked) {
    assigned_.at(each.partition).is_fetched = true;
    if (!each.topic_id.is_zero())
      session.topic_names.try_emplace(each.topic_id, each.partition.topic);
    session.handler.add(
        each.partition, each.partition.topic, each.topic_id,
        {.partition = each.partition.partition,
         .current_leader_epoch = metadata().leader_epoch(each.partition).value_or(-1),
         .fetch_offset = each.offset,
         .partition_max_bytes = fetch_settings_.partition_max_bytes});
  }
  SendOptions send_options;
  if (!session.handler.finish(request).can_use_topic_ids) send_options.max_version = 12;
  const std::uint64_t token = next_token();
  busy_nodes_.insert(node);
  requests_[token] = {.api = ApiKey::kFetch, .node = node, .asked = std::move(asked)};
  rpc().send(env, destination(node), token, request, send_options);
}

// AbstractFetch.prepareCloseFetchSessionRequests: a last word to brokers that remember something.
void Consumer::close_sessions(env::Env& env) {
  for (auto& [node, session] : sessions_) {
    if (session.handler.next().session_id == kInvalidSessionId ||
        !rpc().has_destination(destination(node)) || !rpc().can_send(destination(node)))
      continue;
    FetchRequest request;
    write_head(request);
    session.handler.notify_close();
    session.handler.begin();
    session.handler.finish(request);
    rpc().send(env, destination(node), next_token(), request);
  }
}

void Consumer::apply(env::Env& env, const Request& request, const RpcReply& reply,
                     const FetchResponse& response) {
  constexpr std::int16_t kTopicIdsFrom = 13;
  Session& session = sessions_[request.node];
  const auto key_of = [&](const FetchResponse::FetchableTopicResponse& topic,
                          std::int32_t index) -> std::optional<TopicPartition> {
    if (reply.version < kTopicIdsFrom) return TopicPartition{topic.topic, index};
    const auto name = session.topic_names.find(topic.topic_id);
    if (name == session.topic_names.end()) return std::nullopt;
    return TopicPartition{name->second, index};
  };
  if (!session.handler.handle_response(response, key_of)) {
    if (response.error_code == ErrorCode::kFetchSessionTopicIdError) metadata().request_update();
    return;
  }
  std::map<TopicPartition, const Asked*> asked;
  for (const Asked& each : request.asked) asked.emplace(each.partition, &each);
  std::vector<LeaderHint> hints;
  for (const auto& topic : response.responses) {
    for (const auto& answer : topic.partitions) {
      const auto each = asked.find(*key_of(topic, answer.partition_index));
      if (each == asked.end()) continue;
      apply(env, *each->second, answer);
      if (answer.current_leader.leader_id >= 0 && answer.current_leader.leader_epoch >= 0) {
        hints.push_back({each->first, NodeId{answer.current_leader.leader_id},
                         answer.current_leader.leader_epoch});
      }
    }
  }
  if (hints.empty()) return;
  std::map<NodeId, env::Endpoint> endpoints;
  for (const auto& node : response.node_endpoints) {
    endpoints[NodeId{node.node_id}] = {node.host, static_cast<std::uint16_t>(node.port)};
  }
  metadata().update_leaders(env, hints, endpoints);
}

void Consumer::apply(env::Env& env, const Asked& asked,
                     const FetchResponse::PartitionData& answer) {
  Assigned* assigned = find(asked);
  if (assigned == nullptr || assigned->position != asked.offset) return;
  if (answer.error_code != ErrorCode::kNone) {
    on_fetch_error(env, *assigned, answer.error_code);
    return;
  }
  if (answer.preferred_read_replica >= 0) {
    const NodeId node{answer.preferred_read_replica};
    // The lease of the same one is not renewed by being named again.
    if (!assigned->read_replica || assigned->read_replica->node != node) {
      reached(Probe::kReadReplicaTaken);
      const auto lease = std::chrono::duration_cast<WallTime::duration>(metadata().max_age());
      assigned->read_replica = {.node = node, .until = env.wall_clock() + lease};
    }
  }
  if (!answer.records || answer.records->batches.empty()) return;
  completed_.push_back({.partition = asked.partition,
                        .generation = asked.generation,
                        .batches = answer.records->batches});
}

// FetchCollector.handleInitializeErrors.
void Consumer::on_fetch_error(env::Env& env, Assigned& assigned, ErrorCode error) {
  if (error == ErrorCode::kOffsetOutOfRange) {
    if (assigned.read_replica) {  // the leader may have what the replica has not
      clear_read_replica(assigned);
      return;
    }
    if (reset_ == Reset::kNone) {
      back_off(env, assigned);  // the application is told by an exception on every poll()
      return;
    }
    reached(Probe::kConsumerPositionLost);
    assigned.position.reset();
    assigned.generation = next_generation_++;
    return;
  }
  if (options().mutations.position_moves_past_error) ++*assigned.position;
  if (needs_metadata_refresh(error) || error == ErrorCode::kOffsetNotAvailable) {
    metadata().request_update();
    clear_read_replica(assigned);
  }
  back_off(env, assigned);
}

// --- delivery (FetchCollector, CompletedFetch) ---------------------------------------------------

void Consumer::deliver(env::Env& env) {
  std::size_t left = max_poll_records_;
  while (left > 0 && !completed_.empty()) {
    Completed& next = completed_.front();
    Assigned* assigned = find({.partition = next.partition, .generation = next.generation});
    if (assigned == nullptr || next.next == next.batches.size()) {
      completed_.pop_front();
      continue;
    }
    const RecordBatch& batch = next.batches[next.next];
    const bool is_sound = batch.magic() == 2 && (!checks_crcs_ || batch.is_crc_good());
    std::optional<std::size_t> count;
    if (is_sound) count = deliver_batch(env, *assigned, next.partition, batch, left);
    if (!count) {  // poll() throws, and the next one fetches the same again
      back_off(env, *assigned);
      completed_.pop_front();
      continue;
    }
    left -= *count;
    if (*assigned->position < batch.next_offset()) continue;  // its rest comes with the next poll
    ++next.next;
  }
  if (!completed_.empty()) wake(env);
}

// Answers how many records were delivered, at most `most`. The position moves past the batch when
// all of it was delivered, also past control records and offsets that hold no record any more.
// Nothing: the batch cannot be read.
std::optional<std::size_t> Consumer::deliver_batch(env::Env& env, Assigned& assigned,
                                                   const TopicPartition& partition,
                                                   const RecordBatch& batch, std::size_t most) {
  std::size_t count = 0;
  if (batch.next_offset() <= *assigned.position) return 0;
  if (!batch.is_control()) {
    RecordReader reader(batch);
    while (reader.next()) {
      const RecordView& record = reader.record();
      if (record.offset < *assigned.position) continue;
      if (count == most) {
        if (!options().mutations.poll_drops_rest_of_batch) return count;
        break;
      }
      env.observe(
          RecordDelivered{.partition = partition,
                          .offset = record.offset,
                          .batch_epoch = LeaderEpoch{batch.leader_epoch},
                          .content = content_hash(record.key, record.value.value_or(ByteView{})),
                          .timestamp = record.timestamp});
      assigned.position = record.offset + 1;
      ++count;
    }
    if (reader.error() != ErrorCode::kNone) return std::nullopt;
    charge(options().costs.per_record * static_cast<std::int64_t>(count));
  }
  assigned.position = batch.next_offset();
  return count;
}

void Consumer::check_invariants() const {
  ClientNode::check_invariants();
  for (const auto& [token, request] : requests_) {
    if (request.api != ApiKey::kFetch) continue;
    TIT_ASSERT(busy_nodes_.contains(request.node), "one fetch at a time from a node");
  }
  for (const auto& [partition, assigned] : assigned_) {
    TIT_ASSERT(!(assigned.is_looked_up && assigned.position), "a known position is not looked up");
  }
}

}  // namespace kafka
