// TransactionManager, the part for idempotence: producer id and epoch, sequence numbers, and what
// an error means for them. Transactions come with a later issue.
//
//   uninitialized -> initializing (InitProducerId is under way) -> ready -> uninitialized (the
//   epoch ran out) ...; any -> fatal (nothing can be sent any more).
//
// Invariants: (1) batches of `by_sequence` of a partition ascend and do not overlap; (2) while the
// epoch of a partition is not the producer's, its batches in flight end before a new one gets a
// sequence; (3) a sequence that may have been written is not given to another record in the same
// epoch.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "broker-model/client/producer/producer_batch.h"
#include "broker-model/types/error_code.h"
#include "broker-model/types/mutations.h"

namespace kafka {

class TransactionManager {
 public:
  explicit TransactionManager(const ClientMutations& mutations = {}) : mutations_(mutations) {}

  bool has_fatal_error() const { return fatal_.has_value(); }
  ErrorCode fatal_error() const { return fatal_.value_or(ErrorCode::kNone); }
  const ProducerIdAndEpoch& producer() const { return current_; }
  bool needs_producer_id() const { return !current_.is_valid() && !fatal_; }

  // --- once per turn of the sender
  void maybe_resolve_sequences();
  void bump_epoch_if_needed();

  void initialized(const ProducerIdAndEpoch& producer) { current_ = producer; }
  void fail(ErrorCode error) { fatal_ = error; }

  // --- draining
  // RecordAccumulator.shouldStopDrainBatchesForPartition.
  bool must_wait(const ProducerPartition&, const ProducerBatch& first) const;
  void assign_sequence(ProducerPartition&, ProducerBatch&);  // REQUIRES: it has none
  void track(ProducerBatch&);                                // into by_sequence
  void untrack(ProducerBatch&);

  // --- outcomes
  struct Answer {
    ErrorCode error = ErrorCode::kNone;
    Offset base_offset = -1;
    Offset log_start_offset = -1;
  };
  bool can_retry(const ProducerBatch&, const Answer&);
  void completed(ProducerBatch&, const Answer&);
  // `adjust`: its sequence was surely not used up by a lost attempt (retries were left).
  void failed(ProducerBatch&, ErrorCode, bool adjust);
  void mark_unresolved(ProducerBatch&);

  void check_invariants(const ProducerPartition&) const;

 private:
  void switch_fatal(ErrorCode);
  void request_epoch_bump(ProducerPartition&);
  void start_sequences_at_beginning(ProducerPartition&);
  bool is_next_sequence(const ProducerPartition&, std::int32_t sequence) const;

  ClientMutations mutations_;
  ProducerIdAndEpoch current_;
  std::optional<ErrorCode> fatal_;
  bool needs_bump_ = false;
  std::vector<ProducerPartition*> to_rewrite_;  // at the bump, their sequences start at 0
  std::vector<ProducerPartition*> unresolved_;
};

}  // namespace kafka
