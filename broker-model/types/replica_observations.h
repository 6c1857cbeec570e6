// Observations of observation.h about what a replica counts on, and about a node that cannot go on.
#pragma once

#include <span>
#include <string_view>

#include "broker-model/types/ids.h"

namespace kafka {

// All below `recovery_point` survives a power loss, as far as the broker was told by its disk.
struct LogFlushed {
  static constexpr std::string_view kName = "flushed";
  TopicPartitionView partition;
  Offset recovery_point = 0;
  template <class V>
  void fields(V& v) const {
    v("partition", partition);
    v("recovery_point", recovery_point);
  }
};

// A leader counts on another set of in-sync replicas, committed and proposed ones together: a
// proposal to grow it was sent, the controller answered, or its metadata came.
struct MaximalIsrChanged {
  static constexpr std::string_view kName = "maximal-isr";
  TopicPartitionView partition;
  LeaderEpoch leader_epoch;
  PartitionEpoch partition_epoch;
  std::span<const NodeId> isr;  // sorted
  template <class V>
  void fields(V& v) const {
    v("partition", partition);
    v("leader_epoch", leader_epoch);
    v("partition_epoch", partition_epoch);
    v("isr", isr);
  }
};

// The controller has committed that a topic is no more. Its brokers have yet to hear it.
struct TopicDeleted {
  static constexpr std::string_view kName = "topic-deleted";
  std::string_view topic;
  template <class V>
  void fields(V& v) const {
    v("topic", topic);
  }
};

// A broker or controller ends itself, as Kafka halts: what it needs on its disk is gone.
struct Halted {
  static constexpr std::string_view kName = "halted";
  std::string_view reason;
  template <class V>
  void fields(V& v) const {
    v("reason", reason);
  }
};

}  // namespace kafka
