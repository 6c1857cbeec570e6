// What retention, flusher and cleaner ask of the broker that holds the logs.
#pragma once

#include <vector>

#include "broker-model/log/partition_log.h"

namespace kafka {

struct ManagedLog {
  PartitionLog* log = nullptr;
  Offset high_watermark = 0;
};

class LogHost {
 public:
  virtual ~LogHost() = default;
  virtual std::vector<ManagedLog> open_logs() const = 0;      // in an order that does not change
  virtual ManagedLog open_log(TopicPartitionView) const = 0;  // nullptr: not here
  // Segments were deleted: the log start offset, and the high watermark's bounds, may have moved.
  virtual void on_old_segments_deleted(PartitionLog&, Offset old_log_start) = 0;
  virtual void on_records_cleaned(PartitionLog&, const CleanedRecords&) = 0;
};

}  // namespace kafka
