// Batches with fewer records than they came with, as the cleaner writes them
// (MemoryRecords.filterTo and buildRetainedRecordsInto, DefaultRecordBatch.writeEmptyHeader,
// KIP-534).
//
// Base and last offset, sequence, epochs and attributes stay: what a consumer, a follower or the
// producer state takes from a header is as before.
#pragma once

#include <optional>
#include <span>

#include "broker-model/messages/records/record_reader.h"

namespace kafka {

// The time at which tombstones of the batch may go; nothing until the cleaner has set it.
std::optional<WallTime> delete_horizon(const RecordBatch& batch);

// `kept` are records of `batch`, in order, at least one.
RecordBatch with_records(const RecordBatch& batch, std::span<const RecordView> kept,
                         std::optional<WallTime> horizon);
// A header alone.
RecordBatch without_records(const RecordBatch& batch);

}  // namespace kafka
