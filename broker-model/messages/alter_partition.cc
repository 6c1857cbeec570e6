#include "broker-model/messages/alter_partition.h"

#include "broker-model/messages/codec_fields.h"

namespace kafka {

template struct Codec<AlterPartitionRequest>;
template struct Codec<AlterPartitionResponse>;

}  // namespace kafka
