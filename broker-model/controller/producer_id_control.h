// Blocks of producer ids for brokers (Kafka's ProducerIdControlManager, KIP-730).
#pragma once

#include <cstdint>

#include "broker-model/controller/cluster_control.h"
#include "broker-model/controller/controller_result.h"
#include "broker-model/messages/allocate_producer_ids.h"

namespace kafka {

inline constexpr std::int32_t kProducerIdBlockSize = 1000;

class ProducerIdControl {
 public:
  ProducerIdControl(const MetadataImage& image, const ClusterControl& cluster)
      : image_(image), cluster_(cluster) {}

  // The next block, recorded before it is told: no id is given out twice.
  ControllerResult<AllocateProducerIdsResponse> next_block(
      const AllocateProducerIdsRequest& request) const;

 private:
  const MetadataImage& image_;
  const ClusterControl& cluster_;
};

}  // namespace kafka
