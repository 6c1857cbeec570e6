// Feature levels that the cluster has agreed on: what may be raised or lowered, and by which
// records (Kafka's FeatureControlManager, KIP-584). Reads the image; its records go through replay
// like all others.
#pragma once

#include <map>
#include <string>

#include "broker-model/controller/controller_result.h"
#include "broker-model/controller/metadata_image.h"
#include "broker-model/messages/api_versions.h"
#include "broker-model/messages/update_features.h"

namespace kafka {

// What the state machine asks of its quorum; none of it stands in the image.
struct QuorumFacts {
  std::int16_t kraft_version = 0;
  std::vector<NodeId> voters{};
};

class FeatureControl {
 public:
  // The image outlives it. `id`: this controller's.
  FeatureControl(const MetadataImage& image, NodeId id) : image_(image), id_(id) {}

  bool is_elr_enabled() const;

  // Records that bring about the updates, or INVALID_UPDATE_VERSION with a sentence; then none.
  ApiError update(const UpdateFeaturesRequest& request, const QuorumFacts& quorum,
                  RecordList& records) const;

 private:
  using Update = UpdateFeaturesRequest::FeatureUpdateKey;
  ApiError update_one(const Update& update, const QuorumFacts& quorum, RecordList& records) const;
  // "": every broker and controller supports the level.
  std::string why_not_supported(const std::string& feature, std::int16_t level,
                                const QuorumFacts& quorum) const;

  const MetadataImage& image_;
  NodeId id_;
};

// What nodes support and what the cluster has agreed on, as of a committed image
// (ApiVersionsResponse; SimpleApiVersionManager, KRaftMetadataCache.features).
void tell_features(ApiVersionsResponse& response, std::int16_t version, const MetadataImage& image,
                   std::int16_t kraft_version);

// The levels that a cluster formatted by Kafka 4.3 begins with, of those that this model has: the
// others (group.version, transaction.version, share.version, streams.version) stay at 0, so that no
// client is told of what is not here.
std::map<std::string, std::int16_t, std::less<>> default_features();

}  // namespace kafka
