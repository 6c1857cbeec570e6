#include "broker-model/messages/describe_topic_partitions.h"

#include "broker-model/messages/codec_fields.h"

namespace kafka {

template struct Codec<DescribeTopicPartitionsRequest>;
template struct Codec<DescribeTopicPartitionsResponse>;

}  // namespace kafka
