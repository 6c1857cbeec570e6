// Sender: moves batches from the accumulator to the brokers and deals with the answers
// (org.apache.kafka.clients.producer.internals.Sender, as one turn of its loop).
//
// Every record gets exactly one outcome, told as SendAcked or SendFailed: when its batch succeeds,
// fails for good, or reaches delivery.timeout.ms, also while it is on the wire.
#pragma once

#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "broker-model/client/metadata.h"
#include "broker-model/client/producer/record_accumulator.h"
#include "broker-model/client/producer/transaction_manager.h"
#include "broker-model/messages/produce.h"

namespace kafka {

struct SenderOptions {
  std::int16_t acks = -1;
  std::int32_t retries = INT32_MAX;
  std::size_t max_request_size = 1 << 20;
  Duration request_timeout = 30s;
  Duration delivery_timeout = 120s;
  Duration retry_backoff = 100ms;
  bool guarantees_order = false;  // max.in.flight.requests.per.connection = 1
  ClientMutations mutations{};
};

class Sender {
 public:
  // `transactions` is nullptr without idempotence.
  Sender(const SenderOptions& options, RpcClient& rpc, ClientMetadata& metadata,
         RecordAccumulator& accumulator, TransactionManager* transactions);

  // One turn. Answers how long until the next turn is due when
  // nothing happens before.
  Duration run_once(env::Env&, bool is_exhausted);
  void on_reply(env::Env&, const RpcReply&, const env::Rope& body);
  void on_failure(env::Env&, const RpcFailure&);

  bool has_requests() const { return !requests_.empty(); }
  void check_invariants() const;

 private:
  struct Entry {
    ProducerBatch* batch = nullptr;
    Uuid topic_id{};
  };
  struct Answer {
    ErrorCode error = ErrorCode::kNone;
    Offset base_offset = -1;
    Offset log_start_offset = -1;
    std::string_view message{};
  };

  std::optional<Duration> poll_producer_id(env::Env&);
  void retry_producer_id(env::Env&);
  void on_producer_id(env::Env&, const RpcReply&, const env::Rope& body);
  Duration send_producer_data(env::Env&, bool is_exhausted);
  void send_request(env::Env&, NodeId, const std::vector<ProducerBatch*>&);
  void expire_batches(env::Env&);
  void fail_expired(env::Env&, ProducerBatch&, WallTime now);
  void abort_all(env::Env&, ErrorCode);

  void apply(env::Env&, std::vector<Entry>&, const ProduceResponse&);
  ProducerBatch* take(std::vector<Entry>&, const Uuid& topic_id, std::string_view topic,
                      std::int32_t partition);
  void complete(env::Env&, ProducerBatch&, const Answer&);
  void succeed(env::Env&, ProducerBatch&, const Answer&);
  void fail(env::Env&, ProducerBatch&, const Answer&, bool adjust_sequences);
  bool can_retry(const env::Env&, const ProducerBatch&, const Answer&);
  static void forget_in_flight(ProducerBatch&);
  void report_failed(env::Env&, const ProducerBatch&, ErrorCode, std::string_view reason);

  SenderOptions options_;
  RpcClient& rpc_;
  ClientMetadata& metadata_;
  RecordAccumulator& accumulator_;
  TransactionManager* transactions_;
  std::uint64_t next_token_ = 16;                         // see kMetadataToken
  std::map<std::uint64_t, std::vector<Entry>> requests_;  // Produce requests by token
  std::optional<std::uint64_t> init_token_;               // of the InitProducerId under way
  std::optional<WallTime> init_not_before_;               // after a failed one
};

}  // namespace kafka
