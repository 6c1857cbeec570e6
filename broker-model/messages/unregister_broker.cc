#include "broker-model/messages/unregister_broker.h"

#include "broker-model/messages/codec_fields.h"

namespace kafka {

template struct Codec<UnregisterBrokerRequest>;
template struct Codec<UnregisterBrokerResponse>;

}  // namespace kafka
