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
    {ApiKey::kDeleteTopics, handle_delete_topics},
    {ApiKey::kDeleteRecords, handle_delete_records},
    {ApiKey::kInitProducerId, handle_init_producer_id},
    {ApiKey::kCreatePartitions, handle_create_partitions},
    {ApiKey::kElectLeaders, handle_elect_leaders},
    {ApiKey::kIncrementalAlterConfigs, handle_incremental_alter_configs},
    {ApiKey::kAlterPartitionReassignments, handle_alter_partition_reassignments},
    {ApiKey::kListPartitionReassignments, handle_list_partition_reassignments},
    {ApiKey::kDescribeQuorum, handle_describe_quorum},
    {ApiKey::kUpdateFeatures, handle_update_features},
    {ApiKey::kUnregisterBroker, handle_unregister_broker},
    {ApiKey::kAddRaftVoter, handle_add_raft_voter},
    {ApiKey::kRemoveRaftVoter, handle_remove_raft_voter},
};

}  // namespace

std::span<const ApiEntry> broker_api_table() { return kTable; }

const ApiEntry* find_broker_api(ApiKey key) {
  for (const ApiEntry& entry : kTable)
    if (entry.key == key) return &entry;
  return nullptr;
}

}  // namespace kafka
