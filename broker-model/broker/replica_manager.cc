#include "broker-model/broker/hosted_partition.h"

#include <algorithm>

namespace kafka {
namespace {

RpcClientOptions fetcher_rpc_options(const Config& config, NodeId local_broker) {
  RpcClientOptions options = RpcClientOptions::from(
      config, "broker-" + std::to_string(local_broker.value()) + "-fetcher-0",
      kind(BrokerTimer::kFetcherRpc));
  options.request_timeout = config.get_duration("replica.socket.timeout.ms");
  options.max_in_flight = 1;
  return options;
}

PartitionRegistrationView view_of(const PartitionImage& image) {
  return {.leader = image.leader,
          .leader_epoch = image.leader_epoch,
          .partition_epoch = image.partition_epoch,
          .isr = image.isr,
          .replicas = image.replicas};
}

}  // namespace

ReplicaManager::ReplicaManager(ReplicaManagerOptions options, env::Env& env, RpcServer& server,
                               const MetadataImage& image, ReplicaManagerHost& host)
    : options_(std::move(options)),
      env_(&env),
      server_(&server),
      image_(&image),
      host_(&host),
      topic_defaults_(kafka::topic_defaults(options_.config)),
      lag_max_(options_.config.get_duration("replica.lag.time.max.ms")),
      backoff_(options_.config.get_duration("replica.fetch.backoff.ms")),
      fetch_max_bytes_(options_.config.get_int("fetch.max.bytes")),
      selects_by_rack_(options_.config.is_set("replica.selector.class")),
      fetch_sessions_(options_.config.get_int("max.incremental.fetch.session.cache.slots")),
      fetcher_rpc_(fetcher_rpc_options(options_.config, options_.local_broker), *this),
      high_watermark_file_(std::string(kReplicationOffsetCheckpoint)),
      recovery_point_file_(std::string(kRecoveryPointCheckpoint)),
      logs_(options_.config, env, *this),
      cleaner_(options_.config, env, *this, logs_) {}

ReplicaManager::~ReplicaManager() = default;

// --- lookups -------------------------------------------------------------------------------------

ReplicaManager::HostedPartition* ReplicaManager::find(const PartitionKey& key) const {
  const auto it = hosted_.find(key);
  return it != hosted_.end() && it->second->is_online ? it->second.get() : nullptr;
}

ReplicaManager::HostedPartition* ReplicaManager::at_slot(PurgatorySlot slot) const {
  if (slot >= by_slot_.size()) return nullptr;
  HostedPartition* const hosted = by_slot_[slot];
  return hosted != nullptr && hosted->is_online ? hosted : nullptr;
}

// ReplicaManager.getPartitionOrError.
ErrorCode ReplicaManager::why_not_hosted(const PartitionKey& key) const {
  return image_->partition(key.first, key.second) != nullptr ? ErrorCode::kNotLeaderOrFollower
                                                             : ErrorCode::kUnknownTopicOrPartition;
}

const Partition* ReplicaManager::partition(TopicPartitionView name) const {
  const auto topic = image_->topic_ids().find(name.topic);
  if (topic == image_->topic_ids().end()) return nullptr;
  const HostedPartition* hosted = find({topic->second, name.partition});
  return hosted != nullptr ? &hosted->partition : nullptr;
}

std::vector<const Partition*> ReplicaManager::partitions() const {
  std::vector<const Partition*> result;
  for (const auto& [key, hosted] : hosted_)
    if (hosted->is_online) result.push_back(&hosted->partition);
  std::sort(result.begin(), result.end(), [](const Partition* a, const Partition* b) {
    return a->topic_partition() < b->topic_partition();
  });
  return result;
}

// --- opening -------------------------------------------------------------------------------------

LogConfig ReplicaManager::log_config(const TopicImage& topic,
                                     std::int32_t& min_insync_replicas) const {
  Config config = topic_defaults_;
  // Overrides were validated by the controller; what this table does not know changes nothing here.
  if (const ConfigMap* set = image_->find_config({ConfigResourceType::kTopic, topic.name}))
    for (const auto& [key, value] : *set) (void)config.set(key, value);
  min_insync_replicas = static_cast<std::int32_t>(config.get_int("min.insync.replicas"));
  LogConfig result = LogConfig::from_topic(config);
  result.producer_id_expiration = options_.config.get_duration("producer.id.expiration.ms");
  result.mutations = options_.mutations.log;
  return result;
}

ReplicaManager::HostedPartition& ReplicaManager::host_partition(const PartitionKey& key,
                                                                const TopicImage& topic) {
  PartitionOptions options{.local_broker = options_.local_broker,
                           .topic_partition = {topic.name, key.second},
                           .topic_id = key.first,
                           .replica_lag_time_max = lag_max_,
                           .min_insync_replicas = 1,
                           .mutations = options_.mutations};
  const LogConfig config = log_config(topic, options.min_insync_replicas);
  const auto slot = static_cast<PurgatorySlot>(by_slot_.size());
  auto made = std::make_unique<HostedPartition>(key, slot, std::move(options), config,
                                                static_cast<PartitionHost&>(*this), &router_);
  by_slot_.push_back(made.get());
  return *hosted_.insert_or_assign(key, std::move(made)).first->second;
}

void ReplicaManager::publish_all(BootState boot) {
  TIT_ASSERT(!is_published_, "the first image is published once");
  refresh_topic_defaults();
  boot_ = std::move(boot);
  is_published_ = true;
  ++opening_;  // until all have been asked for
  const std::vector<env::FileInfo> files = env_->list();
  for (const auto& [id, topic] : image_->topics()) {
    for (const auto& [number, partition] : topic.partitions) {
      if (!partition.has_replica(options_.local_broker)) continue;
      HostedPartition& hosted = host_partition({id, number}, topic);
      OpenOptions open{.clean_shutdown = boot_.clean_shutdown};
      const auto point = boot_.recovery_points.find(hosted.partition.topic_partition());
      if (point != boot_.recovery_points.end()) open.recovery_point = point->second;
      const auto start = boot_.log_starts.find(hosted.partition.topic_partition());
      if (start != boot_.log_starts.end()) open.log_start_offset = start->second;
      ++opening_;
      hosted.log.open(*env_, open, files);
      if (hosted.log.is_open()) on_log_open(hosted);
    }
  }
  --opening_;
  finish_opening();
}

void ReplicaManager::on_log_open(HostedPartition& hosted) {
  TIT_ASSERT(opening_ > 0, "a log opened that nobody opened");
  --opening_;
  hosted.is_online = true;
  const auto point = boot_.high_watermarks.find(hosted.partition.topic_partition());
  hosted.partition.restore_high_watermark(point != boot_.high_watermarks.end() ? point->second : 0);
  observe(LogOpened{.partition = hosted.partition.topic_partition(),
                    .log_start_offset = hosted.log.log_start_offset(),
                    .log_end_offset = hosted.log.log_end_offset(),
                    .high_watermark = hosted.partition.high_watermark()});
  logs_.watch_files(hosted.log);
  hosted.told_flushed = hosted.log.recovery_point();
  if (is_open_) apply(hosted);
}

void ReplicaManager::finish_opening() {
  if (is_open_ || opening_ > 0 || !is_published_ || flush_ != Flush::kNo) return;
  is_open_ = true;
  for (auto& [key, hosted] : hosted_) apply(*hosted);
  set_timer(BrokerTimer::kIsrShrink, lag_max_ / 2);
  set_timer(BrokerTimer::kHighWatermarks,
            options_.config.get_duration("replica.high.watermark.checkpoint.interval.ms"));
  set_timer(BrokerTimer::kRecoveryPoints,
            options_.config.get_duration("log.initial.task.delay.ms"));
  set_timer(BrokerTimer::kProducerExpiration, 600s);
  written_recovery_points_ = std::move(boot_.recovery_points);
  logs_.start(std::move(boot_.log_starts));
  cleaner_.start(std::move(boot_.cleaned));
  host_->on_initial_logs_open();
}

// --- metadata ------------------------------------------------------------------------------------

void ReplicaManager::publish(const MetadataDelta& delta) {
  if (!is_published_ || flush_ != Flush::kNo) return;
  const std::size_t hosted_before = hosted_.size();
  for (const auto& [id, topic] : delta.deleted_topics)
    for (const auto& [number, partition] : topic.partitions) remove_partition({id, number});
  for (const auto& [id, before] : delta.partitions) {
    const PartitionImage* now = image_->partition(id.topic_id, id.partition);
    if (now == nullptr || !now->has_replica(options_.local_broker))
      remove_partition({id.topic_id, id.partition});
  }
  if (hosted_.size() != hosted_before) forget_offsets_of_removed();
  apply_configs(delta);
  std::optional<std::vector<env::FileInfo>> files;
  // Replicas that are new here; those whose log is ready take up their role below.
  for (const auto& [id, before] : delta.partitions) {
    const PartitionKey key{id.topic_id, id.partition};
    const PartitionImage* now = image_->partition(id.topic_id, id.partition);
    const bool is_mine = now != nullptr && now->has_replica(options_.local_broker);
    if (is_mine && !hosted_.contains(key)) {
      HostedPartition& hosted = host_partition(key, *image_->topic(id.topic_id));
      ++opening_;
      if (!files) files = env_->list();
      hosted.log.open(*env_, OpenOptions{}, *files);
      if (hosted.log.is_open()) on_log_open(hosted);
    }
  }
  if (!is_open_) return;
  // Leaders first, as ReplicaManager.applyDelta does.
  for (const bool leaders : {true, false}) {
    for (const auto& [id, before] : delta.partitions) {
      HostedPartition* hosted = find({id.topic_id, id.partition});
      if (hosted == nullptr) continue;
      const PartitionImage* now = image_->partition(id.topic_id, id.partition);
      if ((now->leader == options_.local_broker) == leaders) apply(*hosted);
    }
  }
  for (auto& [source, fetcher] : fetchers_) fetcher.poll(env_->now());
}

// DynamicBrokerConfig: the cluster's values over the static ones, this broker's over both.
void ReplicaManager::refresh_topic_defaults() {
  Config broker = options_.config;
  for (const ConfigResource& resource : broker_resources()) {
    const ConfigMap* set = image_->find_config(resource);
    if (set == nullptr) continue;
    for (const auto& [key, value] : *set) (void)broker.set(key, value);
  }
  topic_defaults_ = topic_defaults(broker);
}

std::array<ConfigResource, 2> ReplicaManager::broker_resources() const {
  return {
      ConfigResource{ConfigResourceType::kBroker, ""},
      ConfigResource{ConfigResourceType::kBroker, std::to_string(options_.local_broker.value())}};
}

void ReplicaManager::apply_configs(const MetadataDelta& delta) {
  if (delta.configs.empty()) return;
  const bool defaults_changed = std::ranges::any_of(
      broker_resources(), [&](const auto& resource) { return delta.configs.contains(resource); });
  if (defaults_changed) refresh_topic_defaults();
  for (const auto& [id, topic] : image_->topics()) {
    if (!defaults_changed && !delta.configs.contains({ConfigResourceType::kTopic, topic.name}))
      continue;
    std::int32_t min_insync_replicas = 1;
    const LogConfig config = log_config(topic, min_insync_replicas);
    for (auto at = hosted_.lower_bound({id, 0}); at != hosted_.end() && at->first.first == id;
         ++at) {
      at->second->log.set_config(config);
      at->second->partition.set_min_insync_replicas(min_insync_replicas);
    }
  }
}

void ReplicaManager::apply(HostedPartition& hosted) {
  const PartitionImage* image = image_->partition(hosted.key.first, hosted.key.second);
  if (image == nullptr || !hosted.is_online) return;
  if (image->leader == options_.local_broker) {
    become_leader(hosted, view_of(*image));
  } else {
    become_follower(hosted, view_of(*image));
  }
}

void ReplicaManager::become_leader(HostedPartition& hosted,
                                   const PartitionRegistrationView& registration) {
  stop_fetching(hosted.key, std::nullopt);
  const LeaderEpoch old_epoch = hosted.partition.leader_epoch();
  // The election comes first in the story, then what it does to the high watermark.
  if (registration.leader_epoch > old_epoch &&
      registration.partition_epoch >= hosted.partition.partition_epoch()) {
    observe(BecameLeader{.partition = hosted.partition.topic_partition(),
                         .leader_epoch = registration.leader_epoch,
                         .partition_epoch = registration.partition_epoch,
                         .log_end_offset = hosted.log.next_offset(),
                         .high_watermark = hosted.partition.high_watermark(),
                         .isr = registration.isr});
  }
  if (registration.leader_epoch > old_epoch) hosted.told_isr.clear();
  hosted.partition.make_leader(registration, env_->wall_clock());
  wake(hosted);
}

void ReplicaManager::become_follower(HostedPartition& hosted,
                                     const PartitionRegistrationView& registration) {
  const bool is_new_epoch = hosted.partition.make_follower(registration);
  if (hosted.partition.is_leader()) return;  // the news was older than what is known
  if (is_new_epoch) {
    observe(BecameFollower{.partition = hosted.partition.topic_partition(),
                           .leader_epoch = registration.leader_epoch,
                           .leader = registration.leader,
                           .log_end_offset = hosted.log.log_end_offset()});
  }
  stop_fetching(hosted.key, registration.leader);
  if (registration.leader && hosted.partition.leader() == registration.leader)
    fetcher(*registration.leader)
        .add_partition(hosted.key, hosted.partition, hosted.partition.leader_epoch());
  if (registration.leader) fetcher(*registration.leader).poll(env_->now());
  wake(hosted);
}

void ReplicaManager::stop_fetching(const PartitionKey& key, std::optional<NodeId> except) {
  for (auto& [source, fetcher] : fetchers_)
    if (source != except) fetcher.remove_partition(key);
}

void ReplicaManager::remove_partition(const PartitionKey& key) {
  const auto it = hosted_.find(key);
  if (it == hosted_.end()) return;
  stop_fetching(key, std::nullopt);
  const std::unique_ptr<HostedPartition> gone = std::move(it->second);
  hosted_.erase(it);
  by_slot_[gone->slot] = nullptr;
  if (!gone->is_online) --opening_;
  cleaner_.on_log_removed(gone->log.partition());
  gone->log.remove_files(*env_);
  wake(*gone);  // whoever waits for it learns that it is gone
  finish_opening();
}

// LogManager.asyncDelete: a topic that comes again under the name must not find the old offsets.
void ReplicaManager::forget_offsets_of_removed() {
  if (!is_open_) return;
  write_recovery_points();
  logs_.write_log_starts();
}

// --- disk ----------------------------------------------------------------------------------------

bool ReplicaManager::on_disk(env::DiskOpId op, const env::DiskResult& result) {
  const bool is_checkpoint = high_watermark_file_.on_disk(*env_, op, result) ||
                             recovery_point_file_.on_disk(*env_, op, result) ||
                             logs_.on_disk(op, result) || cleaner_.on_disk(op, result);
  if (is_checkpoint) {
    const CheckpointWriter* const files[] = {&high_watermark_file_, &recovery_point_file_,
                                             &logs_.file(), &cleaner_.file()};
    const auto failed = std::ranges::find_if(files, &CheckpointWriter::has_failed);
    if (failed != std::end(files)) {
      fail_directory((*failed)->name(), result);
    } else {
      continue_flush();
    }
    return true;
  }
  PartitionLog* log = router_.take(op);
  if (log == nullptr) return false;
  HostedPartition& hosted = static_cast<HostedLog*>(log)->owner();
  log->on_disk(*env_, op, result);
  if (log->has_failed()) {
    on_disk_failed(hosted, result);
    return true;
  }
  if (!hosted.is_online) {
    if (!log->is_open()) return true;
    on_log_open(hosted);
    finish_opening();
  } else {
    tell_flushed(hosted);
    drain_log(hosted);
    cleaner_.on_log_progress(*log);
  }
  if (flush_ == Flush::kLogs) continue_flush();
  return true;
}

void ReplicaManager::drop_page_cache() {
  for (auto& [key, hosted] : hosted_)
    if (hosted->is_online) hosted->log.read_anew(*env_);
}

// LogDirFailureChannel: who waits for this log is answered KAFKA_STORAGE_ERROR; then the directory
// is off-line, and as it is the only one, the process ends.
void ReplicaManager::on_disk_failed(HostedPartition& failed, const env::DiskResult& result) {
  wake(failed);
  fail_directory(to_string(failed.partition.topic_partition()), result);
}

void ReplicaManager::fail_directory(const std::string& what, const env::DiskResult& result) {
  const std::string_view why = result.error == env::DiskError::kFull ? "no space left on device"
                               : result.error == env::DiskError::kIo ? "input/output error"
                                                                     : "a file cannot be read";
  host_->on_log_failure("all log directories have failed: " + what + ", " + std::string(why));
}

void ReplicaManager::tell_flushed(HostedPartition& hosted) {
  const Offset recovery_point = hosted.log.recovery_point();
  if (recovery_point > hosted.told_flushed)
    observe(LogFlushed{.partition = hosted.partition.topic_partition(),
                       .recovery_point = recovery_point});
  hosted.told_flushed = recovery_point;  // a truncation takes it back, and tells so
}

// What has reached the page cache is part of the log from now on.
void ReplicaManager::drain_log(HostedPartition& hosted) {
  visible_.clear();
  hosted.log.take_visible(visible_);
  if (visible_.empty()) return;
  for (const VisibleBatch& appended : visible_) {
    observe(RecordsAppended{.partition = hosted.partition.topic_partition(),
                            .as_leader = appended.as_leader,
                            .base_offset = appended.batch.base_offset,
                            .last_offset = appended.batch.last_offset(),
                            .batch_epoch = LeaderEpoch{appended.batch.leader_epoch},
                            .body = &appended.batch.body});
  }
  visible_.clear();
  hosted.partition.on_leader_append(env_->wall_clock());
  wake(hosted);
  const std::optional<NodeId> leader = hosted.partition.leader();
  if (!hosted.partition.is_leader() && leader) fetcher(*leader).poll(env_->now());
}

void ReplicaManager::wake(HostedPartition& hosted) {
  produces_.wake(hosted.slot, [&](DelayedProduce& op) { return try_complete(op); });
  fetches_.wake(hosted.slot, [&](FetchOp& op) { return try_complete(op); });
  if (deletes_.size() > 0)
    deletes_.wake(hosted.slot, [&](DelayedDelete& op) { return try_complete(op); });
}

// --- invariants ----------------------------------------------------------------------------------

void ReplicaManager::check_invariants() const {
  for (const auto& [key, hosted] : hosted_) {
    TIT_ASSERT(by_slot_.at(hosted->slot) == hosted.get(), "a partition without its slot");
    if (!hosted->is_online) continue;
    hosted->partition.check_invariants();
    hosted->log.check_invariants();
    std::size_t fetching = 0;
    for (const auto& [source, fetcher] : fetchers_) fetching += fetcher.has_partition(key) ? 1 : 0;
    TIT_ASSERT(fetching <= 1, "a partition in two fetchers");
    if (hosted->partition.is_leader() && !options_.mutations.no_leader_epoch_fencing)
      TIT_ASSERT(fetching == 0, "a leader fetches from another");
  }
  for (const auto& [source, fetcher] : fetchers_) fetcher.check_invariants();
  produces_.check_invariants();
  fetches_.check_invariants();
  fetch_sessions_.check_invariants();
  deletes_.check_invariants();
  isr_manager_.check_invariants();
  fetcher_rpc_.check_invariants();
}

}  // namespace kafka
