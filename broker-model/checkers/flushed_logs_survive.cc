// flushed_logs_survive: a log that is opened again ends no earlier than its broker had flushed it,
// and, when its machine kept power, no earlier than it had written it. A medium that fails (rot, a
// wiped disk, a sync that dropped its pages) excuses both.
#include <fmt/format.h>

#include "broker-model/checkers/checker.h"

namespace kafka {
namespace {

class FlushedLogsSurvive final : public Checker {
 public:
  FlushedLogsSurvive(const Truth& truth, std::string topic)
      : Checker("flushed_logs_survive", truth, std::move(topic)) {}

  void on_observation(const Sighting& seen, const Observation& observation) override {
    if (!seen.node.has_value() || !std::holds_alternative<LogOpened>(observation.what)) return;
    count();
    const PartitionTruth& partition = truth_.partition(*seen.partition);
    for (const LostTail& tail : partition.replica(*seen.node)->lost()) {
      if (tail.at != seen.at || tail.is_excused) continue;
      violate(seen.at);
      ++times_;
      if (!first_.empty()) continue;
      first_ = fmt::format(
          "{} at {}: broker {} opened its log without offsets {}..{}, which it had written and no "
          "loss of power or failing disk can have taken",
          to_string(partition.name), seconds(seen.at), seen.node->value(), tail.first,
          tail.end - 1);
    }
  }

 private:
  std::string describe() const override {
    return times_ > 1 ? fmt::format("{} ({} times in all)", first_, times_) : first_;
  }

  std::uint64_t times_ = 0;
  std::string first_;
};

}  // namespace

std::unique_ptr<Checker> make_flushed_logs_survive(const Truth& truth, std::string topic) {
  return std::make_unique<FlushedLogsSurvive>(truth, std::move(topic));
}

}  // namespace kafka
