#include "broker-model/replication/replica_fetcher.h"

#include <algorithm>
#include <utility>

#include "broker-model/log/partition_log.h"
#include "broker-model/types/probe.h"

namespace kafka {
namespace {

constexpr std::int64_t kLatestTimestamp = -1;
constexpr std::int64_t kEarliestTimestamp = -2;

bool is_settled(const PartitionLog& log) { return log.next_offset() == log.log_end_offset(); }

}  // namespace

void ReplicaFetcher::add_partition(const PartitionKey& key, Partition& partition,
                                   LeaderEpoch current_leader_epoch) {
  const auto at = partitions_.try_emplace(key).first;
  FetchState& state = at->second;
  if (state.partition == &partition && state.current_leader_epoch == current_leader_epoch) return;
  const std::uint64_t place = state.place;
  state = {};
  state.partition = &partition;
  state.current_leader_epoch = current_leader_epoch;
  state.place = place;
  move_to_end(at);
}

// PartitionStates.updateAndMoveToEnd.
void ReplicaFetcher::move_to_end(std::map<PartitionKey, FetchState>::iterator at) {
  order_.erase(at->second.place);
  at->second.place = ++next_place_;
  order_.emplace_hint(order_.end(), at->second.place, at);
}

void ReplicaFetcher::delay(const PartitionKey& key, FetchState& state, Instant now) {
  if (state.delayed_until && now < *state.delayed_until) return;
  state.delayed_until = now + options_.backoff;
  move_to_end(key);
}

void ReplicaFetcher::delay_all(Instant now) {
  for (auto& [key, state] : partitions_) delay(key, state, now);
}

void ReplicaFetcher::remove_partition(const PartitionKey& key) {
  const auto found = partitions_.find(key);
  if (found == partitions_.end()) return;
  order_.erase(found->second.place);
  partitions_.erase(found);
  std::erase(writing_, key);
  // The front one may be the subject of the question in flight: its answer finds nobody.
  const bool is_asking = waiting_ == Waiting::kLatestOffset || waiting_ == Waiting::kEarliestOffset;
  const auto first = out_of_range_.begin() + (is_asking ? 1 : 0);
  out_of_range_.erase(std::remove(first, out_of_range_.end(), key), out_of_range_.end());
}

// KIP-101: what this log has beyond the leader is cut by leader epoch, on the leader's word, and
// not here. Only a log without any epoch has nothing better than its high watermark.
void ReplicaFetcher::initialise(FetchState& state) {
  PartitionLog& log = state.partition->log();
  if (!log.epochs().latest_epoch() || options_.mutations.truncate_to_high_watermark)
    host_->truncate(*state.partition, state.partition->high_watermark());
  resume_at(state, log.next_offset());
}

void ReplicaFetcher::resume_at(FetchState& state, Offset offset) {
  state.fetch_offset = offset;
  state.last_fetched_epoch = state.partition->log().epochs().latest_epoch();
  state.is_initialised = true;
}

bool ReplicaFetcher::is_ready(const FetchState& state, Instant now) const {
  if (state.has_failed || state.partition->log().has_failed()) return false;
  if (state.delayed_until && now < *state.delayed_until) return false;
  return is_settled(state.partition->log());
}

bool ReplicaFetcher::is_writing() {
  std::erase_if(writing_, [&](const PartitionKey& key) {
    FetchState& state = partitions_.at(key);
    const PartitionLog& log = state.partition->log();
    if (!is_settled(log) && !log.has_failed()) return false;
    if (state.leader_offsets && !log.has_failed()) {
      const auto [high_watermark, log_start] = *state.leader_offsets;
      state.leader_offsets.reset();
      host_->follow_leader_offsets(*state.partition, high_watermark, log_start);
    }
    return true;
  });
  return !writing_.empty();
}

void ReplicaFetcher::poll(Instant now) {
  if (is_waiting_for_answer() || is_writing()) return;
  while (!out_of_range_.empty() && !partitions_.contains(out_of_range_.front()))
    out_of_range_.erase(out_of_range_.begin());
  if (!out_of_range_.empty()) {
    ask_offset(Waiting::kLatestOffset);
    return;
  }
  const std::optional<FetchRequest> request = build_fetch(now);
  if (!request) {
    arm_timer(now);
    return;
  }
  waiting_ = Waiting::kFetch;
  host_->send_fetch(options_.source, *request);
}

// Nothing can be fetched now: wait for the first partition whose backoff ends.
void ReplicaFetcher::arm_timer(Instant now) {
  std::optional<Instant> first;
  for (const auto& [key, state] : partitions_) {
    if (state.has_failed || !state.delayed_until || *state.delayed_until <= now) continue;
    if (!first || *state.delayed_until < *first) first = state.delayed_until;
  }
  if (first) host_->set_fetcher_timer(options_.source, *first - now);
}

// RemoteLeaderEndPoint.buildFetch. Who is not ready leaves the session and is added again later.
std::optional<FetchRequest> ReplicaFetcher::build_fetch(Instant now) {
  session_.begin();
  for (const auto& [place, at] : order_) {
    auto& [key, state] = *at;
    if (!is_ready(state, now)) continue;
    if (state.delayed_until) reached(Probe::kReplicaFetchBackoff);
    state.delayed_until.reset();
    if (!state.is_initialised) initialise(state);
    add_to_request(key, state);
  }
  FetchRequest request;
  if (session_.finish(request).is_empty) return std::nullopt;
  request.replica_state.replica_id = options_.local_broker.value();
  request.replica_state.replica_epoch = host_->local_broker_epoch().value();
  request.max_wait_ms = static_cast<std::int32_t>(env::millis(options_.wait_max));
  request.min_bytes = options_.min_bytes;
  request.max_bytes = options_.response_max_bytes;
  return request;
}

void ReplicaFetcher::add_to_request(const PartitionKey& key, const FetchState& state) {
  FetchRequest::FetchPartition data;
  data.partition = key.second;
  data.current_leader_epoch = state.current_leader_epoch.value();
  data.fetch_offset = state.fetch_offset;
  // Before KIP-101 epochs decided nothing.
  const bool says_epoch =
      !options_.mutations.ignore_diverging_epoch && !options_.mutations.truncate_to_high_watermark;
  if (state.last_fetched_epoch && says_epoch)
    data.last_fetched_epoch = state.last_fetched_epoch->value();
  data.log_start_offset = state.partition->log().log_start_offset();
  data.partition_max_bytes = options_.partition_max_bytes;
  session_.add(key, state.partition->topic_partition().topic, key.first, data);
}

void ReplicaFetcher::on_fetch_response(const FetchResponse& response, Instant now) {
  TIT_ASSERT(waiting_ == Waiting::kFetch, "a fetch response that nobody waits for");
  waiting_ = Waiting::kNothing;
  const auto key_of = [](const FetchResponse::FetchableTopicResponse& topic, std::int32_t index) {
    return std::optional(PartitionKey{topic.topic_id, index});
  };
  if (!session_.handle_response(response, key_of)) {
    if (response.error_code == ErrorCode::kFetchSessionTopicIdError) delay_all(now);
    poll(now);
    return;
  }
  for (const auto& topic : response.responses) {
    for (const PartitionData& data : topic.partitions) {
      const PartitionKey key{topic.topic_id, data.partition_index};
      const auto it = partitions_.find(key);
      const auto* asked = session_.find(key);
      // Removed, added again in another epoch, or cut meanwhile: the answer speaks of the past.
      if (it == partitions_.end() || asked == nullptr ||
          asked->data.fetch_offset != it->second.fetch_offset ||
          asked->data.current_leader_epoch != it->second.current_leader_epoch.value() ||
          !it->second.is_initialised || !is_ready(it->second, now)) {
        continue;
      }
      handle(key, it->second, data, now);
    }
  }
  poll(now);
}

void ReplicaFetcher::handle(const PartitionKey& key, FetchState& state, const PartitionData& data,
                            Instant now) {
  if (data.error_code == ErrorCode::kNone) {
    if (data.diverging_epoch.epoch >= 0) {
      truncate_on_divergence(state, LeaderEpoch{data.diverging_epoch.epoch},
                             data.diverging_epoch.end_offset);
    } else {
      process_data(key, state, data, now);
    }
  } else if (data.error_code == ErrorCode::kOffsetOutOfRange) {
    reached(Probe::kFetcherOutOfRange);
    out_of_range_.push_back(key);
  } else if (data.error_code == ErrorCode::kFencedLeaderEpoch) {
    state.has_failed = true;  // metadata that names the new epoch is on its way
  } else {
    delay(key, state, now);
  }
}

void ReplicaFetcher::process_data(const PartitionKey& key, FetchState& state,
                                  const PartitionData& data, Instant now) {
  PartitionLog& log = state.partition->log();
  if (data.records && !data.records->batches.empty()) {
    const ErrorCode error =
        host_->append_as_follower(*state.partition, *data.records, state.current_leader_epoch);
    if (error == ErrorCode::kCorruptMessage || error == ErrorCode::kInvalidRecord) {
      delay(key, state, now);
      return;
    }
    if (error != ErrorCode::kNone) {
      state.has_failed = true;
      return;
    }
    resume_at(state, log.next_offset());
    move_to_end(key);
  } else if (!state.has_lag) {
    move_to_end(key);
  }
  state.has_lag = true;
  if (is_settled(log)) {
    host_->follow_leader_offsets(*state.partition, data.high_watermark, data.log_start_offset);
  } else {
    state.leader_offsets = {data.high_watermark, data.log_start_offset};
    writing_.push_back(key);
  }
}

// AbstractFetcherThread.getOffsetTruncationState. When this log does not know the epoch that the
// leader answered with, it cuts back to the end of the largest one below it and asks again: the
// next fetch carries that epoch (KIP-279).
void ReplicaFetcher::truncate_on_divergence(FetchState& state, LeaderEpoch leader_epoch,
                                            Offset leader_end) {
  const PartitionLog& log = state.partition->log();
  const Offset own_end = log.next_offset();
  Offset cut = state.fetch_offset;
  if (leader_end >= 0) {
    const std::optional<EpochEndOffset> own = log.epochs().end_offset_for(leader_epoch, own_end);
    if (!own) {
      cut = std::min(leader_end, own_end);
    } else if (own->epoch != leader_epoch) {
      cut = std::min(own->end_offset, own_end);
    } else {
      cut = std::min({own->end_offset, leader_end, own_end});
    }
  }
  reached(Probe::kFetcherDiverged);
  host_->truncate(*state.partition, cut);
  resume_at(state, cut);
}

// --- offsets out of range ------------------------------------------------------------------------

void ReplicaFetcher::ask_offset(Waiting what) {
  const PartitionKey& key = out_of_range_.front();
  const FetchState& state = partitions_.at(key);
  ListOffsetsRequest request;
  request.replica_id = options_.local_broker.value();
  auto& topic = request.topics.emplace_back();
  topic.name = state.partition->topic_partition().topic;
  auto& data = topic.partitions.emplace_back();
  data.partition_index = key.second;
  data.current_leader_epoch = state.current_leader_epoch.value();
  data.timestamp = what == Waiting::kLatestOffset ? kLatestTimestamp : kEarliestTimestamp;
  waiting_ = what;
  asked_epoch_ = state.current_leader_epoch;
  host_->send_list_offsets(options_.source, request);
}

// AbstractFetcherThread.fetchOffsetAndTruncate: a leader that ends below this log cuts it (only
// after an unclean election), one that starts above it has deleted what this log would need.
void ReplicaFetcher::on_list_offsets_response(const ListOffsetsResponse& response, Instant now) {
  TIT_ASSERT(waiting_ == Waiting::kLatestOffset || waiting_ == Waiting::kEarliestOffset,
             "an offset that nobody waits for");
  const Waiting what = std::exchange(waiting_, Waiting::kNothing);
  const PartitionKey key = out_of_range_.front();
  out_of_range_.erase(out_of_range_.begin());
  const auto it = partitions_.find(key);
  if (it == partitions_.end() || it->second.current_leader_epoch != asked_epoch_) {
    poll(now);
    return;
  }
  if (response.topics.empty() || response.topics.front().partitions.empty()) {
    delay(key, it->second, now);
    poll(now);
    return;
  }
  FetchState& state = it->second;
  const auto& data = response.topics.front().partitions.front();
  const Offset own_end = state.partition->log().next_offset();
  if (data.error_code == ErrorCode::kFencedLeaderEpoch) {
    state.has_failed = true;
  } else if (data.error_code != ErrorCode::kNone || data.offset < 0) {
    delay(key, state, now);
  } else if (what == Waiting::kLatestOffset && data.offset >= own_end) {
    out_of_range_.insert(out_of_range_.begin(), key);
    ask_offset(Waiting::kEarliestOffset);
    return;
  } else if (what == Waiting::kLatestOffset) {
    host_->truncate(*state.partition, data.offset);
    resume_at(state, data.offset);
    state.has_lag = true;
    move_to_end(key);
  } else {
    if (data.offset > own_end) host_->truncate_fully_and_start_at(*state.partition, data.offset);
    resume_at(state, std::max(data.offset, own_end));
    state.has_lag = true;
    move_to_end(key);
  }
  poll(now);
}

void ReplicaFetcher::on_request_failed(Instant now) {
  TIT_ASSERT(is_waiting_for_answer(), "a request failed that was not sent");
  const bool was_fetch = std::exchange(waiting_, Waiting::kNothing) == Waiting::kFetch;
  if (was_fetch) session_.handle_error();
  out_of_range_.clear();  // their next fetch says so again
  delay_all(now);
  poll(now);
}

void ReplicaFetcher::check_invariants() const {
  TIT_ASSERT(order_.size() == partitions_.size(), "a partition out of the order");
  for (const PartitionKey& key : writing_)
    TIT_ASSERT(partitions_.contains(key), "a removed partition is still being written");
  for (const auto& [key, state] : partitions_)
    TIT_ASSERT(
        !state.leader_offsets || std::find(writing_.begin(), writing_.end(), key) != writing_.end(),
        "a leader's offsets that nobody will apply");
}

}  // namespace kafka
