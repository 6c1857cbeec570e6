#include "broker-model/broker/api_table.h"

namespace kafka {
namespace {

constexpr ApiEntry kTable[] = {
    {ApiKey::kProduce, handle_produce},
    {ApiKey::kFetch, handle_fetch},
    {ApiKey::kListOffsets, handle_list_offsets},
    {ApiKey::kMetadata, handle_metadata},
    {ApiKey::kApiVersions, handle_api_versions},
    {ApiKey::kCreateTopics, handle_create_topics},
    {ApiKey::kDeleteRecords, handle_delete_records},
    {ApiKey::kInitProducerId, handle_init_producer_id},
};

}  // namespace

std::span<const ApiEntry> broker_api_table() { return kTable; }

const ApiEntry* find_broker_api(ApiKey key) {
  for (const ApiEntry& entry : kTable)
    if (entry.key == key) return &entry;
  return nullptr;
}

}  // namespace kafka
