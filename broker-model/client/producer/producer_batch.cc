#include "broker-model/client/producer/producer_batch.h"

#include <algorithm>

namespace kafka {
namespace {

BatchOptions options_for(std::size_t limit) {
  BatchOptions options;
  options.size_limit = limit;
  return options;
}

}  // namespace

ProducerBatch::ProducerBatch(ProducerPartition& partition, std::uint64_t number, std::size_t limit,
                             WallTime now, bool is_split)
    : partition_(&partition),
      number_(number),
      limit_(limit),
      created_(now),
      last_attempt_(now),
      is_split_(is_split),
      builder_(std::make_unique<BatchBuilder>(options_for(limit))) {}

bool ProducerBatch::try_append(const NewRecord& record, const RecordHandle& handle, WallTime) {
  if (is_closed_for_appends_ || !builder_->has_room_for(record)) return false;
  builder_->append(record);
  largest_record_ = std::max(largest_record_, estimate_size_upper_bound(record));
  handles_.push_back(handle);
  return true;
}

const RecordBatch& ProducerBatch::encoded() {
  is_closed_for_appends_ = true;
  if (!closed_) {
    builder_->set_producer_state(state_);
    closed_ = builder_->close();
    builder_.reset();
  } else if (was_reset_) {
    closed_ = with_producer_state(*closed_, state_);
  }
  was_reset_ = false;
  return *closed_;
}

std::int32_t ProducerBatch::last_sequence() const {
  return increment_sequence(state_.base_sequence, record_count() - 1);
}

void ProducerBatch::set_producer_state(const ProducerIdAndEpoch& producer,
                                       std::int32_t base_sequence) {
  state_ = {.id = producer.id, .epoch = producer.epoch, .base_sequence = base_sequence};
  // An encoded batch gets a sequence only when it was never sent with one (a split batch).
  if (closed_) was_reset_ = true;
}

void ProducerBatch::reset_producer_state(const ProducerIdAndEpoch& producer,
                                         std::int32_t base_sequence) {
  state_ = {.id = producer.id, .epoch = producer.epoch, .base_sequence = base_sequence};
  was_reset_ = true;
}

bool ProducerBatch::has_reached(Duration delivery_timeout, WallTime now) const {
  return delivery_timeout != Duration::max() && Duration(now - created_) >= delivery_timeout;
}

Duration ProducerBatch::waited(WallTime now) const {
  return std::max(Duration(now - last_attempt_), Duration{});
}

void ProducerBatch::reenqueued(WallTime now, Duration backoff) {
  ++attempts_;
  last_attempt_ = std::max(last_attempt_, now);
  backoff_ = backoff;
}

bool ProducerBatch::is_backing_off(WallTime now) const {
  const bool has_leader_changed = attempts_ == attempts_at_leader_change_;
  return attempts_ > 0 && !has_leader_changed && waited(now) < backoff_;
}

void ProducerBatch::update_leader_epoch(std::optional<std::int32_t> epoch) {
  if (!epoch || (leader_epoch_ && *leader_epoch_ >= *epoch)) return;
  leader_epoch_ = epoch;
  attempts_at_leader_change_ = attempts_;
}

}  // namespace kafka
