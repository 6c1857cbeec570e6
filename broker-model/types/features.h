// The features of a broker or controller of 4.3, lowest and highest level
// (Feature.PRODUCTION_FEATURES, MetadataVersion), as it registers them and tells them to clients.
#pragma once

#include <cstdint>
#include <string_view>

namespace kafka {

inline constexpr std::string_view kMetadataVersionFeature = "metadata.version";
inline constexpr std::string_view kKRaftVersionFeature = "kraft.version";
inline constexpr std::string_view kElrFeature = "eligible.leader.replicas.version";

struct SupportedFeature {
  std::string_view name;
  std::int16_t lowest;
  std::int16_t highest;
};
inline constexpr SupportedFeature kSupportedFeatures[] = {
    {"eligible.leader.replicas.version", 0, 1},
    {"group.version", 0, 1},
    {"kraft.version", 0, 1},
    {"metadata.version", 7, 30},
    {"share.version", 0, 1},
    {"streams.version", 0, 1},
    {"transaction.version", 0, 2},
};

constexpr const SupportedFeature* find_feature(std::string_view name) {  // nullptr: there is none
  for (const SupportedFeature& feature : kSupportedFeatures) {
    if (feature.name == name) return &feature;
  }
  return nullptr;
}

}  // namespace kafka
