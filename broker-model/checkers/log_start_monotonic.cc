// log_start_monotonic: within one incarnation the first offset of a replica's log only moves
// forward, unless a follower's log was truncated to before it; a leader's never moves back.
#include <fmt/format.h>

#include <map>
#include <utility>

#include "broker-model/checkers/checker.h"

namespace kafka {
namespace {

class LogStartMonotonic final : public Checker {
 public:
  LogStartMonotonic(const Truth& truth, std::string topic)
      : Checker("log_start_monotonic", truth, std::move(topic)) {}

  void on_observation(const Sighting& seen, const Observation& observation) override {
    if (!seen.partition.has_value() || !seen.node.has_value()) return;
    const std::pair key{*seen.partition, *seen.node};
    if (const auto* opened = std::get_if<LogOpened>(&observation.what)) {
      count();
      starts_.insert_or_assign(key, opened->log_start_offset);
    } else if (const auto* moved = std::get_if<LogStartMoved>(&observation.what)) {
      count();
      Offset& start = starts_[key];
      if (moved->log_start_offset < start) tell(seen, start, moved->log_start_offset);
      start = moved->log_start_offset;
    } else if (const auto* cut = std::get_if<LogTruncated>(&observation.what)) {
      Offset& start = starts_[key];
      if (cut->new_end_offset >= start) return;
      if (truth_.partition(*seen.partition).is_active_leader(*seen.node))
        tell(seen, start, cut->new_end_offset);
      start = cut->new_end_offset;
    }
  }

 private:
  void tell(const Sighting& seen, Offset from, Offset to) {
    violate(seen.at);
    ++times_;
    if (first_.empty())
      first_ = fmt::format("{} at {}: on broker {} the log start offset went back from {} to {}",
                           to_string(truth_.partition(*seen.partition).name), seconds(seen.at),
                           seen.node->value(), from, to);
  }

  std::string describe() const override {
    return times_ > 1 ? fmt::format("{} ({} times in all)", first_, times_) : first_;
  }

  std::map<std::pair<std::size_t, NodeId>, Offset> starts_;
  std::uint64_t times_ = 0;
  std::string first_;
};

}  // namespace

std::unique_ptr<Checker> make_log_start_monotonic(const Truth& truth, std::string topic) {
  return std::make_unique<LogStartMonotonic>(truth, std::move(topic));
}

}  // namespace kafka
