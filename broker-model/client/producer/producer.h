// Producer: KafkaProducer as a node. Takes SendRecord and ShutDown commands; tells SendStarted and
// then exactly one of SendAcked and SendFailed for each record. (A killed producer tells nothing
// more.)
//
// The application is one thread that calls send(): while metadata or memory is missing it blocks,
// up to max.block.ms, and later sends wait behind it. ShutDown is close(): the sends that were
// begun are finished, all batches go out at once, and the node stops when none is left.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "broker-model/client/client_node.h"
#include "broker-model/client/producer/record_accumulator.h"
#include "broker-model/client/producer/sender.h"
#include "broker-model/client/producer/transaction_manager.h"
#include "broker-model/types/command.h"

namespace kafka {

using ProducerOptions = ClientOptions;  // config over ConfigDef::producer()

// ProducerConfig's rules between keys, in Kafka's words; nothing when the configuration is sound.
std::optional<std::string> producer_config_error(const Config&);

class Producer final : public ClientNode {
 public:
  // REQUIRES: !producer_config_error(options.config).
  explicit Producer(ProducerOptions options);

  void on_command(env::Env&, const Command&) override;
  void check_invariants() const override;

  // --- for tables and tests; nothing here changes anything
  const RecordAccumulator& accumulator() const { return accumulator_; }
  const TransactionManager* transactions() const {  // null without idempotence
    return transactions_.has_value() ? &*transactions_ : nullptr;
  }
  std::size_t waiting_sends() const { return sends_.size(); }  // not yet appended

 private:
  struct Send {
    SendRecord record;
    std::uint64_t content = 0;
    std::optional<WallTime> begun;  // when it became the first: the thread blocks since then
  };
  enum class Progress : std::uint8_t { kDone, kBlocked };

  void run_once(env::Env&) override;
  void on_reply(env::Env&, const RpcReply&, const env::Rope& body) override;
  void on_failure(env::Env&, const RpcFailure&) override;

  void send(env::Env&, const SendRecord&);
  void continue_sends(env::Env&);
  Progress try_send(env::Env&, Send&);
  Progress await_metadata(env::Env&, const Send&);
  void append(env::Env&, Send&, bool& has_memory);
  Duration block_left(const env::Env&, const Send&) const;
  void fail(env::Env&, const Send&, ErrorCode, const std::string& reason);
  void check_stop(env::Env&);

  std::optional<TransactionManager> transactions_;  // with idempotence
  RecordAccumulator accumulator_;
  Sender sender_;
  Duration linger_;
  Duration max_block_;
  std::int64_t max_request_size_;
  std::int64_t buffer_memory_;
  std::int64_t batch_size_;
  bool ignores_keys_;
  std::deque<Send> sends_;           // not yet appended, in order
  bool waits_for_memory_ = false;    // the first of them
  std::uint64_t asked_version_ = 0;  // of the metadata, when the first last asked for it
  bool has_asked_ = false;
  bool is_closing_ = false;
};

}  // namespace kafka
