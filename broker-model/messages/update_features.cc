#include "broker-model/messages/update_features.h"

#include "broker-model/messages/codec_fields.h"

namespace kafka {

template struct Codec<UpdateFeaturesRequest>;
template struct Codec<UpdateFeaturesResponse>;

}  // namespace kafka
