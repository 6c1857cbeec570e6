// ProducerBatch: records for one partition on their way to become, or being, one record batch.
// ProducerPartition: all that a producer keeps for one partition: the queue of batches
// (RecordAccumulator), those in flight (Sender) and the sequence numbers (TxnPartitionEntry).
//
// A batch is made by the accumulator, waits in `queue`, is drained into a request, comes back to
// `queue` on a retriable error, and ends exactly once (is_done). It is freed when it is done and no
// request holds it: a batch that expired on the wire waits for the wire.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "broker-model/messages/records/batch_builder.h"
#include "broker-model/types/ids.h"

namespace kafka {

struct ProducerPartition;

struct ProducerIdAndEpoch {
  ProducerId id{-1};
  ProducerEpoch epoch{-1};
  bool is_valid() const { return id.value() > -1; }
  friend auto operator<=>(const ProducerIdAndEpoch&, const ProducerIdAndEpoch&) = default;
};

// What is told when a record's fate is known.
struct RecordHandle {
  std::uint64_t tag = 0;
  std::uint64_t content = 0;
  Instant intended;
};

class ProducerBatch {
 public:
  ProducerBatch(ProducerPartition& partition, std::uint64_t number, std::size_t limit, WallTime now,
                bool is_split);

  // False when there is no room.
  bool try_append(const NewRecord& record, const RecordHandle& handle, WallTime now);
  bool is_full() const { return is_closed_for_appends_ || size() >= limit_; }
  void close_for_appends() { is_closed_for_appends_ = true; }

  std::size_t size() const { return closed_ ? closed_->size() : builder_->size(); }
  std::int32_t record_count() const { return static_cast<std::int32_t>(handles_.size()); }
  const std::vector<RecordHandle>& handles() const { return handles_; }
  std::size_t largest_record() const { return largest_record_; }

  // The encoded batch, with the producer state of now. No appends afterwards.
  const RecordBatch& encoded();

  bool has_sequence() const { return state_.base_sequence != kNoSequence; }
  std::int32_t base_sequence() const { return state_.base_sequence; }
  std::int32_t last_sequence() const;
  ProducerIdAndEpoch producer() const { return {state_.id, state_.epoch}; }
  void set_producer_state(const ProducerIdAndEpoch&, std::int32_t base_sequence);
  // The same after an epoch bump: the batch may have been encoded and sent before.
  void reset_producer_state(const ProducerIdAndEpoch&, std::int32_t base_sequence);
  bool sequence_was_reset() const { return was_reset_; }  // since it was last encoded

  bool has_reached(Duration delivery_timeout, WallTime now) const;
  Duration waited(WallTime now) const;  // since it was made or came back
  void reenqueued(WallTime now, Duration backoff);
  bool is_backing_off(WallTime now) const;
  Duration backoff() const { return backoff_; }
  // KIP-951: a retry does not back off when the leader has changed meanwhile.
  void update_leader_epoch(std::optional<std::int32_t> epoch);

  ProducerPartition& partition() const { return *partition_; }
  std::uint64_t number() const { return number_; }
  WallTime created() const { return created_; }
  int attempts() const { return attempts_; }
  bool is_retried() const { return attempts_ > 0; }
  bool is_split() const { return is_split_; }
  std::size_t limit() const { return limit_; }

  bool is_done = false;
  bool is_in_request = false;
  bool maybe_written = false;  // a request that held it had no clear answer
  bool holds_memory = false;   // of buffer.memory, limit() bytes

 private:
  ProducerPartition* partition_;
  std::uint64_t number_;
  std::size_t limit_;  // batch.size, or the first record's need
  WallTime created_;
  WallTime last_attempt_;
  bool is_split_;
  std::unique_ptr<BatchBuilder> builder_;  // until encoded
  std::optional<RecordBatch> closed_;
  bool is_closed_for_appends_ = false;
  std::vector<RecordHandle> handles_;
  std::size_t largest_record_ = 0;
  ProducerState state_;
  bool was_reset_ = false;
  int attempts_ = 0;
  Duration backoff_{};  // of the retry under way
  std::optional<std::int32_t> leader_epoch_;
  int attempts_at_leader_change_ = -1;
};

struct ProducerPartition {
  explicit ProducerPartition(TopicPartition partition_id) : id(std::move(partition_id)) {}

  TopicPartition id;
  std::deque<ProducerBatch*> queue;       // front is the next to send
  std::vector<ProducerBatch*> in_flight;  // drained, no outcome yet, in that order
  bool is_muted = false;                  // max.in.flight=1: one batch at a time

  // Idempotence.
  ProducerIdAndEpoch producer;  // that the sequences below belong to
  std::int32_t next_sequence = 0;
  std::optional<std::int32_t> last_acked_sequence;
  std::optional<Offset> last_acked_offset;
  // Sequenced and neither acknowledged nor failed, by (producer id, epoch, sequence): in requests,
  // and those back in the queue.
  std::vector<ProducerBatch*> by_sequence;
  // Batches that were sent expired: what the broker has up to here (excluded) is not known.
  std::optional<std::int32_t> unresolved_next_sequence;
};

}  // namespace kafka
