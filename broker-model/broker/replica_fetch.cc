// ReplicaManager: reads for consumers and followers, and those that wait for data (fetchMessages,
// readFromLog, DelayedFetch), and ListOffsets.
#include <algorithm>

#include "broker-model/broker/leader_hints.h"
#include "broker-model/broker/replica_manager.h"

namespace kafka {
namespace {

constexpr std::int16_t kTopicIdsFrom = 13;
constexpr std::int16_t kReplicaStateFrom = 15;
constexpr std::int16_t kEndpointsFrom = 16;
constexpr std::int16_t kFromAnyReplicaFrom = 11;  // KIP-392: with client metadata
constexpr std::int8_t kReadCommitted = 1;

std::optional<LeaderEpoch> epoch_of(std::int32_t wire) {
  if (wire < 0) return std::nullopt;
  return LeaderEpoch{wire};
}

}  // namespace

void ReplicaManager::fetch(const RequestContext& context, FetchRequest&& request) {
  FetchOp op{.request_id = context.id,
             .version = context.version,
             .follower = std::nullopt,
             .request = std::move(request),
             .keys = {}};
  const bool has_state = context.version >= kReplicaStateFrom;
  const std::int32_t replica =
      has_state ? op.request.replica_state.replica_id : op.request.replica_id;
  if (replica >= 0) {
    op.follower = NodeId{replica};
    if (has_state) op.follower_epoch = BrokerEpoch{op.request.replica_state.replica_epoch};
  }
  op.leader_only = op.follower || context.version < kFromAnyReplicaFrom;
  op.max_bytes = op.request.max_bytes;
  if (!op.follower) op.max_bytes = std::min(op.max_bytes, fetch_max_bytes_);
  op.min_bytes = std::min<std::int64_t>(op.request.min_bytes, op.max_bytes);
  for (const auto& topic : op.request.topics) {
    const TopicImage* image = context.version >= kTopicIdsFrom ? image_->topic(topic.topic_id)
                                                               : image_->topic(topic.topic);
    op.keys.reserve(op.keys.size() + topic.partitions.size());
    for (const FetchPartition& data : topic.partitions)
      op.keys.emplace_back(image != nullptr ? image->id : Uuid{}, data.partition);
  }

  FetchResponse response;
  if (op.request.session_id != 0) {  // no session was ever handed out
    response.error_code = ErrorCode::kFetchSessionIdNotFound;
    server_->respond(*env_, op.request_id, response);
    return;
  }
  const ReadTotals totals = read_all(op, false, response);
  if (op.request.max_wait_ms <= 0 || op.keys.empty() || totals.bytes >= op.min_bytes ||
      totals.has_error || totals.has_divergence) {
    answer_fetch(op, response);
    return;
  }
  std::vector<PurgatorySlot> slots;
  slots.reserve(op.keys.size());
  for (const PartitionKey& key : op.keys) slots.push_back(find(key)->slot);
  const Instant deadline = env_->now() + std::chrono::milliseconds(op.request.max_wait_ms);
  fetches_.park(std::move(op), slots, deadline);
  arm_purgatory_timer();
}

ReplicaManager::ReadTotals ReplicaManager::read_all(const FetchOp& op, bool from_purgatory,
                                                    FetchResponse& response) {
  ReadTotals totals{.bytes_left = op.max_bytes};
  std::size_t next_key = 0;
  response.responses.reserve(op.request.topics.size());
  for (const auto& topic : op.request.topics) {
    auto& answers = response.responses.emplace_back();
    answers.topic = topic.topic;
    answers.topic_id = topic.topic_id;
    answers.partitions.reserve(topic.partitions.size());
    for (const FetchPartition& data : topic.partitions) {
      auto& answer = answers.partitions.emplace_back();
      read_partition(op, op.keys[next_key++], data, from_purgatory, totals, answer);
    }
  }
  return totals;
}

void ReplicaManager::read_partition(const FetchOp& op, const PartitionKey& key,
                                    const FetchPartition& data, bool from_purgatory,
                                    ReadTotals& totals, FetchedPartition& answer) {
  answer.partition_index = data.partition;
  answer.records = Records{};
  if (op.request.isolation_level != kReadCommitted) answer.aborted_transactions.reset();
  HostedPartition* hosted = find(key);
  if (key.first.is_zero()) {
    answer.error_code = op.version >= kTopicIdsFrom ? ErrorCode::kUnknownTopicId
                                                    : ErrorCode::kUnknownTopicOrPartition;
  } else if (hosted == nullptr) {
    answer.error_code = why_not_hosted(key);
  } else {
    answer.error_code = read_records(op, *hosted, data, from_purgatory, totals, answer);
  }
  if (answer.error_code == ErrorCode::kNone) return;
  totals.has_error = true;
  answer.high_watermark = -1;
  answer.last_stable_offset = -1;
  answer.log_start_offset = -1;
  answer.records = Records{};
}

// What the request may see: followers all, consumers what is committed. Without transactions the
// last stable offset is the high watermark.
Offset ReplicaManager::fetch_upper_bound(const FetchOp& op, const HostedPartition& hosted) const {
  if (op.follower || options_.mutations.consumer_reads_past_high_watermark)
    return hosted.log.log_end_offset();
  return hosted.partition.high_watermark();
}

ErrorCode ReplicaManager::read_records(const FetchOp& op, HostedPartition& hosted,
                                       const FetchPartition& data, bool from_purgatory,
                                       ReadTotals& totals, FetchedPartition& answer) {
  const std::optional<LeaderEpoch> epoch = epoch_of(data.current_leader_epoch);
  const PartitionLog& log = hosted.log;
  if (log.has_failed()) return ErrorCode::kKafkaStorageError;
  ErrorCode error = hosted.partition.check_leader_epoch(epoch, op.leader_only);
  if (error == ErrorCode::kNone && op.follower)
    error = hosted.partition.check_follower(*op.follower, epoch);
  if (error != ErrorCode::kNone) return error;

  // As they are before the read: what happens because of it is told by the next answer.
  answer.high_watermark = hosted.partition.high_watermark();
  answer.last_stable_offset = answer.high_watermark;
  answer.log_start_offset = log.log_start_offset();
  const Offset end = log.log_end_offset();
  error = check_divergence(hosted, data, answer);
  if (error != ErrorCode::kNone) return error;
  if (answer.diverging_epoch.epoch >= 0) {
    totals.has_divergence = true;
    return ErrorCode::kNone;
  }
  if (data.fetch_offset > end || data.fetch_offset < answer.log_start_offset)
    return ErrorCode::kOffsetOutOfRange;

  const Offset upper_bound = fetch_upper_bound(op, hosted);
  if (data.fetch_offset < upper_bound) {
    answer.records = log.read(data.fetch_offset,
                              std::min<std::int64_t>(data.partition_max_bytes, totals.bytes_left),
                              upper_bound, totals.is_first);
    auto& batches = answer.records->batches;
    if (options_.mutations.fetch_skips_a_batch && !op.follower && batches.size() > 1 &&
        batches.front().base_offset % 7 == 0)
      batches.erase(batches.begin());
    const auto size = static_cast<std::int64_t>(answer.records->size());
    totals.is_first = totals.is_first && size == 0;
    totals.bytes += size;
    totals.bytes_left = std::max<std::int64_t>(totals.bytes_left - size, 0);
  }
  if (!op.follower || from_purgatory) return ErrorCode::kNone;
  const auto update =
      hosted.partition.update_follower_fetch_state({.replica = *op.follower,
                                                    .fetch_offset = data.fetch_offset,
                                                    .log_start_offset = data.log_start_offset,
                                                    .fetch_time = env_->wall_clock(),
                                                    .leader_end_offset = end,
                                                    .broker_epoch = op.follower_epoch});
  if (update.high_watermark_moved || deletes_.size() > 0) wake(hosted);
  return update.error;
}

// KIP-595: the fetcher says the epoch of its last record; when that epoch ends earlier here, or is
// unknown, its log has what this one lacks.
ErrorCode ReplicaManager::check_divergence(const HostedPartition& hosted,
                                           const FetchPartition& data,
                                           FetchedPartition& answer) const {
  if (data.last_fetched_epoch < 0) return ErrorCode::kNone;
  const auto own = hosted.log.epochs().end_offset_for(LeaderEpoch{data.last_fetched_epoch},
                                                      hosted.log.log_end_offset());
  if (!own || data.fetch_offset < hosted.log.log_start_offset())
    return ErrorCode::kOffsetOutOfRange;
  if (own->epoch.value() < data.last_fetched_epoch || own->end_offset < data.fetch_offset) {
    answer.diverging_epoch.epoch = own->epoch.value();
    answer.diverging_epoch.end_offset = own->end_offset;
  }
  return ErrorCode::kNone;
}

// DelayedFetch.tryComplete: anything but "not enough data yet" ends the wait.
bool ReplicaManager::try_complete(const FetchOp& op) {
  std::int64_t bytes = 0;
  bool is_done = false;
  std::size_t next_key = 0;
  for (const auto& topic : op.request.topics) {
    for (const FetchPartition& data : topic.partitions) {
      const HostedPartition* hosted = find(op.keys[next_key++]);
      FetchedPartition divergence;
      if (hosted == nullptr || hosted->log.has_failed() ||
          hosted->partition.check_leader_epoch(epoch_of(data.current_leader_epoch),
                                               op.leader_only) != ErrorCode::kNone ||
          check_divergence(*hosted, data, divergence) != ErrorCode::kNone ||
          divergence.diverging_epoch.epoch >= 0) {
        is_done = true;
        break;
      }
      const Offset upper_bound = fetch_upper_bound(op, *hosted);
      is_done = data.fetch_offset > upper_bound;  // the leader's log was cut, or is another's
      if (is_done) break;
      if (data.fetch_offset < upper_bound)
        bytes += std::min<std::int64_t>(hosted->log.bytes_between(data.fetch_offset, upper_bound),
                                        data.partition_max_bytes);
    }
    if (is_done) break;
  }
  if (!is_done && bytes < op.min_bytes) return false;
  FetchResponse response;
  read_all(op, true, response);
  answer_fetch(op, response);
  return true;
}

void ReplicaManager::answer_fetch(const FetchOp& op, FetchResponse& response) {
  if (op.version >= kEndpointsFrom) {
    for (auto& topic : response.responses) {
      for (FetchedPartition& answer : topic.partitions) {
        if (answer.error_code == ErrorCode::kNotLeaderOrFollower ||
            answer.error_code == ErrorCode::kFencedLeaderEpoch) {
          add_leader_hint(*image_, image_->partition(topic.topic_id, answer.partition_index),
                          response, answer.current_leader);
        }
      }
    }
  }
  server_->respond(*env_, op.request_id, response);
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
