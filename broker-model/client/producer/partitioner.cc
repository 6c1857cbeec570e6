#include "broker-model/client/producer/partitioner.h"

#include <algorithm>

namespace kafka {

std::int32_t BuiltInPartitioner::draw(const TopicShape& topic, env::Rng& rng) const {
  TIT_ASSERT(topic.partition_count > 0, "a topic has partitions");
  if (!cumulative_.empty()) {
    const auto drawn =
        static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(cumulative_.back())));
    const auto found = std::ranges::upper_bound(cumulative_, drawn);
    return partitions_[static_cast<std::size_t>(found - cumulative_.begin())];
  }
  if (!topic.available.empty()) return topic.available[rng.below(topic.available.size())];
  return static_cast<std::int32_t>(rng.below(static_cast<std::uint64_t>(topic.partition_count)));
}

std::int32_t BuiltInPartitioner::current(const TopicShape& topic, env::Rng& rng) {
  if (!partition_) {
    partition_ = draw(topic, rng);
    produced_ = 0;
  }
  return *partition_;
}

bool BuiltInPartitioner::record_appended(std::int64_t bytes, bool may_switch,
                                         const TopicShape& topic, env::Rng& rng) {
  produced_ += bytes;
  const bool is_enough = produced_ >= sticky_bytes_ && may_switch;
  if (!is_enough && produced_ < 2 * sticky_bytes_) return false;
  partition_ = draw(topic, rng);
  produced_ = 0;
  return true;
}

void BuiltInPartitioner::update_loads(std::span<const Load> loads, std::size_t total) {
  cumulative_.clear();
  partitions_.clear();
  if (loads.empty() || total < 2) return;
  const auto [least, most] = std::ranges::minmax(loads, {}, &Load::queue_size);
  if (least.queue_size == most.queue_size && loads.size() == total) return;
  // Queues of 0, 3, 1 weigh 4, 1, 3.
  std::int64_t sum = 0;
  for (const Load& load : loads) {
    sum += most.queue_size + 1 - load.queue_size;
    cumulative_.push_back(sum);
    partitions_.push_back(load.partition);
  }
}

}  // namespace kafka
