// Which APIs a broker of the profile `kafka-4.3` offers on which listener, in which versions; what
// clients may use of them; and how both agree. ApiVersions responses and dispatch use this table.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "broker-model/messages/api_versions.h"
#include "broker-model/messages/fields.h"

namespace kafka {

enum class ListenerType : std::uint8_t { kBroker, kController };

struct ApiVersionRange {
  std::int16_t lowest = 0;
  std::int16_t highest = 0;
  bool has(std::int16_t version) const { return version >= lowest && version <= highest; }
  friend bool operator==(const ApiVersionRange&, const ApiVersionRange&) = default;
};

struct OfferedApi {
  ApiInfo api{};                     // the versions that are served
  std::int16_t advertised_from = 0;  // lower than served only for Produce (KAFKA-18659)
  bool on_broker = false;
  bool on_controller = false;
  bool is_forwarded = false;        // a broker hands it to the controller in an Envelope (KIP-590)
  std::int16_t tshark_highest = 0;  // the last version that tshark 4.0 dissects

  constexpr bool is_served() const { return on_broker || on_controller; }
  bool on(ListenerType listener) const {
    return listener == ListenerType::kBroker ? on_broker : on_controller;
  }
  ApiVersionRange served() const { return {api.lowest, api.highest}; }
};

// Those that some listener serves, in ascending order of keys.
std::span<const OfferedApi> served_apis();
// These two know the others as well, whose messages exist and which nobody serves yet.
const OfferedApi* find_api(std::int16_t key);  // null: no such API
const OfferedApi& offer_of(ApiKey key);

// The api_keys of an ApiVersions response of this listener.
std::vector<ApiVersionsResponse::ApiVersion> advertised_versions(ListenerType listener);

// What a client of ours may send: all versions of 4.3, or (client.api.caps=tshark) only those which
// tshark 4.0 dissects.
enum class ClientApiCaps : std::uint8_t { kNone, kTshark };
ApiVersionRange client_versions(ApiKey key, ClientApiCaps caps);

// The highest version that both know (Kafka's ApiVersions.latestUsableVersion).
std::optional<std::int16_t> negotiate(ApiVersionRange client, ApiVersionRange broker);

}  // namespace kafka
