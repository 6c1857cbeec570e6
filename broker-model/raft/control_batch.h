// Batches of KRaft's control records: leader change, kraft.version, voters, header and footer of a
// snapshot (ControlRecordUtils, MemoryRecordsBuilder.append*Message).
#pragma once

#include <optional>

#include "broker-model/messages/codec.h"
#include "broker-model/messages/control_records.h"
#include "broker-model/messages/records/batch_builder.h"

namespace kafka {

class ControlBatch {
 public:
  ControlBatch(Offset base_offset, LeaderEpoch epoch, WallTime now);

  // In the message's version 0, which is what Kafka 4.3 writes of each.
  template <class Message>
  ControlBatch& add(ControlRecordType type, const Message& message) {
    const auto encoded = encode(message, 0);
    TIT_ASSERT(encoded.has_value(), "a control record of ours can be encoded");
    append(type, encoded->contiguous());
    return *this;
  }
  RecordBatch close() { return builder_.close(); }  // REQUIRES: something was added

 private:
  void append(ControlRecordType type, const env::Bytes& value);

  BatchBuilder builder_;
  WallTime now_;
};

// The value of a control record of that type; nothing for another type or a damaged value.
template <class Message>
std::optional<Message> read_control(const RecordView& record, ControlRecordType type) {
  if (control_type(record) != type || !record.value) return std::nullopt;
  auto decoded = decode<Message>(env::Rope(env::Bytes::copy_of(*record.value)), 0);
  if (!decoded) return std::nullopt;
  return std::move(*decoded);
}

}  // namespace kafka
