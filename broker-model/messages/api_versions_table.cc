#include "broker-model/messages/api_versions_table.h"

#include <algorithm>
#include <array>

#include "broker-model/messages/apis.h"

namespace kafka {

namespace {

enum class On : std::uint8_t { kBroker, kController, kBoth };

template <class Request>
constexpr OfferedApi offer(On listeners, std::int16_t advertised_from = Request::api.lowest) {
  return {Request::api, advertised_from, listeners != On::kController, listeners != On::kBroker};
}

// The listeners are those of Kafka's schemas. Produce is advertised from 0 and served from 3: older
// librdkafka takes the absence of 0 for "no compression" (KAFKA-18659).
constexpr std::array kApis{
    offer<ProduceRequest>(On::kBroker, 0),
    offer<FetchRequest>(On::kBoth),
    offer<ListOffsetsRequest>(On::kBroker),
    offer<MetadataRequest>(On::kBroker),
    offer<ApiVersionsRequest>(On::kBoth),
    offer<CreateTopicsRequest>(On::kBoth),
    offer<InitProducerIdRequest>(On::kBroker),
    offer<AlterPartitionRequest>(On::kController),
    offer<EnvelopeRequest>(On::kController),
    offer<BrokerRegistrationRequest>(On::kController),
    offer<BrokerHeartbeatRequest>(On::kController),
    offer<AllocateProducerIdsRequest>(On::kController),
};
static_assert(std::ranges::is_sorted(kApis, {}, [](const OfferedApi& o) { return o.api.key; }));

// The last version that tshark 4.0's dissector reads (kafka-protocol.md 6.1). What it does not know
// at all is left as it is: no client of ours sends those.
std::int16_t tshark_highest(const ApiInfo& api) {
  switch (api.key) {
    case ApiKey::kProduce: return 8;
    case ApiKey::kFetch: return 11;
    case ApiKey::kListOffsets: return 5;
    case ApiKey::kMetadata: return 9;
    case ApiKey::kApiVersions: return 3;
    case ApiKey::kCreateTopics: return 5;
    case ApiKey::kInitProducerId: return 3;
    case ApiKey::kAlterPartition:
    case ApiKey::kEnvelope:
    case ApiKey::kBrokerRegistration:
    case ApiKey::kBrokerHeartbeat:
    case ApiKey::kAllocateProducerIds: return api.highest;
  }
  return api.highest;
}

}  // namespace

std::span<const OfferedApi> all_apis() { return kApis; }

const OfferedApi* find_api(std::int16_t key) {
  const auto by_key = [](const OfferedApi& o) { return static_cast<std::int16_t>(o.api.key); };
  const auto at = std::ranges::lower_bound(kApis, key, {}, by_key);
  return at != kApis.end() && by_key(*at) == key ? &*at : nullptr;
}

const OfferedApi& offer_of(ApiKey key) {
  const OfferedApi* offer = find_api(static_cast<std::int16_t>(key));
  TIT_ASSERT(offer != nullptr, "every ApiKey has its line in the table of APIs");
  return *offer;
}

std::vector<ApiVersionsResponse::ApiVersion> advertised_versions(ListenerType listener) {
  std::vector<ApiVersionsResponse::ApiVersion> result;
  for (const OfferedApi& offer : kApis) {
    if (!offer.on(listener)) continue;
    result.push_back({.api_key = static_cast<std::int16_t>(offer.api.key),
                      .min_version = offer.advertised_from,
                      .max_version = offer.api.highest});
  }
  return result;
}

ApiVersionRange client_versions(ApiKey key, ClientApiCaps caps) {
  ApiVersionRange range = offer_of(key).served();
  if (caps == ClientApiCaps::kTshark) range.highest = tshark_highest(offer_of(key).api);
  return range;
}

std::optional<std::int16_t> negotiate(ApiVersionRange client, ApiVersionRange broker) {
  const std::int16_t lowest = std::max(client.lowest, broker.lowest);
  const std::int16_t highest = std::min(client.highest, broker.highest);
  if (lowest > highest) return std::nullopt;
  return highest;
}

}  // namespace kafka
