#include "broker-model/controller/feature_control.h"

#include "broker-model/types/features.h"

namespace kafka {
namespace {

// FeatureUpdate.UpgradeType
constexpr std::int8_t kUpgrade = 1;
constexpr std::int8_t kUnsafeDowngrade = 3;

ApiError invalid(const std::string& feature, std::int16_t level, const std::string& why) {
  return {ErrorCode::kInvalidUpdateVersion, "Invalid update version " + std::to_string(level) +
                                                " for feature " + feature + ". " + why};
}

// QuorumFeatures.reasonNotSupported.
std::string why_not(std::int16_t level, const std::string& who, std::int16_t lowest,
                    std::int16_t highest) {
  if (level >= lowest && level <= highest) return "";
  if (highest == 0) return who + " does not support this feature.";
  return who + " only supports versions " + std::to_string(lowest) + "-" + std::to_string(highest);
}

}  // namespace

void tell_features(ApiVersionsResponse& response, std::int16_t version, const MetadataImage& image,
                   std::int16_t kraft_version) {
  for (const SupportedFeature& feature : kSupportedFeatures) {
    // Before v4 a minimum of 0 is refused by the client's own reader (KAFKA-17011).
    if (feature.lowest == 0 && version < 4) continue;
    response.supported_features.push_back({.name = std::string(feature.name),
                                           .min_version = feature.lowest,
                                           .max_version = feature.highest});
  }
  response.finalized_features_epoch = image.highest_offset();
  const auto finalized = [&](std::string_view name, std::int16_t level) {
    if (level == 0) return;
    response.finalized_features.push_back(
        {.name = std::string(name), .max_version_level = level, .min_version_level = level});
  };
  for (const auto& [name, level] : image.features()) finalized(name, level);
  finalized(kKRaftVersionFeature, kraft_version);
}

std::map<std::string, std::int16_t, std::less<>> default_features() {
  return {{std::string(kElrFeature), std::int16_t{1}},
          {std::string(kMetadataVersionFeature), kMetadataVersion}};
}

bool FeatureControl::is_elr_enabled() const { return image_.feature_level(kElrFeature) >= 1; }

std::string FeatureControl::why_not_supported(const std::string& feature, std::int16_t level,
                                              const QuorumFacts& quorum) const {
  const SupportedFeature* own = find_feature(feature);
  std::string reason = why_not(level, "Local controller " + std::to_string(id_.value()),
                               own == nullptr ? std::int16_t{0} : own->lowest,
                               own == nullptr ? std::int16_t{0} : own->highest);
  for (const auto& [id, broker] : image_.brokers()) {
    if (!reason.empty()) break;
    FeatureRange range{.name = feature};
    for (const FeatureRange& candidate : broker.features) {
      if (candidate.name == feature) range = candidate;
    }
    reason = why_not(level, "Broker " + std::to_string(id.value()), range.lowest, range.highest);
  }
  for (const auto& [id, controller] : image_.controllers()) {
    if (!reason.empty()) break;
    if (id == id_) continue;
    const auto found = controller.features.find(feature);
    const auto [lowest, highest] = found == controller.features.end()
                                       ? std::pair<std::int16_t, std::int16_t>(0, 0)
                                       : found->second;
    reason = why_not(level, "Controller " + std::to_string(id.value()), lowest, highest);
  }
  for (const NodeId voter : quorum.voters) {
    if (!reason.empty()) break;
    if (voter == id_ || image_.controllers().contains(voter)) continue;
    reason = "controller " + std::to_string(voter.value()) +
             " has not registered, and may not support this feature";
  }
  return reason;
}

ApiError FeatureControl::update_one(const Update& update, const QuorumFacts& quorum,
                                    RecordList& records) const {
  const std::int16_t level = update.max_version_level;
  const bool is_kraft_version = update.feature == kKRaftVersionFeature;
  const std::int16_t current =
      is_kraft_version ? quorum.kraft_version : image_.feature_level(update.feature);
  const auto refuse = [&](const std::string& why) { return invalid(update.feature, level, why); };
  if (update.upgrade_type < kUpgrade || update.upgrade_type > kUnsafeDowngrade) {
    return refuse("The controller does not support the given upgrade type.");
  }
  if (level < 0) return refuse("A feature version cannot be less than 0.");
  const std::string reason = why_not_supported(update.feature, level, quorum);
  if (!reason.empty()) return refuse(reason);
  if (level < current && update.upgrade_type == kUpgrade) {
    return refuse(
        "Can't downgrade the version of this feature without setting the upgrade type to either"
        " safe or unsafe downgrade.");
  }
  if (level > current && update.upgrade_type != kUpgrade) {
    return refuse("Can't downgrade to a newer version.");
  }
  if (update.feature == kMetadataVersionFeature && level < current) {
    // Level 30 brought new metadata, so that no way leads back.
    return {ErrorCode::kInvalidUpdateVersion,
            "Unsupported metadata.version downgrade from " + std::to_string(current) + " to " +
                std::to_string(level) + ". " +
                (update.upgrade_type == kUnsafeDowngrade
                     ? "Unsafe metadata downgrade is not supported in this version."
                     : "Refusing to perform the requested downgrade because it might delete"
                       " metadata information.")};
  }
  if (is_kraft_version) {
    if (level != current)
      return refuse("This controller's quorum does not change its kraft.version at run time.");
    records.push_back({NoOpRecord{}, 0});  // whose commit is waited for
    return {};
  }
  records.push_back({FeatureLevelRecord{.name = update.feature, .feature_level = level}, 0});
  return {};
}

ApiError FeatureControl::update(const UpdateFeaturesRequest& request, const QuorumFacts& quorum,
                                RecordList& records) const {
  RecordList updates;
  for (const Update& update : request.feature_updates) {
    if (ApiError error = update_one(update, quorum, updates); error.is_failure()) return error;
  }
  records.insert(records.end(), updates.begin(), updates.end());
  return {};
}

}  // namespace kafka
