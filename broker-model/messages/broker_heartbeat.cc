#include "broker-model/messages/broker_heartbeat.h"

#include "broker-model/messages/codec_fields.h"

namespace kafka {

template struct Codec<BrokerHeartbeatRequest>;
template struct Codec<BrokerHeartbeatResponse>;

}  // namespace kafka
