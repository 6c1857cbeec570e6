#include "broker-model/messages/control_records.h"

#include "broker-model/messages/codec_fields.h"

namespace kafka {

template struct Codec<LeaderChangeMessage>;
template struct Codec<SnapshotHeaderRecord>;
template struct Codec<SnapshotFooterRecord>;
template struct Codec<KRaftVersionRecord>;
template struct Codec<VotersRecord>;

}  // namespace kafka
