#include "broker-model/messages/controller_registration.h"

#include "broker-model/messages/codec_fields.h"

namespace kafka {

template struct Codec<ControllerRegistrationRequest>;
template struct Codec<ControllerRegistrationResponse>;

}  // namespace kafka
