#include "broker-model/messages/incremental_alter_configs.h"

#include "broker-model/messages/codec_fields.h"

namespace kafka {

template struct Codec<IncrementalAlterConfigsRequest>;
template struct Codec<IncrementalAlterConfigsResponse>;

}  // namespace kafka
