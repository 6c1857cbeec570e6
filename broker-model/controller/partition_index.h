// Which partitions an event at the controller concerns, so that none has to look through all of
// them: by ISR member, by ELR member, by leader, and those without a leader, away from the
// preferred one, or in reassignment (Kafka's BrokersToIsrs, BrokersToElrs, imbalancedPartitions,
// reassigningTopics).
//
// Follows the image: update() with each partition's state before and after a record.
#pragma once

#include <map>
#include <set>

#include "broker-model/controller/metadata_image.h"

namespace kafka {

class PartitionIndex {
 public:
  using Ids = std::set<TopicIdPartition>;

  // nullptr: not there (created, or deleted with its topic).
  void update(const TopicIdPartition& id, const PartitionImage* before,
              const PartitionImage* after);

  const Ids& with_isr_member(NodeId id) const { return of(in_isr_, id); }
  const Ids& with_elr_member(NodeId id) const { return of(in_elr_, id); }
  const Ids& led_by(NodeId id) const { return of(led_by_, id); }
  const Ids& leaderless() const { return leaderless_; }
  const Ids& imbalanced() const { return imbalanced_; }
  const Ids& reassigning() const { return reassigning_; }

  // The index says of the partition what the image does.
  bool agrees(const TopicIdPartition& id, const PartitionImage& partition) const;

 private:
  using ByBroker = std::map<NodeId, Ids>;
  static const Ids& of(const ByBroker& map, NodeId id);
  void insert(const TopicIdPartition& id, const PartitionImage& partition);
  void erase(const TopicIdPartition& id, const PartitionImage& partition);

  ByBroker in_isr_;
  ByBroker in_elr_;
  ByBroker led_by_;
  Ids leaderless_;
  Ids imbalanced_;
  Ids reassigning_;
};

}  // namespace kafka
