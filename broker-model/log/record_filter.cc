#include "broker-model/log/record_filter.h"

#include <algorithm>
#include <cstring>

#include "broker-model/messages/records/crc32c.h"
#include "broker-model/messages/records/varint.h"

namespace kafka {
namespace {

constexpr std::int16_t kDeleteHorizonBit = 0x40;

void store(std::uint8_t* at, std::int64_t value, int bytes) {
  auto raw = static_cast<std::uint64_t>(value);
  for (int i = bytes - 1; i >= 0; --i, raw >>= 8) at[i] = static_cast<std::uint8_t>(raw);
}

std::size_t size_of(const std::optional<ByteView>& bytes) {
  if (!bytes) return detail::varint_size(-1);
  return detail::varint_size(static_cast<std::int64_t>(bytes->size())) + bytes->size();
}

std::uint8_t* write(std::uint8_t* at, ByteView bytes) {
  if (!bytes.empty()) std::memcpy(at, bytes.data(), bytes.size());
  return at + bytes.size();
}

std::uint8_t* write_nullable(std::uint8_t* at, const std::optional<ByteView>& bytes) {
  if (!bytes) return detail::write_varint(at, -1);
  return write(detail::write_varint(at, static_cast<std::int64_t>(bytes->size())), *bytes);
}

void append_record(env::BytesBuilder& out, const RecordView& record, Offset base_offset,
                   WallTime base_timestamp) {
  const std::int64_t offset_delta = record.offset - base_offset;
  const std::int64_t timestamp_delta = millis(record.timestamp) - millis(base_timestamp);
  const std::size_t size = 1 + detail::varint_size(timestamp_delta) +
                           detail::varint_size(offset_delta) + size_of(record.key) +
                           size_of(record.value) + detail::varint_size(record.header_count) +
                           record.header_bytes.size();
  const std::size_t whole = detail::varint_size(static_cast<std::int64_t>(size)) + size;
  std::uint8_t* at = out.extend(whole);
  at = detail::write_varint(at, static_cast<std::int64_t>(size));
  *at++ = 0;  // attributes
  at = detail::write_varint(at, timestamp_delta);
  at = detail::write_varint(at, offset_delta);
  at = write_nullable(at, record.key);
  at = write_nullable(at, record.value);
  at = detail::write_varint(at, record.header_count);
  at = write(at, record.header_bytes);
  TIT_ASSERT(at == out.data() + out.size(), "a record takes the bytes that were counted");
}

struct NewHead {
  std::int16_t attributes = 0;
  WallTime base_timestamp;
  WallTime max_timestamp;
  std::int32_t count = 0;
};

// Places in the body, which begins with the magic byte.
RecordBatch finish(const RecordBatch& batch, env::BytesBuilder& out, const NewHead& head) {
  std::uint8_t* body = out.data();
  store(body + 5, head.attributes, 2);
  store(body + 11, millis(head.base_timestamp), 8);
  store(body + 19, millis(head.max_timestamp), 8);
  store(body + 41, head.count, 4);
  store(body + 1, crc32c({body + 5, out.size() - 5}), 4);
  RecordBatch result{batch.base_offset, batch.leader_epoch, out.finish()};
  result.body.set_memo(env::BlockMemo::kGood);
  return result;
}

}  // namespace

std::optional<WallTime> delete_horizon(const RecordBatch& batch) {
  if (!batch.has_delete_horizon()) return std::nullopt;
  return batch.base_timestamp();
}

RecordBatch with_records(const RecordBatch& batch, std::span<const RecordView> kept,
                         std::optional<WallTime> horizon) {
  TIT_ASSERT(!kept.empty(), "a batch without records has a form of its own");
  env::BytesBuilder out(batch.body.size());
  out.append(batch.body.span().first(kBatchBodyOverhead));
  // The horizon takes the place of the base timestamp, which only the deltas read.
  NewHead head{.attributes = static_cast<std::int16_t>(batch.attributes() & ~kDeleteHorizonBit),
               .base_timestamp = horizon.value_or(kept.front().timestamp),
               .max_timestamp = kNoTimestamp,
               .count = static_cast<std::int32_t>(kept.size())};
  if (horizon) head.attributes |= kDeleteHorizonBit;
  for (const RecordView& record : kept) {
    append_record(out, record, batch.base_offset, head.base_timestamp);
    head.max_timestamp = std::max(head.max_timestamp, record.timestamp);
  }
  if (batch.timestamp_type() == TimestampType::kLogAppendTime)
    head.max_timestamp = batch.max_timestamp();
  return finish(batch, out, head);
}

RecordBatch without_records(const RecordBatch& batch) {
  env::BytesBuilder out(kBatchBodyOverhead);
  out.append(batch.body.span().first(kBatchBodyOverhead));
  return finish(batch, out,
                {.attributes = static_cast<std::int16_t>(batch.attributes() & ~kDeleteHorizonBit),
                 .base_timestamp = batch.max_timestamp(),
                 .max_timestamp = batch.max_timestamp(),
                 .count = 0});
}

}  // namespace kafka
