// Iterates the records of an uncompressed batch without copying (DefaultRecordBatch, DefaultRecord,
// ControlRecordType). Safe on any bytes: what does not parse ends the iteration with an error.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "broker-model/messages/records/record_batch.h"
#include "broker-model/types/error_code.h"

namespace kafka {

using ByteView = std::span<const std::uint8_t>;

struct HeaderView {
  std::string_view key;
  std::optional<ByteView> value;
};

// Views point into the batch's body and live as long as its block.
struct RecordView {
  Offset offset = 0;
  WallTime timestamp = kNoTimestamp;  // of a LogAppendTime batch: its max timestamp
  std::int32_t sequence = kNoSequence;
  std::optional<ByteView> key;
  std::optional<ByteView> value;
  std::int32_t header_count = 0;
  ByteView header_bytes;  // as on the wire, already validated: read with headers()

  std::vector<HeaderView> headers() const;
};

// Use: RecordReader reader(batch); while (reader.next()) use(reader.record());
//      if (reader.error() != ErrorCode::kNone) ...
// The batch must outlive the reader. Does not check the CRC.
class RecordReader {
 public:
  explicit RecordReader(const RecordBatch& batch);

  bool next();  // false at the end and on an error
  const RecordView& record() const { return record_; }

  // kNone, kInvalidRecord (malformed, or the count does not fit the bytes),
  // kUnsupportedCompressionType (the codecs come with a later issue: they plug in here).
  ErrorCode error() const { return error_; }

 private:
  bool fail(ErrorCode error);
  bool parse(ByteView bytes);  // one record, without its length

  const RecordBatch* batch_;
  ByteView rest_;
  std::int32_t left_ = 0;
  ErrorCode error_ = ErrorCode::kNone;
  RecordView record_;
};

// Key of a control record: version int16, type int16.
enum class ControlRecordType : std::int16_t {
  kAbort = 0,
  kCommit = 1,
  kLeaderChange = 2,
  kSnapshotHeader = 3,
  kSnapshotFooter = 4,
  kKRaftVersion = 5,
  kKRaftVoters = 6,
};
// Nothing for a malformed key or a type this version does not know (Kafka's UNKNOWN).
std::optional<ControlRecordType> control_type(const RecordView& record);

// EndTransactionMarker: the value of kAbort and kCommit records.
struct EndTxnMarker {
  bool is_commit = false;
  std::int32_t coordinator_epoch = 0;
};
std::optional<EndTxnMarker> read_end_txn_marker(const RecordView& record);

// The value of a kLeaderChange record (LeaderChangeMessage.json), which a new leader of
// the metadata quorum writes first.
struct LeaderChange {
  std::int16_t version = 0;  // what Kafka 4.3 writes; 1 has directory ids (KIP-853)
  struct Voter {
    NodeId id;
    Uuid directory_id;
    friend bool operator==(const Voter&, const Voter&) = default;
  };
  NodeId leader;
  std::vector<Voter> voters;
  std::vector<Voter> granting_voters;
  friend bool operator==(const LeaderChange&, const LeaderChange&) = default;
};
std::optional<LeaderChange> read_leader_change(const RecordView& record);

}  // namespace kafka
