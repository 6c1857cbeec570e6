// ReplicaManager: reads for consumers and followers, and those that wait for data (fetchMessages,
// readFromLog, DelayedFetch), and ListOffsets.
#include <algorithm>
#include <tuple>

#include "broker-model/broker/hosted_partition.h"
#include "broker-model/broker/leader_hints.h"

namespace kafka {
namespace {

constexpr std::int16_t kReplicaStateFrom = 15;
constexpr std::int16_t kEndpointsFrom = 16;
constexpr std::int16_t kFromAnyReplicaFrom = 11;  // KIP-392: with client metadata
constexpr std::int8_t kReadCommitted = 1;

std::optional<LeaderEpoch> epoch_of(std::int32_t wire) {
  if (wire < 0) return std::nullopt;
  return LeaderEpoch{wire};
}

}  // namespace

// --- one fetch -----------------------------------------------------------------------------------

ReplicaManager::FetchOp ReplicaManager::open_fetch(const RequestContext& context,
                                                   const FetchRequest& request) {
  FetchOp op{.request_id = context.id, .version = context.version, .follower = std::nullopt};
  const bool has_state = context.version >= kReplicaStateFrom;
  const std::int32_t replica = has_state ? request.replica_state.replica_id : request.replica_id;
  if (replica >= 0) {
    op.follower = NodeId{replica};
    if (has_state) op.follower_epoch = BrokerEpoch{request.replica_state.replica_epoch};
  }
  op.leader_only = op.follower || context.version < kFromAnyReplicaFrom;
  op.is_read_committed = request.isolation_level == kReadCommitted;
  if (!op.leader_only) op.rack = request.rack_id;
  op.max_bytes = std::min<std::int64_t>(request.max_bytes, fetch_max_bytes_);
  op.min_bytes = std::min<std::int64_t>(request.min_bytes, op.max_bytes);
  op.context = fetch_sessions_.open(context.version, op.follower.has_value(), request,
                                    env::millis(env_->wall_clock()));
  op.items = FetchManager::items(op.context, request, [this](const Uuid& id) {
    const TopicImage* topic = image_->topic(id);
    return topic != nullptr ? &topic->name : nullptr;
  });
  resolve_items(op);
  return op;
}

// KafkaApis.handleFetchRequest: what metadata does not know is not read. It is answered behind the
// rest, when the rest is.
void ReplicaManager::resolve_items(FetchOp& op) const {
  for (FetchItem& item : op.items) {
    if (item.error != ErrorCode::kNone) continue;
    if (!op.context.uses_topic_ids) {
      const TopicImage* topic = image_->topic(item.topic);
      if (topic != nullptr) item.key.first = topic->id;
    }
    HostedPartition* hosted = item.cached != nullptr ? at_slot(item.cached->slot) : nullptr;
    if (hosted == nullptr || hosted->key != item.key) hosted = find(item.key);
    if (hosted != nullptr) {
      item.slot = hosted->slot;
      if (item.cached != nullptr) item.cached->slot = hosted->slot;
      continue;
    }
    if (image_->partition(item.key.first, item.key.second) != nullptr) continue;
    item.error = ErrorCode::kUnknownTopicOrPartition;
    // A session still has the name of a topic that is gone, perhaps for another of that name.
    if (item.cached == nullptr || !op.context.uses_topic_ids) continue;
    const TopicPartitionView name{item.cached->topic, item.key.second};
    if (image_->partition(name) == nullptr) continue;
    item.error = partition(name) != nullptr ? ErrorCode::kInconsistentTopicId
                                            : ErrorCode::kNotLeaderOrFollower;
    op.has_namesake = true;
  }
  const auto erroneous =
      std::stable_partition(op.items.begin(), op.items.end(),
                            [](const FetchItem& item) { return item.error == ErrorCode::kNone; });
  op.readable = static_cast<std::size_t>(erroneous - op.items.begin());
}

void ReplicaManager::fetch(const RequestContext& context, FetchRequest&& request) {
  FetchOp op = open_fetch(context, request);
  const ReadTotals totals = read_all(op, false, results_);
  if (request.max_wait_ms <= 0 || op.readable == 0 || totals.bytes >= op.min_bytes ||
      totals.has_error || totals.has_divergence || totals.has_read_replica || op.has_namesake) {
    answer_fetch(op, results_);
    return;
  }
  std::vector<PurgatorySlot> slots;
  slots.reserve(op.readable);
  for (std::size_t i = 0; i < op.readable; ++i) slots.push_back(op.items[i].slot);
  const Instant deadline = env_->now() + std::chrono::milliseconds(request.max_wait_ms);
  fetches_.park(std::move(op), slots, deadline);
  arm_purgatory_timer();
}

ReplicaManager::ReadTotals ReplicaManager::read_all(const FetchOp& op, bool from_purgatory,
                                                    std::vector<FetchResult>& results) {
  ReadTotals totals{.bytes_left = op.max_bytes};
  results.clear();
  results.resize(op.items.size());
  for (std::size_t i = 0; i < op.items.size(); ++i) {
    const FetchItem& item = op.items[i];
    FetchResult& result = results[i];
    result.error = item.error;
    if (i >= op.readable) continue;
    HostedPartition* hosted = at_slot(item.slot);
    result.error = hosted == nullptr
                       ? why_not_hosted(item.key)
                       : read_records(op, *hosted, item, from_purgatory, totals, result);
    if (result.error == ErrorCode::kNone) continue;
    totals.has_error = true;
    result = {.error = result.error};
  }
  return totals;
}

// What the request may see: followers all, consumers what is committed. Without transactions the
// last stable offset is the high watermark.
Offset ReplicaManager::fetch_upper_bound(const FetchOp& op, const HostedPartition& hosted) const {
  if (op.follower || options_.mutations.consumer_reads_past_high_watermark)
    return hosted.log.log_end_offset();
  return hosted.partition.high_watermark();
}

ErrorCode ReplicaManager::read_records(const FetchOp& op, HostedPartition& hosted,
                                       const FetchItem& item, bool from_purgatory,
                                       ReadTotals& totals, FetchResult& result) {
  const std::optional<LeaderEpoch> epoch = epoch_of(item.current_leader_epoch);
  const PartitionLog& log = hosted.log;
  if (log.has_failed()) return ErrorCode::kKafkaStorageError;
  ErrorCode error = hosted.partition.check_leader_epoch(epoch, op.leader_only);
  if (error == ErrorCode::kNone && op.follower)
    error = hosted.partition.check_follower(*op.follower, epoch);
  if (error != ErrorCode::kNone) return error;

  // As they are before the read: what happens because of it is told by the next answer.
  result.high_watermark = hosted.partition.high_watermark();
  result.log_start_offset = log.log_start_offset();
  result.preferred_read_replica = preferred_read_replica(op, hosted, item.fetch_offset);
  if (result.preferred_read_replica) {
    totals.has_read_replica = true;
    return ErrorCode::kNone;
  }
  const Offset end = log.log_end_offset();
  error = check_divergence(hosted, item, result.diverging_epoch);
  if (error != ErrorCode::kNone) return error;
  if (result.diverging_epoch) {
    totals.has_divergence = true;
    return ErrorCode::kNone;
  }
  if (item.fetch_offset > end || item.fetch_offset < result.log_start_offset)
    return ErrorCode::kOffsetOutOfRange;

  const Offset upper_bound = fetch_upper_bound(op, hosted);
  if (item.fetch_offset < upper_bound) {
    result.records =
        log.read(item.fetch_offset, std::min<std::int64_t>(item.max_bytes, totals.bytes_left),
                 upper_bound, totals.is_first);
    auto& batches = result.records->batches;
    if (options_.mutations.fetch_skips_a_batch && !op.follower && batches.size() > 1 &&
        batches.front().base_offset % 7 == 0)
      batches.erase(batches.begin());
    result.size = static_cast<std::int64_t>(result.records->size());
    totals.is_first = totals.is_first && result.size == 0;
    totals.bytes += result.size;
    totals.bytes_left = std::max<std::int64_t>(totals.bytes_left - result.size, 0);
  }
  if (!op.follower || from_purgatory) return ErrorCode::kNone;
  const auto update =
      hosted.partition.update_follower_fetch_state({.replica = *op.follower,
                                                    .fetch_offset = item.fetch_offset,
                                                    .log_start_offset = item.log_start_offset,
                                                    .fetch_time = env_->wall_clock(),
                                                    .leader_end_offset = end,
                                                    .broker_epoch = op.follower_epoch});
  if (update.high_watermark_moved || deletes_.size() > 0) wake(hosted);
  return update.error;
}

// KIP-595: the fetcher says the epoch of its last record; when that epoch ends earlier here, or is
// unknown, its log has what this one lacks.
ErrorCode ReplicaManager::check_divergence(const HostedPartition& hosted, const FetchItem& item,
                                           std::optional<EpochEndOffset>& diverging) const {
  if (item.last_fetched_epoch < 0) return ErrorCode::kNone;
  const auto own = hosted.log.epochs().end_offset_for(LeaderEpoch{item.last_fetched_epoch},
                                                      hosted.log.log_end_offset());
  if (!own || item.fetch_offset < hosted.log.log_start_offset())
    return ErrorCode::kOffsetOutOfRange;
  if (own->epoch.value() < item.last_fetched_epoch || own->end_offset < item.fetch_offset)
    diverging = own;
  return ErrorCode::kNone;
}

// KIP-392: ReplicaManager.findPreferredReadReplica with RackAwareReplicaSelector. Of the replicas
// in the consumer's rack the one that has most, then the one that had it latest; only one in the
// ISR that holds the offset. The leader itself is never named.
std::optional<NodeId> ReplicaManager::preferred_read_replica(const FetchOp& op,
                                                             const HostedPartition& hosted,
                                                             Offset fetch_offset) const {
  if (!selects_by_rack_ || op.rack.empty() || !hosted.partition.is_leader()) return std::nullopt;
  const auto is_in_rack = [&](NodeId id) {
    const BrokerImage* broker = image_->broker(id);
    return broker != nullptr && !broker->is_fenced && broker->rack == op.rack &&
           broker->listener(kBrokerListener) != nullptr;
  };
  if (is_in_rack(options_.local_broker)) return std::nullopt;
  const RemoteReplica* best = nullptr;
  for (const RemoteReplica& replica : hosted.partition.remote_replicas()) {
    const auto isr = hosted.partition.isr();
    if (std::ranges::find(isr, replica.broker) == isr.end() || !is_in_rack(replica.broker) ||
        replica.end_or_unknown() < fetch_offset || replica.log_start_offset > fetch_offset)
      continue;
    const auto rank = [](const RemoteReplica& of) {
      return std::tuple(of.end_or_unknown(), of.last_caught_up_time_ms, of.broker);
    };
    if (best == nullptr || rank(*best) < rank(replica)) best = &replica;
  }
  if (best == nullptr) return std::nullopt;
  return best->broker;
}

// DelayedFetch.tryComplete: anything but "not enough data yet" ends the wait.
bool ReplicaManager::try_complete(FetchOp& op) {
  std::int64_t bytes = 0;
  bool is_done = false;
  for (std::size_t i = 0; i < op.readable && !is_done; ++i) {
    const FetchItem& item = op.items[i];
    const HostedPartition* hosted = at_slot(item.slot);
    std::optional<EpochEndOffset> diverging;
    if (hosted == nullptr || hosted->log.has_failed() ||
        hosted->partition.check_leader_epoch(epoch_of(item.current_leader_epoch), op.leader_only) !=
            ErrorCode::kNone ||
        check_divergence(*hosted, item, diverging) != ErrorCode::kNone || diverging) {
      is_done = true;
      continue;
    }
    const Offset upper_bound = fetch_upper_bound(op, *hosted);
    is_done = item.fetch_offset > upper_bound;  // the leader's log was cut, or is another's
    if (item.fetch_offset < upper_bound)
      bytes += std::min<std::int64_t>(hosted->log.bytes_between(item.fetch_offset, upper_bound),
                                      item.max_bytes);
  }
  if (!is_done && bytes < op.min_bytes) return false;
  std::vector<FetchResult> results;
  read_all(op, true, results);
  answer_fetch(op, results);
  return true;
}

void ReplicaManager::answer_fetch(FetchOp& op, std::vector<FetchResult>& results) {
  FetchResponse response;
  if (fetch_sessions_.begin_answer(op.context, op.items, results, response,
                                   env::millis(env_->wall_clock()), env_->rng())) {
    for (std::size_t i = 0; i < op.items.size(); ++i)
      if (FetchManager::selects(op.context, op.items[i], results[i]))
        write_answer(op, op.items[i], results[i], response);
  }
  server_->respond(*env_, op.request_id, response);
}

void ReplicaManager::write_answer(const FetchOp& op, const FetchItem& item, FetchResult& result,
                                  FetchResponse& response) {
  const Uuid topic_id = op.context.uses_topic_ids ? item.key.first : Uuid{};
  auto& topics = response.responses;
  if (topics.empty() || topics.back().topic_id != topic_id || topics.back().topic != item.topic) {
    topics.emplace_back();
    topics.back().topic = item.topic;
    topics.back().topic_id = topic_id;
  }
  FetchedPartition& answer = topics.back().partitions.emplace_back();
  answer.partition_index = item.key.second;
  answer.error_code = result.error;
  answer.high_watermark = result.high_watermark;
  answer.last_stable_offset = result.high_watermark;
  answer.log_start_offset = result.log_start_offset;
  if (!op.is_read_committed) answer.aborted_transactions.reset();
  if (result.diverging_epoch) {
    answer.diverging_epoch.epoch = result.diverging_epoch->epoch.value();
    answer.diverging_epoch.end_offset = result.diverging_epoch->end_offset;
  }
  if (result.preferred_read_replica)
    answer.preferred_read_replica = result.preferred_read_replica->value();
  answer.records = result.records ? std::move(*result.records) : Records{};
  if (op.version >= kEndpointsFrom && (result.error == ErrorCode::kNotLeaderOrFollower ||
                                       result.error == ErrorCode::kFencedLeaderEpoch))
    add_leader_hint(*image_, image_->partition(item.key.first, item.key.second), response,
                    answer.current_leader);
}

// --- ListOffsets ---------------------------------------------------------------------------------

void ReplicaManager::list_offsets(const RequestContext& context,
                                  const ListOffsetsRequest& request) {
  constexpr std::int16_t kLeaderEpochFrom = 4;
  ListOffsetsResponse response;
  for (const auto& topic : request.topics) {
    auto& answers = response.topics.emplace_back();
    answers.name = topic.name;
    for (const ListedPartition& asked : topic.partitions) {
      answers.partitions.push_back(list_offset(request, topic.name, asked));
      if (context.version < kLeaderEpochFrom) answers.partitions.back().leader_epoch = -1;
    }
  }
  server_->respond(*env_, context.id, response);
}

// Partition.fetchOffsetForTimestamp.
ReplicaManager::ListedOffset ReplicaManager::list_offset(const ListOffsetsRequest& request,
                                                         std::string_view topic_name,
                                                         const ListedPartition& asked) {
  constexpr std::int64_t kLatest = -1;
  constexpr std::int64_t kEarliest = -2;
  constexpr std::int64_t kMaxTimestamp = -3;
  constexpr std::int64_t kEarliestLocal = -4;
  ListedOffset answer;
  answer.partition_index = asked.partition_index;
  const TopicImage* topic = image_->topic(topic_name);
  const PartitionKey key{topic != nullptr ? topic->id : Uuid{}, asked.partition_index};
  const HostedPartition* hosted = find(key);
  answer.error_code = hosted == nullptr ? why_not_hosted(key)
                                        : hosted->partition.check_leader_epoch(
                                              epoch_of(asked.current_leader_epoch), true);
  if (answer.error_code != ErrorCode::kNone) return answer;

  const bool is_consumer = request.replica_id < 0;
  const PartitionLog& log = hosted->log;
  const Offset last_fetchable =
      is_consumer ? hosted->partition.high_watermark() : log.log_end_offset();
  // A new leader whose high watermark has not reached its own epoch yet cannot say what is the
  // latest: it might answer with less than the leader before it did (KIP-207).
  const std::optional<Offset> epoch_start = hosted->partition.epoch_start_offset();
  const bool is_lagging =
      is_consumer && epoch_start && *epoch_start > hosted->partition.high_watermark();
  const std::int32_t own_epoch = hosted->partition.leader_epoch().value();
  if (asked.timestamp == kLatest) {
    if (is_lagging) {
      answer.error_code = ErrorCode::kOffsetNotAvailable;
    } else {
      answer.offset = last_fetchable;
      answer.leader_epoch = own_epoch;
    }
    return answer;
  }
  if (asked.timestamp == kEarliest || asked.timestamp == kEarliestLocal) {
    answer.offset = log.log_start_offset();
    const auto first = log.epochs().epoch_for_offset(answer.offset);
    answer.leader_epoch = first ? first->value() : -1;
    return answer;
  }
  if (asked.timestamp < kMaxTimestamp) return answer;  // tiered storage: there is none
  const std::optional<TimestampOffset> found =
      asked.timestamp == kMaxTimestamp
          ? log.offset_of_max_timestamp()
          : log.offset_for_timestamp(WallTime{WallTime::duration{asked.timestamp}},
                                     log.log_end_offset());
  if (found && found->offset < last_fetchable) {
    answer.timestamp = env::millis(found->timestamp);
    answer.offset = found->offset;
    answer.leader_epoch = found->leader_epoch;
  } else if (is_lagging) {
    answer.error_code = ErrorCode::kOffsetNotAvailable;
  }
  return answer;
}

}  // namespace kafka
