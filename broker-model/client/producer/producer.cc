#include "broker-model/client/producer/producer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "broker-model/client/producer/murmur2.h"
#include "broker-model/types/observation.h"
#include "broker-model/types/probe.h"

namespace kafka {
namespace {

std::int16_t acks_of(const Config& config) {
  const std::string acks = config.get_string("acks");
  if (acks == "0") return 0;
  return acks == "1" ? 1 : -1;
}

// ProducerConfig.postProcessAndValidateIdempotenceConfigs: on by default, and quietly off when
// other keys rule it out, unless it was asked for.
bool is_idempotent(const Config& config) {
  return config.get_bool("enable.idempotence") && acks_of(config) == -1 &&
         config.get_int("retries") > 0 &&
         config.get_int("max.in.flight.requests.per.connection") <= 5;
}

// KafkaProducer.configureDeliveryTimeout: the default grows with linger and request time-out.
Duration delivery_timeout_of(const Config& config) {
  const Duration least =
      config.get_duration("linger.ms") + config.get_duration("request.timeout.ms");
  return std::max(config.get_duration("delivery.timeout.ms"), least);
}

AccumulatorOptions accumulator_options(const Config& config) {
  return {
      .batch_size = static_cast<std::size_t>(config.get_int("batch.size")),
      .linger = config.get_duration("linger.ms"),
      .buffer_memory = config.get_int("buffer.memory"),
      .retry_backoff = config.get_duration("retry.backoff.ms"),
      .retry_backoff_max = config.get_duration("retry.backoff.max.ms"),
      .delivery_timeout = delivery_timeout_of(config),
      .adaptive_partitioning = config.get_bool("partitioner.adaptive.partitioning.enable"),
      .partition_availability_timeout = config.get_duration("partitioner.availability.timeout.ms")};
}

SenderOptions sender_options(const Config& config, const ClientMutations& mutations) {
  return {.acks = acks_of(config),
          .retries = static_cast<std::int32_t>(config.get_int("retries")),
          .max_request_size = static_cast<std::size_t>(config.get_int("max.request.size")),
          .request_timeout = config.get_duration("request.timeout.ms"),
          .delivery_timeout = delivery_timeout_of(config),
          .retry_backoff = config.get_duration("retry.backoff.ms"),
          .guarantees_order = config.get_int("max.in.flight.requests.per.connection") == 1,
          .mutations = mutations};
}

std::optional<ByteView> view_of(const std::optional<env::Bytes>& bytes) {
  if (!bytes) return std::nullopt;
  return bytes->span();
}

}  // namespace

std::optional<std::string> producer_config_error(const Config& config) {
  if (config.is_set("delivery.timeout.ms") &&
      config.get_duration("delivery.timeout.ms") < delivery_timeout_of(config)) {
    return "delivery.timeout.ms should be equal to or larger than linger.ms + request.timeout.ms";
  }
  if (!config.is_set("enable.idempotence") || !config.get_bool("enable.idempotence")) return {};
  if (config.get_int("retries") == 0) {
    return "Must set retries to non-zero when using the idempotent producer.";
  }
  if (acks_of(config) != -1) return "Must set acks to all in order to use the idempotent producer.";
  if (config.get_int("max.in.flight.requests.per.connection") > 5) {
    return "Must set max.in.flight.requests.per.connection to at most 5 to use the idempotent "
           "producer.";
  }
  return {};
}

Producer::Producer(ProducerOptions producer_options)
    : ClientNode(std::move(producer_options)),
      transactions_(is_idempotent(config())
                        ? std::optional<TransactionManager>(std::in_place, options().mutations)
                        : std::nullopt),
      accumulator_(accumulator_options(config()), transactions_ ? &*transactions_ : nullptr),
      sender_(sender_options(config(), options().mutations), rpc(), metadata(), accumulator_,
              transactions_ ? &*transactions_ : nullptr),
      linger_(config().get_duration("linger.ms")),
      max_block_(config().get_duration("max.block.ms")),
      max_request_size_(config().get_int("max.request.size")),
      buffer_memory_(config().get_int("buffer.memory")),
      batch_size_(config().get_int("batch.size")),
      ignores_keys_(config().get_bool("partitioner.ignore.keys")) {
  TIT_ASSERT(!producer_config_error(config()), "the lab refuses a contradictory configuration");
}

// --- the application's thread --------------------------------------------------------------------

void Producer::on_command(env::Env& env, const Command& command) {
  if (has_stopped()) return;
  if (const auto* order = std::get_if<SendRecord>(&command.what)) {
    send(env, *order);
  } else if (std::holds_alternative<ShutDown>(command.what)) {
    is_closing_ = true;
    wake(env);
  }
}

void Producer::send(env::Env& env, const SendRecord& record) {
  const std::uint64_t content = content_hash(view_of(record.key), record.value.span());
  env.observe(SendStarted{
      .tag = record.tag, .topic = record.topic, .content = content, .intended = record.intended});
  charge(options().costs.per_record);
  sends_.push_back({.record = record, .content = content, .begun = {}});
  if (is_closing_) {
    fail(env, sends_.back(), ErrorCode::kOperationNotAttempted,
         "Cannot perform operation after producer has been closed");
    sends_.pop_back();
    return;
  }
  if (sends_.size() == 1) continue_sends(env);
}

void Producer::continue_sends(env::Env& env) {
  while (!sends_.empty()) {
    Send& first = sends_.front();
    if (!first.begun) first.begun = env.wall_clock();
    if (try_send(env, first) == Progress::kBlocked) {
      wake_after(env, block_left(env, first));
      return;
    }
    sends_.pop_front();
    has_asked_ = false;
    waits_for_memory_ = false;
  }
}

Duration Producer::block_left(const env::Env& env, const Send& send) const {
  return std::max(max_block_ - Duration(env.wall_clock() - *send.begun), Duration{});
}

// KafkaProducer.doSend.
Producer::Progress Producer::try_send(env::Env& env, Send& send) {
  const SendRecord& record = send.record;
  if (await_metadata(env, send) == Progress::kBlocked) {
    if (block_left(env, send) > Duration{}) return Progress::kBlocked;
    reached(Probe::kMaxBlockMetadata);
    const TopicMetadata* known = metadata().topic(record.topic);
    fail(env, send, ErrorCode::kRequestTimedOut,
         known == nullptr
             ? fmt::format("Topic {} not present in metadata after {} ms.", record.topic,
                           env::millis(max_block_))
             : fmt::format("Partition {} of topic {} with partition count {} is not present in "
                           "metadata after {} ms.",
                           record.partition.value_or(0), record.topic, known->partitions.size(),
                           env::millis(max_block_)));
    return Progress::kDone;
  }
  if (metadata().topic(record.topic) == nullptr) {
    const ErrorCode error = metadata().topic_error(record.topic);
    fail(env, send, error, std::string(name(error)));
    return Progress::kDone;
  }
  const NewRecord probe{.key = view_of(record.key), .value = record.value.span(), .headers = {}};
  const auto size = static_cast<std::int64_t>(estimate_size_upper_bound(probe));
  if (size > max_request_size_ || size > buffer_memory_) {
    fail(env, send, ErrorCode::kMessageTooLarge,
         fmt::format("The message is {} bytes when serialized which is larger than {}, which is "
                     "the value of the {} configuration.",
                     size, std::min(max_request_size_, buffer_memory_),
                     size > max_request_size_ ? "max.request.size" : "buffer.memory"));
    return Progress::kDone;
  }
  // BufferPool.allocate: a batch that the pool can never hold is refused at once.
  const std::int64_t batch = std::max(batch_size_, size);
  if (batch > buffer_memory_) {
    fail(env, send, ErrorCode::kUnknownServerError,
         fmt::format("Attempt to allocate {} bytes, but there is a hard limit of {} on memory "
                     "allocations.",
                     batch, buffer_memory_));
    return Progress::kDone;
  }
  bool has_memory = true;
  append(env, send, has_memory);
  if (has_memory) return Progress::kDone;
  if (block_left(env, send) > Duration{}) {
    if (!waits_for_memory_) wake(env);  // nothing lingers while somebody waits for memory
    waits_for_memory_ = true;
    return Progress::kBlocked;
  }
  reached(Probe::kMaxBlockMemory);
  fail(env, send, ErrorCode::kRequestTimedOut,
       fmt::format("Failed to allocate {} bytes within the configured max blocking time {} ms. "
                   "Total memory: {} bytes. Available memory: {} bytes.",
                   size, env::millis(max_block_), buffer_memory_, accumulator_.available_memory()));
  return Progress::kDone;
}

// KafkaProducer.waitOnMetadata. kDone with an unknown topic: it is refused for good.
Producer::Progress Producer::await_metadata(env::Env& env, const Send& send) {
  const SendRecord& record = send.record;
  const ErrorCode error = metadata().topic_error(record.topic);
  if (error == ErrorCode::kInvalidTopicException || error == ErrorCode::kTopicAuthorizationFailed) {
    return Progress::kDone;
  }
  metadata().add_topic(env, record.topic);
  const TopicMetadata* known = metadata().topic(record.topic);
  const bool is_enough =
      known != nullptr && !known->partitions.empty() &&
      (!record.partition ||
       static_cast<std::size_t>(std::max(*record.partition, 0)) < known->partitions.size());
  if (is_enough) return Progress::kDone;
  if (!has_asked_ || asked_version_ != metadata().version()) {
    has_asked_ = true;
    asked_version_ = metadata().version();
    metadata().request_update_for(record.topic);
    wake(env);
  }
  return Progress::kBlocked;
}

void Producer::append(env::Env& env, Send& send, bool& has_memory) {
  const SendRecord& record = send.record;
  std::optional<std::int32_t> partition = record.partition;
  if (!partition && record.key && !ignores_keys_) {
    const TopicMetadata& known = *metadata().topic(record.topic);
    partition =
        partition_for_key(record.key->span(), static_cast<std::int32_t>(known.partitions.size()));
  }
  const NewRecord fresh{.timestamp = env.wall_clock(),
                        .key = view_of(record.key),
                        .value = record.value.span(),
                        .headers = {}};
  const RecordAccumulator::Appended appended = accumulator_.append(
      env, metadata(), record.topic, partition, fresh,
      {.tag = record.tag, .content = send.content, .intended = record.intended});
  has_memory = appended.has_memory;
  if (appended.is_batch_full) {
    wake(env);
  } else if (appended.is_new_batch) {
    // Sender.wakeup() would only find that the batch lingers.
    wake_after(env, linger_);
  }
}

void Producer::fail(env::Env& env, const Send& send, ErrorCode error, const std::string& reason) {
  env.observe(SendFailed{.tag = send.record.tag,
                         .topic = send.record.topic,
                         .partition = send.record.partition,
                         .error = error,
                         .reason = reason,
                         .maybe_written = false,
                         .intended = send.record.intended});
}

// --- the sender's thread -------------------------------------------------------------------------

void Producer::run_once(env::Env& env) {
  continue_sends(env);
  if (is_closing_ && sends_.empty()) accumulator_.close();
  wake_after(env, sender_.run_once(env, waits_for_memory_));
  // Memory that came free in this turn lets the application go on at once.
  if (waits_for_memory_) continue_sends(env);
  check_stop(env);
}

void Producer::on_reply(env::Env& env, const RpcReply& reply, const env::Rope& body) {
  sender_.on_reply(env, reply, body);
}

void Producer::on_failure(env::Env& env, const RpcFailure& failure) {
  sender_.on_failure(env, failure);
}

void Producer::check_stop(env::Env& env) {
  if (is_closing_ && sends_.empty() && !accumulator_.has_batches() && !sender_.has_requests()) {
    stop(env);
  }
}

void Producer::check_invariants() const {
  ClientNode::check_invariants();
  accumulator_.check_invariants();
  sender_.check_invariants();
}

}  // namespace kafka
