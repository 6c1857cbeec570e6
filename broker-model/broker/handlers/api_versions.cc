#include <algorithm>

#include "broker-model/broker/api_table.h"
#include "broker-model/broker/handlers/decode.h"
#include "broker-model/messages/api_versions_table.h"
#include "broker-model/types/features.h"

namespace kafka {

namespace {

// client.api.caps=tshark: clients that keep below what the dissector knows are offered no more, for
// it flags every offer above. Brokers ask with a newer ApiVersions, and see all there is.
ClientApiCaps caps_for(const BrokerCore& broker, std::int16_t version) {
  const bool is_capped =
      broker.options().config.get_string("client.api.caps") == "tshark" &&
      version <= client_versions(ApiKey::kApiVersions, ClientApiCaps::kTshark).highest;
  return is_capped ? ClientApiCaps::kTshark : ClientApiCaps::kNone;
}

}  // namespace

// A request of a version that is not offered never gets here: RpcServer answers it.
void handle_api_versions(BrokerCore& broker, const RequestContext& context, const env::Rope& body) {
  with_request<ApiVersionsRequest>(broker, context, body, [&](const ApiVersionsRequest&) {
    ApiVersionsResponse response;
    const ClientApiCaps caps = caps_for(broker, context.version);
    for (auto& offered : advertised_versions(ListenerType::kBroker)) {
      const auto key = static_cast<ApiKey>(offered.api_key);
      if (find_broker_api(key) == nullptr) continue;
      offered.max_version = std::min(offered.max_version, client_versions(key, caps).highest);
      if (offered.max_version < offered.min_version) continue;  // none that the caps allow
      response.api_keys.push_back(offered);
    }
    for (const SupportedFeature& feature : kSupportedFeatures) {
      // Before v4 a minimum of 0 is refused by the client's own reader (KAFKA-17011).
      if (feature.lowest == 0 && context.version < 4) continue;
      auto& said = response.supported_features.emplace_back();
      said.name = feature.name;
      said.min_version = feature.lowest;
      said.max_version = feature.highest;
    }
    const MetadataImage& image = *broker.image();
    response.finalized_features_epoch = image.highest_offset();
    for (const auto& [name, level] : image.features()) {
      if (level == 0) continue;
      auto& said = response.finalized_features.emplace_back();
      said.name = name;
      said.max_version_level = level;
      said.min_version_level = level;
    }
    broker.server().respond(broker.env(), context.id, response);
  });
}

}  // namespace kafka
