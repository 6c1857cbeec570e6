#include "sim/lab/inspect.h"

#include <algorithm>
#include <cstdint>

#include "broker-model/broker/broker.h"
#include "broker-model/client/consumer/consumer.h"

namespace sim {

const kafka::Partition* replica_of(Host& broker, kafka::TopicPartitionView partition) {
  const auto* node = dynamic_cast<const kafka::Broker*>(broker.node());
  const kafka::Partition* replica = node != nullptr ? node->partition(partition) : nullptr;
  return replica != nullptr && replica->log().is_open() ? replica : nullptr;
}

bool visit_records(const kafka::PartitionLog& log, kafka::Offset from, kafka::Offset to,
                   const std::function<void(const StoredRecord&)>& visit) {
  const kafka::Offset end = std::min(to, log.log_end_offset());
  kafka::Offset next = std::max(from, log.log_start_offset());
  while (next < end) {
    const kafka::Records found = log.read(next, INT64_MAX, log.log_end_offset(), true);
    if (found.batches.empty()) return true;
    for (const kafka::RecordBatch& batch : found.batches) {
      kafka::RecordReader reader(batch);
      while (reader.next()) {
        const kafka::Offset offset = reader.record().offset;
        if (offset >= next && offset < end) visit({batch, reader.record()});
      }
      if (reader.error() != kafka::ErrorCode::kNone) return false;
    }
    next = found.batches.back().next_offset();
  }
  return true;
}

bool is_assigned(Host& consumer, const kafka::TopicPartition& partition) {
  const auto* node = dynamic_cast<const kafka::Consumer*>(consumer.node());
  return node != nullptr && node->is_assigned(partition);
}

std::optional<kafka::Offset> position_of(Host& consumer, const kafka::TopicPartition& partition) {
  const auto* node = dynamic_cast<const kafka::Consumer*>(consumer.node());
  return node != nullptr ? node->position(partition) : std::nullopt;
}

std::string rack_of(const ClusterSpec& cluster, kafka::NodeId broker) {
  if (cluster.racks.empty()) return "";
  return cluster.racks[static_cast<std::size_t>(broker.value() - 1) % cluster.racks.size()];
}

}  // namespace sim
