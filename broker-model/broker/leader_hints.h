// KIP-951: an answer that says "not me" also says who, so that the client need not ask for
// metadata.
#pragma once

#include <algorithm>

#include "broker-model/controller/metadata_image.h"

namespace kafka {

inline constexpr std::string_view kBrokerListener = "PLAINTEXT";

// Fills `hint` of one partition and adds the leader's address to the response, once per broker.
template <class Response, class Hint>
void add_leader_hint(const MetadataImage& image, const PartitionImage* partition,
                     Response& response, Hint& hint) {
  if (partition == nullptr) return;
  hint.leader_epoch = partition->leader_epoch.value();
  hint.leader_id = partition->leader ? partition->leader->value() : -1;
  if (!partition->leader) return;
  const BrokerImage* broker = image.broker(*partition->leader);
  const ListenerImage* listener = broker != nullptr ? broker->listener(kBrokerListener) : nullptr;
  if (listener == nullptr) return;
  const std::int32_t id = partition->leader->value();
  const auto has_id = [&](const auto& endpoint) { return endpoint.node_id == id; };
  if (std::ranges::any_of(response.node_endpoints, has_id)) return;
  auto& endpoint = response.node_endpoints.emplace_back();
  endpoint.node_id = id;
  endpoint.host = listener->endpoint.host;
  endpoint.port = listener->endpoint.port;
  endpoint.rack = broker->rack;
}

}  // namespace kafka
