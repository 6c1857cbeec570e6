#include "broker-model/messages/alter_partition_reassignments.h"

#include "broker-model/messages/codec_fields.h"

namespace kafka {

template struct Codec<AlterPartitionReassignmentsRequest>;
template struct Codec<AlterPartitionReassignmentsResponse>;

}  // namespace kafka
