// high_watermark_monotonic: while a broker leads a partition in one epoch and one incarnation, its
// high watermark never moves back, and it never truncates its log below it.
#include <fmt/format.h>

#include <map>
#include <utility>

#include "broker-model/checkers/checker.h"

namespace kafka {
namespace {

class HighWatermarkMonotonic final : public Checker {
 public:
  HighWatermarkMonotonic(const Truth& truth, std::string topic)
      : Checker("high_watermark_monotonic", truth, std::move(topic)) {}

  void on_observation(const Sighting& seen, const Observation& observation) override {
    if (!seen.partition.has_value() || !seen.node.has_value()) return;
    const std::pair key{*seen.partition, *seen.node};
    if (const auto* moved = std::get_if<HighWatermarkMoved>(&observation.what)) {
      if (moved->as_leader) on_moved(seen, key, *moved);
    } else if (const auto* leader = std::get_if<BecameLeader>(&observation.what)) {
      leading_.insert_or_assign(key, Leading{leader->leader_epoch, leader->high_watermark});
    } else if (const auto* truncated = std::get_if<LogTruncated>(&observation.what)) {
      on_truncated(seen, key, truncated->new_end_offset);
    } else if (std::get_if<BecameFollower>(&observation.what) != nullptr ||
               std::get_if<LogOpened>(&observation.what) != nullptr) {
      leading_.erase(key);
    }
  }

 private:
  using Key = std::pair<std::size_t, NodeId>;
  struct Leading {
    LeaderEpoch epoch;
    Offset high_watermark = 0;
  };

  void on_moved(const Sighting& seen, const Key& key, const HighWatermarkMoved& moved) {
    const auto found = leading_.find(key);
    if (found == leading_.end() || found->second.epoch != moved.leader_epoch) {
      leading_.insert_or_assign(key, Leading{moved.leader_epoch, moved.high_watermark});
      return;
    }
    count();
    if (moved.high_watermark < found->second.high_watermark)
      tell(seen, found->second, fmt::format("went back to {}", moved.high_watermark));
    found->second.high_watermark = moved.high_watermark;
  }

  void on_truncated(const Sighting& seen, const Key& key, Offset end) {
    const auto found = leading_.find(key);
    if (found == leading_.end()) return;
    count();
    if (end < found->second.high_watermark)
      tell(seen, found->second, fmt::format("lost its records: the log was truncated to {}", end));
  }

  void tell(const Sighting& seen, const Leading& leading, const std::string& what) {
    violate(seen.at);
    ++times_;
    if (!first_.empty()) return;
    first_ = fmt::format("{} at {}: on broker {}, leader of epoch {}, the high watermark {} {}",
                         to_string(truth_.partition(*seen.partition).name), seconds(seen.at),
                         seen.node->value(), leading.epoch.value(), leading.high_watermark, what);
  }

  std::string describe() const override {
    return times_ > 1 ? fmt::format("{} ({} times in all)", first_, times_) : first_;
  }

  std::map<Key, Leading> leading_;
  std::uint64_t times_ = 0;
  std::string first_;
};

}  // namespace

std::unique_ptr<Checker> make_high_watermark_monotonic(const Truth& truth, std::string topic) {
  return std::make_unique<HighWatermarkMonotonic>(truth, std::move(topic));
}

}  // namespace kafka
