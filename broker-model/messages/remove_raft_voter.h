// RemoveRaftVoter (key 81): a voter leaves the metadata quorum; named by id and directory, so that
// its successor with the same id is not meant (KIP-853).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "broker-model/messages/fields.h"
#include "broker-model/types/error_code.h"
#include "broker-model/types/ids.h"

namespace kafka {

struct RemoveRaftVoterRequest {
  static constexpr ApiInfo api{ApiKey::kRemoveRaftVoter, "RemoveRaftVoter", 0, 0, 0};

  std::optional<std::string> cluster_id = "";
  std::int32_t voter_id = 0;
  Uuid voter_directory_id{};
  UnknownTags unknown_tagged_fields{};
  bool operator==(const RemoveRaftVoterRequest&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0> | nullable, "cluster_id", cluster_id);
    v(since<0>, "voter_id", voter_id);
    v(since<0>, "voter_directory_id", voter_directory_id);
  }
};

struct RemoveRaftVoterResponse {
  static constexpr ApiInfo api{ApiKey::kRemoveRaftVoter, "RemoveRaftVoter", 0, 0, 0};

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message = "";
  UnknownTags unknown_tagged_fields{};
  bool operator==(const RemoveRaftVoterResponse&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "throttle_time_ms", throttle_time_ms);
    v(since<0>, "error_code", error_code);
    v(since<0> | nullable | ignorable, "error_message", error_message);
  }
};

}  // namespace kafka
