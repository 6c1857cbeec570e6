// DescribeConfigs (key 32): the configs of topics and brokers (KIP-133), where each comes from and
// what it shadows (KIP-226), type and documentation since v3 (KIP-569).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker-model/messages/fields.h"
#include "broker-model/types/error_code.h"

namespace kafka {

struct DescribeConfigsRequest {
  static constexpr ApiInfo api{ApiKey::kDescribeConfigs, "DescribeConfigs", 1, 4, 4};

  struct DescribeConfigsResource {
    std::int8_t resource_type = 0;
    std::string resource_name{};
    std::optional<std::vector<std::string>> configuration_keys = std::vector<std::string>{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const DescribeConfigsResource&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "resource_type", resource_type);
      v(since<0>, "resource_name", resource_name);
      v(since<0> | nullable, "configuration_keys", configuration_keys);
    }
  };

  std::vector<DescribeConfigsResource> resources{};
  bool include_synonyms = false;
  bool include_documentation = false;
  UnknownTags unknown_tagged_fields{};
  bool operator==(const DescribeConfigsRequest&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "resources", resources);
    v(since<1>, "include_synonyms", include_synonyms);
    v(since<3>, "include_documentation", include_documentation);
  }
};

struct DescribeConfigsResponse {
  static constexpr ApiInfo api{ApiKey::kDescribeConfigs, "DescribeConfigs", 1, 4, 4};

  struct DescribeConfigsSynonym {
    std::string name{};
    std::optional<std::string> value = "";
    std::int8_t source = 0;
    UnknownTags unknown_tagged_fields{};
    bool operator==(const DescribeConfigsSynonym&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<1>, "name", name);
      v(since<1> | nullable, "value", value);
      v(since<1>, "source", source);
    }
  };

  struct DescribeConfigsResourceResult {
    std::string name{};
    std::optional<std::string> value = "";
    bool read_only = false;
    std::int8_t config_source = -1;
    bool is_sensitive = false;
    std::vector<DescribeConfigsSynonym> synonyms{};
    std::int8_t config_type = 0;
    std::optional<std::string> documentation = "";
    UnknownTags unknown_tagged_fields{};
    bool operator==(const DescribeConfigsResourceResult&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "name", name);
      v(since<0> | nullable, "value", value);
      v(since<0>, "read_only", read_only);
      v(since<1> | ignorable, "config_source", config_source);
      v(since<0>, "is_sensitive", is_sensitive);
      v(since<1> | ignorable, "synonyms", synonyms);
      v(since<3> | ignorable, "config_type", config_type);
      v(since<3> | nullable | ignorable, "documentation", documentation);
    }
  };

  struct DescribeConfigsResult {
    ErrorCode error_code = ErrorCode::kNone;
    std::optional<std::string> error_message = "";
    std::int8_t resource_type = 0;
    std::string resource_name{};
    std::vector<DescribeConfigsResourceResult> configs{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const DescribeConfigsResult&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "error_code", error_code);
      v(since<0> | nullable, "error_message", error_message);
      v(since<0>, "resource_type", resource_type);
      v(since<0>, "resource_name", resource_name);
      v(since<0>, "configs", configs);
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<DescribeConfigsResult> results{};
  UnknownTags unknown_tagged_fields{};
  bool operator==(const DescribeConfigsResponse&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "throttle_time_ms", throttle_time_ms);
    v(since<0>, "results", results);
  }
};

}  // namespace kafka
