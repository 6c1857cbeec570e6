#include "broker-model/broker/producer_ids.h"

#include <utility>

namespace kafka {

std::optional<std::int64_t> ProducerIds::take() {
  if (current_.next >= current_.end) {
    if (!following_) {
      is_wanted_ = true;
      return std::nullopt;
    }
    current_ = *std::exchange(following_, std::nullopt);
  }
  if (current_.next == current_.prefetch_at && !following_) is_wanted_ = true;
  return current_.next++;
}

bool ProducerIds::take_request() {
  if (!is_wanted_ || is_in_flight_) return false;
  is_wanted_ = false;
  is_in_flight_ = true;
  return true;
}

void ProducerIds::on_response(const AllocateProducerIdsResponse& response) {
  is_in_flight_ = false;
  if (response.error_code != ErrorCode::kNone || response.producer_id_len <= 0) return;
  const std::int64_t start = response.producer_id_start;
  const std::int64_t length = response.producer_id_len;
  following_ = Block{.next = start, .end = start + length, .prefetch_at = start + length * 9 / 10};
}

}  // namespace kafka
