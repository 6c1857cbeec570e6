// IncrementalAlterConfigs (key 44): changes single configs of topics, brokers and groups.
// config_operation: 0 set, 1 delete, 2 append, 3 subtract (KIP-339).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker-model/messages/fields.h"
#include "broker-model/types/error_code.h"

namespace kafka {

struct IncrementalAlterConfigsRequest {
  static constexpr ApiInfo api{ApiKey::kIncrementalAlterConfigs, "IncrementalAlterConfigs", 0, 1,
                               1};

  struct AlterableConfig {
    std::string name{};
    std::int8_t config_operation = 0;
    std::optional<std::string> value = "";
    UnknownTags unknown_tagged_fields{};
    bool operator==(const AlterableConfig&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "name", name);
      v(since<0>, "config_operation", config_operation);
      v(since<0> | nullable, "value", value);
    }
  };

  struct AlterConfigsResource {
    std::int8_t resource_type = 0;
    std::string resource_name{};
    std::vector<AlterableConfig> configs{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const AlterConfigsResource&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "resource_type", resource_type);
      v(since<0>, "resource_name", resource_name);
      v(since<0>, "configs", configs);
    }
  };

  std::vector<AlterConfigsResource> resources{};
  bool validate_only = false;
  UnknownTags unknown_tagged_fields{};
  bool operator==(const IncrementalAlterConfigsRequest&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "resources", resources);
    v(since<0>, "validate_only", validate_only);
  }
};

struct IncrementalAlterConfigsResponse {
  static constexpr ApiInfo api{ApiKey::kIncrementalAlterConfigs, "IncrementalAlterConfigs", 0, 1,
                               1};

  struct AlterConfigsResourceResponse {
    ErrorCode error_code = ErrorCode::kNone;
    std::optional<std::string> error_message = "";
    std::int8_t resource_type = 0;
    std::string resource_name{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const AlterConfigsResourceResponse&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "error_code", error_code);
      v(since<0> | nullable, "error_message", error_message);
      v(since<0>, "resource_type", resource_type);
      v(since<0>, "resource_name", resource_name);
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<AlterConfigsResourceResponse> responses{};
  UnknownTags unknown_tagged_fields{};
  bool operator==(const IncrementalAlterConfigsResponse&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "throttle_time_ms", throttle_time_ms);
    v(since<0>, "responses", responses);
  }
};

}  // namespace kafka
