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

}  // namespace kafka
