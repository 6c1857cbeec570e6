// What an event at the controller yields (Kafka's ControllerResult): records for the metadata log
// and the response to give when they are committed. Generating it changes no durable state; only
// replay does.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker-model/messages/metadata_record.h"
#include "broker-model/types/error_code.h"

namespace kafka {

// Records are written in the versions that metadata.version 30 (4.3-IV0) writes.
inline constexpr std::int16_t kMetadataVersion = 30;
inline constexpr std::int16_t kRegisterBrokerRecordVersion = 4;
inline constexpr std::int16_t kPartitionRecordVersion = 2;
inline constexpr std::int16_t kPartitionChangeRecordVersion = 2;

// QuorumController.MAX_RECORDS_PER_USER_OP: all of an operation goes into one batch of the log.
inline constexpr std::size_t kRecordsPerUserOperationMax = 10'000;

template <class Response>
struct ControllerResult {
  RecordList records{};
  Response response{};
};

// Kafka's ApiError. No message: the code's own sentence is left to the reader.
struct ApiError {
  ErrorCode code = ErrorCode::kNone;
  std::string message{};
  bool is_failure() const { return code != ErrorCode::kNone; }
  std::optional<std::string> message_on_wire() const {
    return message.empty() ? std::nullopt : std::optional(message);
  }
};

}  // namespace kafka
