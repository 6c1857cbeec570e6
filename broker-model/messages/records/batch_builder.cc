#include "broker-model/messages/records/batch_builder.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "broker-model/messages/records/crc32c.h"
#include "broker-model/messages/records/varint.h"

namespace kafka {
namespace {

constexpr std::size_t kRecordOverheadMax = 21;  // DefaultRecord.MAX_RECORD_OVERHEAD
constexpr std::int16_t kTimestampTypeBit = 0x08;
constexpr std::int16_t kTransactionalBit = 0x10;
constexpr std::int16_t kControlBit = 0x20;

void store(std::uint8_t* at, std::int64_t value, int bytes) {
  auto raw = static_cast<std::uint64_t>(value);
  for (int i = bytes - 1; i >= 0; --i, raw >>= 8) at[i] = static_cast<std::uint8_t>(raw);
}

// Places in the body, which begins with the magic byte (DefaultRecordBatch, less 16).
void store_crc(std::uint8_t* body, std::size_t size) {
  store(body + 1, crc32c({body + 5, size - 5}), 4);
}
void store_attributes(std::uint8_t* body, std::int16_t value) { store(body + 5, value, 2); }
void store_max_timestamp(std::uint8_t* body, WallTime value) { store(body + 19, millis(value), 8); }
void store_producer(std::uint8_t* body, const ProducerState& producer) {
  store(body + 27, producer.id.value(), 8);
  store(body + 35, producer.epoch.value(), 2);
  store(body + 37, producer.base_sequence, 4);
}

std::size_t nullable_size(const std::optional<ByteView>& bytes) {
  if (!bytes) return detail::varint_size(-1);
  return detail::varint_size(static_cast<std::int64_t>(bytes->size())) + bytes->size();
}

// DefaultRecord.sizeOf: key, value and headers with their lengths.
std::size_t content_size(const NewRecord& record) {
  std::size_t size = nullable_size(record.key) + nullable_size(record.value) +
                     detail::varint_size(static_cast<std::int64_t>(record.headers.size()));
  for (const HeaderView& header : record.headers) {
    size += detail::varint_size(static_cast<std::int64_t>(header.key.size())) + header.key.size() +
            nullable_size(header.value);
  }
  return size;
}

std::size_t body_size(const NewRecord& record, std::int32_t offset_delta,
                      std::int64_t timestamp_delta) {
  return 1 + detail::varint_size(offset_delta) + detail::varint_size(timestamp_delta) +
         content_size(record);
}

std::uint8_t* write_bytes(std::uint8_t* at, ByteView bytes) {
  at = detail::write_varint(at, static_cast<std::int64_t>(bytes.size()));
  if (!bytes.empty()) std::memcpy(at, bytes.data(), bytes.size());
  return at + bytes.size();
}

std::uint8_t* write_nullable(std::uint8_t* at, const std::optional<ByteView>& bytes) {
  return bytes ? write_bytes(at, *bytes) : detail::write_varint(at, -1);
}

ByteView view(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// A copy of the body that `change` edits; the CRC is made anew.
template <class Change>
RecordBatch edited(const RecordBatch& batch, Change change) {
  env::BytesBuilder builder(batch.body.size());
  builder.append(batch.body.span());
  change(builder.data());
  store_crc(builder.data(), builder.size());
  RecordBatch result{batch.base_offset, batch.leader_epoch, builder.finish()};
  result.body.set_memo(env::BlockMemo::kGood);
  return result;
}

std::array<std::uint8_t, 4> control_key(ControlRecordType type) {
  std::array<std::uint8_t, 4> key{};  // version 0
  store(key.data() + 2, static_cast<std::int16_t>(type), 2);
  return key;
}

void append_voters(env::BytesBuilder& out, const std::vector<LeaderChange::Voter>& voters,
                   std::int16_t version) {
  for (std::uint64_t length = voters.size() + 1;;) {  // an unsigned varint, compact array
    const bool is_last = length < 0x80;
    *out.extend(1) = static_cast<std::uint8_t>(is_last ? length : (length | 0x80));
    if (is_last) break;
    length >>= 7;
  }
  for (const LeaderChange::Voter& voter : voters) {
    store(out.extend(4), voter.id.value(), 4);
    if (version >= 1) {
      store(out.extend(8), static_cast<std::int64_t>(voter.directory_id.high), 8);
      store(out.extend(8), static_cast<std::int64_t>(voter.directory_id.low), 8);
    }
    *out.extend(1) = 0;  // no tagged fields
  }
}

}  // namespace

BatchBuilder::BatchBuilder(const BatchOptions& options) : options_(options) {
  std::memset(body_.extend(kBatchBodyOverhead), 0, kBatchBodyOverhead);
}

bool BatchBuilder::has_room_for(const NewRecord& record) const {
  if (count_ == 0 || options_.size_limit == 0) return true;
  if (options_.size_limit <= size()) return false;  // MemoryRecordsBuilder.isFull
  const std::int64_t timestamp_delta = millis(record.timestamp) - millis(base_timestamp_);
  return size() + record_size(record, count_, timestamp_delta) <= options_.size_limit;
}

void BatchBuilder::append(const NewRecord& record) {
  if (count_ == 0) base_timestamp_ = record.timestamp;
  max_timestamp_ = std::max(max_timestamp_, record.timestamp);
  const std::int64_t timestamp_delta = millis(record.timestamp) - millis(base_timestamp_);
  const std::size_t size = body_size(record, count_, timestamp_delta);
  const std::size_t whole = detail::varint_size(static_cast<std::int64_t>(size)) + size;
  std::uint8_t* at = body_.extend(whole);
  at = detail::write_varint(at, static_cast<std::int64_t>(size));
  *at++ = 0;  // attributes
  at = detail::write_varint(at, timestamp_delta);
  at = detail::write_varint(at, count_);
  at = write_nullable(at, record.key);
  at = write_nullable(at, record.value);
  at = detail::write_varint(at, static_cast<std::int64_t>(record.headers.size()));
  for (const HeaderView& header : record.headers) {
    at = write_bytes(at, view(header.key));
    at = write_nullable(at, header.value);
  }
  TIT_ASSERT(at == body_.data() + body_.size(), "a record takes the bytes that were counted");
  ++count_;
}

RecordBatch BatchBuilder::close() {
  TIT_ASSERT(count_ > 0, "a batch that is closed holds a record");
  std::int16_t attributes = 0;  // no compression: a codec would put its id into the lowest bits
  WallTime max_timestamp = max_timestamp_;
  if (options_.timestamp_type == TimestampType::kLogAppendTime) {
    attributes |= kTimestampTypeBit;
    max_timestamp = options_.log_append_time;
  }
  if (options_.is_transactional) attributes |= kTransactionalBit;
  if (options_.is_control) attributes |= kControlBit;

  std::uint8_t* body = body_.data();
  body[0] = 2;  // magic
  store_attributes(body, attributes);
  store(body + 7, count_ - 1, 4);
  store(body + 11, millis(base_timestamp_), 8);
  store_max_timestamp(body, max_timestamp);
  store_producer(body, options_.producer);
  store(body + 41, count_, 4);
  store_crc(body, body_.size());
  RecordBatch batch{options_.base_offset, options_.leader_epoch, body_.finish()};
  batch.body.set_memo(env::BlockMemo::kGood);
  return batch;
}

std::size_t estimate_size_upper_bound(const NewRecord& record) {
  return kBatchOverhead + kRecordOverheadMax + content_size(record);
}

std::size_t record_size(const NewRecord& record, std::int32_t offset_delta,
                        std::int64_t timestamp_delta) {
  const std::size_t size = body_size(record, offset_delta, timestamp_delta);
  return detail::varint_size(static_cast<std::int64_t>(size)) + size;
}

RecordBatch with_producer_state(const RecordBatch& batch, const ProducerState& state) {
  return edited(batch, [&](std::uint8_t* body) { store_producer(body, state); });
}

RecordBatch with_max_timestamp(const RecordBatch& batch, TimestampType type, WallTime timestamp) {
  if (batch.timestamp_type() == type && batch.max_timestamp() == timestamp) return batch;
  return edited(batch, [&](std::uint8_t* body) {
    const auto without = static_cast<std::int16_t>(batch.attributes() & ~kTimestampTypeBit);
    const bool is_log_append = type == TimestampType::kLogAppendTime;
    store_attributes(
        body, static_cast<std::int16_t>(is_log_append ? (without | kTimestampTypeBit) : without));
    store_max_timestamp(body, timestamp);
  });
}

RecordBatch leader_change_batch(Offset base_offset, std::int32_t leader_epoch, WallTime now,
                                const LeaderChange& message) {
  env::BytesBuilder value;
  store(value.extend(2), message.version, 2);
  store(value.extend(4), message.leader.value(), 4);
  append_voters(value, message.voters, message.version);
  append_voters(value, message.granting_voters, message.version);
  *value.extend(1) = 0;  // no tagged fields
  const env::Bytes encoded = value.finish();
  const std::array<std::uint8_t, 4> key = control_key(ControlRecordType::kLeaderChange);
  BatchBuilder builder({.base_offset = base_offset,
                        .leader_epoch = leader_epoch,
                        .is_control = true,
                        .producer = {}});
  builder.append({.timestamp = now, .key = ByteView(key), .value = encoded.span(), .headers = {}});
  return builder.close();
}

RecordBatch end_txn_marker_batch(Offset base_offset, std::int32_t leader_epoch, WallTime now,
                                 const ProducerState& producer, const EndTxnMarker& marker) {
  std::array<std::uint8_t, 6> value{};  // EndTxnMarker.json, version 0
  store(value.data() + 2, marker.coordinator_epoch, 4);
  const std::array<std::uint8_t, 4> key =
      control_key(marker.is_commit ? ControlRecordType::kCommit : ControlRecordType::kAbort);
  BatchBuilder builder({.base_offset = base_offset,
                        .leader_epoch = leader_epoch,
                        .is_transactional = true,
                        .is_control = true,
                        .producer = producer});
  builder.append({.timestamp = now, .key = ByteView(key), .value = ByteView(value), .headers = {}});
  return builder.close();
}

}  // namespace kafka
