// What makes a struct a record of `__cluster_metadata`: its type and its versions.
#pragma once

#include <cstdint>
#include <string_view>

namespace kafka {

enum class MetadataRecordType : std::uint16_t {
  kRegisterBroker = 0,
  kUnregisterBroker = 1,
  kTopic = 2,
  kPartition = 3,
  kConfig = 4,
  kPartitionChange = 5,
  kFenceBroker = 7,
  kUnfenceBroker = 8,
  kRemoveTopic = 9,
  kFeatureLevel = 12,
  kProducerIds = 15,
  kBrokerRegistrationChange = 17,
  kNoOp = 20,
  kBeginTransaction = 23,
  kEndTransaction = 24,
  kAbortTransaction = 25,
  kRegisterController = 27,
  kClearElr = 28,
};

struct RecordInfo {
  MetadataRecordType type;
  std::string_view name;
  std::int16_t lowest;
  std::int16_t highest;
  std::int16_t flexible_from;
};

}  // namespace kafka
