#include "broker-model/broker/api_table.h"

#include "broker-model/messages/api_versions_table.h"

namespace kafka {
namespace {

constexpr ApiEntry kTable[] = {
    {ApiKey::kProduce, handle_produce},
    {ApiKey::kFetch, handle_fetch},
    {ApiKey::kListOffsets, handle_list_offsets},
    {ApiKey::kMetadata, handle_metadata},
    {ApiKey::kApiVersions, handle_api_versions},
    {ApiKey::kCreateTopics, handle_create_topics},
    {ApiKey::kInitProducerId, handle_init_producer_id},
};

}  // namespace

std::span<const ApiEntry> broker_api_table() { return kTable; }

const ApiEntry* find_broker_api(ApiKey key) {
  for (const ApiEntry& entry : kTable)
    if (entry.key == key) return &entry;
  return nullptr;
}

std::vector<ApiOffer> broker_api_offer() {
  std::vector<ApiOffer> result;
  for (const ApiEntry& entry : kTable) {
    const ApiVersionRange range = offer_of(entry.key).served();
    result.push_back({.key = static_cast<std::int16_t>(entry.key),
                      .lowest = range.lowest,
                      .highest = range.highest});
  }
  return result;
}

}  // namespace kafka
