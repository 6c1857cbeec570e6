#include <algorithm>

#include "broker-model/broker/api_table.h"
#include "broker-model/broker/handlers/decode.h"
#include "broker-model/controller/feature_control.h"
#include "broker-model/messages/api_versions_table.h"

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
    tell_features(response, context.version, *broker.image(), broker.kraft_version());
    broker.server().respond(broker.env(), context.id, response);
  });
}

}  // namespace kafka
