#include <doctest/doctest.h>

#include <set>

#include "broker-model/types/error_code.h"
#include "broker-model/types/ids.h"

namespace kafka {
namespace {

TEST_CASE("a Uuid prints as Kafka's base64url") {
  // Uuid.ZERO_UUID, Uuid.METADATA_TOPIC_ID, and all bits set.
  CHECK(to_string(Uuid{}) == "AAAAAAAAAAAAAAAAAAAAAA");
  CHECK(to_string(kMetadataTopicId) == "AAAAAAAAAAAAAAAAAAAAAQ");
  CHECK(to_string(Uuid{UINT64_MAX, UINT64_MAX}) == "_____________________w");
  // new Uuid(0x0123456789abcdefL, 0xfedcba9876543210L).toString()
  CHECK(to_string(Uuid{0x0123456789abcdefu, 0xfedcba9876543210u}) == "ASNFZ4mrze_-3LqYdlQyEA");
  CHECK(Uuid{}.is_zero());
  CHECK_FALSE(kMetadataTopicId.is_zero());
}

TEST_CASE("a partition prints as topic and number, and borrows and owns alike") {
  const TopicPartition partition{"orders", 12};
  CHECK(to_string(partition) == "orders-12");
  CHECK(TopicPartitionView(partition).owned() == partition);
  CHECK(TopicPartitionView("orders", 11) < TopicPartitionView(partition));
}

TEST_CASE("error codes -1 to 133 each have a name of their own, others do not") {
  std::set<std::string_view> names;
  for (std::int16_t code = -1; code <= 133; ++code)
    CHECK(names.insert(name(static_cast<ErrorCode>(code))).second);
  CHECK_FALSE(names.contains("UNKNOWN_ERROR_CODE"));
  CHECK(name(static_cast<ErrorCode>(134)) == "UNKNOWN_ERROR_CODE");
  CHECK(name(static_cast<ErrorCode>(-2)) == "UNKNOWN_ERROR_CODE");
  CHECK(name(ErrorCode::kNotEnoughReplicasAfterAppend) == "NOT_ENOUGH_REPLICAS_AFTER_APPEND");
  CHECK(name(ErrorCode::kRebootstrapRequired) == "REBOOTSTRAP_REQUIRED");
}

TEST_CASE("what a client may do about an error is what Kafka's exception classes say") {
  CHECK(kind(ErrorCode::kNone) == ErrorKind::kNone);
  CHECK_FALSE(is_retriable(ErrorCode::kNone));
  CHECK(needs_metadata_refresh(ErrorCode::kNotLeaderOrFollower));
  CHECK(is_retriable(ErrorCode::kNotLeaderOrFollower));
  CHECK(is_retriable(ErrorCode::kNotEnoughReplicas));
  CHECK_FALSE(needs_metadata_refresh(ErrorCode::kNotEnoughReplicas));
  CHECK_FALSE(is_retriable(ErrorCode::kMessageTooLarge));
  CHECK_FALSE(is_retriable(ErrorCode::kOutOfOrderSequenceNumber));
}

}  // namespace
}  // namespace kafka
