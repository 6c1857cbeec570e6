// What a partition log knows of the producers that write to it (ProducerStateManager,
// ProducerAppendInfo, ProducerStateEntry; KIP-98, KIP-185, KIP-360): the last five batches of each,
// for finding duplicates and gaps. Rebuilt on open and after truncation from the newest snapshot
// (producer_snapshot.h) and what the log holds behind it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>

#include "broker-model/messages/records/record_batch.h"
#include "broker-model/types/error_code.h"
#include "broker-model/types/mutations.h"

namespace kafka {

enum class AppendOrigin : std::uint8_t { kClient, kReplication, kCoordinator, kRaftLeader };

// A batch that a producer wrote.
struct BatchMetadata {
  std::int32_t last_sequence = 0;
  Offset last_offset = 0;
  std::int32_t offset_delta = 0;
  WallTime timestamp = kNoTimestamp;

  std::int32_t first_sequence() const;
  Offset first_offset() const { return last_offset - offset_delta; }
  friend bool operator==(const BatchMetadata&, const BatchMetadata&) = default;
};

class ProducerEntry {
 public:
  static constexpr std::size_t kBatchesMax = 5;  // NUM_BATCHES_TO_RETAIN: max.in.flight's bound

  std::size_t batch_count() const { return count_; }
  const BatchMetadata& batch(std::size_t i) const { return batches_[i]; }  // oldest first
  std::optional<BatchMetadata> find_duplicate(const RecordBatch& batch) const;
  void add_batch(ProducerEpoch batch_epoch, const BatchMetadata& batch);
  bool maybe_update_epoch(ProducerEpoch newer);  // forgets the batches when it changes

  std::int32_t last_sequence() const {
    return count_ == 0 ? kNoSequence : batches_[count_ - 1].last_sequence;
  }
  Offset last_offset() const { return count_ == 0 ? -1 : batches_[count_ - 1].last_offset; }

  ProducerEpoch epoch{-1};
  WallTime last_timestamp = kNoTimestamp;
  std::optional<Offset> current_txn_first_offset;
  std::int32_t coordinator_epoch = -1;
  friend bool operator==(const ProducerEntry&, const ProducerEntry&) = default;

 private:
  std::array<BatchMetadata, kBatchesMax> batches_{};
  std::size_t count_ = 0;
};

class ProducerStates {
 public:
  explicit ProducerStates(Duration expiration, const LogMutations& mutations = {})
      : expiration_(expiration), mutations_(mutations) {}

  // An exact repeat of one of the last five batches of its producer.
  std::optional<BatchMetadata> find_duplicate(const RecordBatch& batch) const;

  // ProducerAppendInfo.append: validates what a client sends (epoch, sequence), takes what comes by
  // replication or from the coordinator as it is, and records it. `batch` carries its final
  // offsets. INVALID_PRODUCER_EPOCH, OUT_OF_ORDER_SEQUENCE_NUMBER, INVALID_TXN_STATE; then nothing
  // changed.
  std::expected<void, ErrorCode> append(const RecordBatch& batch, AppendOrigin origin);
  // The same check without the record, for a request that is refused as a whole.
  std::expected<void, ErrorCode> check(const RecordBatch& batch, AppendOrigin origin) const;

  // producer.id.expiration.ms: forgets producers whose last batch is that old and that have no open
  // transaction. Kafka's log manager calls it every producer.id.expiration.check.interval.ms.
  void remove_expired(WallTime now);
  void clear() { producers_.clear(); }
  void load(ProducerId id, const ProducerEntry& entry) { producers_.insert_or_assign(id, entry); }

  std::optional<Offset> first_unstable_offset() const;  // of the oldest open transaction
  const ProducerEntry* find(ProducerId id) const;
  const std::map<ProducerId, ProducerEntry>& all() const { return producers_; }

 private:
  std::expected<void, ErrorCode> append_data(ProducerEntry& entry, const RecordBatch& batch,
                                             AppendOrigin origin) const;
  std::expected<void, ErrorCode> append_marker(ProducerEntry& entry, const RecordBatch& batch,
                                               AppendOrigin origin) const;
  bool is_sequence_good(const ProducerEntry& entry, const RecordBatch& batch) const;

  Duration expiration_;
  LogMutations mutations_;
  std::map<ProducerId, ProducerEntry> producers_;
};

}  // namespace kafka
