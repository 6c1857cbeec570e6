// ReplicaManager as host of its machines: what partitions and replica fetchers ask of it.
#include <algorithm>

#include "broker-model/broker/hosted_partition.h"
#include "broker-model/broker/leader_hints.h"
#include "broker-model/messages/codec.h"

namespace kafka {

ReplicaManager::HostedPartition& ReplicaManager::hosted(const Partition& partition) const {
  const auto it = hosted_.find({partition.topic_id(), partition.topic_partition().partition});
  TIT_ASSERT(it != hosted_.end(), "a partition that this broker does not hold");
  return *it->second;
}

// --- PartitionHost -------------------------------------------------------------------------------

std::optional<BrokerEpoch> ReplicaManager::alive_broker_epoch(NodeId id) const {
  const BrokerImage* broker = image_->broker(id);
  if (broker == nullptr || broker->is_fenced) return std::nullopt;
  return broker->epoch;
}

bool ReplicaManager::is_fenced(NodeId id) const {
  const BrokerImage* broker = image_->broker(id);
  return broker != nullptr && broker->is_fenced;
}

bool ReplicaManager::is_shutting_down(NodeId id) const {
  const BrokerImage* broker = image_->broker(id);
  return broker != nullptr && broker->in_controlled_shutdown;
}

BrokerEpoch ReplicaManager::local_broker_epoch() const { return host_->broker_epoch(); }

bool ReplicaManager::submit_alter_partition(const Partition& partition, const ProposedIsr& change) {
  if (!isr_manager_.submit(partition.topic_id(), partition.topic_partition().partition, change))
    return false;
  pump_alter_partition();
  return true;
}

void ReplicaManager::pump_alter_partition() {
  if (flush_ != Flush::kNo) return;
  const auto request = isr_manager_.take_request(options_.local_broker, host_->broker_epoch());
  if (request) host_->send_alter_partition(*request);
}

void ReplicaManager::on_alter_partition_response(const AlterPartitionResponse& response) {
  const AlterPartitionManager::Answers answers = isr_manager_.on_response(response);
  for (const auto& outcome : answers.outcomes) {
    HostedPartition* partition = find(outcome.partition);
    if (partition != nullptr &&
        partition->partition.on_alter_partition(outcome.sent, outcome.answer, env_->wall_clock()))
      wake(*partition);
  }
  if (answers.retry_later) {
    set_timer(BrokerTimer::kAlterPartitionAgain, AlterPartitionManager::kRetryBackoff);
  } else {
    pump_alter_partition();
  }
}

void ReplicaManager::assign_epoch_start(PartitionLog& log, LeaderEpoch epoch) {
  log.assign_epoch_start(*env_, epoch);
}

void ReplicaManager::on_high_watermark_moved(const Partition& partition,
                                             Offset old_high_watermark) {
  observe(HighWatermarkMoved{.partition = partition.topic_partition(),
                             .as_leader = partition.is_leader(),
                             .leader_epoch = partition.leader_epoch(),
                             .old_high_watermark = old_high_watermark,
                             .high_watermark = partition.high_watermark()});
}

void ReplicaManager::on_isr_changed(const Partition& partition) {
  HostedPartition& of = hosted(partition);
  std::vector<NodeId> isr = partition.maximal_isr();
  if (isr == of.told_isr) return;
  of.told_isr = std::move(isr);
  observe(MaximalIsrChanged{.partition = partition.topic_partition(),
                            .leader_epoch = partition.leader_epoch(),
                            .partition_epoch = partition.partition_epoch(),
                            .isr = of.told_isr});
}

// --- ReplicaFetcherHost --------------------------------------------------------------------------

ReplicaFetcher& ReplicaManager::fetcher(NodeId source) {
  const auto it = fetchers_.find(source);
  if (it != fetchers_.end()) return it->second;
  const Config& config = options_.config;
  const auto bytes = [&](std::string_view key) {
    return static_cast<std::int32_t>(config.get_int(key));
  };
  ReplicaFetcherOptions options{.local_broker = options_.local_broker,
                                .source = source,
                                .cluster_id = options_.cluster_id,
                                .backoff = backoff_,
                                .wait_max = config.get_duration("replica.fetch.wait.max.ms"),
                                .min_bytes = bytes("replica.fetch.min.bytes"),
                                .partition_max_bytes = bytes("replica.fetch.max.bytes"),
                                .response_max_bytes = bytes("replica.fetch.response.max.bytes"),
                                .mutations = options_.mutations};
  return fetchers_.try_emplace(source, std::move(options), static_cast<ReplicaFetcherHost&>(*this))
      .first->second;
}

void ReplicaManager::send_fetch(NodeId source, const FetchRequest& request) {
  send_to_source(source, &request, nullptr);
}

void ReplicaManager::send_list_offsets(NodeId source, const ListOffsetsRequest& request) {
  send_to_source(source, nullptr, &request);
}

void ReplicaManager::send_to_source(NodeId source, const FetchRequest* fetch,
                                    const ListOffsetsRequest* list_offsets) {
  const BrokerImage* broker = image_->broker(source);
  const ListenerImage* listener = broker != nullptr ? broker->listener(kBrokerListener) : nullptr;
  if (listener == nullptr) {
    unaddressed_.push_back(source);
    set_fetcher_timer(source, backoff_);
    return;
  }
  const DestinationId to = destination(source);
  fetcher_rpc_.set_destination(*env_, to, listener->endpoint);
  const auto token = static_cast<std::uint64_t>(source.value());
  if (fetch != nullptr) {
    fetcher_rpc_.send(*env_, to, token, *fetch);
  } else {
    fetcher_rpc_.send(*env_, to, token, *list_offsets);
  }
}

ErrorCode ReplicaManager::append_as_follower(Partition& partition, const Records& records,
                                             LeaderEpoch fetch_epoch) {
  HostedPartition& to = hosted(partition);
  // DeleteRecords may leave the leader's log start in the middle of a batch: a log that begins
  // there begins with that batch (Partition.appendRecordsToFollowerOrFutureReplica).
  const Offset end = to.log.next_offset();
  if (end == to.log.log_start_offset() && !records.batches.empty()) {
    const RecordBatch& first = records.batches.front();
    if (first.base_offset < end && first.last_offset() >= end)
      truncate_fully_and_start_at(partition, first.base_offset);
  }
  const auto info = to.log.append_as_follower(*env_, records, fetch_epoch);
  return info ? ErrorCode::kNone : info.error();
}

void ReplicaManager::truncate(Partition& partition, Offset offset) {
  HostedPartition& to = hosted(partition);
  const Offset old_end = to.log.log_end_offset();
  if (!to.log.truncate_to(*env_, offset)) return;
  if (to.log.log_end_offset() < old_end) {
    observe(LogTruncated{.partition = partition.topic_partition(),
                         .old_end_offset = old_end,
                         .new_end_offset = to.log.log_end_offset()});
  }
  on_cut(to);
}

void ReplicaManager::truncate_fully_and_start_at(Partition& partition, Offset offset) {
  HostedPartition& to = hosted(partition);
  const Offset old_end = to.log.log_end_offset();
  const Offset old_start = to.log.log_start_offset();
  to.log.truncate_fully_and_start_at(*env_, offset);
  observe(LogTruncated{.partition = partition.topic_partition(),
                       .old_end_offset = old_end,
                       .new_end_offset = std::min(old_start, offset)});
  observe(LogStartMoved{.partition = partition.topic_partition(), .log_start_offset = offset});
  on_cut(to);
}

void ReplicaManager::follow_leader_offsets(Partition& partition, Offset high_watermark,
                                           Offset log_start) {
  HostedPartition& to = hosted(partition);
  const bool moved = partition.update_follower_high_watermark(high_watermark);
  const bool moves =
      log_start > to.log.log_start_offset() || options_.mutations.log.log_start_moves_back;
  if (moves && log_start <= to.log.log_end_offset() &&
      to.log.increment_log_start(*env_, log_start)) {
    on_log_start_moved(to);
    partition.on_log_cut();
  }
  if (moved) wake(to);
}

void ReplicaManager::set_fetcher_timer(NodeId source, Duration after) {
  set_timer(BrokerTimer::kFetcher, after, static_cast<std::uint64_t>(source.value()));
}

// --- RpcSink: answers of sources -----------------------------------------------------------------

void ReplicaManager::on_response(env::Env&, const RpcReply& reply, const env::Rope& body) {
  host_->defer_fetcher_answer(reply, body);
}

void ReplicaManager::process_fetcher_answer(const RpcReply& reply, const env::Rope& body) {
  if (flush_ != Flush::kNo) return;
  ReplicaFetcher& to = fetcher(NodeId{reply.destination.value()});
  if (!to.is_waiting_for_answer()) return;
  if (reply.api == ApiKey::kFetch) {
    if (const auto response = decode<FetchResponse>(body, reply.version)) {
      to.on_fetch_response(*response, env_->now());
      return;
    }
  } else if (const auto response = decode<ListOffsetsResponse>(body, reply.version)) {
    to.on_list_offsets_response(*response, env_->now());
    return;
  }
  fetcher_rpc_.disconnect(*env_, reply.destination);
  to.on_request_failed(env_->now());
}

void ReplicaManager::on_disconnect(env::Env&, const RpcFailure& failure) {
  if (flush_ != Flush::kNo) return;
  ReplicaFetcher& to = fetcher(NodeId{failure.destination.value()});
  if (to.is_waiting_for_answer()) to.on_request_failed(env_->now());
}

bool ReplicaManager::on_conn(env::ConnId conn, const env::ConnEvent& event) {
  return fetcher_rpc_.on_conn(*env_, conn, event);
}

bool ReplicaManager::on_frame(env::ConnId conn, const env::Frame& frame) {
  return fetcher_rpc_.on_frame(*env_, conn, frame);
}

}  // namespace kafka
