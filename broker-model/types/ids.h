// Kafka's identifiers. Wire sentinels (-1 and the like) are converted at the codec's edge: inside,
// absence is std::optional.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "broker-model/env/basics.h"

namespace kafka {

using env::Duration;
using env::Instant;
using env::WallTime;
using namespace std::chrono_literals;

using NodeId = env::Strong<struct NodeIdTag, std::int32_t>;            // broker.id / node.id
using LeaderEpoch = env::Strong<struct LeaderEpochTag, std::int32_t>;  // of a partition
using PartitionEpoch = env::Strong<struct PartitionEpochTag, std::int32_t>;
using BrokerEpoch =
    env::Strong<struct BrokerEpochTag, std::int64_t>;  // offset of the registration record
using ControllerEpoch = env::Strong<struct ControllerEpochTag, std::int32_t>;
using ProducerId = env::Strong<struct ProducerIdTag, std::int64_t>;
using ProducerEpoch = env::Strong<struct ProducerEpochTag, std::int16_t>;

// A position in a partition log. The log end offset is the offset of the next record to be
// appended.
using Offset = std::int64_t;

// 16 bytes, most significant long first. All zero is "none"; (0, 1) is the metadata topic.
struct Uuid {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  bool is_zero() const { return high == 0 && low == 0; }
  friend constexpr auto operator<=>(const Uuid&, const Uuid&) = default;
};
std::string to_string(
    const Uuid&);  // Kafka's form: base64url of the 16 bytes, 22 characters, no padding

inline constexpr Uuid kMetadataTopicId{0, 1};
inline constexpr std::string_view kMetadataTopicName = "__cluster_metadata";

struct TopicPartition {
  std::string topic;
  std::int32_t partition = 0;
  friend auto operator<=>(const TopicPartition&, const TopicPartition&) = default;
};
std::string to_string(const TopicPartition&);  // "orders-0"

// Borrowed form, for lookups and observations. Valid as long as the string it points to.
struct TopicPartitionView {
  std::string_view topic;
  std::int32_t partition = 0;
  TopicPartitionView() = default;
  TopicPartitionView(std::string_view t, std::int32_t p) : topic(t), partition(p) {}
  TopicPartitionView(const TopicPartition& tp)
      : topic(tp.topic), partition(tp.partition) {}  // NOLINT
  TopicPartition owned() const { return {std::string(topic), partition}; }
  friend auto operator<=>(const TopicPartitionView&, const TopicPartitionView&) = default;
};

}  // namespace kafka
