#include "broker-model/messages/registration_records.h"

#include "broker-model/messages/codec_fields.h"

namespace kafka {

template struct Codec<RegisterBrokerRecord>;
template struct Codec<UnregisterBrokerRecord>;
template struct Codec<FenceBrokerRecord>;
template struct Codec<UnfenceBrokerRecord>;
template struct Codec<BrokerRegistrationChangeRecord>;
template struct Codec<RegisterControllerRecord>;

}  // namespace kafka
