// Produce (key 0): record batches for partitions this broker leads. Topic ids since v13 (KIP-516);
// leader hints in v10 (KIP-951).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker-model/messages/fields.h"
#include "broker-model/messages/records/record_batch.h"
#include "broker-model/types/error_code.h"
#include "broker-model/types/ids.h"

namespace kafka {

struct ProduceRequest {
  static constexpr ApiInfo api{ApiKey::kProduce, "Produce", 3, 13, 9};

  struct PartitionProduceData {
    std::int32_t index = 0;
    std::optional<Records> records{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const PartitionProduceData&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "index", index);
      v(since<0> | nullable, "records", records);
    }
  };

  struct TopicProduceData {
    std::string name{};
    Uuid topic_id{};
    std::vector<PartitionProduceData> partition_data{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const TopicProduceData&) const = default;

    template <class V>
    void fields(V& v) {
      v(between<0, 12> | ignorable, "name", name);
      v(since<13> | ignorable, "topic_id", topic_id);
      v(since<0>, "partition_data", partition_data);
    }
  };

  std::optional<std::string> transactional_id{};
  std::int16_t acks = 0;
  std::int32_t timeout_ms = 0;
  std::vector<TopicProduceData> topic_data{};
  UnknownTags unknown_tagged_fields{};
  bool operator==(const ProduceRequest&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<3> | nullable, "transactional_id", transactional_id);
    v(since<0>, "acks", acks);
    v(since<0>, "timeout_ms", timeout_ms);
    v(since<0>, "topic_data", topic_data);
  }
};

struct ProduceResponse {
  static constexpr ApiInfo api{ApiKey::kProduce, "Produce", 3, 13, 9};

  struct BatchIndexAndErrorMessage {
    std::int32_t batch_index = 0;
    std::optional<std::string> batch_index_error_message{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const BatchIndexAndErrorMessage&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<8>, "batch_index", batch_index);
      v(since<8> | nullable, "batch_index_error_message", batch_index_error_message);
    }
  };

  struct LeaderIdAndEpoch {
    std::int32_t leader_id = -1;
    std::int32_t leader_epoch = -1;
    UnknownTags unknown_tagged_fields{};
    bool operator==(const LeaderIdAndEpoch&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<10>, "leader_id", leader_id);
      v(since<10>, "leader_epoch", leader_epoch);
    }
  };

  struct PartitionProduceResponse {
    std::int32_t index = 0;
    ErrorCode error_code = ErrorCode::kNone;
    std::int64_t base_offset = 0;
    std::int64_t log_append_time_ms = -1;
    std::int64_t log_start_offset = -1;
    std::vector<BatchIndexAndErrorMessage> record_errors{};
    std::optional<std::string> error_message{};
    LeaderIdAndEpoch current_leader{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const PartitionProduceResponse&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "index", index);
      v(since<0>, "error_code", error_code);
      v(since<0>, "base_offset", base_offset);
      v(since<2> | ignorable, "log_append_time_ms", log_append_time_ms);
      v(since<5> | ignorable, "log_start_offset", log_start_offset);
      v(since<8> | ignorable, "record_errors", record_errors);
      v(since<8> | nullable | ignorable, "error_message", error_message);
      v(since<10> | tagged<0>, "current_leader", current_leader);
    }
  };

  struct TopicProduceResponse {
    std::string name{};
    Uuid topic_id{};
    std::vector<PartitionProduceResponse> partition_responses{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const TopicProduceResponse&) const = default;

    template <class V>
    void fields(V& v) {
      v(between<0, 12> | ignorable, "name", name);
      v(since<13> | ignorable, "topic_id", topic_id);
      v(since<0>, "partition_responses", partition_responses);
    }
  };

  struct NodeEndpoint {
    std::int32_t node_id = 0;
    std::string host{};
    std::int32_t port = 0;
    std::optional<std::string> rack{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const NodeEndpoint&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<10>, "node_id", node_id);
      v(since<10>, "host", host);
      v(since<10>, "port", port);
      v(since<10> | nullable, "rack", rack);
    }
  };

  std::vector<TopicProduceResponse> responses{};
  std::int32_t throttle_time_ms = 0;
  std::vector<NodeEndpoint> node_endpoints{};
  UnknownTags unknown_tagged_fields{};
  bool operator==(const ProduceResponse&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "responses", responses);
    v(since<1> | ignorable, "throttle_time_ms", throttle_time_ms);
    v(since<10> | tagged<0>, "node_endpoints", node_endpoints);
  }
};

}  // namespace kafka
