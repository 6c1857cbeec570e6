#include "broker-model/messages/metadata_records.h"

#include "broker-model/messages/codec_fields.h"

namespace kafka {

template struct Codec<TopicRecord>;
template struct Codec<PartitionRecord>;
template struct Codec<ConfigRecord>;
template struct Codec<PartitionChangeRecord>;
template struct Codec<RemoveTopicRecord>;
template struct Codec<FeatureLevelRecord>;
template struct Codec<ProducerIdsRecord>;
template struct Codec<NoOpRecord>;
template struct Codec<BeginTransactionRecord>;
template struct Codec<EndTransactionRecord>;
template struct Codec<AbortTransactionRecord>;
template struct Codec<ClearElrRecord>;

}  // namespace kafka
