// AddRaftVoter (key 80): a node becomes a voter of the metadata quorum (KIP-853). With
// ack_when_committed false (v1, KIP-1186) the answer comes when the leader has appended the change.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker-model/messages/fields.h"
#include "broker-model/types/error_code.h"
#include "broker-model/types/ids.h"

namespace kafka {

struct AddRaftVoterRequest {
  static constexpr ApiInfo api{ApiKey::kAddRaftVoter, "AddRaftVoter", 0, 1, 0};

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

  std::optional<std::string> cluster_id = "";
  std::int32_t timeout_ms = 0;
  std::int32_t voter_id = 0;
  Uuid voter_directory_id{};
  std::vector<Listener> listeners{};
  bool ack_when_committed = true;
  UnknownTags unknown_tagged_fields{};
  bool operator==(const AddRaftVoterRequest&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0> | nullable, "cluster_id", cluster_id);
    v(since<0>, "timeout_ms", timeout_ms);
    v(since<0>, "voter_id", voter_id);
    v(since<0>, "voter_directory_id", voter_directory_id);
    v(since<0>, "listeners", listeners);
    v(since<1>, "ack_when_committed", ack_when_committed);
  }
};

struct AddRaftVoterResponse {
  static constexpr ApiInfo api{ApiKey::kAddRaftVoter, "AddRaftVoter", 0, 1, 0};

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message = "";
  UnknownTags unknown_tagged_fields{};
  bool operator==(const AddRaftVoterResponse&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "throttle_time_ms", throttle_time_ms);
    v(since<0>, "error_code", error_code);
    v(since<0> | nullable | ignorable, "error_message", error_message);
  }
};

}  // namespace kafka
