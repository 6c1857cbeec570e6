#include "broker-model/messages/records/record_batch.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <span>

#include "broker-model/messages/records/crc32c.h"

namespace kafka {
namespace {

constexpr std::size_t kLogOverhead = 12;   // base offset and length: not counted by the length
constexpr std::size_t kCrcCoversFrom = 5;  // in the body: from the attributes on

// Reads a rope from front to back, part by part.
class RopeCursor {
 public:
  explicit RopeCursor(const env::Rope& rope) : rope_(rope) {}

  std::size_t left() const { return rope_.size() - done_; }

  // Copies the next bytes without moving on. REQUIRES: out.size() <= left().
  void peek(std::span<std::uint8_t> out) const {
    std::size_t part = part_;
    std::size_t offset = offset_;
    for (std::size_t filled = 0; filled < out.size(); ++part, offset = 0) {
      const env::Bytes& piece = rope_.part(part);
      const std::size_t take = std::min(out.size() - filled, piece.size() - offset);
      std::memcpy(out.data() + filled, piece.data() + offset, take);
      filled += take;
    }
  }

  void skip(std::size_t count) {
    done_ += count;
    while (count > 0) {
      const std::size_t in_part = rope_.part(part_).size() - offset_;
      if (count < in_part) {
        offset_ += count;
        return;
      }
      count -= in_part;
      ++part_;
      offset_ = 0;
    }
  }

  // Shares the block when the bytes lie in one part, else copies. REQUIRES: count <= left().
  env::Bytes take(std::size_t count) {
    if (count == 0) return {};
    const env::Bytes& piece = rope_.part(part_);
    env::Bytes result;
    if (piece.size() - offset_ >= count) {
      result = piece.slice(offset_, count);
    } else {
      env::BytesBuilder builder(count);
      peek({builder.extend(count), count});
      result = builder.finish();
    }
    skip(count);
    return result;
  }

 private:
  const env::Rope& rope_;
  std::size_t part_ = 0;
  std::size_t offset_ = 0;
  std::size_t done_ = 0;
};

void store_big_endian(std::uint8_t* at, std::uint64_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i, value >>= 8) at[i] = static_cast<std::uint8_t>(value);
}

}  // namespace

std::int32_t RecordBatch::last_sequence() const {
  const std::int32_t first = base_sequence();
  if (first == kNoSequence) return kNoSequence;
  return increment_sequence(first, last_offset_delta());
}

bool RecordBatch::is_crc_good() const {
  const env::BlockMemo known = body.memo();
  if (known != env::BlockMemo::kNone) return known == env::BlockMemo::kGood;
  const bool is_good = crc() == crc32c(body.span().subspan(kCrcCoversFrom));
  body.set_memo(is_good ? env::BlockMemo::kGood : env::BlockMemo::kBad);
  return is_good;
}

std::int32_t increment_sequence(std::int32_t sequence, std::int32_t increment) {
  const std::int64_t modulus = std::int64_t{std::numeric_limits<std::int32_t>::max()} + 1;
  return static_cast<std::int32_t>(((std::int64_t{sequence} + increment) % modulus + modulus) %
                                   modulus);
}

std::size_t Records::size() const {
  std::size_t total = trailing.size();
  for (const RecordBatch& batch : batches) total += batch.size();
  return total;
}

Records parse_records(const env::Rope& bytes) {
  Records records;
  RopeCursor cursor(bytes);
  while (cursor.left() >= kBatchOverhead) {
    std::array<std::uint8_t, kBatchHeadSize> head;
    cursor.peek(head);
    const auto length = static_cast<std::int32_t>(detail::load_big_endian(head.data() + 8, 4));
    if (length < static_cast<std::int32_t>(kBatchOverhead - kLogOverhead)) break;
    const std::size_t size = kLogOverhead + static_cast<std::size_t>(length);
    if (size > cursor.left()) break;
    cursor.skip(kBatchHeadSize);
    records.batches.push_back(
        {.base_offset = static_cast<Offset>(detail::load_big_endian(head.data(), 8)),
         .leader_epoch = static_cast<std::int32_t>(detail::load_big_endian(head.data() + 12, 4)),
         .body = cursor.take(size - kBatchHeadSize)});
  }
  records.trailing = cursor.take(cursor.left());
  return records;
}

void write_batch_head(const RecordBatch& batch, std::uint8_t* out) {
  store_big_endian(out, static_cast<std::uint64_t>(batch.base_offset), 8);
  store_big_endian(out + 8, batch.size() - kLogOverhead, 4);
  store_big_endian(out + 12, static_cast<std::uint32_t>(batch.leader_epoch), 4);
}

void append_batch(const RecordBatch& batch, env::BytesBuilder& open, env::Rope& out) {
  write_batch_head(batch, open.extend(kBatchHeadSize));
  out.append(open.finish());
  out.append(batch.body);
}

void append_records(const Records& records, env::BytesBuilder& open, env::Rope& out) {
  for (const RecordBatch& batch : records.batches) append_batch(batch, open, out);
  if (!records.trailing.empty()) {
    if (open.size() > 0) out.append(open.finish());
    out.append(records.trailing);
  }
}

env::Rope to_rope(const RecordBatch& batch) {
  std::array<std::uint8_t, kBatchHeadSize> head;
  write_batch_head(batch, head.data());
  env::Rope rope(env::Bytes::copy_of(head));
  rope.append(batch.body);
  return rope;
}

env::Rope to_rope(const Records& records) {
  env::Rope rope;
  for (const RecordBatch& batch : records.batches) {
    std::array<std::uint8_t, kBatchHeadSize> head;
    write_batch_head(batch, head.data());
    rope.append(env::Bytes::copy_of(head));
    rope.append(batch.body);
  }
  rope.append(records.trailing);
  return rope;
}

}  // namespace kafka
