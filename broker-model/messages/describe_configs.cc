#include "broker-model/messages/describe_configs.h"

#include "broker-model/messages/codec_fields.h"

namespace kafka {

template struct Codec<DescribeConfigsRequest>;
template struct Codec<DescribeConfigsResponse>;

}  // namespace kafka
