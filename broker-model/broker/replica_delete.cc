// ReplicaManager: DeleteRecords (deleteRecordsOnLocalLog, DelayedDeleteRecords,
// Partition.deleteRecordsOnLeader), and what the log manager and the cleaner ask for.
#include "broker-model/broker/hosted_partition.h"
#include "broker-model/types/probe.h"

namespace kafka {
namespace {

constexpr Offset kToHighWatermark = -1;
constexpr Offset kInvalidLowWatermark = -1;

bool is_internal(std::string_view topic) {  // Topic.isInternal
  return topic == "__consumer_offsets" || topic == "__transaction_state" ||
         topic == "__share_group_state";
}

}  // namespace

void ReplicaManager::delete_records(const RequestContext& context,
                                    const DeleteRecordsRequest& request) {
  DelayedDelete op{.request = context.id, .acks = {}, .response = {}};
  for (const auto& topic : request.topics) {
    auto& answers = op.response.topics.emplace_back();
    answers.name = topic.name;
    for (const auto& asked : topic.partitions) {
      DeletedPartition& answer = answers.partitions.emplace_back();
      answer.partition_index = asked.partition_index;
      std::optional<PendingAck> ack;
      answer.error_code =
          delete_partition_records(topic.name, asked.partition_index, asked.offset, answer, ack);
      if (!ack) continue;
      ack->topic = static_cast<std::uint32_t>(op.response.topics.size() - 1);
      ack->partition = static_cast<std::uint32_t>(answers.partitions.size() - 1);
      op.acks.push_back(*ack);
    }
  }
  if (try_complete(op)) return;
  reached(Probe::kDeleteRecordsWait);
  std::vector<PurgatorySlot> slots;
  for (const PendingAck& ack : op.acks) slots.push_back(find(ack.key)->slot);
  const auto timeout = std::chrono::milliseconds(std::max(request.timeout_ms, 0));
  deletes_.park(std::move(op), slots, env_->now() + timeout);
  arm_purgatory_timer();
}

ErrorCode ReplicaManager::delete_partition_records(std::string_view topic, std::int32_t partition,
                                                   Offset before, DeletedPartition& answer,
                                                   std::optional<PendingAck>& ack) {
  answer.low_watermark = kInvalidLowWatermark;
  const TopicImage* image = image_->topic(topic);
  const PartitionKey key{image != nullptr ? image->id : Uuid{}, partition};
  HostedPartition* hosted = find(key);
  if (image_->partition(key.first, partition) == nullptr)
    return ErrorCode::kUnknownTopicOrPartition;
  if (is_internal(topic)) return ErrorCode::kInvalidTopicException;
  if (hosted == nullptr || !hosted->partition.is_leader()) return ErrorCode::kNotLeaderOrFollower;
  PartitionLog& log = hosted->log;
  if (log.has_failed()) return ErrorCode::kKafkaStorageError;
  if (log.config().is_compacted && !log.config().is_deleted) return ErrorCode::kPolicyViolation;
  if (before == kToHighWatermark) before = hosted->partition.high_watermark();
  if (before < 0 || before > hosted->partition.high_watermark())
    return ErrorCode::kOffsetOutOfRange;
  if (log.increment_log_start(*env_, before)) on_log_start_moved(*hosted);
  answer.low_watermark = low_watermark(*hosted);
  ack = PendingAck{.key = key, .required = before};
  return ErrorCode::kNone;
}

// Partition.lowWatermarkIfLeader: the lowest log start offset of the replicas that live.
Offset ReplicaManager::low_watermark(const HostedPartition& hosted) const {
  Offset lowest = hosted.log.log_start_offset();
  for (const RemoteReplica& replica : hosted.partition.remote_replicas())
    if (alive_broker_epoch(replica.broker)) lowest = std::min(lowest, replica.log_start_offset);
  return lowest;
}

bool ReplicaManager::try_complete(DelayedDelete& op) {
  std::erase_if(op.acks, [&](const PendingAck& ack) {
    DeletedPartition& answer = op.response.topics[ack.topic].partitions[ack.partition];
    const HostedPartition* hosted = find(ack.key);
    if (hosted == nullptr) {
      answer.error_code = why_not_hosted(ack.key);
    } else if (hosted->log.has_failed()) {
      answer.error_code = ErrorCode::kKafkaStorageError;
    } else if (!hosted->partition.is_leader()) {
      answer.error_code = ErrorCode::kNotLeaderOrFollower;
    }
    if (answer.error_code != ErrorCode::kNone) {
      answer.low_watermark = kInvalidLowWatermark;
      return true;
    }
    const Offset lowest = low_watermark(*hosted);
    if (lowest < ack.required) return false;
    answer.low_watermark = lowest;
    return true;
  });
  if (!op.acks.empty()) return false;
  answer_delete(op);
  return true;
}

void ReplicaManager::answer_delete(DelayedDelete& op) {
  for (const PendingAck& ack : op.acks)
    op.response.topics[ack.topic].partitions[ack.partition].error_code =
        ErrorCode::kRequestTimedOut;
  server_->respond(*env_, op.request, op.response);
}

// --- LogHost -------------------------------------------------------------------------------------

std::vector<ManagedLog> ReplicaManager::open_logs() const {
  std::vector<ManagedLog> logs;
  logs.reserve(hosted_.size());
  for (const auto& [key, hosted] : hosted_)
    if (hosted->is_online && !hosted->log.has_failed())
      logs.push_back({.log = &hosted->log, .high_watermark = hosted->partition.high_watermark()});
  return logs;
}

ManagedLog ReplicaManager::open_log(TopicPartitionView name) const {
  const auto topic = image_->topic_ids().find(name.topic);
  if (topic == image_->topic_ids().end()) return {};
  HostedPartition* hosted = find({topic->second, name.partition});
  if (hosted == nullptr) return {};
  return {.log = &hosted->log, .high_watermark = hosted->partition.high_watermark()};
}

void ReplicaManager::on_old_segments_deleted(PartitionLog& log, Offset old_log_start) {
  if (log.log_start_offset() == old_log_start) return;
  on_log_start_moved(static_cast<HostedLog&>(log).owner());
}

void ReplicaManager::on_records_cleaned(PartitionLog& log, const CleanedRecords& cleaned) {
  observe(RecordsCleaned{
      .partition = log.partition(), .end_offset = cleaned.end_offset, .removed = cleaned.removed});
}

void ReplicaManager::on_log_start_moved(HostedPartition& hosted) {
  observe(LogStartMoved{.partition = hosted.partition.topic_partition(),
                        .log_start_offset = hosted.log.log_start_offset()});
  if (deletes_.size() > 0)
    deletes_.wake(hosted.slot, [&](DelayedDelete& op) { return try_complete(op); });
}

// After a truncation, which gives up segments and may have stopped the cleaner.
void ReplicaManager::on_cut(HostedPartition& hosted) {
  hosted.partition.on_log_cut();
  cleaner_.on_log_cut(hosted.log);
  logs_.watch_files(hosted.log);
}

}  // namespace kafka
