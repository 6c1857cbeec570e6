#include "broker-model/raft/snapshot.h"

#include <array>
#include <charconv>

#include "broker-model/raft/control_batch.h"
#include "broker-model/raft/metadata_log.h"
#include "broker-model/types/observation.h"

namespace kafka {
namespace {

constexpr std::string_view kSuffix = ".checkpoint";
constexpr std::string_view kPartialSuffix = ".checkpoint.part";
constexpr std::size_t kOffsetDigits = 20;
constexpr std::size_t kEpochDigits = 10;
// A batch of a snapshot is closed past this size.
constexpr std::size_t kBatchSizeWanted = 1024 * 1024;

std::string padded(std::int64_t number, std::size_t digits) {
  const std::string text = std::to_string(number);
  return std::string(digits - std::min(digits, text.size()), '0') + text;
}

template <class Number>
bool read_number(std::string_view text, Number& number) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stop == end && number >= 0;
}

std::optional<WallTime> header_of(const RecordBatch& batch) {
  if (!batch.is_control()) return std::nullopt;
  RecordReader reader(batch);
  if (!reader.next()) return std::nullopt;
  const auto header =
      read_control<SnapshotHeaderRecord>(reader.record(), ControlRecordType::kSnapshotHeader);
  if (!header) return std::nullopt;
  return WallTime(WallTime::duration(header->last_contained_log_timestamp));
}

bool is_whole(const RecordBatch& batch) {
  return batch.magic() == 2 && batch.last_offset_delta() >= 0 && batch.is_crc_good();
}

void take_control(const RecordView& record, Snapshot& snapshot) {
  if (const auto version =
          read_control<KRaftVersionRecord>(record, ControlRecordType::kKRaftVersion)) {
    snapshot.kraft_version = version->kraft_version;
  } else if (const auto voters =
                 read_control<VotersRecord>(record, ControlRecordType::kKRaftVoters)) {
    snapshot.voters = VoterSet::from_record(*voters);
  }
}

}  // namespace

std::string snapshot_file(const SnapshotId& id) {
  std::string name(kMetadataLogDirectory);
  name += '/';
  name += padded(id.end_offset, kOffsetDigits);
  name += '-';
  name += padded(id.epoch.value(), kEpochDigits);
  name += kSuffix;
  return name;
}

std::string partial_snapshot_file(const SnapshotId& id) { return snapshot_file(id) + ".part"; }

std::optional<SnapshotPath> parse_snapshot_file(std::string_view name) {
  if (!name.starts_with(kMetadataLogDirectory)) return std::nullopt;
  name.remove_prefix(kMetadataLogDirectory.size());
  if (!name.starts_with('/')) return std::nullopt;
  name.remove_prefix(1);
  SnapshotPath path{.id = {}, .is_partial = name.ends_with(kPartialSuffix)};
  if (!path.is_partial && !name.ends_with(kSuffix)) return std::nullopt;
  name.remove_suffix(path.is_partial ? kPartialSuffix.size() : kSuffix.size());
  std::int32_t epoch = 0;
  if (name.size() != kOffsetDigits + 1 + kEpochDigits || name[kOffsetDigits] != '-' ||
      !read_number(name.substr(0, kOffsetDigits), path.id.end_offset) ||
      !read_number(name.substr(kOffsetDigits + 1), epoch)) {
    return std::nullopt;
  }
  path.id.epoch = LeaderEpoch(epoch);
  return path;
}

std::optional<WallTime> snapshot_timestamp(const env::Rope& bytes) {
  const Records records = parse_records(bytes);
  if (records.batches.empty() || !is_whole(records.batches.front())) return std::nullopt;
  return header_of(records.batches.front());
}

std::expected<Snapshot, std::string> read_snapshot(const env::Rope& bytes) {
  const Records records = parse_records(bytes);
  if (records.batches.empty()) return std::unexpected("the snapshot has no batch");
  Snapshot snapshot;
  for (const RecordBatch& batch : records.batches) {
    if (!is_whole(batch)) return std::unexpected("a batch of the snapshot is damaged");
    if (&batch == &records.batches.front()) {
      const auto header = header_of(batch);
      if (!header) return std::unexpected("the snapshot does not begin with its header");
      snapshot.last_contained_log_timestamp = *header;
    }
    RecordReader reader(batch);
    while (reader.next()) {
      if (batch.is_control()) {
        take_control(reader.record(), snapshot);
      } else if (reader.record().value) {
        auto decoded = decode_metadata_record(env::Bytes::copy_of(*reader.record().value));
        if (decoded) snapshot.records.push_back(std::move(decoded->record));
      }
    }
    if (reader.error() != ErrorCode::kNone)
      return std::unexpected("a record of the snapshot is damaged");
  }
  if (!records.trailing.empty()) return std::unexpected("the last batch of the snapshot is cut");
  return snapshot;
}

env::Rope write_snapshot(const SnapshotHead& head, const RecordList& records, WallTime now) {
  Offset next = 0;
  env::Rope bytes;
  const auto put = [&](const RecordBatch& batch) {
    next = batch.next_offset();
    bytes.append(to_rope(batch));
  };
  ControlBatch header(next, head.id.epoch, now);
  header.add(
      ControlRecordType::kSnapshotHeader,
      SnapshotHeaderRecord{.last_contained_log_timestamp =
                               head.last_contained_log_timestamp.time_since_epoch().count()});
  if (head.kraft_version > 0) {
    header.add(ControlRecordType::kKRaftVersion,
               KRaftVersionRecord{.kraft_version = head.kraft_version});
    if (head.voters) header.add(ControlRecordType::kKRaftVoters, head.voters->to_record());
  }
  put(header.close());
  std::optional<BatchBuilder> batch;
  const auto close = [&] {
    if (batch) put(batch->close());
    batch.reset();
  };
  for (const VersionedMetadataRecord& record : records) {
    if (batch && batch->size() >= kBatchSizeWanted) close();
    if (!batch) {
      batch.emplace(
          BatchOptions{.base_offset = next, .leader_epoch = head.id.epoch.value(), .producer = {}});
    }
    const env::Bytes value = encode_metadata_record(record.record, record.version);
    batch->append({.timestamp = now, .key = {}, .value = value.span(), .headers = {}});
  }
  close();
  put(ControlBatch(next, head.id.epoch, now)
          .add(ControlRecordType::kSnapshotFooter, SnapshotFooterRecord{})
          .close());
  return env::Rope(bytes.contiguous());
}

std::uint64_t snapshot_hash(const env::Rope& bytes) {
  std::uint64_t all = 0;
  for (const RecordBatch& batch : parse_records(bytes).batches) {
    RecordReader reader(batch);
    while (!batch.is_control() && reader.next()) {
      if (!reader.record().value) continue;
      std::array<std::uint8_t, 8> before{};
      for (std::size_t i = 0; i < before.size(); ++i)
        before[i] = static_cast<std::uint8_t>(all >> (8 * i));
      all = content_hash(ByteView(before), *reader.record().value);
    }
  }
  return all;
}

}  // namespace kafka
