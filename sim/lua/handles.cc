#include "sim/lua/handles.h"

#include <algorithm>

namespace sim {

std::uint32_t Handles::number_of(const LogHandle& log) {
  const auto found = std::find(logs_.begin(), logs_.end(), log);
  if (found == logs_.end()) {
    logs_.push_back(log);
    return static_cast<std::uint32_t>(logs_.size() - 1);
  }
  return static_cast<std::uint32_t>(found - logs_.begin());
}

void Handles::on_observation(const kafka::Observation& observation) {
  if (const auto* done = std::get_if<kafka::OrderDone>(&observation.what); done != nullptr) {
    const auto found = orders_.find(done->order);
    if (found == orders_.end()) return;
    const bool is_failure = done->error != kafka::ErrorCode::kNone;
    found->second = {.is_done = true,
                     .error = is_failure ? std::string(kafka::name(done->error)) : "",
                     .reason = std::string(done->message)};
    return;
  }
  if (sends_.empty()) return;
  if (const auto* acked = std::get_if<kafka::SendAcked>(&observation.what); acked != nullptr) {
    const auto found = sends_.find(acked->tag);
    if (found == sends_.end()) return;
    found->second = {.is_done = true,
                     .partition = acked->partition.partition,
                     .offset = acked->offset,
                     .error = {},
                     .reason = {}};
  }
  if (const auto* failed = std::get_if<kafka::SendFailed>(&observation.what); failed != nullptr) {
    const auto found = sends_.find(failed->tag);
    if (found == sends_.end()) return;
    found->second = {.is_done = true,
                     .partition = failed->partition,
                     .offset = std::nullopt,
                     .error = std::string(kafka::name(failed->error)),
                     .reason = std::string(failed->reason)};
  }
}

}  // namespace sim
