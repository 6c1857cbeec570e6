#include "broker-model/controller/quorum.h"

#include <charconv>
#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "broker-model/controller/metadata_log.h"
#include "broker-model/messages/records/batch_builder.h"
#include "broker-model/types/probe.h"

namespace kafka {
namespace {

constexpr std::string_view kQuorumStateFile = "__cluster_metadata-0/quorum-state";
// A batch of the accumulator is closed past this size; Kafka's limit is kMetadataBatchSizeMax.
constexpr std::size_t kBatchSizeWanted = 1024 * 1024;

struct Loading {
  std::optional<env::DiskOpId> state_read;  // of quorum-state, when there is one
  LeaderEpoch epoch{0};                     // as read from it
};
struct Candidate {
  LeaderEpoch epoch{0};
};
struct ParkedFetch {
  std::int16_t version = 0;
  FetchRequest request;
};
struct Leader {
  LeaderEpoch epoch{0};
  Offset epoch_start_offset = 0;
  Offset next_offset = 0;              // of the next record to be accumulated
  Offset high_watermark = 0;           // 0: none yet
  bool is_activated = false;           // on_leader has been told
  std::deque<BatchBuilder> batches{};  // accumulated, not yet in the log
  std::map<std::uint64_t, ParkedFetch> parked{};
};
struct Failed {};

// quorum-state, data version 0 (FileQuorumStateStore): JSON, of which only the epoch is read back.
std::string format_quorum_state(NodeId self, LeaderEpoch epoch) {
  const std::string id = std::to_string(self.value());
  return R"({"clusterId":"","leaderId":)" + id + R"(,"leaderEpoch":)" +
         std::to_string(epoch.value()) + R"(,"votedId":-1,"appliedOffset":0,)" +
         R"("currentVoters":[{"voterId":)" + id + R"(}],"data_version":0})";
}

LeaderEpoch parse_quorum_state(std::string_view text) {
  constexpr std::string_view kField = "\"leaderEpoch\":";
  const std::size_t at = text.find(kField);
  std::int32_t epoch = 0;
  if (at != std::string_view::npos) {
    const char* from = text.data() + at + kField.size();
    std::from_chars(from, text.data() + text.size(), epoch);
  }
  return LeaderEpoch(epoch);
}

bool is_metadata_fetch(const FetchRequest& request, std::int16_t version) {
  if (request.topics.size() != 1 || request.topics[0].partitions.size() != 1) return false;
  const FetchRequest::FetchTopic& topic = request.topics[0];
  const bool is_topic =
      version >= 13 ? topic.topic_id == kMetadataTopicId : topic.topic == kMetadataTopicName;
  return is_topic && topic.partitions[0].partition == 0;
}

}  // namespace

struct Quorum::Impl {
  enum Timer : std::uint32_t { kLinger, kParked };

  Impl(QuorumOptions o, env::Env& e, QuorumListener& l)
      : options(std::move(o)),
        env(e),
        listener(l),
        log(metadata_partition(), std::string(kMetadataLogDirectory), metadata_log_config()),
        state_file(std::string(kQuorumStateFile)) {}

  env::TimerKey timer(Timer which, std::uint64_t id = 0) const {
    return {.kind = options.timer_kind + static_cast<std::uint32_t>(which), .id = id};
  }
  Leader& leader() { return std::get<Leader>(role); }
  const Leader* as_leader() const { return std::get_if<Leader>(&role); }

  void maybe_become_candidate();
  void become_leader(LeaderEpoch epoch);
  void drain();
  void write(std::vector<RecordBatch> batches);
  void on_log_progress();
  void activate();
  FetchResponse answer_error(std::int16_t version, ErrorCode error) const;
  FetchResponse answer(const FetchRequest& request, std::int16_t version) const;
  ErrorCode check_fetch(const FetchRequest& request, std::int16_t version) const;
  FetchResponse::PartitionData base_partition() const;
  FetchResponse wrap(FetchResponse::PartitionData partition, std::int16_t version) const;
  void answer_parked();

