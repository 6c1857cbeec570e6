#include "broker-model/log/producer_state.h"

#include <limits>

#include "broker-model/messages/records/record_reader.h"
#include "broker-model/types/probe.h"

namespace kafka {
namespace {

bool in_sequence(std::int32_t last, std::int32_t next) {
  if (last == std::numeric_limits<std::int32_t>::max()) return next == 0;
  return next == last + 1;
}

}  // namespace

std::int32_t BatchMetadata::first_sequence() const {
  return increment_sequence(last_sequence, -offset_delta);
}

std::optional<BatchMetadata> ProducerEntry::find_duplicate(const RecordBatch& batch) const {
  if (batch.producer_epoch() != epoch) return std::nullopt;
  for (std::size_t i = 0; i < count_; ++i) {
    if (batches_[i].first_sequence() == batch.base_sequence() &&
        batches_[i].last_sequence == batch.last_sequence()) {
      return batches_[i];
    }
  }
  return std::nullopt;
}

bool ProducerEntry::maybe_update_epoch(ProducerEpoch newer) {
  if (epoch == newer) return false;
  batches_ = {};
  count_ = 0;
  epoch = newer;
  return true;
}

void ProducerEntry::add_batch(ProducerEpoch batch_epoch, const BatchMetadata& batch) {
  maybe_update_epoch(batch_epoch);
  if (count_ == kBatchesMax) {
    for (std::size_t i = 1; i < kBatchesMax; ++i) batches_[i - 1] = batches_[i];
    --count_;
  }
  batches_[count_++] = batch;
  last_timestamp = batch.timestamp;
}

std::optional<BatchMetadata> ProducerStates::find_duplicate(const RecordBatch& batch) const {
  if (!batch.has_producer_id() || mutations_.duplicates_appended_again) return std::nullopt;
  const ProducerEntry* entry = find(batch.producer_id());
  return entry == nullptr ? std::nullopt : entry->find_duplicate(batch);
}

const ProducerEntry* ProducerStates::find(ProducerId id) const {
  const auto found = producers_.find(id);
  return found == producers_.end() ? nullptr : &found->second;
}

std::expected<void, ErrorCode> ProducerStates::check(const RecordBatch& batch,
                                                     AppendOrigin origin) const {
  if (!batch.has_producer_id()) return {};
  const ProducerEntry* known = find(batch.producer_id());
  ProducerEntry entry = known == nullptr ? ProducerEntry{} : *known;
  return batch.is_control() ? append_marker(entry, batch, origin)
                            : append_data(entry, batch, origin);
}

std::expected<void, ErrorCode> ProducerStates::append(const RecordBatch& batch,
                                                      AppendOrigin origin) {
  if (!batch.has_producer_id()) return {};
  const auto found = producers_.find(batch.producer_id());
  ProducerEntry entry = found == producers_.end() ? ProducerEntry{} : found->second;
  const std::expected<void, ErrorCode> done =
      batch.is_control() ? append_marker(entry, batch, origin) : append_data(entry, batch, origin);
  if (!done) return done;
  if (entry.epoch == ProducerEpoch(-1)) return {};  // a control batch that the cleaner emptied
  if (found == producers_.end()) {
    producers_.emplace(batch.producer_id(), entry);
  } else {
    found->second = entry;
  }
  return {};
}

// ProducerAppendInfo.checkSequence. `entry` is the producer's state before the batch.
bool ProducerStates::is_sequence_good(const ProducerEntry& entry, const RecordBatch& batch) const {
  if (mutations_.sequence_gaps_accepted) return true;
  if (mutations_.duplicates_appended_again && entry.find_duplicate(batch)) return true;
  const bool is_unknown = entry.epoch == ProducerEpoch(-1);  // expired or never seen: any start
  if (is_unknown) return true;
  if (batch.producer_epoch() != entry.epoch) return batch.base_sequence() == 0;
  return in_sequence(entry.last_sequence(), batch.base_sequence());
}

std::expected<void, ErrorCode> ProducerStates::append_data(ProducerEntry& entry,
                                                           const RecordBatch& batch,
                                                           AppendOrigin origin) const {
  // What the leader has accepted is not judged again by a follower.
  const bool is_replicated = origin == AppendOrigin::kReplication;
  if (batch.producer_epoch() < entry.epoch && !is_replicated) {
    return std::unexpected(ErrorCode::kInvalidProducerEpoch);
  }
  // The coordinators write offsets and markers, which carry no sequence.
  if (origin == AppendOrigin::kClient && !is_sequence_good(entry, batch)) {
    return std::unexpected(ErrorCode::kOutOfOrderSequenceNumber);
  }
  if (entry.current_txn_first_offset && !batch.is_transactional()) {
    // Kafka throws here even for a follower, whose leader would have refused it.
    if (!is_replicated) return std::unexpected(ErrorCode::kInvalidTxnState);
  } else if (!entry.current_txn_first_offset && batch.is_transactional()) {
    entry.current_txn_first_offset = batch.base_offset;
  }
  entry.add_batch(batch.producer_epoch(), {.last_sequence = batch.last_sequence(),
                                           .last_offset = batch.last_offset(),
                                           .offset_delta = batch.last_offset_delta(),
                                           .timestamp = batch.max_timestamp()});
  return {};
}

std::expected<void, ErrorCode> ProducerStates::append_marker(ProducerEntry& entry,
                                                             const RecordBatch& batch,
                                                             AppendOrigin origin) const {
  RecordReader reader(batch);
  if (!reader.next()) return {};  // the cleaner removed the whole transaction
  const std::optional<EndTxnMarker> marker = read_end_txn_marker(reader.record());
  const bool is_replicated = origin == AppendOrigin::kReplication;
  if (!marker) {
    if (is_replicated) return {};
    return std::unexpected(ErrorCode::kInvalidRecord);
  }
  if (!is_replicated) {
    if (batch.producer_epoch() < entry.epoch) {
      return std::unexpected(ErrorCode::kInvalidProducerEpoch);
    }
    if (entry.coordinator_epoch > marker->coordinator_epoch) {
      return std::unexpected(ErrorCode::kTransactionCoordinatorFenced);
    }
  }
  entry.maybe_update_epoch(batch.producer_epoch());
  entry.coordinator_epoch = marker->coordinator_epoch;
  entry.last_timestamp = reader.record().timestamp;
  entry.current_txn_first_offset.reset();
  return {};
}

void ProducerStates::remove_expired(WallTime now) {
  std::erase_if(producers_, [&](const auto& known) {
    const ProducerEntry& entry = known.second;
    // Unsigned: a producer chooses its timestamps, and Java's difference wraps.
    const auto age =
        static_cast<std::int64_t>(static_cast<std::uint64_t>(millis(now)) -
                                  static_cast<std::uint64_t>(millis(entry.last_timestamp)));
    const bool is_expired = !entry.current_txn_first_offset && age >= env::millis(expiration_);
    if (is_expired) reached(Probe::kProducerIdExpiration);
    return is_expired;
  });
}

std::optional<Offset> ProducerStates::first_unstable_offset() const {
  std::optional<Offset> first;
  for (const auto& [id, entry] : producers_) {
    if (!entry.current_txn_first_offset) continue;
    if (!first || *entry.current_txn_first_offset < *first) first = entry.current_txn_first_offset;
  }
  return first;
}

}  // namespace kafka
