// What a ReplicaManager keeps for each partition. For replica_*.cc only.
#pragma once

#include "broker-model/broker/replica_manager.h"

namespace kafka {

// A log that knows whose it is.
class ReplicaManager::HostedLog final : public PartitionLog {
 public:
  HostedLog(HostedPartition& owner, TopicPartition partition, std::string directory,
            LogConfig config, DiskOpRouter* router)
      : PartitionLog(std::move(partition), std::move(directory), config, router), owner_(&owner) {}
  HostedPartition& owner() { return *owner_; }

 private:
  HostedPartition* owner_;
};

struct ReplicaManager::HostedPartition {
  HostedPartition(PartitionKey k, PurgatorySlot s, PartitionOptions options, LogConfig config,
                  PartitionHost& host, DiskOpRouter* router)
      : key(k),
        slot(s),
        log(*this, options.topic_partition, to_string(options.topic_partition), config, router),
        partition(std::move(options), host, log) {}
  PartitionKey key;
  PurgatorySlot slot;
  HostedLog log;
  Partition partition;
  bool is_online = false;        // its log is open
  Offset told_flushed = 0;       // the recovery point that was observed last
  std::vector<NodeId> told_isr;  // the maximal ISR that was, in this leadership
};

}  // namespace kafka
