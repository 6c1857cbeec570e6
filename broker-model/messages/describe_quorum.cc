#include "broker-model/messages/describe_quorum.h"

#include "broker-model/messages/codec_fields.h"

namespace kafka {

template struct Codec<DescribeQuorumRequest>;
template struct Codec<DescribeQuorumResponse>;

}  // namespace kafka
