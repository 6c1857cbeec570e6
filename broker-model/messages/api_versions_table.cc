#include "broker-model/messages/api_versions_table.h"

#include <algorithm>
#include <array>

#include "broker-model/messages/apis.h"

namespace kafka {

namespace {

// kForwarded: both, and what comes to a broker goes to the controller (KIP-590).
// kNobody: the messages exist, for tools, captures and tests, and no listener serves them yet.
enum class On : std::uint8_t { kBroker, kController, kBoth, kForwarded, kNobody };

struct Offer {
  On on;
  std::int16_t advertised_from = -1;  // -1: as served
  std::int16_t tshark = INT16_MAX;    // -1: tshark does not know the API
};

template <class Request>
constexpr OfferedApi line(Offer offer) {
  const ApiInfo& api = Request::api;
  return {.api = api,
          .advertised_from = offer.advertised_from < 0 ? api.lowest : offer.advertised_from,
          .on_broker = offer.on != On::kController && offer.on != On::kNobody,
          .on_controller = offer.on != On::kBroker && offer.on != On::kNobody,
          .is_forwarded = offer.on == On::kForwarded,
          .tshark_highest = std::min(offer.tshark, api.highest)};
}

// The listeners are those of Kafka's schemas, or kNobody. Produce is advertised from 0 and served
// from 3: older librdkafka takes the absence of 0 for "no compression" (KAFKA-18659). What tshark
// 4.0's dissector reads was measured (kafka-protocol.md 6.1).
constexpr std::array kApis{
    line<ProduceRequest>({.on = On::kBroker, .advertised_from = 0, .tshark = 8}),
    line<FetchRequest>({.on = On::kBoth, .tshark = 11}),
    line<ListOffsetsRequest>({.on = On::kBroker, .tshark = 5}),
    line<MetadataRequest>({.on = On::kBroker, .tshark = 9}),
    line<ApiVersionsRequest>({.on = On::kBoth, .tshark = 3}),
    line<CreateTopicsRequest>({.on = On::kForwarded, .tshark = 5}),
    line<DeleteTopicsRequest>({.on = On::kForwarded, .tshark = 4}),
    line<DeleteRecordsRequest>({.on = On::kBroker, .tshark = 1}),
    line<InitProducerIdRequest>({.on = On::kBroker, .tshark = 3}),
    line<OffsetForLeaderEpochRequest>({.on = On::kNobody}),
    line<DescribeConfigsRequest>({.on = On::kNobody}),
    line<CreatePartitionsRequest>({.on = On::kForwarded, .tshark = 2}),
    line<ElectLeadersRequest>({.on = On::kForwarded}),
    line<IncrementalAlterConfigsRequest>({.on = On::kForwarded}),
    line<AlterPartitionReassignmentsRequest>({.on = On::kForwarded, .tshark = 0}),
    line<ListPartitionReassignmentsRequest>({.on = On::kForwarded}),
    line<VoteRequest>({.on = On::kController}),
    line<BeginQuorumEpochRequest>({.on = On::kController}),
    line<EndQuorumEpochRequest>({.on = On::kController}),
    line<DescribeQuorumRequest>({.on = On::kForwarded, .tshark = -1}),
    line<AlterPartitionRequest>({.on = On::kController}),
    line<UpdateFeaturesRequest>({.on = On::kForwarded, .tshark = -1}),
    line<EnvelopeRequest>({.on = On::kController}),
    line<FetchSnapshotRequest>({.on = On::kController}),
    line<BrokerRegistrationRequest>({.on = On::kController}),
    line<BrokerHeartbeatRequest>({.on = On::kController}),
    line<UnregisterBrokerRequest>({.on = On::kForwarded, .tshark = -1}),
    line<AllocateProducerIdsRequest>({.on = On::kController}),
    line<ControllerRegistrationRequest>({.on = On::kController}),
    line<AssignReplicasToDirsRequest>({.on = On::kNobody}),
    line<DescribeTopicPartitionsRequest>({.on = On::kNobody}),
    line<AddRaftVoterRequest>({.on = On::kForwarded, .tshark = -1}),
    line<RemoveRaftVoterRequest>({.on = On::kForwarded, .tshark = -1}),
    line<UpdateRaftVoterRequest>({.on = On::kController}),
};
static_assert(std::ranges::is_sorted(kApis, {}, [](const OfferedApi& o) { return o.api.key; }));

constexpr std::size_t kServedCount = std::ranges::count_if(kApis, &OfferedApi::is_served);
constexpr std::array<OfferedApi, kServedCount> kServedApis = [] {
  std::array<OfferedApi, kServedCount> served{};
  std::ranges::copy_if(kApis, served.begin(), &OfferedApi::is_served);
  return served;
}();

}  // namespace

std::span<const OfferedApi> served_apis() { return kServedApis; }

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
  if (caps == ClientApiCaps::kTshark) range.highest = offer_of(key).tshark_highest;
  return range;
}

std::optional<std::int16_t> negotiate(ApiVersionRange client, ApiVersionRange broker) {
  const std::int16_t lowest = std::max(client.lowest, broker.lowest);
  const std::int16_t highest = std::min(client.highest, broker.highest);
  if (lowest > highest) return std::nullopt;
  return highest;
}

}  // namespace kafka
