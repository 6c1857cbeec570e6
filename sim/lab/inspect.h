// What the nodes themselves hold, read between events: a replica's log, a consumer's position.
// Nothing here changes anything, and nothing is kept for it: a run that does not ask pays nothing.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "broker-model/log/partition_log.h"
#include "broker-model/messages/records/record_reader.h"
#include "broker-model/replication/partition.h"
#include "sim/lab/lab.h"

namespace sim {

// The replica on that broker; null while the broker is down, when it holds none, and until its log
// has been read back from the disk.
const kafka::Partition* replica_of(Host& broker, kafka::TopicPartitionView partition);

// One record as it lies in a log. Views live as long as the visit.
struct StoredRecord {
  const kafka::RecordBatch& batch;
  const kafka::RecordView& record;
};
// Visits the records of [from, to) in order. False when a batch could not be read (compressed).
bool visit_records(const kafka::PartitionLog& log, kafka::Offset from, kafka::Offset to,
                   const std::function<void(const StoredRecord&)>& visit);

bool is_assigned(Host& consumer, const kafka::TopicPartition& partition);
// Nothing while the consumer is down or does not know it yet.
std::optional<kafka::Offset> position_of(Host& consumer, const kafka::TopicPartition& partition);

// The rack that cluster{ racks = } gave a broker; "" for none.
std::string rack_of(const ClusterSpec& cluster, kafka::NodeId broker);

}  // namespace sim
