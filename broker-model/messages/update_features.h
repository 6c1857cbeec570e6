// UpdateFeatures (key 57): raises or lowers the finalized levels of features (KIP-584).
// upgrade_type since v1: 1 upgrade, 2 safe downgrade, 3 unsafe downgrade (KIP-778). Results by
// feature end with v1: since v2 all or nothing is done (KIP-1022).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker-model/messages/fields.h"
#include "broker-model/types/error_code.h"

namespace kafka {

struct UpdateFeaturesRequest {
  static constexpr ApiInfo api{ApiKey::kUpdateFeatures, "UpdateFeatures", 0, 2, 0};

  struct FeatureUpdateKey {
    std::string feature{};
    std::int16_t max_version_level = 0;
    bool allow_downgrade = false;
    std::int8_t upgrade_type = 1;
    UnknownTags unknown_tagged_fields{};
    bool operator==(const FeatureUpdateKey&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "feature", feature);
      v(since<0>, "max_version_level", max_version_level);
      v(between<0, 0>, "allow_downgrade", allow_downgrade);
      v(since<1>, "upgrade_type", upgrade_type);
    }
  };

  std::int32_t timeout_ms = 60000;
  std::vector<FeatureUpdateKey> feature_updates{};
  bool validate_only = false;
  UnknownTags unknown_tagged_fields{};
  bool operator==(const UpdateFeaturesRequest&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "timeout_ms", timeout_ms);
    v(since<0>, "feature_updates", feature_updates);
    v(since<1>, "validate_only", validate_only);
  }
};

struct UpdateFeaturesResponse {
  static constexpr ApiInfo api{ApiKey::kUpdateFeatures, "UpdateFeatures", 0, 2, 0};

  struct UpdatableFeatureResult {
    std::string feature{};
    ErrorCode error_code = ErrorCode::kNone;
    std::optional<std::string> error_message = "";
    UnknownTags unknown_tagged_fields{};
    bool operator==(const UpdatableFeatureResult&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "feature", feature);
      v(since<0>, "error_code", error_code);
      v(since<0> | nullable, "error_message", error_message);
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message = "";
  std::vector<UpdatableFeatureResult> results{};
  UnknownTags unknown_tagged_fields{};
  bool operator==(const UpdateFeaturesResponse&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "throttle_time_ms", throttle_time_ms);
    v(since<0>, "error_code", error_code);
    v(since<0> | nullable, "error_message", error_message);
    v(between<0, 1> | ignorable, "results", results);
  }
};

}  // namespace kafka
