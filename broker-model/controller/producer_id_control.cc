#include "broker-model/controller/producer_id_control.h"

#include <limits>

namespace kafka {

ControllerResult<AllocateProducerIdsResponse> ProducerIdControl::next_block(
    const AllocateProducerIdsRequest& request) const {
  const ErrorCode error =
      cluster_.check_broker_epoch(NodeId(request.broker_id), BrokerEpoch(request.broker_epoch));
  if (error != ErrorCode::kNone) return {.response = {.error_code = error}};
  const std::int64_t first = image_.next_producer_id();
  if (first > std::numeric_limits<std::int64_t>::max() - kProducerIdBlockSize) {
    return {.response = {.error_code = ErrorCode::kUnknownServerError}};
  }
  return {.records = {{ProducerIdsRecord{.broker_id = request.broker_id,
                                         .broker_epoch = request.broker_epoch,
                                         .next_producer_id = first + kProducerIdBlockSize},
                       0}},
          .response = {.producer_id_start = first, .producer_id_len = kProducerIdBlockSize}};
}

}  // namespace kafka
