#include "broker-model/messages/elect_leaders.h"

#include "broker-model/messages/codec_fields.h"

namespace kafka {

template struct Codec<ElectLeadersRequest>;
template struct Codec<ElectLeadersResponse>;

}  // namespace kafka
