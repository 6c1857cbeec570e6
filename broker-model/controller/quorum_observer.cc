#include "broker-model/controller/quorum_observer.h"

#include <algorithm>
#include <utility>

#include "broker-model/controller/metadata_log.h"
#include "broker-model/types/probe.h"

namespace kafka {
namespace {

// CPU of the raft thread for a fetch response, ours: decoding and replaying some records.
constexpr Duration kResponseCost = 20us;
constexpr Duration kResponseCostPerKib = 5us;

struct Unattached {};  // the leader is not known: voters are asked in turn
struct Follower {
  QuorumVoter leader;
};

}  // namespace

QuorumObserverOptions quorum_observer_options(NodeId node, const Uuid& directory_id,
                                              std::string cluster_id, const Config& config) {
  return {.node = node,
          .directory_id = directory_id,
          .cluster_id = std::move(cluster_id),
          .voters = {},
          .fetch_timeout = config.get_duration("controller.quorum.fetch.timeout.ms"),
          .request_timeout = config.get_duration("controller.quorum.request.timeout.ms"),
          .retry_backoff = config.get_duration("controller.quorum.retry.backoff.ms"),
          .fetch_max_bytes =
              static_cast<std::int32_t>(config.get_int("controller.quorum.fetch.max.bytes"))};
}

struct QuorumObserver::Impl {
  enum Timer : std::uint32_t { kFetchTimeout, kBackoff, kCpuDone };

  Impl(QuorumObserverOptions o, env::Env& e, QuorumObserverHost& h)
      : options(std::move(o)),
        env(e),
        host(h),
        log(metadata_partition(), std::string(kMetadataLogDirectory), metadata_log_config()) {
    TIT_ASSERT(!options.voters.empty(), "an observer knows at least one voter");
  }

  env::TimerKey timer(Timer which) const {
    return {.kind = options.timer_kind + static_cast<std::uint32_t>(which), .id = 0};
  }

  void send_fetch();
  void back_off() {
    is_backing_off = true;
    env.set_timer(timer(kBackoff), options.retry_backoff);
  }
  void handle(const FetchResponse& response);
  bool learn_leader(const FetchResponse& response, const FetchResponse::PartitionData& partition);
  void handle_success(const FetchResponse::PartitionData& partition);
  void truncate(const FetchResponse::EpochEndOffset& diverging);
  void on_log_progress();
  void advance();  // the log or the leader's high watermark has moved

