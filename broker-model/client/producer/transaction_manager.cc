#include "broker-model/client/producer/transaction_manager.h"

#include <algorithm>
#include <limits>
#include <tuple>

#include "broker-model/types/probe.h"

namespace kafka {
namespace {

auto order_of(const ProducerBatch* batch) {
  return std::tuple(batch->producer(), batch->base_sequence());
}

bool is_current(const ProducerPartition& partition, const ProducerIdAndEpoch& producer) {
  return partition.producer == producer;
}

void add_once(std::vector<ProducerPartition*>& list, ProducerPartition& partition) {
  if (std::ranges::find(list, &partition) == list.end()) list.push_back(&partition);
}

}  // namespace

bool TransactionManager::is_next_sequence(const ProducerPartition& partition,
                                          std::int32_t sequence) const {
  return sequence - partition.last_acked_sequence.value_or(-1) == 1;
}

void TransactionManager::request_epoch_bump(ProducerPartition& partition) {
  needs_bump_ = true;
  add_once(to_rewrite_, partition);
}

// Partitions whose sent batches expired: when nothing is in flight any more, either all that was
// sent has been acknowledged after all, or the gap can only be left by a new epoch.
void TransactionManager::maybe_resolve_sequences() {
  std::erase_if(unresolved_, [this](ProducerPartition* partition) {
    if (!partition->by_sequence.empty()) return false;
    if (!is_next_sequence(*partition, partition->next_sequence)) request_epoch_bump(*partition);
    partition->unresolved_next_sequence.reset();
    return true;
  });
}

void TransactionManager::bump_epoch_if_needed() {
  if (!needs_bump_) return;
  reached(Probe::kProducerEpochBumped);
  if (current_.epoch.value() == std::numeric_limits<std::int16_t>::max()) {
    current_ = {};  // asks for another producer id
  } else {
    current_.epoch = ProducerEpoch{static_cast<std::int16_t>(current_.epoch.value() + 1)};
  }
  for (ProducerPartition* partition : to_rewrite_) {
    start_sequences_at_beginning(*partition);
    partition->unresolved_next_sequence.reset();
    std::erase(unresolved_, partition);
  }
  to_rewrite_.clear();
  needs_bump_ = false;
}

void TransactionManager::start_sequences_at_beginning(ProducerPartition& partition) {
  std::int32_t sequence = 0;
  for (ProducerBatch* batch : partition.by_sequence) {
    batch->reset_producer_state(current_, sequence);
    sequence += batch->record_count();
  }
  partition.producer = current_;
  partition.next_sequence = sequence;
  partition.last_acked_sequence.reset();
}

bool TransactionManager::must_wait(const ProducerPartition& partition,
                                   const ProducerBatch& first) const {
  if (!current_.is_valid()) return true;
  if (!first.has_sequence()) {
    // A new epoch starts at sequence 0, which must not be written before the old epoch's batches.
    if (!partition.by_sequence.empty() && !is_current(partition, current_)) return true;
    if (partition.unresolved_next_sequence) return true;
    return false;
  }
  // A retry goes out only when it is the oldest: one request in flight until all is in order.
  return !partition.by_sequence.empty() &&
         first.base_sequence() != partition.by_sequence.front()->base_sequence();
}

void TransactionManager::assign_sequence(ProducerPartition& partition, ProducerBatch& batch) {
  TIT_ASSERT(!batch.has_sequence(), "a batch keeps its sequence: it may have been written");
  if (!is_current(partition, current_) && partition.by_sequence.empty()) {
    start_sequences_at_beginning(partition);
  }
  batch.set_producer_state(current_, partition.next_sequence);
  partition.next_sequence = increment_sequence(partition.next_sequence, batch.record_count());
  track(batch);
}

void TransactionManager::track(ProducerBatch& batch) {
  std::vector<ProducerBatch*>& list = batch.partition().by_sequence;
  list.insert(std::ranges::upper_bound(list, order_of(&batch), {}, order_of), &batch);
}

void TransactionManager::untrack(ProducerBatch& batch) {
  std::erase(batch.partition().by_sequence, &batch);
}

// --- outcomes ------------------------------------------------------------------------------------

bool TransactionManager::can_retry(const ProducerBatch& batch, const Answer& answer) {
  ProducerPartition& partition = batch.partition();
  if (answer.error == ErrorCode::kUnknownProducerId) {
    // The broker lost what it knew of us. Without a log start offset, or when the sequences start
    // anew already, only ask again; else a new epoch avoids using an (epoch, sequence) twice.
    if (answer.log_start_offset != -1 && !batch.sequence_was_reset()) request_epoch_bump(partition);
    return true;
  }
  if (answer.error == ErrorCode::kOutOfOrderSequenceNumber) {
    const bool is_unresolved = partition.unresolved_next_sequence.has_value();
    // Not the next in line: an earlier batch failed, and this one follows it.
    if (!is_unresolved &&
        (batch.sequence_was_reset() || !is_next_sequence(partition, batch.base_sequence()))) {
      return true;
    }
    // The next in line, and yet out of order: there is a gap that only a new epoch can leave.
    if (!is_unresolved || batch.base_sequence() == *partition.unresolved_next_sequence) {
      request_epoch_bump(partition);
    }
    return true;
  }
  if (mutations_.retry_bumps_epoch && is_retriable(answer.error)) request_epoch_bump(partition);
  return is_retriable(answer.error);
}

void TransactionManager::completed(ProducerBatch& batch, const Answer& answer) {
  ProducerPartition& partition = batch.partition();
  const std::int32_t last = batch.last_sequence();
  if (last > partition.last_acked_sequence.value_or(-1)) partition.last_acked_sequence = last;
  if (answer.base_offset >= 0) {
    const Offset last_offset = answer.base_offset + batch.record_count() - 1;
    partition.last_acked_offset = std::max(partition.last_acked_offset.value_or(-1), last_offset);
  }
  untrack(batch);
}

void TransactionManager::failed(ProducerBatch& batch, ErrorCode error, bool adjust) {
  switch_fatal(error);
  untrack(batch);
  if (has_fatal_error()) return;
  ProducerPartition& partition = batch.partition();
  if (error == ErrorCode::kOutOfOrderSequenceNumber) {
    request_epoch_bump(partition);
  } else if (error == ErrorCode::kUnknownProducerId) {
    // The broker takes sequence 0 from an unknown producer.
    partition.producer = {};
    partition.next_sequence = 0;
    partition.last_acked_sequence.reset();
    partition.last_acked_offset.reset();
    partition.unresolved_next_sequence.reset();
    std::erase(unresolved_, &partition);
  } else if (adjust) {
    request_epoch_bump(partition);
  }
}

// maybeTransitionToErrorState, for a producer without transactions.
void TransactionManager::switch_fatal(ErrorCode error) {
  if (error == ErrorCode::kClusterAuthorizationFailed || error == ErrorCode::kProducerFenced ||
      error == ErrorCode::kUnsupportedVersion || error == ErrorCode::kInvalidProducerIdMapping) {
    reached(Probe::kProducerFatal);
    fatal_ = error;
  }
}

void TransactionManager::mark_unresolved(ProducerBatch& batch) {
  ProducerPartition& partition = batch.partition();
  if (mutations_.expired_sequence_used_again && partition.by_sequence.size() == 1) {
    partition.next_sequence = batch.base_sequence();
    return;
  }
  const std::int32_t next = batch.last_sequence() + 1;
  partition.unresolved_next_sequence =
      std::max(partition.unresolved_next_sequence.value_or(next), next);
  add_once(unresolved_, partition);
  reached(Probe::kProducerSequenceUnresolved);
}

void TransactionManager::check_invariants(const ProducerPartition& partition) const {
  const ProducerBatch* previous = nullptr;
  for (const ProducerBatch* batch : partition.by_sequence) {
    TIT_ASSERT(batch->has_sequence(), "a tracked batch has a sequence");
    TIT_ASSERT(!batch->is_done, "a tracked batch is not done");
    if (previous != nullptr) {
      TIT_ASSERT(order_of(previous) < order_of(batch), "sequences in flight ascend");
    }
    previous = batch;
  }
}

}  // namespace kafka
