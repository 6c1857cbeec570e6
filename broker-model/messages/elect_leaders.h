// ElectLeaders (key 43): elects the preferred leaders of partitions (KIP-183) or, since v1, out of
// any replicas: election_type 0 preferred, 1 unclean (KIP-460). Null asks for all partitions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker-model/messages/fields.h"
#include "broker-model/types/error_code.h"

namespace kafka {

struct ElectLeadersRequest {
  static constexpr ApiInfo api{ApiKey::kElectLeaders, "ElectLeaders", 0, 2, 2};

  struct TopicPartitions {
    std::string topic{};
    std::vector<std::int32_t> partitions{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const TopicPartitions&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "topic", topic);
      v(since<0>, "partitions", partitions);
    }
  };

  std::int8_t election_type = 0;
  std::optional<std::vector<TopicPartitions>> topic_partitions = std::vector<TopicPartitions>{};
  std::int32_t timeout_ms = 60000;
  UnknownTags unknown_tagged_fields{};
  bool operator==(const ElectLeadersRequest&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<1>, "election_type", election_type);
    v(since<0> | nullable, "topic_partitions", topic_partitions);
    v(since<0>, "timeout_ms", timeout_ms);
  }
};

struct ElectLeadersResponse {
  static constexpr ApiInfo api{ApiKey::kElectLeaders, "ElectLeaders", 0, 2, 2};

  struct PartitionResult {
    std::int32_t partition_id = 0;
    ErrorCode error_code = ErrorCode::kNone;
    std::optional<std::string> error_message = "";
    UnknownTags unknown_tagged_fields{};
    bool operator==(const PartitionResult&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "partition_id", partition_id);
      v(since<0>, "error_code", error_code);
      v(since<0> | nullable, "error_message", error_message);
    }
  };

  struct ReplicaElectionResult {
    std::string topic{};
    std::vector<PartitionResult> partition_result{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const ReplicaElectionResult&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "topic", topic);
      v(since<0>, "partition_result", partition_result);
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::vector<ReplicaElectionResult> replica_election_results{};
  UnknownTags unknown_tagged_fields{};
  bool operator==(const ElectLeadersResponse&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "throttle_time_ms", throttle_time_ms);
    v(since<1>, "error_code", error_code);
    v(since<0>, "replica_election_results", replica_election_results);
  }
};

}  // namespace kafka
