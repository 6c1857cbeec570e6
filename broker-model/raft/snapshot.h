// A snapshot of the metadata log: all records below an offset, as the state that they make
// (KIP-630; Kafka's OffsetAndEpoch, Snapshots, RecordsSnapshotWriter, RecordsSnapshotReader).
//
// It is a log of its own from offset 0 on: a control batch with the header, and, from kraft.version
// 1 on, that version and the voters; batches of metadata records; a control batch with the footer.
#pragma once

#include <compare>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker-model/env/frame.h"
#include "broker-model/messages/metadata_record.h"
#include "broker-model/raft/voter_set.h"
#include "broker-model/types/ids.h"

namespace kafka {

struct SnapshotId {
  Offset end_offset = 0;  // the first that it does not hold
  LeaderEpoch epoch{0};   // of the record before that
  friend bool operator==(const SnapshotId&, const SnapshotId&) = default;
  friend std::strong_ordering operator<=>(const SnapshotId& a, const SnapshotId& b) {
    if (const auto by_epoch = a.epoch <=> b.epoch; by_epoch != 0) return by_epoch;
    return a.end_offset <=> b.end_offset;
  }
};

// What the storage tool writes into the directory of a first voter of kraft.version 1. It is not
// replicated: the first leader writes what it says into the log.
inline constexpr SnapshotId kBootstrapSnapshotId{};

// "__cluster_metadata-0/00000000000000000170-0000000003.checkpoint", and the same with ".part"
// while it is being written (Kafka puts a random number before that).
std::string snapshot_file(const SnapshotId& id);
std::string partial_snapshot_file(const SnapshotId& id);
struct SnapshotPath {
  SnapshotId id;
  bool is_partial = false;
};
std::optional<SnapshotPath> parse_snapshot_file(std::string_view name);

struct Snapshot {
  WallTime last_contained_log_timestamp{};
  std::int16_t kraft_version = 0;
  std::optional<VoterSet> voters{};  // from kraft.version 1 on
  std::vector<MetadataRecord> records;
};

// A sentence when it is no whole snapshot: a batch that is cut or fails its CRC, no header in
// front.
std::expected<Snapshot, std::string> read_snapshot(const env::Rope& bytes);
// What its header says, for retention; nothing where there is no header.
std::optional<WallTime> snapshot_timestamp(const env::Rope& bytes);

struct SnapshotHead {
  SnapshotId id;
  WallTime last_contained_log_timestamp{};
  std::int16_t kraft_version = 0;
  std::optional<VoterSet> voters{};
};
env::Rope write_snapshot(const SnapshotHead& head, const RecordList& records, WallTime now);

// Identity of the state: a hash of its metadata records' values in their order.
std::uint64_t snapshot_hash(const env::Rope& bytes);

}  // namespace kafka
