#include "broker-model/controller/replica_placer.h"

#include <algorithm>
#include <map>
#include <utility>

namespace kafka {
namespace {

// java.util.Collections.shuffle.
template <class T>
void shuffle(std::vector<T>& items, env::Rng& rng) {
  for (std::size_t i = items.size(); i > 1; --i) {
    const std::size_t other = rng.below(i);
    std::swap(items[i - 1], items[other]);
  }
}

// The brokers of one kind in one rack; each epoch (one partition) starts one further.
class BrokerList {
 public:
  void add(NodeId id) { brokers_.push_back(id); }
  void initialize(env::Rng& rng) {
    std::ranges::sort(brokers_);
    if (!brokers_.empty()) offset_ = rng.below(brokers_.size());
  }
  void shuffle(env::Rng& rng) { kafka::shuffle(brokers_, rng); }
  std::optional<NodeId> next(std::int64_t epoch) {
    if (brokers_.empty()) return std::nullopt;
    if (epoch_ != epoch) {
      epoch_ = epoch;
      index_ = 0;
      offset_ = (offset_ + 1) % brokers_.size();
    }
    if (index_ >= brokers_.size()) return std::nullopt;
    return brokers_[(index_++ + offset_) % brokers_.size()];
  }

 private:
  std::vector<NodeId> brokers_;
  std::int64_t epoch_ = 0;
  std::size_t index_ = 0;
  std::size_t offset_ = 0;
};

struct Rack {
  BrokerList fenced;
  BrokerList unfenced;
  std::optional<NodeId> next(std::int64_t epoch) {
    if (const auto id = unfenced.next(epoch)) return id;
    return fenced.next(epoch);
  }
};

class RackList {
 public:
  RackList(const std::vector<UsableBroker>& brokers, env::Rng& rng) : rng_(rng) {
    for (const UsableBroker& broker : brokers) {
      Rack& rack = racks_[broker.rack];
      (broker.is_fenced ? rack.fenced : rack.unfenced).add(broker.id);
      if (!broker.is_fenced) ++unfenced_;
    }
    for (auto& [name, rack] : racks_) {
      rack.fenced.initialize(rng_);
      rack.unfenced.initialize(rng_);
      names_.push_back(name);  // sorted: no rack first, as OptionalStringComparator
    }
    offset_ = rng_.below(names_.size());
  }

  std::int64_t unfenced() const { return unfenced_; }

  // REQUIRES: an unfenced broker, and no fewer brokers than replicas.
  std::vector<NodeId> place(std::int32_t replication_factor) {
    if (epoch_ == unfenced_ && unfenced_ > 1) {
      shuffle(names_, rng_);
      for (auto& [name, rack] : racks_) {
        rack.fenced.shuffle(rng_);
        rack.unfenced.shuffle(rng_);
      }
      epoch_ = 0;
    }
    if (offset_ == names_.size()) offset_ = 0;
    std::vector<NodeId> replicas;
    std::size_t leader_rack = offset_;
    while (true) {
      if (const auto leader = racks_[names_[leader_rack]].unfenced.next(epoch_)) {
        replicas.push_back(*leader);
        break;
      }
      leader_rack = (leader_rack + 1) % names_.size();
    }
    // The leader's rack is passed over once: it has its replica.
    bool passed_leader_rack = false;
    std::size_t rack = offset_;
    while (std::cmp_less(replicas.size(), replication_factor)) {
      if (leader_rack == rack && !passed_leader_rack) {
        passed_leader_rack = true;
      } else if (const auto replica = racks_[names_[rack]].next(epoch_)) {
        replicas.push_back(*replica);
      }
      rack = (rack + 1) % names_.size();
    }
    ++epoch_;
    ++offset_;
    return replicas;
  }

 private:
  env::Rng& rng_;
  std::map<std::optional<std::string>, Rack> racks_;
  std::vector<std::optional<std::string>> names_;
  std::int64_t unfenced_ = 0;
  std::int64_t epoch_ = 0;
  std::size_t offset_ = 0;
};

}  // namespace

std::expected<std::vector<std::vector<NodeId>>, std::string> place_replicas(
    const std::vector<UsableBroker>& brokers, std::int32_t partitions,
    std::int32_t replication_factor, env::Rng& rng) {
  if (replication_factor <= 0) {
    return std::unexpected("Invalid replication factor " + std::to_string(replication_factor) +
                           ": the replication factor must be positive.");
  }
  const bool has_unfenced =
      std::ranges::any_of(brokers, [](const UsableBroker& broker) { return !broker.is_fenced; });
  if (!has_unfenced) {
    return std::unexpected(
        "All brokers are currently fenced, or have all their log directories cordoned.");
  }
  if (std::cmp_greater(replication_factor, brokers.size())) {
    return std::unexpected("The target replication factor of " +
                           std::to_string(replication_factor) + " cannot be reached because only " +
                           std::to_string(brokers.size()) +
                           " broker(s) are registered or some brokers have all their log"
                           " directories cordoned.");
  }
  RackList racks(brokers, rng);
  std::vector<std::vector<NodeId>> placed;
  for (std::int32_t i = 0; i < partitions; ++i) placed.push_back(racks.place(replication_factor));
  return placed;
}

}  // namespace kafka
