// ApiVersions (key 18): which versions a listener speaks, and its features. The first request of a
// connection. Its response always travels under response header v0, and a request of an unknown
// version is answered with a v0 body (KIP-35, KIP-511, KIP-584).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "broker-model/messages/fields.h"
#include "broker-model/types/error_code.h"

namespace kafka {

struct ApiVersionsRequest {
  static constexpr ApiInfo api{ApiKey::kApiVersions, "ApiVersions", 0, 4, 3};

  std::string client_software_name{};
  std::string client_software_version{};
  UnknownTags unknown_tagged_fields{};
  bool operator==(const ApiVersionsRequest&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<3> | ignorable, "client_software_name", client_software_name);
    v(since<3> | ignorable, "client_software_version", client_software_version);
  }
};

struct ApiVersionsResponse {
  static constexpr ApiInfo api{ApiKey::kApiVersions, "ApiVersions", 0, 4, 3};

  struct ApiVersion {
    std::int16_t api_key = 0;
    std::int16_t min_version = 0;
    std::int16_t max_version = 0;
    UnknownTags unknown_tagged_fields{};
    bool operator==(const ApiVersion&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "api_key", api_key);
      v(since<0>, "min_version", min_version);
      v(since<0>, "max_version", max_version);
    }
  };

  struct SupportedFeatureKey {
    std::string name{};
    std::int16_t min_version = 0;
    std::int16_t max_version = 0;
    UnknownTags unknown_tagged_fields{};
    bool operator==(const SupportedFeatureKey&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<3>, "name", name);
      v(since<3>, "min_version", min_version);
      v(since<3>, "max_version", max_version);
    }
  };

  struct FinalizedFeatureKey {
    std::string name{};
    std::int16_t max_version_level = 0;
    std::int16_t min_version_level = 0;
    UnknownTags unknown_tagged_fields{};
    bool operator==(const FinalizedFeatureKey&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<3>, "name", name);
      v(since<3>, "max_version_level", max_version_level);
      v(since<3>, "min_version_level", min_version_level);
    }
  };

  ErrorCode error_code = ErrorCode::kNone;
  std::vector<ApiVersion> api_keys{};
  std::int32_t throttle_time_ms = 0;
  std::vector<SupportedFeatureKey> supported_features{};
  std::int64_t finalized_features_epoch = -1;
  std::vector<FinalizedFeatureKey> finalized_features{};
  bool zk_migration_ready = false;
  UnknownTags unknown_tagged_fields{};
  bool operator==(const ApiVersionsResponse&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "error_code", error_code);
    v(since<0>, "api_keys", api_keys);
    v(since<1> | ignorable, "throttle_time_ms", throttle_time_ms);
    v(since<3> | tagged<0> | ignorable, "supported_features", supported_features);
    v(since<3> | tagged<1> | ignorable, "finalized_features_epoch", finalized_features_epoch);
    v(since<3> | tagged<2> | ignorable, "finalized_features", finalized_features);
    v(since<3> | tagged<3> | ignorable, "zk_migration_ready", zk_migration_ready);
  }
};

}  // namespace kafka
