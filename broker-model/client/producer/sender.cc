#include "broker-model/client/producer/sender.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "broker-model/messages/init_producer_id.h"
#include "broker-model/types/observation.h"
#include "broker-model/types/probe.h"

namespace kafka {
namespace {

// With acks=all the leader answers these also after the batch went into its log (DelayedProduce
// completes with the error that a change of leader, a shrunken ISR or its own time-out brings).
bool may_have_been_appended(ErrorCode error) {
  return error == ErrorCode::kRequestTimedOut || error == ErrorCode::kNetworkException ||
         error == ErrorCode::kNotEnoughReplicasAfterAppend ||
         error == ErrorCode::kNotLeaderOrFollower || error == ErrorCode::kKafkaStorageError ||
         error == ErrorCode::kUnknownTopicOrPartition || error == ErrorCode::kUnknownServerError;
}

}  // namespace

Sender::Sender(const SenderOptions& options, RpcClient& rpc, ClientMetadata& metadata,
               RecordAccumulator& accumulator, TransactionManager* transactions)
    : options_(options),
      rpc_(rpc),
      metadata_(metadata),
      accumulator_(accumulator),
      transactions_(transactions) {}

Duration Sender::run_once(env::Env& env, bool is_exhausted) {
  if (transactions_ != nullptr) {
    transactions_->maybe_resolve_sequences();
    if (transactions_->has_fatal_error()) {
      abort_all(env, transactions_->fatal_error());
      return Duration::max();
    }
    transactions_->bump_epoch_if_needed();
    if (const auto wait = poll_producer_id(env)) return *wait;
  }
  return send_producer_data(env, is_exhausted);
}

// --- the producer id -----------------------------------------------------------------------------

// Nothing: there is one. As in Sender.maybeSendAndPollTransactionalRequest, nothing else is sent,
// and nothing expires, until it has come.
std::optional<Duration> Sender::poll_producer_id(env::Env& env) {
  if (init_token_) return Duration::max();
  if (!transactions_->needs_producer_id()) return std::nullopt;
  if (init_not_before_) {
    const Duration left = *init_not_before_ - env.wall_clock();
    if (left > Duration{}) return left;
  }
  const std::optional<DestinationId> node = metadata_.least_loaded(env);
  if (!node) {
    retry_producer_id(env);
    return options_.retry_backoff;
  }
  if (!rpc_.ready(env, *node)) return Duration::max();
  init_token_ = next_token_++;
  InitProducerIdRequest request{.transaction_timeout_ms = INT32_MAX};
  request.transactional_id.reset();
  rpc_.send(env, *node, *init_token_, request);
  return Duration::max();
}

void Sender::retry_producer_id(env::Env& env) {
  init_token_.reset();
  init_not_before_ =
      env.wall_clock() + std::chrono::duration_cast<WallTime::duration>(options_.retry_backoff);
}

void Sender::on_producer_id(env::Env& env, const RpcReply& reply, const env::Rope& body) {
  const auto response = decode<InitProducerIdResponse>(body, reply.version);
  if (!response) {
    rpc_.disconnect(env, reply.destination);
    retry_producer_id(env);
    return;
  }
  if (response->error_code == ErrorCode::kNone) {
    init_token_.reset();
    init_not_before_.reset();
    reached(Probe::kProducerIdAssigned);
    transactions_->initialized(
        {ProducerId{response->producer_id}, ProducerEpoch{response->producer_epoch}});
  } else if (is_retriable(response->error_code)) {
    retry_producer_id(env);
  } else {
    init_token_.reset();
    transactions_->fail(response->error_code);
  }
}

// --- sending -------------------------------------------------------------------------------------

Duration Sender::send_producer_data(env::Env& env, bool is_exhausted) {
  while (true) {
    const WallTime now = env.wall_clock();
    RecordAccumulator::Ready ready = accumulator_.ready(env, metadata_, is_exhausted);
    for (const std::string& topic : ready.topics_without_leader) {
      metadata_.add_topic(env, topic);
      metadata_.request_update();
    }
    Duration next = ready.next_check;
    std::vector<std::pair<NodeId, std::vector<ProducerBatch*>>> drained;
    for (const NodeId node : ready.nodes) {
      const bool is_ready = rpc_.ready(env, destination(node));
      accumulator_.note_node_ready(node, now, is_ready);
      if (is_ready) {
        drained.emplace_back(node,
                             accumulator_.drain(env, metadata_, node, options_.max_request_size));
      } else if (rpc_.is_backing_off(env, destination(node))) {
        next = std::min(next, rpc_.backoff_left(env, destination(node)));
      }
    }
    for (const auto& [node, batches] : drained) {
      for (ProducerBatch* batch : batches) {
        // From here it counts as sent, as in Kafka: should it expire in this very turn, it goes out
        // nevertheless.
        batch->is_in_request = true;
        batch->partition().in_flight.push_back(batch);
        if (options_.guarantees_order) batch->partition().is_muted = true;
      }
    }
    expire_batches(env);
    bool is_sent = false;
    for (const auto& [node, batches] : drained) {
      if (batches.empty()) continue;
      send_request(env, node, batches);
      is_sent = true;
    }
    // Where Kafka polls with a time-out of 0 and comes back for more.
    if (!is_sent) return std::min(next, accumulator_.until_next_expiry(env.wall_clock()));
  }
}

void Sender::send_request(env::Env& env, NodeId node, const std::vector<ProducerBatch*>& batches) {
  ProduceRequest request{
      .acks = options_.acks,
      .timeout_ms = static_cast<std::int32_t>(env::millis(options_.request_timeout))};
  std::vector<Entry> entries;
  SendOptions send_options{.expects_response = options_.acks != 0};
  for (ProducerBatch* batch : batches) {
    const TopicPartition& id = batch->partition().id;
    const Uuid topic_id = metadata_.topic_id(id.topic);
    if (topic_id.is_zero()) send_options.max_version = 12;  // ids came with 13
    auto topic =
        std::ranges::find(request.topic_data, id.topic, &ProduceRequest::TopicProduceData::name);
    if (topic == request.topic_data.end()) {
      request.topic_data.push_back({.name = id.topic, .topic_id = topic_id});
      topic = std::prev(request.topic_data.end());
    }
    Records records;
    records.batches.push_back(batch->encoded());
    topic->partition_data.push_back({.index = id.partition, .records = std::move(records)});
    entries.push_back({batch, topic_id});
  }
  const std::uint64_t token = next_token_++;
  rpc_.send(env, destination(node), token, request, send_options);
  if (options_.acks != 0) {
    requests_.emplace(token, std::move(entries));
    return;
  }
  for (const Entry& entry : entries) {
    entry.batch->is_in_request = false;
    complete(env, *entry.batch, {});
  }
}

void Sender::expire_batches(env::Env& env) {
  const WallTime now = env.wall_clock();
  for (ProducerBatch* batch : accumulator_.expired(now)) fail_expired(env, *batch, now);
  std::vector<ProducerBatch*> on_the_wire;
  accumulator_.for_each_active([&](ProducerPartition& partition) {
    for (ProducerBatch* batch : partition.in_flight) {
      if (!batch->has_reached(options_.delivery_timeout, now)) break;
      on_the_wire.push_back(batch);
    }
  });
  for (ProducerBatch* batch : on_the_wire) fail_expired(env, *batch, now);
}

void Sender::fail_expired(env::Env& env, ProducerBatch& batch, WallTime now) {
  const std::string reason = fmt::format(
      "Expiring {} record(s) for {}:{} ms has passed since batch creation. The request has not "
      "been sent, or no server response has been received yet.",
      batch.record_count(), to_string(batch.partition().id), (now - batch.created()).count());
  const std::optional<Offset>& acked = batch.partition().last_acked_offset;
  if (options_.mutations.expired_batch_reported_written && batch.has_sequence() && acked) {
    succeed(env, batch, {.base_offset = *acked + 1});
    return;
  }
  reached(batch.is_in_request ? Probe::kDeliveryTimeoutOnTheWire : Probe::kDeliveryTimeoutQueued);
  if (batch.is_in_request) batch.maybe_written = true;
  // What was sent at least once may lie in the log: no new sequence before that is known.
  if (transactions_ != nullptr && batch.is_retried()) transactions_->mark_unresolved(batch);
  fail(env, batch, {.error = ErrorCode::kRequestTimedOut, .message = reason}, false);
}

void Sender::abort_all(env::Env& env, ErrorCode error) {
  accumulator_.for_each_active([](ProducerPartition& partition) {
    partition.queue.clear();
    partition.by_sequence.clear();
    partition.in_flight.clear();
  });
  for (ProducerBatch* batch : accumulator_.all_batches()) {
    if (batch->is_done) continue;
    if (batch->is_in_request) batch->maybe_written = true;
    batch->is_done = true;
    report_failed(env, *batch, error, name(error));
    accumulator_.release(*batch);
  }
}

// --- answers -------------------------------------------------------------------------------------

void Sender::on_reply(env::Env& env, const RpcReply& reply, const env::Rope& body) {
  if (init_token_ == reply.token) {
    on_producer_id(env, reply, body);
    return;
  }
  const auto found = requests_.find(reply.token);
  if (found == requests_.end()) return;
  std::vector<Entry> entries = std::move(found->second);
  requests_.erase(found);
  const auto response = decode<ProduceResponse>(body, reply.version);
  if (response) {
    apply(env, entries, *response);
  } else {
    rpc_.disconnect(env, reply.destination);
  }
  // What a malformed or partial answer leaves open is like an answer that was lost.
  for (const Entry& entry : entries) {
    entry.batch->is_in_request = false;
    entry.batch->maybe_written = true;
    complete(env, *entry.batch, {.error = ErrorCode::kNetworkException});
  }
}

void Sender::on_failure(env::Env& env, const RpcFailure& failure) {
  if (init_token_ == failure.token) {
    if (failure.unsupported_version) {
      init_token_.reset();
      transactions_->fail(ErrorCode::kUnsupportedVersion);
    } else {
      retry_producer_id(env);
    }
    return;
  }
  const auto found = requests_.find(failure.token);
  if (found == requests_.end()) return;
  const std::vector<Entry> entries = std::move(found->second);
  requests_.erase(found);
  Answer answer{.error = ErrorCode::kNetworkException};
  if (failure.timed_out) answer.error = ErrorCode::kRequestTimedOut;
  if (failure.unsupported_version) answer.error = ErrorCode::kUnsupportedVersion;
  for (const Entry& entry : entries) {
    entry.batch->is_in_request = false;
    if (failure.was_sent) entry.batch->maybe_written = true;
    complete(env, *entry.batch, answer);
  }
}

void Sender::apply(env::Env& env, std::vector<Entry>& entries, const ProduceResponse& response) {
  std::vector<LeaderHint> hints;
  for (const auto& topic : response.responses) {
    for (const auto& partition : topic.partition_responses) {
      ProducerBatch* batch = take(entries, topic.topic_id, topic.name, partition.index);
      if (batch == nullptr) continue;
      const bool has_moved = partition.error_code == ErrorCode::kNotLeaderOrFollower ||
                             partition.error_code == ErrorCode::kFencedLeaderEpoch;
      if (has_moved && partition.current_leader.leader_id >= 0 &&
          partition.current_leader.leader_epoch >= 0) {
        hints.push_back({batch->partition().id, NodeId{partition.current_leader.leader_id},
                         partition.current_leader.leader_epoch});
      }
      batch->is_in_request = false;
      complete(env, *batch,
               {.error = partition.error_code,
                .base_offset = partition.base_offset,
                .log_start_offset = partition.log_start_offset,
                .message = partition.error_message ? std::string_view(*partition.error_message)
                                                   : std::string_view()});
    }
  }
  if (hints.empty()) return;
  std::map<NodeId, env::Endpoint> endpoints;
  for (const auto& node : response.node_endpoints) {
    endpoints[NodeId{node.node_id}] = {node.host, static_cast<std::uint16_t>(node.port)};
  }
  metadata_.update_leaders(env, hints, endpoints);
}

ProducerBatch* Sender::take(std::vector<Entry>& entries, const Uuid& topic_id,
                            std::string_view topic, std::int32_t partition) {
  for (auto entry = entries.begin(); entry != entries.end(); ++entry) {
    const TopicPartition& id = entry->batch->partition().id;
    const bool is_topic = topic_id.is_zero() ? id.topic == topic : entry->topic_id == topic_id;
    if (!is_topic || id.partition != partition) continue;
    ProducerBatch* batch = entry->batch;
    entries.erase(entry);
    return batch;
  }
  return nullptr;
}

void Sender::complete(env::Env& env, ProducerBatch& batch, const Answer& answer) {
  ProducerPartition& partition = batch.partition();
  if (options_.guarantees_order) partition.is_muted = false;
  if (needs_metadata_refresh(answer.error)) metadata_.request_update();
  if (batch.is_done) {  // it expired on the wire; what it tells of the sequence still counts
    if (transactions_ != nullptr && answer.error == ErrorCode::kNone && batch.has_sequence()) {
      transactions_->completed(batch, {.base_offset = answer.base_offset});
    }
    accumulator_.release(batch);
    return;
  }
  if (options_.acks == -1 && may_have_been_appended(answer.error)) batch.maybe_written = true;
  if (answer.error == ErrorCode::kNone) {
    succeed(env, batch, answer);
  } else if (answer.error == ErrorCode::kMessageTooLarge && batch.record_count() > 1) {
    forget_in_flight(batch);
    if (transactions_ != nullptr) transactions_->untrack(batch);
    reached(Probe::kProducerBatchSplit);
    accumulator_.split_and_reenqueue(env, batch);
    batch.is_done = true;  // its records live on in the parts
    accumulator_.release(batch);
  } else if (can_retry(env, batch, answer)) {
    forget_in_flight(batch);
    reached(Probe::kProducerBatchRetried);
    accumulator_.reenqueue(env, batch);
  } else if (answer.error == ErrorCode::kDuplicateSequenceNumber) {
    succeed(env, batch, {});  // written before; where, the broker no longer knows
  } else {
    // With retries left, no lost attempt can have used the sequence up.
    fail(env, batch, answer, batch.attempts() < options_.retries);
  }
}

bool Sender::can_retry(const env::Env& env, const ProducerBatch& batch, const Answer& answer) {
  if (batch.has_reached(options_.delivery_timeout, env.wall_clock())) return false;
  if (batch.attempts() >= options_.retries) return false;
  if (transactions_ == nullptr) return is_retriable(answer.error);
  return transactions_->can_retry(batch, {.error = answer.error,
                                          .base_offset = answer.base_offset,
                                          .log_start_offset = answer.log_start_offset});
}

void Sender::succeed(env::Env& env, ProducerBatch& batch, const Answer& answer) {
  if (transactions_ != nullptr) {
    transactions_->completed(batch, {.error = answer.error,
                                     .base_offset = answer.base_offset,
                                     .log_start_offset = answer.log_start_offset});
  }
  forget_in_flight(batch);
  batch.is_done = true;
  Offset next = answer.base_offset;
  for (const RecordHandle& record : batch.handles()) {
    SendAcked acked{.tag = record.tag,
                    .partition = batch.partition().id,
                    .offset = {},
                    .content = record.content,
                    .acks = options_.acks,
                    .intended = record.intended};
    if (answer.base_offset >= 0) acked.offset = next++;
    env.observe(acked);
  }
  accumulator_.release(batch);
}

void Sender::fail(env::Env& env, ProducerBatch& batch, const Answer& answer,
                  bool adjust_sequences) {
  batch.is_done = true;
  if (transactions_ != nullptr && batch.has_sequence()) {
    transactions_->failed(batch, answer.error, adjust_sequences);
  }
  forget_in_flight(batch);
  report_failed(env, batch, answer.error,
                answer.message.empty() ? name(answer.error) : answer.message);
  accumulator_.release(batch);
}

void Sender::report_failed(env::Env& env, const ProducerBatch& batch, ErrorCode error,
                           std::string_view reason) {
  for (const RecordHandle& record : batch.handles()) {
    env.observe(SendFailed{.tag = record.tag,
                           .topic = batch.partition().id.topic,
                           .partition = batch.partition().id.partition,
                           .error = error,
                           .reason = reason,
                           .maybe_written = batch.maybe_written,
                           .intended = record.intended});
  }
}

void Sender::forget_in_flight(ProducerBatch& batch) {
  std::erase(batch.partition().in_flight, &batch);
}

void Sender::check_invariants() const {
  for (const auto& [token, entries] : requests_) {
    for (const Entry& entry : entries) {
      TIT_ASSERT(entry.batch->is_in_request, "a batch in a request knows of it");
    }
  }
}

}  // namespace kafka
