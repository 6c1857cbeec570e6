#include "broker-model/messages/records/record_reader.h"

#include "broker-model/messages/records/varint.h"

namespace kafka {
namespace {

// Utils.readBytes: a negative size is null. False when the bytes are not there.
bool read_nullable(ByteView& rest, std::optional<ByteView>& out) {
  const std::optional<std::int32_t> size = detail::read_varint(rest);
  if (!size) return false;
  out.reset();
  if (*size < 0) return true;
  if (static_cast<std::size_t>(*size) > rest.size()) return false;
  out = rest.first(static_cast<std::size_t>(*size));
  rest = rest.subspan(static_cast<std::size_t>(*size));
  return true;
}

bool read_header(ByteView& rest, HeaderView& header) {
  std::optional<ByteView> key;
  if (!read_nullable(rest, key) || !key) return false;  // a header's key is never null
  header.key = {reinterpret_cast<const char*>(key->data()), key->size()};
  return read_nullable(rest, header.value);
}

// Big-endian fields of a control record's value.
class FieldReader {
 public:
  explicit FieldReader(ByteView rest) : rest_(rest) {}
  bool is_good() const { return is_good_; }

  std::uint64_t number(int bytes) {
    if (rest_.size() < static_cast<std::size_t>(bytes)) is_good_ = false;
    if (!is_good_) return 0;
    const std::uint64_t value = detail::load_big_endian(rest_.data(), bytes);
    rest_ = rest_.subspan(static_cast<std::size_t>(bytes));
    return value;
  }
  std::uint64_t unsigned_varint() {
    const std::optional<std::uint64_t> value = detail::read_unsigned_varint(rest_, 5);
    if (!value) is_good_ = false;
    return value.value_or(0);
  }
  void tagged_fields() {
    for (std::uint64_t left = unsigned_varint(); left > 0 && is_good_; --left) {
      unsigned_varint();  // the tag
      const std::uint64_t size = unsigned_varint();
      if (size > rest_.size()) is_good_ = false;
      if (is_good_) rest_ = rest_.subspan(static_cast<std::size_t>(size));
    }
  }
  std::size_t left() const { return rest_.size(); }

