#include "broker-model/log/producer_snapshot.h"

#include "broker-model/messages/records/crc32c.h"

namespace kafka {
namespace {

constexpr std::int16_t kVersion = 1;
constexpr std::size_t kEntriesAt = 6;  // behind version and CRC, which do not count for the CRC
constexpr std::size_t kHeadSize = kEntriesAt + 4;
constexpr std::size_t kEntrySize = 8 + 2 + 4 + 8 + 4 + 8 + 4 + 8;

std::uint8_t* store(std::uint8_t* at, std::int64_t value, int bytes) {
  auto raw = static_cast<std::uint64_t>(value);
  for (int i = bytes - 1; i >= 0; --i, raw >>= 8) at[i] = static_cast<std::uint8_t>(raw);
  return at + bytes;
}

class Reader {
 public:
  explicit Reader(const std::uint8_t* at) : at_(at) {}
  std::int64_t take(int bytes) {
    const std::uint64_t raw = detail::load_big_endian(at_, bytes);
    at_ += bytes;
    const int unused = 64 - 8 * bytes;
    return static_cast<std::int64_t>(raw << unused) >> unused;  // with its sign
  }

 private:
  const std::uint8_t* at_;
};

}  // namespace

env::Bytes encode_producer_snapshot(const ProducerStates& producers) {
  env::BytesBuilder out(kHeadSize + kEntrySize * producers.all().size());
  std::uint8_t* head = out.extend(kHeadSize);
  store(head, kVersion, 2);
  store(head + kEntriesAt, static_cast<std::int64_t>(producers.all().size()), 4);
  for (const auto& [id, entry] : producers.all()) {
    const std::size_t count = entry.batch_count();
    std::uint8_t* at = out.extend(kEntrySize);
    at = store(at, id.value(), 8);
    at = store(at, entry.epoch.value(), 2);
    at = store(at, entry.last_sequence(), 4);
    at = store(at, entry.last_offset(), 8);
    at = store(at, count == 0 ? 0 : entry.batch(count - 1).offset_delta, 4);
    at = store(at, millis(entry.last_timestamp), 8);
    at = store(at, entry.coordinator_epoch, 4);
    store(at, entry.current_txn_first_offset.value_or(-1), 8);
  }
  const std::uint32_t crc = crc32c({out.data() + kEntriesAt, out.size() - kEntriesAt});
  store(out.data() + 2, crc, 4);
  return out.finish();
}

std::optional<ProducerStates> decode_producer_snapshot(const env::Bytes& bytes, Duration expiration,
                                                       const LogMutations& mutations) {
  if (bytes.size() < kHeadSize) return std::nullopt;
  Reader reader(bytes.data());
  if (reader.take(2) != kVersion) return std::nullopt;
  const auto crc = static_cast<std::uint32_t>(reader.take(4));
  const std::int64_t count = reader.take(4);
  if (count < 0 || bytes.size() - kHeadSize != static_cast<std::uint64_t>(count) * kEntrySize ||
      crc != crc32c(bytes.span().subspan(kEntriesAt)))
    return std::nullopt;
  ProducerStates result(expiration, mutations);
  for (std::int64_t i = 0; i < count; ++i) {
    const ProducerId id(reader.take(8));
    ProducerEntry entry;
    const ProducerEpoch epoch(static_cast<std::int16_t>(reader.take(2)));
    const auto last_sequence = static_cast<std::int32_t>(reader.take(4));
    const Offset last_offset = reader.take(8);
    const auto offset_delta = static_cast<std::int32_t>(reader.take(4));
    const WallTime timestamp{WallTime::duration{reader.take(8)}};
    if (last_offset >= 0)
      entry.add_batch(epoch, {.last_sequence = last_sequence,
                              .last_offset = last_offset,
                              .offset_delta = offset_delta,
                              .timestamp = timestamp});
    entry.epoch = epoch;
    entry.last_timestamp = timestamp;
    entry.coordinator_epoch = static_cast<std::int32_t>(reader.take(4));
    const Offset txn_first = reader.take(8);
    if (txn_first >= 0) entry.current_txn_first_offset = txn_first;
    result.load(id, entry);
  }
  return result;
}

}  // namespace kafka
