#include "broker-model/messages/broker_registration.h"

#include "broker-model/messages/codec_fields.h"

namespace kafka {

template struct Codec<BrokerRegistrationRequest>;
template struct Codec<BrokerRegistrationResponse>;

}  // namespace kafka
