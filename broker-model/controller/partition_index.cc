#include "broker-model/controller/partition_index.h"

#include <algorithm>

namespace kafka {
namespace {

void drop(std::map<NodeId, PartitionIndex::Ids>& map, NodeId broker, const TopicIdPartition& id) {
  const auto found = map.find(broker);
  if (found == map.end()) return;
  found->second.erase(id);
  if (found->second.empty()) map.erase(found);
}

}  // namespace

const PartitionIndex::Ids& PartitionIndex::of(const ByBroker& map, NodeId id) {
  static const Ids kNone;
  const auto found = map.find(id);
  return found == map.end() ? kNone : found->second;
}

void PartitionIndex::insert(const TopicIdPartition& id, const PartitionImage& partition) {
  for (const NodeId member : partition.isr) in_isr_[member].insert(id);
  for (const NodeId member : partition.eligible_leader_replicas) in_elr_[member].insert(id);
  if (partition.leader) {
    led_by_[*partition.leader].insert(id);
  } else {
    leaderless_.insert(id);
  }
  if (!partition.has_preferred_leader()) imbalanced_.insert(id);
  if (partition.is_reassigning()) reassigning_.insert(id);
}

void PartitionIndex::erase(const TopicIdPartition& id, const PartitionImage& partition) {
  for (const NodeId member : partition.isr) drop(in_isr_, member, id);
  for (const NodeId member : partition.eligible_leader_replicas) drop(in_elr_, member, id);
  if (partition.leader) drop(led_by_, *partition.leader, id);
  leaderless_.erase(id);
  imbalanced_.erase(id);
  reassigning_.erase(id);
}

void PartitionIndex::update(const TopicIdPartition& id, const PartitionImage* before,
                            const PartitionImage* after) {
  if (before != nullptr) erase(id, *before);
  if (after != nullptr) insert(id, *after);
}

bool PartitionIndex::agrees(const TopicIdPartition& id, const PartitionImage& partition) const {
  const auto all_in = [&](const ByBroker& map, const std::vector<NodeId>& members) {
    return std::ranges::all_of(members,
                               [&](NodeId member) { return of(map, member).contains(id); });
  };
  return all_in(in_isr_, partition.isr) && all_in(in_elr_, partition.eligible_leader_replicas) &&
         leaderless_.contains(id) != partition.leader.has_value() &&
         (!partition.leader || led_by(*partition.leader).contains(id)) &&
         imbalanced_.contains(id) != partition.has_preferred_leader() &&
         reassigning_.contains(id) == partition.is_reassigning();
}

}  // namespace kafka