  QuorumOptions options;
  env::Env& env;
  QuorumListener& listener;
  PartitionLog log;
  CheckpointWriter state_file;
  std::variant<Loading, Candidate, Leader, Failed> role;
};

// A single voter needs nobody's vote but its own, which must be on disk.
void Quorum::Impl::maybe_become_candidate() {
  const auto* loading = std::get_if<Loading>(&role);
  if (loading == nullptr || loading->state_read || !log.is_open()) return;
  const LeaderEpoch seen = std::max(loading->epoch, last_epoch(log));
  const LeaderEpoch epoch(seen.value() + 1);
  role = Candidate{epoch};
  state_file.write(env, format_quorum_state(options.self.id, epoch));
}

void Quorum::Impl::become_leader(LeaderEpoch epoch) {
  const Offset start = log.next_offset();
  reached(Probe::kQuorumLeader);
  role = Leader{.epoch = epoch, .epoch_start_offset = start, .next_offset = start + 1};
  const LeaderChange change{.leader = options.self.id,
                            .voters = {{options.self.id, Uuid{}}},
                            .granting_voters = {{options.self.id, Uuid{}}}};
  write({leader_change_batch(start, epoch.value(), env.wall_clock(), change)});
}

// BatchAccumulator.drain, when the linger is over.
void Quorum::Impl::drain() {
  std::vector<RecordBatch> batches;
  for (BatchBuilder& builder : leader().batches) batches.push_back(builder.close());
  leader().batches.clear();
  if (!batches.empty()) write(std::move(batches));
}

void Quorum::Impl::write(std::vector<RecordBatch> batches) {
  for (RecordBatch& batch : batches) {
    const Offset expected = batch.base_offset;
    Records records;
    records.batches.push_back(std::move(batch));
    const auto appended = log.append_as_leader(env, records, leader().epoch, env.wall_clock(),
                                               AppendOrigin::kRaftLeader);
    if (!appended) {  // only a log whose disk failed refuses what its own leader wrote
      role = Failed{};
      return;
    }
    TIT_ASSERT(appended->base_offset == expected, "offsets were promised when the batch was made");
  }
}

// The log's visible or synced end may have moved.
void Quorum::Impl::on_log_progress() {
  std::vector<VisibleBatch> visible;
  log.take_visible(visible);
  if (!visible.empty()) {
    log.sync(env);
    answer_parked();  // observers may hold what is not committed
  }
  if (!std::holds_alternative<Leader>(role)) return;
  // A leader commits only past the start of its own epoch.
  if (log.recovery_point() <= leader().epoch_start_offset) return;
  if (log.recovery_point() == leader().high_watermark) return;
  leader().high_watermark = log.recovery_point();
  answer_parked();
  if (!leader().is_activated) activate();
  listener.on_commit(leader().high_watermark);
}

void Quorum::Impl::activate() {
  leader().is_activated = true;
  replay_batches(log, log.log_start_offset(), leader().epoch_start_offset,
                 [this](const MetadataRecord& record, Offset at) { listener.replay(record, at); });
  listener.on_leader(leader().epoch);
}

FetchResponse::PartitionData Quorum::Impl::base_partition() const {
  FetchResponse::PartitionData partition;
  partition.high_watermark = -1;
  partition.records = Records{};
  if (const Leader* leading = as_leader()) {
    partition.current_leader = {.leader_id = options.self.id.value(),
                                .leader_epoch = leading->epoch.value()};
    partition.log_start_offset = log.log_start_offset();
    if (leading->high_watermark > 0) partition.high_watermark = leading->high_watermark;
  }
  return partition;
}

FetchResponse Quorum::Impl::wrap(FetchResponse::PartitionData partition,
                                 std::int16_t version) const {
  FetchResponse response;
  if (version >= 16 && partition.current_leader.leader_id >= 0) {
    response.node_endpoints.push_back({.node_id = options.self.id.value(),
                                       .host = options.self.endpoint.host,
                                       .port = options.self.endpoint.port});
  }
  FetchResponse::FetchableTopicResponse topic{.topic = std::string(kMetadataTopicName),
                                              .topic_id = kMetadataTopicId};
  topic.partitions.push_back(std::move(partition));
  response.responses.push_back(std::move(topic));
  return response;
}

FetchResponse Quorum::Impl::answer_error(std::int16_t version, ErrorCode error) const {
  FetchResponse::PartitionData partition = base_partition();
  partition.error_code = error;
  return wrap(std::move(partition), version);
}

// KafkaRaftClient.handleFetchRequest and validateVoterOnlyRequest, of the partition.
ErrorCode Quorum::Impl::check_fetch(const FetchRequest& request, std::int16_t) const {
  const FetchRequest::FetchPartition& partition = request.topics[0].partitions[0];
  if (request.max_wait_ms < 0 || partition.fetch_offset < 0 || partition.last_fetched_epoch < 0 ||
      partition.current_leader_epoch < 0) {
    return ErrorCode::kInvalidRequest;
  }
  const Leader* leading = as_leader();
  if (leading == nullptr) return ErrorCode::kNotLeaderOrFollower;
  if (partition.current_leader_epoch < leading->epoch.value()) return ErrorCode::kFencedLeaderEpoch;
  if (partition.current_leader_epoch > leading->epoch.value()) {
    return ErrorCode::kUnknownLeaderEpoch;
  }
  return ErrorCode::kNone;
}

// REQUIRES: check_fetch() found nothing.
FetchResponse Quorum::Impl::answer(const FetchRequest& request, std::int16_t version) const {
  const FetchRequest::FetchPartition& asked = request.topics[0].partitions[0];
  FetchResponse::PartitionData partition = base_partition();
  // ReplicatedLog.validateOffsetAndEpoch: a follower's last record must be ours too.
  const bool is_at_start = asked.fetch_offset == 0 && asked.last_fetched_epoch == 0;
  const EpochEndOffset end = end_offset_for(log, LeaderEpoch(asked.last_fetched_epoch));
  const bool diverges = !is_at_start && (end.epoch != LeaderEpoch(asked.last_fetched_epoch) ||
                                         end.end_offset < asked.fetch_offset);
  if (diverges) {
    partition.diverging_epoch = {.epoch = end.epoch.value(), .end_offset = end.end_offset};
  } else {
    partition.records = log.read(asked.fetch_offset, request.max_bytes, log.log_end_offset(), true);
  }
  return wrap(std::move(partition), version);
}

void Quorum::Impl::answer_parked() {
  auto* leading = std::get_if<Leader>(&role);
  if (leading == nullptr) return;
  const std::map<std::uint64_t, ParkedFetch> parked = std::exchange(leading->parked, {});
  for (const auto& [token, fetch] : parked) {
    env.cancel_timer(timer(kParked, token));
    listener.on_fetch_answer(token, answer(fetch.request, fetch.version));
  }
}

Quorum::Quorum(QuorumOptions options, env::Env& env, QuorumListener& listener)
    : impl_(std::make_unique<Impl>(std::move(options), env, listener)) {}
Quorum::~Quorum() = default;

void Quorum::start() {
  const std::vector<env::FileInfo> files = impl_->env.list();
  for (const env::FileInfo& file : files) {
    if (file.name != kQuorumStateFile || file.size == 0) continue;
    std::get<Loading>(impl_->role).state_read =
        impl_->env.read(impl_->env.open(file.name), 0, static_cast<std::size_t>(file.size));
  }
  impl_->log.open(impl_->env, OpenOptions{}, files);
  impl_->maybe_become_candidate();  // an absent log is open at once
}

bool Quorum::on_timer(env::TimerKey key) {
  if (key == impl_->timer(Impl::kLinger)) {
    if (is_leader()) impl_->drain();
    return true;
  }
  if (key.kind != impl_->options.timer_kind + Impl::kParked) return false;
  if (!std::holds_alternative<Leader>(impl_->role)) return true;
  const auto fetch = impl_->leader().parked.extract(key.id);
  if (!fetch.empty()) {
    impl_->listener.on_fetch_answer(key.id,
                                    impl_->answer(fetch.mapped().request, fetch.mapped().version));
  }
  return true;
}

bool Quorum::on_disk(env::DiskOpId op, const env::DiskResult& result) {
  if (auto* loading = std::get_if<Loading>(&impl_->role); loading && loading->state_read == op) {
    loading->state_read.reset();
    loading->epoch = parse_quorum_state(result.data.contiguous().text());
    if (result.error != env::DiskError::kNone) impl_->role = Failed{};
    impl_->maybe_become_candidate();
    return true;
  }
  if (impl_->state_file.on_disk(impl_->env, op, result)) {
    if (impl_->state_file.has_failed()) {
      impl_->role = Failed{};
    } else if (const auto* candidate = std::get_if<Candidate>(&impl_->role);
               candidate && impl_->state_file.is_idle()) {
      impl_->become_leader(candidate->epoch);
    }
    return true;
  }
  if (!impl_->log.on_disk(impl_->env, op, result)) return false;
  if (impl_->log.has_failed()) {
    impl_->role = Failed{};
  } else if (impl_->log.is_open()) {
    impl_->maybe_become_candidate();
    if (std::holds_alternative<Leader>(impl_->role)) impl_->on_log_progress();
  }
  return true;
}

void Quorum::handle_fetch(std::uint64_t token, std::int16_t version, const FetchRequest& request) {
  if (request.cluster_id && *request.cluster_id != impl_->options.cluster_id) {
    impl_->listener.on_fetch_answer(token, {.error_code = ErrorCode::kInconsistentClusterId});
    return;
  }
  if (!is_metadata_fetch(request, version)) {
    impl_->listener.on_fetch_answer(token, {.error_code = ErrorCode::kInvalidRequest});
    return;
  }
  const ErrorCode error = impl_->check_fetch(request, version);
  if (error != ErrorCode::kNone) {
    impl_->listener.on_fetch_answer(token, impl_->answer_error(version, error));
    return;
  }
  FetchResponse response = impl_->answer(request, version);
  const FetchResponse::PartitionData& partition = response.responses[0].partitions[0];
  // KIP-1166: a follower that does not know the high watermark is told without waiting.
  const bool has_news = !partition.records->empty() || partition.diverging_epoch.epoch >= 0 ||
                        partition.high_watermark > request.topics[0].partitions[0].high_watermark;
  if (has_news || request.max_wait_ms == 0) {
    impl_->listener.on_fetch_answer(token, response);
    return;
  }
  impl_->leader().parked.emplace(token, ParkedFetch{version, request});
  impl_->env.set_timer(impl_->timer(Impl::kParked, token),
                       std::chrono::milliseconds(request.max_wait_ms));
}

void Quorum::forget_fetch(std::uint64_t token) {
  auto* leading = std::get_if<Leader>(&impl_->role);
  if (leading == nullptr || leading->parked.erase(token) == 0) return;
  impl_->env.cancel_timer(impl_->timer(Impl::kParked, token));
}

bool Quorum::is_leader() const {
  const Leader* leading = impl_->as_leader();
  return leading != nullptr && leading->is_activated;
}
bool Quorum::has_failed() const { return std::holds_alternative<Failed>(impl_->role); }
LeaderEpoch Quorum::epoch() const {
  const Leader* leading = impl_->as_leader();
  return leading == nullptr ? LeaderEpoch(0) : leading->epoch;
}
Offset Quorum::high_watermark() const {
  const Leader* leading = impl_->as_leader();
  return leading == nullptr ? 0 : leading->high_watermark;
}
Offset Quorum::log_end_offset() const {
  return impl_->as_leader() == nullptr ? 0 : impl_->log.log_end_offset();
}

Offset Quorum::next_offset() const {
  TIT_ASSERT(is_leader(), "only the leader appends");
  return impl_->as_leader()->next_offset;
}

Offset Quorum::append(const RecordList& records) {
  TIT_ASSERT(is_leader() && !records.empty(), "the leader appends something");
  Leader& leading = impl_->leader();
  if (leading.batches.empty()) {
    impl_->env.set_timer(impl_->timer(Impl::kLinger), impl_->options.append_linger);
  }
  if (leading.batches.empty() || leading.batches.back().size() >= kBatchSizeWanted) {
    BatchOptions batch;
    batch.base_offset = leading.next_offset;
    batch.leader_epoch = leading.epoch.value();
    leading.batches.emplace_back(batch);
  }
  for (const VersionedMetadataRecord& record : records) {
    const env::Bytes value = encode_metadata_record(record.record, record.version);
    NewRecord fresh;
    fresh.timestamp = impl_->env.wall_clock();
    fresh.value = value.span();
    leading.batches.back().append(fresh);
    ++leading.next_offset;
  }
  return leading.next_offset - 1;
}

void Quorum::check_invariants() const {
  const Leader* leading = impl_->as_leader();
  if (leading == nullptr) return;
  impl_->log.check_invariants();
  TIT_ASSERT(leading->high_watermark <= impl_->log.log_end_offset(),
             "what is committed is in the log");
  TIT_ASSERT(impl_->log.next_offset() <= leading->next_offset, "offsets are promised in order");
}

}  // namespace kafka
