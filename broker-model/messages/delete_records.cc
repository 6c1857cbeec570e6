#include "broker-model/messages/delete_records.h"

#include "broker-model/messages/codec_fields.h"

namespace kafka {

template struct Codec<DeleteRecordsRequest>;
template struct Codec<DeleteRecordsResponse>;

}  // namespace kafka
