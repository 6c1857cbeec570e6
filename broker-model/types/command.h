// Commands: orders that reach a node from outside (the lab, a scenario, later a live console).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "broker-model/env/frame.h"
#include "broker-model/types/ids.h"

namespace kafka {

// Any server: a controlled shutdown. A client: close() (a producer flushes first).
struct ShutDown {};

// Broker: no page of its files is cached any more. What its logs serve from now on is what the disk
// holds, sound or not.
struct DropPageCache {};

// Producer: one record. Answered by SendAcked or SendFailed with the same tag.
struct SendRecord {
  std::string topic;
  std::optional<std::int32_t> partition;  // else by key, else sticky
  std::optional<env::Bytes> key;
  env::Bytes value;
  std::uint64_t tag = 0;
  Instant intended;
};

// Consumer: assign(partitions), replacing what it had. Positions follow auto.offset.reset.
struct AssignPartitions {
  std::vector<TopicPartition> partitions;
};
// Consumer: assign every partition of a topic as soon as its metadata is known.
struct AssignTopic {
  std::string topic;
};
struct Seek {
  TopicPartition partition;
  Offset offset = 0;
};

// --- what an admin client may be asked for

struct CreateTopic {
  std::string name;
  std::int32_t partitions = 1;
  std::int16_t replication_factor = 1;
  std::map<std::string, std::string> configs{};
};
struct DeleteTopic {
  std::string name;
};
struct AddPartitions {
  std::string topic;
  std::int32_t count = 1;  // how many there shall be
};
struct AlterConfig {
  std::string topic{};                                       // else of brokers
  std::optional<NodeId> broker{};                            // none: of all of them
  std::map<std::string, std::optional<std::string>> values;  // nothing: back to the default
};
struct ReassignPartition {
  TopicPartition partition;
  std::optional<std::vector<NodeId>> replicas;  // the first is preferred; none: cancel
};
struct ElectLeader {
  TopicPartition partition;
  bool is_unclean = false;  // else the preferred one
};
struct UpdateFeature {
  std::string feature;
  std::int16_t level = 0;
  bool may_downgrade = false;
};
struct DeleteRecords {
  TopicPartition partition;
  Offset before = -1;  // -1: all up to the high watermark
};
struct UnregisterBroker {
  NodeId broker;
};

// Of the metadata quorum (KIP-853): a controller, known by its id and its disk.
struct AddVoter {
  NodeId voter;
  Uuid directory{};
  env::Endpoint endpoint{};
};
struct RemoveVoter {
  NodeId voter;
  Uuid directory{};
};

// Admin client: answered by OrderDone with the same order number.
struct AdminOrder {
  std::uint64_t order = 0;
  std::variant<CreateTopic, DeleteTopic, AddPartitions, AlterConfig, ReassignPartition, ElectLeader,
               UpdateFeature, DeleteRecords, UnregisterBroker, AddVoter, RemoveVoter>
      what;
};

struct Command {
  std::variant<ShutDown, DropPageCache, SendRecord, AssignPartitions, AssignTopic, Seek, AdminOrder>
      what;
  template <class T>
  Command(T order) : what(std::move(order)) {}  // NOLINT
};

}  // namespace kafka
