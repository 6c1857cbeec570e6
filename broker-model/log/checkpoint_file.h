// Small text files written whole and safely: temporary file, sync, rename, sync of the directory
// (server-common CheckpointFile, Utils.atomicMoveWithFallback). After any crash the name holds
// either the old content or the new.
//
// CheckpointWriter is one machine for one name. A write that comes while another is under way waits
// for it; of several waiting ones only the newest is written.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker-model/env/env.h"
#include "broker-model/types/ids.h"

namespace kafka {

class CheckpointWriter {
 public:
  explicit CheckpointWriter(std::string name) : name_(std::move(name)) {}

  void write(env::Env& env, std::string content);
  // True when the operation was this writer's.
  bool on_disk(env::Env& env, env::DiskOpId op, const env::DiskResult& result);

  void remove_unfinished(env::Env& env) { env.remove(name_ + ".tmp"); }  // nobody writes any more
  bool is_idle() const { return step_ == Step::kIdle; }  // all that was asked survives power loss
  bool has_failed() const { return failed_; }  // an operation failed; later writes try anew
  std::uint64_t writes_done() const { return writes_done_; }
  const std::string& name() const { return name_; }
  env::DiskOpId pending_op() const { return op_; }  // valid unless is_idle(): for routing on_disk

 private:
  enum class Step : std::uint8_t { kIdle, kTruncating, kWriting, kSyncing, kSyncingDir };
  void begin(env::Env& env);

  std::string name_;
  Step step_ = Step::kIdle;
  env::DiskOpId op_;
  env::FileId file_;
  std::string content_;                 // being written
  std::optional<std::string> waiting_;  // to be written next
  bool failed_ = false;
  std::uint64_t writes_done_ = 0;
};

// Kafka's checkpoint format: version, number of lines, lines; each with its newline.
std::string format_checkpoint(std::int32_t version, const std::vector<std::string>& lines);
// The lines, or a sentence: wrong version, wrong count, not a number.
std::expected<std::vector<std::string>, std::string> parse_checkpoint(std::int32_t version,
                                                                      std::string_view text);

// The four checkpoints of offsets (OffsetCheckpointFile, version 0): "<topic> <partition>
// <offset>".
inline constexpr std::string_view kRecoveryPointCheckpoint = "recovery-point-offset-checkpoint";
inline constexpr std::string_view kReplicationOffsetCheckpoint = "replication-offset-checkpoint";
inline constexpr std::string_view kLogStartOffsetCheckpoint = "log-start-offset-checkpoint";
inline constexpr std::string_view kCleanerOffsetCheckpoint = "cleaner-offset-checkpoint";
inline constexpr std::string_view kCleanShutdownFile = ".kafka_cleanshutdown";
using OffsetCheckpoint = std::map<TopicPartition, Offset>;
std::string format_offset_checkpoint(const OffsetCheckpoint& offsets);
std::expected<OffsetCheckpoint, std::string> parse_offset_checkpoint(std::string_view text);

// meta.properties, partition.metadata, .kafka_cleanshutdown: "key=value" or "key: value" lines, #
// comments (java.util.Properties without its escapes). Format gives "key=value" lines.
using Properties = std::map<std::string, std::string>;
std::string format_properties(const Properties& properties);
Properties parse_properties(std::string_view text);

}  // namespace kafka
