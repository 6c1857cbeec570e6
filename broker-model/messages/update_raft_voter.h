// UpdateRaftVoter (key 82): a voter tells the leader of its present endpoints and of the
// kraft.version levels that it supports (KIP-853).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker-model/messages/fields.h"
#include "broker-model/types/error_code.h"
#include "broker-model/types/ids.h"

namespace kafka {

struct UpdateRaftVoterRequest {
  static constexpr ApiInfo api{ApiKey::kUpdateRaftVoter, "UpdateRaftVoter", 0, 0, 0};

  struct Listener {
    std::string name{};
    std::string host{};
    std::uint16_t port = 0;
    UnknownTags unknown_tagged_fields{};
    bool operator==(const Listener&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "name", name);
      v(since<0>, "host", host);
      v(since<0>, "port", port);
    }
  };

  struct KRaftVersionFeature {
    std::int16_t min_supported_version = 0;
    std::int16_t max_supported_version = 0;
    UnknownTags unknown_tagged_fields{};
    bool operator==(const KRaftVersionFeature&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "min_supported_version", min_supported_version);
      v(since<0>, "max_supported_version", max_supported_version);
    }
  };

  std::optional<std::string> cluster_id = "";
  std::int32_t current_leader_epoch = 0;
  std::int32_t voter_id = 0;
  Uuid voter_directory_id{};
  std::vector<Listener> listeners{};
  KRaftVersionFeature kraft_version_feature{};
  UnknownTags unknown_tagged_fields{};
  bool operator==(const UpdateRaftVoterRequest&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0> | nullable, "cluster_id", cluster_id);
    v(since<0>, "current_leader_epoch", current_leader_epoch);
    v(since<0>, "voter_id", voter_id);
    v(since<0>, "voter_directory_id", voter_directory_id);
    v(since<0>, "listeners", listeners);
    v(since<0>, "kraft_version_feature", kraft_version_feature);
  }
};

struct UpdateRaftVoterResponse {
  static constexpr ApiInfo api{ApiKey::kUpdateRaftVoter, "UpdateRaftVoter", 0, 0, 0};

  struct CurrentLeader {
    std::int32_t leader_id = -1;
    std::int32_t leader_epoch = -1;
    std::string host{};
    std::int32_t port = 0;
    UnknownTags unknown_tagged_fields{};
    bool operator==(const CurrentLeader&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "leader_id", leader_id);
      v(since<0>, "leader_epoch", leader_epoch);
      v(since<0>, "host", host);
      v(since<0>, "port", port);
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  CurrentLeader current_leader{};
  UnknownTags unknown_tagged_fields{};
  bool operator==(const UpdateRaftVoterResponse&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "throttle_time_ms", throttle_time_ms);
    v(since<0>, "error_code", error_code);
    v(since<0> | tagged<0>, "current_leader", current_leader);
  }
};

}  // namespace kafka
