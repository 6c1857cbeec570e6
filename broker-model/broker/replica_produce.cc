// ReplicaManager: appends as leader, and the answers that wait for them (appendRecords,
// DelayedProduce).
#include "broker-model/broker/hosted_partition.h"
#include "broker-model/broker/leader_hints.h"
#include "broker-model/types/probe.h"

namespace kafka {
namespace {

constexpr std::int16_t kTopicIdsFrom = 13;
constexpr std::int16_t kHintsFrom = 10;
constexpr std::int16_t kAllReplicas = -1;

bool has_transactional_batch(const Records& records) {
  return std::ranges::any_of(records.batches,
                             [](const RecordBatch& b) { return b.is_transactional(); });
}

}  // namespace

void ReplicaManager::produce(const RequestContext& context, const ProduceRequest& request) {
  DelayedProduce op{.request = context.id,
                    .version = context.version,
                    .waits_for_isr = request.acks == kAllReplicas,
                    .acks = {},
                    .response = {}};
  bool has_error = false;
  for (const auto& topic : request.topic_data) {
    const TopicImage* image = context.version >= kTopicIdsFrom ? image_->topic(topic.topic_id)
                                                               : image_->topic(topic.name);
    const ErrorCode unknown = context.version >= kTopicIdsFrom
                                  ? ErrorCode::kUnknownTopicId
                                  : ErrorCode::kUnknownTopicOrPartition;
    auto& answers = op.response.responses.emplace_back();
    answers.name = topic.name;
    answers.topic_id = topic.topic_id;
    answers.partition_responses.reserve(topic.partition_data.size());
    const auto index = static_cast<std::uint32_t>(op.response.responses.size() - 1);
    for (const auto& data : topic.partition_data) {
      auto& answer = answers.partition_responses.emplace_back();
      answer.index = data.index;
      append_partition(request, image, unknown, data, answer, op, index);
      has_error = has_error || answer.error_code != ErrorCode::kNone;
    }
  }
  if (request.acks == 0) {
    // There is no answer to carry an error: closing tells the producer to look for news.
    if (has_error) {
      server_->close_connection(*env_, op.request);
    } else {
      server_->respond_nothing(*env_, op.request);
    }
    return;
  }
  if (try_complete(op)) return;
  std::vector<PurgatorySlot> slots;
  for (const PendingAck& ack : op.acks) slots.push_back(find(ack.key)->slot);
  std::optional<Instant> deadline;
  if (op.waits_for_isr)
    deadline = env_->now() + std::chrono::milliseconds(std::max(request.timeout_ms, 0));
  produces_.park(std::move(op), slots, deadline);
  arm_purgatory_timer();
}

void ReplicaManager::append_partition(const ProduceRequest& request, const TopicImage* topic,
                                      ErrorCode topic_error, const ProducedData& data,
                                      ProducedPartition& answer, DelayedProduce& op,
                                      std::uint32_t topic_index) {
  answer.base_offset = -1;
  const auto refuse = [&](ErrorCode error) { answer.error_code = error; };
  if (request.acks < kAllReplicas || request.acks > 1)
    return refuse(ErrorCode::kInvalidRequiredAcks);
  if (topic == nullptr) return refuse(topic_error);
  const PartitionKey key{topic->id, data.index};
  HostedPartition* hosted = find(key);
  if (hosted == nullptr) return refuse(why_not_hosted(key));
  if (!data.records || data.records->batches.empty()) return refuse(ErrorCode::kInvalidRecord);
  // Transactions have no coordinator here yet: what belongs to one cannot be verified.
  if (request.transactional_id || has_transactional_batch(*data.records))
    return refuse(ErrorCode::kInvalidTxnState);
  const ErrorCode fence = hosted->partition.check_append(request.acks);
  if (fence != ErrorCode::kNone) return refuse(fence);

  const auto info =
      hosted->log.append_as_leader(*env_, *data.records, hosted->partition.leader_epoch(),
                                   env_->wall_clock(), AppendOrigin::kClient);
  if (!info) return refuse(info.error());
  answer.base_offset = info->base_offset;
  if (info->log_append_time) answer.log_append_time_ms = env::millis(*info->log_append_time);
  answer.log_start_offset = info->log_start_offset;
  if (request.acks == 0 || options_.mutations.ack_before_append) return;
  const auto index =
      static_cast<std::uint32_t>(op.response.responses[topic_index].partition_responses.size() - 1);
  op.acks.push_back(
      {.key = key, .topic = topic_index, .partition = index, .required = info->last_offset + 1});
}

// True when this partition's outcome is known; it stands in the response then.
bool ReplicaManager::try_complete_ack(DelayedProduce& op, const PendingAck& ack) {
  ErrorCode error = ErrorCode::kNone;
  const HostedPartition* hosted = find(ack.key);
  if (hosted == nullptr) {
    error = why_not_hosted(ack.key);
  } else if (hosted->log.has_failed()) {
    error = ErrorCode::kKafkaStorageError;
  } else if (!hosted->partition.is_leader()) {
    error = ErrorCode::kNotLeaderOrFollower;
  } else if (hosted->log.log_end_offset() < ack.required) {
    return false;  // still on its way to the page cache
  } else if (op.waits_for_isr) {
    const std::optional<ErrorCode> outcome =
        hosted->partition.check_enough_replicas_reach(ack.required);
    if (!outcome) return false;
    error = *outcome;
  }
  auto& answer = op.response.responses[ack.topic].partition_responses[ack.partition];
  answer.error_code = error;
  return true;
}

bool ReplicaManager::try_complete(DelayedProduce& op) {
  std::erase_if(op.acks, [&](const PendingAck& ack) { return try_complete_ack(op, ack); });
  if (!op.acks.empty()) return false;
  answer_produce(op);
  return true;
}

void ReplicaManager::answer_produce(DelayedProduce& op) {
  for (const PendingAck& ack : op.acks)
    op.response.responses[ack.topic].partition_responses[ack.partition].error_code =
        ErrorCode::kRequestTimedOut;
  if (op.version >= kHintsFrom) {
    for (auto& topic : op.response.responses) {
      for (auto& answer : topic.partition_responses) {
        if (answer.error_code != ErrorCode::kNotLeaderOrFollower) continue;
        const TopicImage* image =
            op.version >= kTopicIdsFrom ? image_->topic(topic.topic_id) : image_->topic(topic.name);
        if (image == nullptr) continue;
        add_leader_hint(*image_, image_->partition(image->id, answer.index), op.response,
                        answer.current_leader);
      }
    }
  }
  server_->respond(*env_, op.request, op.response);
}

// --- deadlines of all purgatories: one timer, set anew only when an earlier one comes ----------

void ReplicaManager::arm_purgatory_timer() {
  std::optional<Instant> next = produces_.next_deadline();
  for (const std::optional<Instant> other : {fetches_.next_deadline(), deletes_.next_deadline()})
    if (other && (!next || *other < *next)) next = other;
  if (!next || (purgatory_armed_ && *purgatory_armed_ <= *next)) return;
  purgatory_armed_ = next;
  set_timer(BrokerTimer::kPurgatory, std::max(*next - env_->now(), Duration::zero()));
}

void ReplicaManager::expire_purgatories() {
  purgatory_armed_.reset();
  produces_.expire(env_->now(), [&](DelayedProduce& op) {
    reached(Probe::kProduceTimeout);
    answer_produce(op);
  });
  fetches_.expire(env_->now(), [&](FetchOp& op) {
    reached(op.follower ? Probe::kReplicaFetchWait : Probe::kConsumerFetchWait);
    read_all(op, true, results_);
    answer_fetch(op, results_);
  });
  deletes_.expire(env_->now(), [&](DelayedDelete& op) {
    reached(Probe::kDeleteRecordsTimeout);
    answer_delete(op);
  });
  arm_purgatory_timer();
}

}  // namespace kafka
