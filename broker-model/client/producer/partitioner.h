// BuiltInPartitioner: where records without a key go (KIP-480, KIP-794). One per topic.
//
// It sticks to a partition until about batch.size bytes went there, then draws another: uniformly
// over the partitions that have a leader or, when queue sizes are given, the more probably the
// shorter the queue.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "broker-model/env/rng.h"

namespace kafka {

// What the partitioner sees of a topic. REQUIRES: partition_count > 0.
struct TopicShape {
  std::int32_t partition_count = 0;
  std::vector<std::int32_t> available{};  // those with a leader
};

class BuiltInPartitioner {
 public:
  explicit BuiltInPartitioner(std::int64_t sticky_bytes) : sticky_bytes_(sticky_bytes) {}

  // The partition in use; draws when there is none yet.
  std::int32_t current(const TopicShape&, env::Rng&);
  // `bytes` went to current(). Switches at sticky_bytes when `may_switch` (its last batch is full,
  // so that no fraction of a batch is left behind), in any case at twice as many. True: switched.
  bool record_appended(std::int64_t bytes, bool may_switch, const TopicShape&, env::Rng&);

  struct Load {
    std::int32_t partition = 0;
    std::int32_t queue_size = 0;
  };
  // Adaptive partitioning. `total` counts the partitions including those left out of `loads`.
  // Nothing to weigh by: an empty span.
  void update_loads(std::span<const Load> loads, std::size_t total);
  bool is_in_use() const { return partition_.has_value(); }  // a record without a key came
  bool is_adaptive() const { return !cumulative_.empty(); }

 private:
  std::int32_t draw(const TopicShape&, env::Rng&) const;

  std::int64_t sticky_bytes_;
  std::optional<std::int32_t> partition_;
  std::int64_t produced_ = 0;             // bytes to partition_ since it was drawn
  std::vector<std::int64_t> cumulative_;  // running sums of weights; empty: uniform
  std::vector<std::int32_t> partitions_;  // of cumulative_
};

}  // namespace kafka