  QuorumObserverOptions options;
  env::Env& env;
  QuorumObserverHost& host;
  PartitionLog log;
  MetadataImage image;
  std::variant<Unattached, Follower> role;
  LeaderEpoch epoch{0};
  std::size_t next_voter = 0;            // to ask while unattached
  bool is_started = false;               // the log has been loaded
  bool is_fetching = false;              // an answer is due
  bool is_backing_off = false;           // the back-off timer runs
  bool is_failed = false;                // see has_failed()
  std::optional<FetchResponse> arrived;  // waits for CPU
  Offset leader_high_watermark = 0;      // as last told
  Offset high_watermark = 0;             // min of that and our own end; never falls
  Offset image_end_offset = 0;           // all below is in the image
};

void QuorumObserver::Impl::send_fetch() {
  // An append that is not in the page cache yet has no offset to fetch from.
  const bool is_appending = log.is_open() && log.log_end_offset() != log.next_offset();
  if (!is_started || is_fetching || is_backing_off || is_failed || is_appending) return;
  QuorumVoter to = options.voters[next_voter % options.voters.size()];
  if (const auto* follower = std::get_if<Follower>(&role)) to = follower->leader;
  FetchRequest request{
      .cluster_id = options.cluster_id,
      .max_wait_ms = static_cast<std::int32_t>(env::millis(options.fetch_max_wait)),
      .max_bytes = options.fetch_max_bytes};
  request.replica_state.replica_id = options.node.value();
  FetchRequest::FetchTopic topic{.topic = std::string(kMetadataTopicName),
                                 .topic_id = kMetadataTopicId};
  topic.partitions.push_back({.partition = 0,
                              .current_leader_epoch = epoch.value(),
                              .fetch_offset = log.log_end_offset(),
                              .last_fetched_epoch = last_epoch(log).value(),
                              .log_start_offset = log.log_start_offset(),
                              .partition_max_bytes = options.fetch_max_bytes,
                              .replica_directory_id = options.directory_id,
                              .high_watermark = high_watermark});
  request.topics.push_back(std::move(topic));
  is_fetching = true;
  host.send_quorum_fetch(to, request, options.request_timeout);
}

// The response names the leader and its epoch, whatever else it says. True when that is news: the
// rest of the response was then meant for somebody we are no longer.
bool QuorumObserver::Impl::learn_leader(const FetchResponse& response,
                                        const FetchResponse::PartitionData& partition) {
  const LeaderEpoch told(partition.current_leader.leader_epoch);
  if (told < epoch) return false;
  const bool is_attached = std::holds_alternative<Follower>(role);
  if (told == epoch && (is_attached || partition.current_leader.leader_id < 0)) return false;
  const bool is_new_epoch = told > epoch;
  epoch = told;
  role = Unattached{};
  if (partition.current_leader.leader_id < 0) return true;
  const NodeId leader(partition.current_leader.leader_id);
  for (const QuorumVoter& voter : options.voters) {
    if (voter.id == leader) role = Follower{voter};
  }
  for (const FetchResponse::NodeEndpoint& node : response.node_endpoints) {
    if (std::holds_alternative<Follower>(role) || NodeId(node.node_id) != leader) continue;
    role = Follower{{leader, {node.host, static_cast<std::uint16_t>(node.port)}}};
  }
  if (std::holds_alternative<Follower>(role)) reached(Probe::kQuorumFollower);
  env.set_timer(timer(kFetchTimeout), options.fetch_timeout);
  return is_new_epoch;
}

void QuorumObserver::Impl::handle(const FetchResponse& response) {
  const bool is_whole = response.error_code == ErrorCode::kNone && response.responses.size() == 1 &&
                        response.responses[0].topic_id == kMetadataTopicId &&
                        response.responses[0].partitions.size() == 1;
  if (!is_whole) {
    ++next_voter;
    back_off();
    return;
  }
  const FetchResponse::PartitionData& partition = response.responses[0].partitions[0];
  if (learn_leader(response, partition)) {
    send_fetch();
    return;
  }
  if (partition.error_code != ErrorCode::kNone) {
    ++next_voter;
    back_off();
    return;
  }
  env.set_timer(timer(kFetchTimeout), options.fetch_timeout);
  handle_success(partition);
}

void QuorumObserver::Impl::handle_success(const FetchResponse::PartitionData& partition) {
  if (partition.diverging_epoch.epoch >= 0) {
    truncate(partition.diverging_epoch);
  } else {
    if (partition.records && !partition.records->batches.empty()) {
      // Refused batches are fetched again: the position has not moved.
      if (!log.append_as_follower(env, *partition.records, epoch)) {
        back_off();
        return;
      }
    }
    leader_high_watermark = std::max(leader_high_watermark, partition.high_watermark);
    advance();
  }
  send_fetch();
}

// ReplicatedLog.truncateToEndOffset.
void QuorumObserver::Impl::truncate(const FetchResponse::EpochEndOffset& diverging) {
  Offset to = std::min(diverging.end_offset, log.log_end_offset());
  if (diverging.epoch > 0) {
    const EpochEndOffset own = end_offset_for(log, LeaderEpoch(diverging.epoch));
    to = own.epoch == LeaderEpoch(diverging.epoch) ? std::min(own.end_offset, to) : own.end_offset;
  }
  if (to < high_watermark || !log.truncate_to(env, to)) is_failed = true;
}

void QuorumObserver::Impl::advance() {
  high_watermark = std::max(high_watermark, std::min(leader_high_watermark, log.log_end_offset()));
  const Offset before = image_end_offset;
  image_end_offset =
      replay_batches(log, image_end_offset, high_watermark,
                     [this](const MetadataRecord& record, Offset at) { image.replay(record, at); });
  if (image_end_offset != before) host.on_metadata_changed();
}

void QuorumObserver::Impl::on_log_progress() {
  if (log.has_failed()) is_failed = true;
  if (is_failed || !log.is_open()) return;
  if (!is_started) {
    is_started = true;
    epoch = last_epoch(log);
    image_end_offset = log.log_start_offset();
  }
  std::vector<VisibleBatch> visible;
  log.take_visible(visible);
  advance();
  send_fetch();
}

QuorumObserver::QuorumObserver(QuorumObserverOptions options, env::Env& env,
                               QuorumObserverHost& host)
    : impl_(std::make_unique<Impl>(std::move(options), env, host)) {}
QuorumObserver::~QuorumObserver() = default;

void QuorumObserver::start() {
  impl_->log.open(impl_->env, false);
  impl_->on_log_progress();  // an absent log is open at once
}

void QuorumObserver::on_fetch_response(FetchResponse response) {
  TIT_ASSERT(impl_->is_fetching && !impl_->arrived, "one answer comes to one fetch");
  std::size_t size = 0;
  for (const auto& topic : response.responses) {
    for (const auto& partition : topic.partitions) {
      if (partition.records) size += partition.records->size();
    }
  }
  impl_->arrived = std::move(response);
  impl_->env.spend({.kind = env::LaneKind::kRaft},
                   kResponseCost + kResponseCostPerKib * static_cast<std::int64_t>(size) / 1024,
                   impl_->timer(Impl::kCpuDone));
}

void QuorumObserver::on_fetch_failed() {
  TIT_ASSERT(impl_->is_fetching && !impl_->arrived, "one answer comes to one fetch");
  impl_->is_fetching = false;
  ++impl_->next_voter;
  impl_->back_off();
}

bool QuorumObserver::on_timer(env::TimerKey key) {
  if (key == impl_->timer(Impl::kFetchTimeout)) {
    reached(Probe::kQuorumFetchTimeout);
    if (std::holds_alternative<Follower>(impl_->role)) reached(Probe::kQuorumUnattached);
    impl_->role = Unattached{};
    impl_->send_fetch();
    return true;
  }
  if (key == impl_->timer(Impl::kBackoff)) {
    impl_->is_backing_off = false;
    impl_->send_fetch();
    return true;
  }
  if (key == impl_->timer(Impl::kCpuDone)) {
    const FetchResponse response = std::move(*impl_->arrived);
    impl_->arrived.reset();
    impl_->is_fetching = false;
    impl_->handle(response);
    return true;
  }
  return false;
}

bool QuorumObserver::on_disk(env::DiskOpId op, const env::DiskResult& result) {
  if (!impl_->log.on_disk(impl_->env, op, result)) return false;
  impl_->on_log_progress();
  return true;
}

MetadataImage& QuorumObserver::image() { return impl_->image; }
const MetadataImage& QuorumObserver::image() const { return impl_->image; }

std::optional<QuorumVoter> QuorumObserver::leader() const {
  const auto* follower = std::get_if<Follower>(&impl_->role);
  return follower == nullptr ? std::nullopt : std::optional(follower->leader);
}

LeaderEpoch QuorumObserver::epoch() const { return impl_->epoch; }
Offset QuorumObserver::high_watermark() const { return impl_->high_watermark; }
Offset QuorumObserver::log_end_offset() const {
  return impl_->is_started ? impl_->log.log_end_offset() : 0;
}
Offset QuorumObserver::image_offset() const { return impl_->image_end_offset - 1; }
bool QuorumObserver::has_failed() const { return impl_->is_failed; }

void QuorumObserver::check_invariants() const {
  if (!impl_->is_started) return;
  impl_->log.check_invariants();
  impl_->image.check_invariants();
  TIT_ASSERT(impl_->high_watermark <= impl_->log.log_end_offset(),
             "what is committed is in the log");
  TIT_ASSERT(impl_->image_end_offset <= impl_->high_watermark,
             "the image holds committed records only");
}

}  // namespace kafka
