#include "sim/faults/cuts.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/faults/nodes.h"

namespace sim {

void Cuts::add(std::vector<HostId> a, std::vector<HostId> b, Direction direction) {
  standing_.push_back(network_.partition(std::move(a), std::move(b), direction));
  all_.push_back(standing_.back());
}

void Cuts::heal() {
  for (const PartitionHandle handle : std::exchange(standing_, {})) network_.heal(handle);
}

Effects Cuts::effects() const {
  RuleCounts sum;
  for (const PartitionHandle handle : all_) {
    const RuleCounts& counts = network_.counts(handle);
    sum.frames_held += counts.frames_held;
    sum.acks_lost += counts.acks_lost;
    sum.connects_unanswered += counts.connects_unanswered;
    sum.resets_eaten += counts.resets_eaten;
  }
  return {{"frames held", sum.frames_held},
          {"acknowledgements lost", sum.acks_lost},
          {"connects unanswered", sum.connects_unanswered},
          {"resets eaten", sum.resets_eaten}};
}

std::optional<std::string> wrong_sides(World& world, const std::vector<HostId>& a,
                                       const std::vector<HostId>& b) {
  if (a.empty() || b.empty()) return "one side is empty, so nothing would be cut";
  for (const HostId id : a) {
    if (std::ranges::find(b, id) != b.end())
      return fmt::format("{} is on both sides", world.host(id).name());
  }
  return std::nullopt;
}

void add_cut(Cuts& cuts, const std::vector<HostId>& a, const std::vector<HostId>& b,
             std::string_view direction) {
  if (direction == "from") {
    cuts.add(b, a, Direction::kForward);
  } else {
    cuts.add(a, b, direction == "to" ? Direction::kForward : Direction::kBoth);
  }
}

}  // namespace sim