 private:
  ByteView rest_;
  bool is_good_ = true;
};

std::vector<LeaderChange::Voter> read_voters(FieldReader& reader, std::int16_t version) {
  std::vector<LeaderChange::Voter> voters;
  const std::uint64_t length = reader.unsigned_varint();  // compact: one more than the count
  for (std::uint64_t i = 1; i < length && reader.is_good(); ++i) {
    LeaderChange::Voter voter;
    voter.id = NodeId(static_cast<std::int32_t>(reader.number(4)));
    if (version >= 1) {
      voter.directory_id.high = reader.number(8);
      voter.directory_id.low = reader.number(8);
    }
    reader.tagged_fields();
    voters.push_back(voter);
  }
  return voters;
}

}  // namespace

std::vector<HeaderView> RecordView::headers() const {
  std::vector<HeaderView> result;
  ByteView rest = header_bytes;
  for (std::int32_t i = 0; i < header_count; ++i) {
    HeaderView header;
    if (!read_header(rest, header)) break;
    result.push_back(header);
  }
  return result;
}

RecordReader::RecordReader(const RecordBatch& batch)
    : batch_(&batch),
      rest_(batch.body.span().subspan(kBatchBodyOverhead)),
      left_(batch.record_count()) {
  if (batch.compression() != CompressionType::kNone) {
    // The codecs plug in here: rest_ becomes the decompressed records, held by the reader.
    fail(ErrorCode::kUnsupportedCompressionType);
  } else if (left_ < 0) {
    fail(ErrorCode::kInvalidRecord);
  }
}

bool RecordReader::fail(ErrorCode error) {
  error_ = error;
  left_ = 0;
  return false;
}

bool RecordReader::next() {
  if (error_ != ErrorCode::kNone) return false;
  if (left_ == 0) return rest_.empty() ? false : fail(ErrorCode::kInvalidRecord);
  --left_;
  const std::optional<std::int32_t> size = detail::read_varint(rest_);
  if (!size || *size < 0 || static_cast<std::size_t>(*size) > rest_.size()) {
    return fail(ErrorCode::kInvalidRecord);
  }
  const ByteView bytes = rest_.first(static_cast<std::size_t>(*size));
  rest_ = rest_.subspan(bytes.size());
  return parse(bytes) || fail(ErrorCode::kInvalidRecord);
}

bool RecordReader::parse(ByteView bytes) {
  if (bytes.empty()) return false;
  bytes = bytes.subspan(1);  // attributes: unused in version 2
  const std::optional<std::int64_t> timestamp_delta = detail::read_varlong(bytes);
  if (!timestamp_delta) return false;
  const std::optional<std::int32_t> offset_delta = detail::read_varint(bytes);
  if (!offset_delta) return false;
  if (!read_nullable(bytes, record_.key) || !read_nullable(bytes, record_.value)) return false;
  const std::optional<std::int32_t> header_count = detail::read_varint(bytes);
  if (!header_count || *header_count < 0) return false;
  record_.header_count = *header_count;
  record_.header_bytes = bytes;
  for (std::int32_t i = 0; i < *header_count; ++i) {
    HeaderView header;
    if (!read_header(bytes, header)) return false;
  }
  if (!bytes.empty()) return false;

  // Unsigned: a hostile delta may overflow, and wraps as in Java.
  record_.offset = static_cast<Offset>(static_cast<std::uint64_t>(batch_->base_offset) +
                                       static_cast<std::uint64_t>(std::int64_t{*offset_delta}));
  if (batch_->timestamp_type() == TimestampType::kLogAppendTime) {
    record_.timestamp = batch_->max_timestamp();
  } else {
    const auto base = static_cast<std::uint64_t>(millis(batch_->base_timestamp()));
    record_.timestamp = WallTime{WallTime::duration{
        static_cast<std::int64_t>(base + static_cast<std::uint64_t>(*timestamp_delta))}};
  }
  const std::int32_t base_sequence = batch_->base_sequence();
  record_.sequence =
      base_sequence >= 0 ? increment_sequence(base_sequence, *offset_delta) : kNoSequence;
  return true;
}

std::optional<ControlRecordType> control_type(const RecordView& record) {
  if (!record.key) return std::nullopt;
  FieldReader reader(*record.key);
  const auto version = static_cast<std::int16_t>(reader.number(2));
  const auto type = static_cast<std::int16_t>(reader.number(2));
  if (!reader.is_good() || version < 0) return std::nullopt;
  if (type < 0 || type > static_cast<std::int16_t>(ControlRecordType::kKRaftVoters)) {
    return std::nullopt;
  }
  return static_cast<ControlRecordType>(type);
}

std::optional<EndTxnMarker> read_end_txn_marker(const RecordView& record) {
  const std::optional<ControlRecordType> type = control_type(record);
  if (!type || !record.value) return std::nullopt;
  if (*type != ControlRecordType::kAbort && *type != ControlRecordType::kCommit)
    return std::nullopt;
  FieldReader reader(*record.value);
  const auto version = static_cast<std::int16_t>(reader.number(2));
  const auto coordinator_epoch = static_cast<std::int32_t>(reader.number(4));
  if (!reader.is_good() || version < 0) return std::nullopt;
  return EndTxnMarker{.is_commit = *type == ControlRecordType::kCommit,
                      .coordinator_epoch = coordinator_epoch};
}

std::optional<LeaderChange> read_leader_change(const RecordView& record) {
  if (control_type(record) != ControlRecordType::kLeaderChange || !record.value) {
    return std::nullopt;
  }
  FieldReader reader(*record.value);
  LeaderChange message;
  message.version = static_cast<std::int16_t>(reader.number(2));
  if (message.version < 0 || message.version > 1) return std::nullopt;
  message.leader = NodeId(static_cast<std::int32_t>(reader.number(4)));
  message.voters = read_voters(reader, message.version);
  message.granting_voters = read_voters(reader, message.version);
  reader.tagged_fields();
  if (!reader.is_good()) return std::nullopt;
  return message;
}

}  // namespace kafka
