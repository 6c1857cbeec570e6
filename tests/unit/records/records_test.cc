#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <numeric>
#include <string>
#include <vector>

#include "broker-model/messages/records/batch_builder.h"
#include "broker-model/messages/records/crc32c.h"
#include "broker-model/messages/records/record_reader.h"

using namespace kafka;

namespace {

ByteView bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

RecordBatch batch_of(int count, Offset base_offset) {
  BatchBuilder builder({.base_offset = base_offset, .producer = {}});
  for (int i = 0; i < count; ++i) {
    const std::string value = "value " + std::to_string(i);
    builder.append({.timestamp = WallTime{WallTime::duration{i}},
                    .key = {},
                    .value = bytes(value),
                    .headers = {}});
  }
  return builder.close();
}

// The same content, cut anew: sizes are taken in turn.
env::Rope cut(const env::Rope& rope, const std::vector<std::size_t>& sizes) {
  env::Rope result;
  std::size_t done = 0;
  for (std::size_t i = 0; done < rope.size(); ++i) {
    const std::size_t wanted = sizes.empty() ? 7 : sizes[i % sizes.size()] % 97 + 1;
    const std::size_t take = std::min(wanted, rope.size() - done);
    result.append(env::Bytes::copy_of(rope.slice(done, take).contiguous().span()));
    done += take;
  }
  return result;
}

void read_all(const RecordBatch& batch) {
  RecordReader reader(batch);
  while (reader.next()) {
    const RecordView& record = reader.record();
    (void)record.headers();
    (void)control_type(record);
    (void)read_end_txn_marker(record);
    (void)read_leader_change(record);
  }
}

}  // namespace

TEST_CASE("CRC-32C has its check value, in both forms, whatever the length") {
  CHECK(crc32c(bytes("123456789")) == 0xE3069283u);
  CHECK(crc32c_portable(bytes("123456789")) == 0xE3069283u);
  CHECK(crc32c({}) == 0);
  std::vector<std::uint8_t> data(300);
  std::iota(data.begin(), data.end(), std::uint8_t{0});
  for (std::size_t from = 0; from < 9; ++from) {
    for (std::size_t size = 0; size + from <= data.size(); size += 13) {
      const ByteView part = ByteView(data).subspan(from, size);
      CHECK(crc32c(part) == crc32c_portable(part));
    }
  }
}

TEST_CASE("a CRC is computed once for a block and remembered, good or bad") {
  const RecordBatch batch = batch_of(3, 0);
  CHECK(batch.body.memo() == env::BlockMemo::kGood);
  RecordBatch copied = batch;
  copied.body = env::Bytes::copy_of(batch.body.span());
  CHECK(copied.body.memo() == env::BlockMemo::kNone);
  CHECK(copied.is_crc_good());
  CHECK(copied.body.memo() == env::BlockMemo::kGood);

  std::vector<std::uint8_t> damaged(batch.body.span().begin(), batch.body.span().end());
  damaged.back() ^= 1;
  const RecordBatch bad{0, 0, env::Bytes::copy_of(damaged)};
  CHECK_FALSE(bad.is_crc_good());
  CHECK(bad.body.memo() == env::BlockMemo::kBad);
  CHECK_FALSE(bad.is_crc_good());
}

TEST_CASE("sequence numbers wrap from 2147483647 to 0, both ways") {
  CHECK(increment_sequence(2147483647, 1) == 0);
  CHECK(increment_sequence(2147483646, 3) == 1);
  CHECK(increment_sequence(0, -1) == 2147483647);
  CHECK(increment_sequence(5, 2) == 7);
}

TEST_CASE("a batch in one part of a frame is shared, and a cut tail stays verbatim") {
  const RecordBatch first = batch_of(2, 0);
  const RecordBatch second = batch_of(3, 2);
  env::Rope rope = to_rope(Records{.batches = {first, second}, .trailing = {}});
  const env::Rope tail = to_rope(batch_of(1, 5));
  rope.append(tail.slice(0, tail.size() - 1));
  const Records read = parse_records(rope);
  REQUIRE(read.batches.size() == 2);
  CHECK(read.batches[0].body.data() == first.body.data());
  CHECK(read.batches[1].body.data() == second.body.data());
  CHECK(read.batches[1].base_offset == 2);
  CHECK(read.trailing.size() == tail.size() - 1);
  CHECK(to_rope(read) == rope);
  CHECK(read.size() == rope.size());
}

