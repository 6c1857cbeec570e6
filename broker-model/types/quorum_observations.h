// Observations about the metadata quorum, of observation.h.
#pragma once

#include <cstdint>
#include <string_view>

#include "broker-model/types/ids.h"

namespace kafka {

// A candidate of the metadata quorum has its majority. It commits nothing yet, so its controller is
// not active: that is ControllerElected.
struct QuorumLeaderElected {
  static constexpr std::string_view kName = "quorum-leader";
  NodeId leader;
  LeaderEpoch epoch;
  template <class V>
  void fields(V& v) const {
    v("leader", leader);
    v("epoch", epoch);
  }
};

// A record of the metadata log is committed, as this node knows: told by each controller and broker
// when its high watermark passes the record, in order of offsets.
struct MetadataCommitted {
  static constexpr std::string_view kName = "metadata-committed";
  Offset offset = 0;
  LeaderEpoch batch_epoch;
  std::uint64_t content = 0;  // hash of the record's value
  template <class V>
  void fields(V& v) const {
    v("offset", offset);
    v("batch_epoch", batch_epoch);
    v("content", content);
  }
};

// A snapshot of the metadata log lies on this node's disk or was read from it: all records below
// `end_offset`, as the state that they make (KIP-630). The same id is the same state for every
// node.
struct MetadataSnapshotted {
  static constexpr std::string_view kName = "metadata-snapshot";
  Offset end_offset = 0;
  LeaderEpoch epoch;          // of the last record that it stands for
  std::uint64_t content = 0;  // hash of its metadata records, control records left out
  bool was_read = false;      // at a start or from a leader; else made here
  template <class V>
  void fields(V& v) const {
    v("end_offset", end_offset);
    v("epoch", epoch);
    v("content", content);
    v("was_read", was_read);
  }
};

}  // namespace kafka
