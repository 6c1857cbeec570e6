#include "broker-model/raft/raft_client.h"

#include <algorithm>

#include "broker-model/raft/raft_client_messages.h"
#include "broker-model/types/config.h"
#include "broker-model/types/observation.h"
#include "broker-model/types/probe.h"

namespace kafka {
namespace {

// CPU of the raft thread for an answer, ours: decoding and appending some records.
constexpr Duration kAnswerCost = 20us;
constexpr Duration kAnswerCostPerKib = 5us;
// A batch of the accumulator is closed past this size; Kafka's limit is kMetadataBatchSizeMax.
constexpr std::size_t kBatchSizeWanted = 1024 * 1024;
// More polls without a pause than any event can need.
constexpr int kPollsMax = 10'000;

std::vector<QuorumVoter> others(const RaftOptions& options) {
  std::vector<QuorumVoter> nodes;
  for (const QuorumVoter& node : options.bootstrap) {
    if (node.id != options.self.id) nodes.push_back(node);
  }
  if (!options.bootstrap.empty()) return nodes;
  for (const auto& [id, voter] : options.voters.voters()) {
    if (id != options.self.id) nodes.push_back({id, voter.endpoint});
  }
  return nodes;
}

// A configured voter listens where the configuration says.
RaftOptions with_endpoint(RaftOptions options) {
  if (const auto self = options.voters.node(options.self.id)) options.endpoint = self->endpoint;
  return options;
}

Duration cost_of(const RaftResponse& response) {
  std::size_t size = 0;
  if (const auto* fetched = std::get_if<FetchResponse>(&response)) {
    for (const auto& topic : fetched->responses) {
      for (const auto& partition : topic.partitions) {
        if (partition.records) size += partition.records->size();
      }
    }
  } else if (const auto* piece = std::get_if<FetchSnapshotResponse>(&response)) {
    for (const auto& topic : piece->topics) {
      for (const auto& partition : topic.partitions) size += partition.unaligned_records.size();
    }
  }
  return kAnswerCost + kAnswerCostPerKib * static_cast<std::int64_t>(size) / 1024;
}

}  // namespace

RaftOptions RaftOptions::from(const Config& config) {
  RaftOptions options;
  options.election_timeout = config.get_duration("controller.quorum.election.timeout.ms");
  options.fetch_timeout = config.get_duration("controller.quorum.fetch.timeout.ms");
  options.election_backoff_max = config.get_duration("controller.quorum.election.backoff.max.ms");
  options.request_timeout = config.get_duration("controller.quorum.request.timeout.ms");
  options.retry_backoff = config.get_duration("controller.quorum.retry.backoff.ms");
  options.append_linger = config.get_duration("controller.quorum.append.linger.ms");
  options.fetch_max_bytes =
      static_cast<std::int32_t>(config.get_int("controller.quorum.fetch.max.bytes"));
  options.fetch_snapshot_max_bytes =
      static_cast<std::int32_t>(config.get_int("controller.quorum.fetch.snapshot.max.bytes"));
  options.auto_join = config.get_bool("controller.quorum.auto.join.enable");
  options.segment_bytes = config.get_int("metadata.log.segment.bytes");
  options.segment_ms = config.get_duration("metadata.log.segment.ms");
  options.retention_bytes = config.get_int("metadata.max.retention.bytes");
  options.retention_ms = config.get_duration("metadata.max.retention.ms");
  return options;
}

RaftClient::Impl::Impl(RaftOptions o, env::Env& e, RaftHost& h)
    : options(with_endpoint(std::move(o))),
      env(e),
      host(h),
      log(metadata_partition(), std::string(kMetadataLogDirectory),
          metadata_log_config(options.segment_bytes, options.segment_ms)),
      history(options.voters),
      state_file(std::string(kQuorumStateFile)),
      quorum({.self = options.self,
              .endpoint = options.endpoint,
              .is_observer = options.is_observer,
              .election_timeout = options.election_timeout,
              .fetch_timeout = options.fetch_timeout,
              .mutations = options.mutations},
             options.voters, e.rng()),
      requests(others(options), options.retry_backoff, options.request_timeout, e.rng()),
      cleaner(e.wall_clock(), kCleanInterval) {
  TIT_ASSERT(!options.voters.empty() || !options.bootstrap.empty(),
             "a replica of the metadata log knows whom to ask");
}

// --- the loop ------------------------------------------------------------------------------------

bool RaftClient::Impl::is_waiting_for_disk() const {
  return state_read || !state_file.is_idle() || !log.is_open() || !log.is_idle() ||
         !snapshots.is_idle();
}

// What was reached must be on the disk before anything follows from it.
bool RaftClient::Impl::settle() {
  auto unsaved = quorum.take_unsaved();
  if (unsaved && options.mutations.votes_unsaved) unsaved->voted.reset();
  if (unsaved) {
    state_file.write(env, format_quorum_state(*unsaved, quorum.voters(), history.kraft_version()));
  }
  return !is_failed && !is_waiting_for_disk();
}

void RaftClient::Impl::perform_effects() {
  while (!effects.empty()) {
    auto effect = std::move(effects.front());
    effects.pop_front();
    effect();
  }
}

void RaftClient::Impl::run() {
  if (is_running || is_failed) return;
  is_running = true;
  for (int polls = 0; settle(); ++polls) {
    TIT_ASSERT(polls < kPollsMax, "the raft client comes to rest");
    if (!is_initialized) {
      initialize();
    } else if (!steps.empty()) {
      auto step = std::move(steps.front());
      steps.pop_front();
      step();
    } else if (!effects.empty()) {
      perform_effects();
    } else {
      poll_listeners();
      if (is_failed) break;
      const Duration wait = is_shutdown_over() ? Duration::max() : poll();
      if (wait == Duration::zero() || !effects.empty() || !steps.empty()) continue;
      if (!settle()) break;
      if (inbox.empty()) {
        if (wait != Duration::max()) env.set_timer(timer(kPoll), wait);
        break;
      }
      handle_next();
    }
  }
  is_running = false;
}

void RaftClient::Impl::initialize() {
  // Kafka does not start over a log whose beginning no snapshot covers, nor over a damaged one.
  if (!snapshots.recover(env, log.log_start_offset())) {
    is_failed = true;
    return;
  }
  truncate_to_latest_snapshot();
  if (!load_voters()) {
    is_failed = true;
    return;
  }
  is_initialized = true;
  quorum.initialize(saved, end().epoch, now());
  // The only voter elects itself at once.
  if (quorum.is_only_voter() && quorum.as<QuorumState::Candidate>() == nullptr) {
    become_prospective();
  } else if (quorum.as<QuorumState::Candidate>() != nullptr) {
    move_forward();
  }
}

void RaftClient::Impl::handle_next() {
  auto next = std::move(inbox.front());
  inbox.pop_front();
  if (auto* request = std::get_if<Request>(&next)) {
    std::visit([&](const auto& what) { on_request(request->token, request->version, what); },
               request->what);
    return;
  }
  const auto& answer = std::get<Answer>(next);
  if (!requests.is_expected(answer.from, answer.correlation)) return;
  if (!answer.what) new_voter_is_silent(answer.from);
  const bool is_success =
      answer.what &&
      std::visit([&](const auto& what) { return on_answer(answer.from, what); }, *answer.what);
  requests.on_result(answer.from, answer.correlation, is_success, now());
}

// --- poll ----------------------------------------------------------------------------------------

Duration RaftClient::Impl::poll() {
  const Duration until_cleaned = poll_cleaner();
  return std::min(poll_role(), until_cleaned);
}

Duration RaftClient::Impl::poll_role() {
  if (leading() != nullptr) return poll_leader();
  if (quorum.votes() != nullptr) return poll_nominee();
  if (quorum.as<QuorumState::Follower>() != nullptr) return poll_follower();
  if (quorum.as<QuorumState::Resigned>() != nullptr) return poll_resigned();
  return poll_unattached();
}

Duration RaftClient::Impl::poll_leader() {
  const Duration quorum_left = leading()->until_quorum_is_lost(now());
  if (is_shutting_down() || is_resign_requested || quorum_left == Duration::zero()) {
    if (quorum_left == Duration::zero()) reached(Probe::kQuorumCheckTimeout);
    become_resigned();
    return Duration::zero();
  }
  const Duration change_left = until_voter_change_expires();
  Duration linger = Duration::max();
  if (drain_at) {
    linger = std::max<Duration>(Duration::zero(), *drain_at - now());
    if (linger == Duration::zero()) {
      drain();
      return Duration::zero();
    }
  }
  Duration begin = leading()->until_begin_quorum(now());
  if (begin == Duration::zero()) {
    for (const ReplicaKey& voter : leading()->voters_to_begin_with(now())) {
      const auto node = quorum.voters().node(voter.id);
      if (!node) continue;
      maybe_send(*node, [&] { return begin_quorum_epoch_request(options, quorum.epoch(), voter); });
    }
    leading()->begin_quorum_sent(now());
    begin = leading()->until_begin_quorum(now());
  }
  return std::min({quorum_left, change_left, linger, begin});
}

Duration RaftClient::Impl::poll_nominee() {
  auto* candidate = quorum.as<QuorumState::Candidate>();
  auto* prospective = quorum.as<QuorumState::Prospective>();
  RaftTimer& election = candidate != nullptr ? candidate->election : prospective->election;
  if (is_shutting_down()) return std::min(send_votes(), shutdown_left());
  if (election.is_expired(now())) {
    reached(Probe::kQuorumElectionTimeout);
    if (candidate != nullptr) {
      become_prospective();
    } else {
      lose_pre_vote();
    }
    return Duration::zero();
  }
  return std::min(send_votes(), election.remaining(now()));
}

Duration RaftClient::Impl::poll_follower() {
  auto& follower = *quorum.as<QuorumState::Follower>();
  if (is_shutting_down()) return Duration::max();
  if (quorum.is_voter() && follower.fetch.is_expired(now())) {
    reached(Probe::kQuorumFetchTimeout);
    become_prospective();
    return Duration::zero();
  }
  tell_leader_of_us(follower);
  const Duration until_fetch = fetch_from_best(follower);
  return quorum.is_voter() ? std::min(until_fetch, follower.fetch.remaining(now())) : until_fetch;
}

Duration RaftClient::Impl::poll_unattached() {
  auto& unattached = *quorum.as<QuorumState::Unattached>();
  if (quorum.is_voter()) {
    if (is_shutting_down()) return shutdown_left();
    if (unattached.election.is_expired(now())) {
      reached(Probe::kQuorumElectionTimeout);
      become_prospective();
      return Duration::zero();
    }
  }
  return std::min(fetch_from_any(), unattached.election.remaining(now()));
}

Duration RaftClient::Impl::poll_resigned() {
  auto& resigned = *quorum.as<QuorumState::Resigned>();
  Duration wait = Duration::max();
  for (const NodeId id : resigned.unacknowledged) {
    const auto node = quorum.voters().node(id);
    if (!node) continue;
    wait = std::min(wait, maybe_send(*node, [&] {
                      return end_quorum_epoch_request(options, quorum.epoch(),
                                                      resigned.preferred_successors);
                    }));
  }
  if (is_shutting_down()) return std::min(wait, shutdown_left());
  if (resigned.election.is_expired(now())) {
    // In a higher epoch, or it would be told to follow itself.
    become_unattached(LeaderEpoch(quorum.epoch().value() + 1), std::nullopt);
    return Duration::zero();
  }
  return std::min(wait, resigned.election.remaining(now()));
}

// KafkaRaftClient.maybeCompleteShutdown: somebody else leads, or nobody has to.
bool RaftClient::Impl::is_shutdown_over() {
  if (!is_shutting_down()) return false;
  const auto leader = quorum.leader_id();
  return shutdown_left() == Duration::zero() || !quorum.is_voter() || quorum.is_only_voter() ||
         (leader && *leader != options.self.id);
}

// --- the outside ---------------------------------------------------------------------------------

RaftClient::RaftClient(RaftOptions options, env::Env& env, RaftHost& host)
    : impl_(std::make_unique<Impl>(std::move(options), env, host)) {}
RaftClient::~RaftClient() = default;

void RaftClient::start() {
  const std::vector<env::FileInfo> files = impl_->env.list();
  for (const env::FileInfo& file : files) {
    if (file.name != kQuorumStateFile || file.size == 0) continue;
    impl_->state_read =
        impl_->env.read(impl_->env.open(file.name), 0, static_cast<std::size_t>(file.size));
  }
  impl_->snapshots.open(impl_->env, files);
  impl_->log.open(impl_->env, OpenOptions{}, files);
  impl_->run();  // an absent log is open at once
}

void RaftClient::handle(std::uint64_t token, std::int16_t version, RaftRequest request) {
  impl_->inbox.push_back(Impl::Request{token, version, std::move(request)});
  impl_->run();
}

void RaftClient::forget(std::uint64_t token) {
  std::erase_if(impl_->inbox, [&](const auto& entry) {
    const auto* request = std::get_if<Impl::Request>(&entry);
    return request != nullptr && request->token == token;
  });
  if (impl_->parked.erase(token) > 0) {
    impl_->env.cancel_timer(impl_->timer(Impl::kParked, token));
  }
}

void RaftClient::on_response(NodeId from, std::uint64_t correlation, RaftResponse response) {
  const Duration cost = cost_of(response);
  const std::uint64_t id = ++impl_->next_answer;
  impl_->answers.emplace(id, Impl::Answer{from, correlation, std::move(response)});
  impl_->env.spend({.kind = env::LaneKind::kRaft}, cost, impl_->timer(Impl::kAnswered, id));
}

void RaftClient::on_failed(NodeId from, std::uint64_t correlation) {
  impl_->inbox.push_back(Impl::Answer{from, correlation, std::nullopt});
  impl_->run();
}

bool RaftClient::on_timer(env::TimerKey key) {
  if (key == impl_->timer(Impl::kPoll) || key == impl_->timer(Impl::kLinger)) {
    impl_->run();
    return true;
  }
  if (key.kind == impl_->timer(Impl::kAnswered).kind) {
    auto answer = impl_->answers.extract(key.id);
    impl_->inbox.push_back(std::move(answer.mapped()));
    impl_->run();
    return true;
  }
  if (key.kind != impl_->timer(Impl::kParked).kind) return false;
  if (const auto fetch = impl_->parked.extract(key.id); !fetch.empty()) {
    impl_->answer(key.id, fetch.mapped().response);
    impl_->run();
  }
  return true;
}

bool RaftClient::on_disk(env::DiskOpId op, const env::DiskResult& result) {
  if (impl_->state_read == op) {
    impl_->state_read.reset();
    const auto read = parse_quorum_state(result.data.contiguous().text());
    // Kafka dies of a quorum-state that it cannot read.
    if (result.error != env::DiskError::kNone || !read) {
      impl_->is_failed = true;
    } else {
      impl_->saved = *read;
    }
  } else if (impl_->state_file.on_disk(impl_->env, op, result)) {
    if (impl_->state_file.has_failed()) impl_->is_failed = true;
  } else if (impl_->snapshots.on_disk(impl_->env, op, result)) {
    if (impl_->snapshots.has_failed()) impl_->is_failed = true;
    impl_->snapshot_written();
  } else if (impl_->log.on_disk(impl_->env, op, result)) {
    if (impl_->log.has_failed()) impl_->is_failed = true;
    std::vector<VisibleBatch> visible;
    impl_->log.take_visible(visible);
  } else {
    return false;
  }
  impl_->run();
  return true;
}

void RaftClient::shut_down(Duration patience) {
  impl_->shutdown_deadline = impl_->env.now() + patience;
  impl_->run();
}
bool RaftClient::is_shut_down() const {
  return impl_->is_initialized ? impl_->is_shutdown_over() : impl_->is_shutting_down();
}

bool RaftClient::is_leader() const { return impl_->is_activated && impl_->leading() != nullptr; }

Offset RaftClient::next_offset() const {
  TIT_ASSERT(is_leader(), "only the leader appends");
  return impl_->append_offset;
}

Offset RaftClient::append(const RecordList& records) {
  TIT_ASSERT(is_leader() && !records.empty(), "the leader appends something");
  // Nothing is run from here: the caller is in the middle of an event of its own.
  if (!impl_->drain_at) {
    impl_->drain_at =
        impl_->now() + std::chrono::ceil<WallTime::duration>(impl_->options.append_linger);
    impl_->env.set_timer(impl_->timer(Impl::kLinger), impl_->options.append_linger);
  }
  if (impl_->gathering && impl_->gathering->size() >= kBatchSizeWanted) impl_->close_gathered();
  for (const VersionedMetadataRecord& record : records)
    impl_->gather(record.record, record.version);
  return impl_->append_offset - 1;
}

const QuorumState& RaftClient::quorum() const { return impl_->quorum; }
Offset RaftClient::log_end_offset() const {
  return impl_->is_initialized ? impl_->log.log_end_offset() : 0;
}
Offset RaftClient::log_start_offset() const {
  return impl_->is_initialized ? impl_->log.log_start_offset() : 0;
}
std::int16_t RaftClient::kraft_version() const { return impl_->history.kraft_version(); }
bool RaftClient::has_failed() const { return impl_->is_failed; }

void RaftClient::check_invariants() const {
  if (!impl_->is_initialized) return;
  impl_->log.check_invariants();
  impl_->quorum.check_invariants();
  const std::optional<Offset> high_watermark = impl_->quorum.high_watermark();
  TIT_ASSERT(!high_watermark || *high_watermark <= impl_->log.log_end_offset(),
             "what is committed is in the log");
  if (const LeaderState* leader = impl_->leading()) {
    leader->check_invariants(impl_->log.log_end_offset());
    TIT_ASSERT(impl_->log.next_offset() <= impl_->append_offset || !impl_->is_activated,
               "offsets are promised in order");
  }
  const Offset start = impl_->log.log_start_offset();
  TIT_ASSERT(
      start == 0 || (impl_->snapshots.latest() && impl_->snapshots.latest()->end_offset >= start),
      "what the log has lost a snapshot covers");
  TIT_ASSERT(impl_->parked.empty() || impl_->leading() != nullptr, "only a leader lets wait");
}

}  // namespace kafka
