// BrokerCore: what a start reads before anything else, and the last file a shutdown writes
// (MetaPropertiesEnsemble, CleanShutdownFileHandler, LogManager).
#include <charconv>

#include "broker-model/broker/broker_core.h"
#include "broker-model/types/random_uuid.h"

namespace kafka {
namespace {

constexpr std::string_view kMetaProperties = "meta.properties";

std::string hex_of(const Uuid& id) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const std::uint64_t half : {id.high, id.low})
    for (int shift = 60; shift >= 0; shift -= 4) text += kDigits[(half >> shift) & 0xf];
  return text;
}

std::optional<Uuid> from_hex(std::string_view text) {
  if (text.size() != 32) return std::nullopt;
  Uuid id;
  const auto read = [](std::string_view digits, std::uint64_t& out) {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + 16, out, 16);
    return error == std::errc() && end == digits.data() + 16;
  };
  if (!read(text.substr(0, 16), id.high) || !read(text.substr(16), id.low)) return std::nullopt;
  return id;
}

// {"version":0,"brokerEpoch":12}
std::optional<BrokerEpoch> parse_clean_shutdown(std::string_view text) {
  constexpr std::string_view kKey = "\"brokerEpoch\":";
  const std::size_t at = text.find(kKey);
  if (at == std::string_view::npos) return std::nullopt;
  const char* begin = text.data() + at + kKey.size();
  std::int64_t epoch = -1;
  const auto [end, error] = std::from_chars(begin, text.data() + text.size(), epoch);
  if (error != std::errc() || end == begin) return std::nullopt;
  return BrokerEpoch{epoch};
}

OffsetCheckpoint& checkpoint_of(BootState& boot, std::string_view name) {
  if (name == kReplicationOffsetCheckpoint) return boot.high_watermarks;
  if (name == kRecoveryPointCheckpoint) return boot.recovery_points;
  return name == kLogStartOffsetCheckpoint ? boot.log_starts : boot.cleaned;
}

}  // namespace

void BrokerCore::read_boot_files() {
  for (const env::FileInfo& file : env_->list()) {
    if (file.name != kCleanShutdownFile && file.name != kReplicationOffsetCheckpoint &&
        file.name != kRecoveryPointCheckpoint && file.name != kLogStartOffsetCheckpoint &&
        file.name != kCleanerOffsetCheckpoint && file.name != kMetaProperties)
      continue;
    const env::DiskOpId op =
        env_->read(env_->open(file.name), 0, static_cast<std::size_t>(file.size));
    boot_reads_.emplace(op, file.name);
  }
  if (boot_reads_.empty()) finish_boot();
}

bool BrokerCore::on_boot_read(env::DiskOpId op, const env::DiskResult& result) {
  const auto it = boot_reads_.find(op);
  if (it == boot_reads_.end()) return false;
  const std::string name = it->second;
  boot_reads_.erase(it);
  const env::Bytes content = result.data.contiguous();
  const bool is_bad = result.error != env::DiskError::kNone;
  if (name == kCleanShutdownFile) {
    // That it is there says that the end was clean; what it says is left out when it cannot be
    // read.
    boot_.clean_shutdown = true;
    boot_.previous_epoch = parse_clean_shutdown(content.text());
  } else if (name == kMetaProperties && is_bad) {
    halt("meta.properties cannot be read");
    return true;
  } else if (name == kMetaProperties) {
    meta_ = parse_properties(content.text());
  } else {
    // CheckpointFileWithFailureHandler: the log directory goes off-line with a checkpoint that
    // cannot be read, and there is no other directory.
    auto offsets = parse_offset_checkpoint(content.text());
    if (is_bad || !offsets) {
      halt("all log directories have failed: " + name + " cannot be read");
      return true;
    }
    checkpoint_of(boot_, name) = std::move(*offsets);
  }
  if (boot_reads_.empty()) finish_boot();
  return true;
}

// MetaProperties.Builder and MetaPropertiesEnsemble.verify. Without a directory.id it gets one.
std::optional<std::string> BrokerCore::read_meta_properties(std::optional<Uuid>& directory) {
  if (!meta_) return std::nullopt;
  const auto is = [&](std::string_view key, std::string_view value) {
    const auto found = meta_->find(std::string(key));
    return found != meta_->end() && found->second == value;
  };
  if (!is("version", "1")) return "meta.properties has no version that is known";
  if (!is("node.id", std::to_string(options_.id.value())))
    return "meta.properties is not of this node";
  if (!is("cluster.id", options_.cluster_id)) return "meta.properties is not of this cluster";
  const auto id = meta_->find("directory.id");
  if (id == meta_->end()) return std::nullopt;
  directory = from_hex(id->second);
  if (!directory) return "meta.properties has no readable directory.id";
  return std::nullopt;
}

void BrokerCore::finish_boot() {
  // From here on a crash is a crash: the mark of the last clean end must not outlive it.
  if (boot_.clean_shutdown) {
    env_->remove(kCleanShutdownFile);
    env_->sync_dir();
  }
  std::optional<Uuid> directory;
  if (const auto wrong = read_meta_properties(directory)) return halt(*wrong);
  if (!directory) {
    directory = random_uuid(env_->rng());
    meta_ = {{"version", "1"},
             {"cluster.id", options_.cluster_id},
             {"node.id", std::to_string(options_.id.value())},
             {"directory.id", hex_of(*directory)}};
    meta_file_.write(*env_, format_properties(*meta_));
  }
  RaftOptions raft = RaftOptions::from(options_.config);
  raft.self = {.id = options_.id, .directory_id = *directory};
  raft.cluster_id = options_.cluster_id;
  if (options_.kraft_version > 0) {  // the voters stand in the log
    raft.bootstrap = options_.controllers;
  } else {
    for (const QuorumVoter& voter : options_.controllers)
      raft.voters.add({.key = {.id = voter.id}, .endpoint = voter.endpoint});
  }
  raft.timer_kind = kind(BrokerTimer::kRaft);
  observer_ = std::make_unique<QuorumObserver>(std::move(raft), options_.config, *env_,
                                               static_cast<QuorumObserverHost&>(*this));
  replicas_ = std::make_unique<ReplicaManager>(
      ReplicaManagerOptions{.local_broker = options_.id,
                            .cluster_id = options_.cluster_id,
                            .config = options_.config,
                            .mutations = options_.mutations},
      *env_, server_, observer_->image(), static_cast<ReplicaManagerHost&>(*this));
  const Config& config = options_.config;
  lifecycle_ = std::make_unique<BrokerLifecycle>(
      LifecycleOptions{
          .broker = options_.id,
          .cluster_id = options_.cluster_id,
          .advertised = options_.listener,
          .rack = options_.rack,
          .incarnation = random_uuid(env_->rng()),
          .log_dir = *directory,
          .previous_epoch = boot_.previous_epoch,
          .heartbeat_interval = config.get_duration("broker.heartbeat.interval.ms"),
          .registration_timeout = config.get_duration("initial.broker.registration.timeout.ms")},
      static_cast<LifecycleHost&>(*this));
  observer_->start();
  lifecycle_->start();
}

// A broker that had not opened its logs vouches for them only if the last one did.
void BrokerCore::write_clean_shutdown_file() {
  if (!replicas_->is_open() && !boot_.clean_shutdown) {
    has_stopped_ = true;
    return;
  }
  clean_shutdown_file_.write(
      *env_, "{\"version\":0,\"brokerEpoch\":" + std::to_string(lifecycle_->epoch().value()) + "}");
}

}  // namespace kafka
