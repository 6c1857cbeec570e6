// A record batch v2 and sequences of them, as they lie in requests, logs, files and responses.
//
// The leader sets base offset and partition leader epoch, which are not under the CRC: they are
// values here, 16 bytes on the wire together with the length. All from the magic byte on is one
// immutable block, encoded once by the producer and shared by everyone (DefaultRecordBatch,
// MemoryRecords).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "broker-model/env/frame.h"
#include "broker-model/types/ids.h"

namespace kafka {

enum class CompressionType : std::uint8_t {
  kNone = 0,
  kGzip = 1,
  kSnappy = 2,
  kLz4 = 3,
  kZstd = 4
};
enum class TimestampType : std::uint8_t { kCreateTime = 0, kLogAppendTime = 1 };

inline constexpr WallTime kNoTimestamp{WallTime::duration{-1}};
inline constexpr std::int32_t kNoSequence = -1;
inline constexpr std::size_t kBatchHeadSize = 16;      // base offset, length, leader epoch
inline constexpr std::size_t kBatchOverhead = 61;      // up to the first record
inline constexpr std::size_t kBatchBodyOverhead = 45;  // the same, from the magic byte on

namespace detail {
inline std::uint64_t load_big_endian(const std::uint8_t* at, int bytes) {
  std::uint64_t value = 0;
  for (int i = 0; i < bytes; ++i) value = value << 8 | at[i];
  return value;
}
}  // namespace detail

// Header readers REQUIRE body.size() >= kBatchBodyOverhead, which parse_records and BatchBuilder
// guarantee; the values themselves are as a peer sent them until somebody validated them.
struct RecordBatch {
  Offset base_offset = 0;
  std::int32_t leader_epoch = -1;  // partition leader epoch on the wire; -1: not set
  env::Bytes body;                 // from the magic byte (offset 16) to the end

  std::size_t size() const { return kBatchHeadSize + body.size(); }  // on the wire

  std::int8_t magic() const { return static_cast<std::int8_t>(body.data()[0]); }
  std::uint32_t crc() const { return static_cast<std::uint32_t>(load(1, 4)); }
  std::int16_t attributes() const { return static_cast<std::int16_t>(load(5, 2)); }
  std::int32_t last_offset_delta() const { return static_cast<std::int32_t>(load(7, 4)); }
  WallTime base_timestamp() const { return timestamp(11); }
  WallTime max_timestamp() const { return timestamp(19); }
  ProducerId producer_id() const { return ProducerId(static_cast<std::int64_t>(load(27, 8))); }
  ProducerEpoch producer_epoch() const {
    return ProducerEpoch(static_cast<std::int16_t>(load(35, 2)));
  }
  std::int32_t base_sequence() const { return static_cast<std::int32_t>(load(37, 4)); }
  std::int32_t record_count() const { return static_cast<std::int32_t>(load(41, 4)); }

  Offset last_offset() const { return base_offset + last_offset_delta(); }
  Offset next_offset() const { return last_offset() + 1; }
  std::int32_t last_sequence() const;  // wraps at 2^31 - 1; kNoSequence without a base sequence
  bool has_producer_id() const { return producer_id().value() > -1; }
  // Ids 5 to 7 exist on the wire and name no codec: see is_known_compression().
  CompressionType compression() const { return static_cast<CompressionType>(attributes() & 0x07); }
  bool is_known_compression() const { return (attributes() & 0x07) <= 4; }
  TimestampType timestamp_type() const {
    return (attributes() & 0x08) != 0 ? TimestampType::kLogAppendTime : TimestampType::kCreateTime;
  }
  bool is_transactional() const { return (attributes() & 0x10) != 0; }
  bool is_control() const { return (attributes() & 0x20) != 0; }
  bool has_delete_horizon() const { return (attributes() & 0x40) != 0; }

  // Compares crc() with the body's. Computed once for a block and remembered with it.
  bool is_crc_good() const;

  friend bool operator==(const RecordBatch&, const RecordBatch&) = default;

 private:
  std::uint64_t load(std::size_t at, int bytes) const {
    return detail::load_big_endian(body.data() + at, bytes);
  }
  WallTime timestamp(std::size_t at) const {
    return WallTime{WallTime::duration{static_cast<std::int64_t>(load(at, 8))}};
  }
};

// The "records" field of a request or response, or what a file holds.
struct Records {
  std::vector<RecordBatch> batches;
  env::Bytes
      trailing;  // what follows the last whole batch, verbatim: a cut tail, or no batch at all

  std::size_t size() const;  // on the wire
  bool empty() const { return batches.empty() && trailing.empty(); }
  friend bool operator==(const Records&, const Records&) = default;
};

// Sequence numbers wrap from 2^31 - 1 to 0; a negative increment goes back.
std::int32_t increment_sequence(std::int32_t sequence, std::int32_t increment);

// Never fails. A whole batch has a length field of at least kBatchOverhead - 12 and all its bytes;
// magic, CRC and counts are not looked at. Bodies that lie in one part of the rope are shared.
Records parse_records(const env::Rope& bytes);

// Writes the 16 bytes before the body: base offset, length, leader epoch.
void write_batch_head(const RecordBatch& batch, std::uint8_t* out);

// Appends the wire form to `out`, whose still open last part is `open`: heads are copied into it,
// bodies and trailing bytes go by reference. `open` may be left empty or holding bytes: go on
// writing to it, and append open.finish() to `out` at the end.
void append_records(const Records& records, env::BytesBuilder& open, env::Rope& out);
void append_batch(const RecordBatch& batch, env::BytesBuilder& open, env::Rope& out);

env::Rope to_rope(const RecordBatch& batch);
env::Rope to_rope(const Records& records);

}  // namespace kafka
