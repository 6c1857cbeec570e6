#include "broker-model/messages/assign_replicas_to_dirs.h"

#include "broker-model/messages/codec_fields.h"

namespace kafka {

template struct Codec<AssignReplicasToDirsRequest>;
template struct Codec<AssignReplicasToDirsResponse>;

}  // namespace kafka
