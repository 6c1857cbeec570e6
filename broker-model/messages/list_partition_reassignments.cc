#include "broker-model/messages/list_partition_reassignments.h"

#include "broker-model/messages/codec_fields.h"

namespace kafka {

template struct Codec<ListPartitionReassignmentsRequest>;
template struct Codec<ListPartitionReassignmentsResponse>;

}  // namespace kafka