TEST_CASE("appending to an open frame writes heads inline and bodies by reference") {
  env::BytesBuilder open;
  env::Rope frame;
  *open.extend(1) = 0xAB;
  const Records records{.batches = {batch_of(2, 0), batch_of(1, 2)},
                        .trailing = env::Bytes::copy_of("tail")};
  append_records(records, open, frame);
  *open.extend(1) = 0xCD;
  frame.append(open.finish());
  REQUIRE(frame.size() == records.size() + 2);
  CHECK(frame.part_count() == 6);
  CHECK(frame.part(1).data() == records.batches[0].body.data());
  CHECK(frame.slice(1, records.size()) == to_rope(records));
}

TEST_CASE("records and ropes round-trip however the bytes are cut") {
  const bool good = rc::check("parse(cut(bytes)) gives the batches back",
                              [](const std::vector<std::uint8_t>& counts,
                                 const std::vector<std::size_t>& sizes, const std::string& tail) {
                                Records records;
                                Offset next = 0;
                                for (const std::uint8_t count : counts) {
                                  records.batches.push_back(batch_of(count % 5 + 1, next));
                                  next = records.batches.back().next_offset();
                                }
                                records.trailing =
                                    env::Bytes::copy_of(std::string_view(tail).substr(0, 11));
                                const env::Rope whole = to_rope(records);
                                const Records read = parse_records(cut(whole, sizes));
                                RC_ASSERT(read == records);
                                for (const RecordBatch& batch : read.batches)
                                  RC_ASSERT(batch.is_crc_good());
                              });
  CHECK(good);
}

TEST_CASE("hostile bytes neither crash the reader nor are lost") {
  const bool good = rc::check("any change of any byte", [](std::uint32_t place, std::uint8_t value,
                                                           bool shorten) {
    const std::vector<HeaderView> headers{{"h", bytes("x")}};
    BatchBuilder builder({.producer = {}});
    builder.append({.timestamp = WallTime{WallTime::duration{9}},
                    .key = bytes("key"),
                    .value = bytes("value"),
                    .headers = headers});
    LeaderChange change;
    change.voters = {{NodeId(1), {}}};
    const Records both{.batches = {builder.close(), leader_change_batch(1, 1, WallTime{}, change)},
                       .trailing = {}};
    const env::Bytes whole = to_rope(both).contiguous();
    std::vector<std::uint8_t> changed(whole.span().begin(), whole.span().end());
    changed[place % changed.size()] = value;
    if (shorten) changed.resize(place % changed.size());
    const env::Rope rope(env::Bytes::copy_of(changed));
    const Records read = parse_records(rope);
    for (const RecordBatch& batch : read.batches) {
      (void)batch.is_crc_good();
      read_all(batch);
    }
    RC_ASSERT(to_rope(read) == rope);
  });
  CHECK(good);
}

TEST_CASE("a compressed batch is answered with UNSUPPORTED_COMPRESSION_TYPE") {
  const RecordBatch batch = batch_of(1, 0);
  std::vector<std::uint8_t> changed(batch.body.span().begin(), batch.body.span().end());
  changed[6] = 2;  // snappy
  const RecordBatch compressed{0, 0, env::Bytes::copy_of(changed)};
  RecordReader reader(compressed);
  CHECK_FALSE(reader.next());
  CHECK(reader.error() == ErrorCode::kUnsupportedCompressionType);
}

TEST_CASE("a count that does not fit the bytes is INVALID_RECORD") {
  const RecordBatch batch = batch_of(2, 0);
  for (const std::uint8_t count : {std::uint8_t{1}, std::uint8_t{3}}) {
    std::vector<std::uint8_t> changed(batch.body.span().begin(), batch.body.span().end());
    changed[44] = count;
    const RecordBatch wrong{0, 0, env::Bytes::copy_of(changed)};
    RecordReader reader(wrong);
    while (reader.next()) {
    }
    CHECK(reader.error() == ErrorCode::kInvalidRecord);
  }
}
