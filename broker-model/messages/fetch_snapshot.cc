#include "broker-model/messages/fetch_snapshot.h"

#include "broker-model/messages/codec_fields.h"

namespace kafka {

template struct Codec<FetchSnapshotRequest>;
template struct Codec<FetchSnapshotResponse>;

}  // namespace kafka
