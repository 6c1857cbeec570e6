// The value of a record of `__cluster_metadata`: uvarint frame version (1), uvarint record type,
// uvarint record version, and the flexible body (Kafka's AbstractApiMessageSerde).
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <variant>
#include <vector>

#include "broker-model/env/frame.h"
#include "broker-model/messages/codec.h"
#include "broker-model/messages/metadata_records.h"

namespace kafka {

using MetadataRecord =
    std::variant<RegisterBrokerRecord, UnregisterBrokerRecord, TopicRecord, PartitionRecord,
                 ConfigRecord, PartitionChangeRecord, FenceBrokerRecord, UnfenceBrokerRecord,
                 RemoveTopicRecord, FeatureLevelRecord, ProducerIdsRecord,
                 BrokerRegistrationChangeRecord, NoOpRecord, BeginTransactionRecord,
                 EndTransactionRecord, AbortTransactionRecord, RegisterControllerRecord,
                 ClearElrRecord>;

// REQUIRES: a version that the record has and that can hold its values: the controller chooses
// both.
env::Bytes encode_metadata_record(const MetadataRecord& record, std::int16_t version);

struct VersionedMetadataRecord {
  MetadataRecord record;
  std::int16_t version = 0;
};
using RecordList = std::vector<VersionedMetadataRecord>;
std::expected<VersionedMetadataRecord, CodecError> decode_metadata_record(const env::Bytes& value);

std::string to_text(const MetadataRecord& record);

}  // namespace kafka
