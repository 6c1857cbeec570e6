// Probes: places of the model that a soak has to come to (a time-out that ran out, a machine's
// change of state) and that no observation tells of. Passing one counts it and does nothing else:
// counts never flow back into a run, nor into its digest.
//
// A run is alone in its process while it runs, so the counts are the process's; whoever starts a
// run sets them to zero. A new probe: its name here, its line in probe.cc, and a reached() in the
// model.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace kafka {

enum class Probe : std::uint8_t {
  // Time that ran out.
  kConnectionSetupTimeout,
  kConnectionIdle,
  kHandshakeTimeout,
  kWaitingRequestTimeout,
  kMetadataMaxAge,
  kMetadataTopicIdle,
  kMetadataRebootstrapTrigger,
  kDeliveryTimeoutQueued,
  kDeliveryTimeoutOnTheWire,
  kMaxBlockMetadata,
  kMaxBlockMemory,
  kAdminApiTimeout,
  kConsumerFetchWait,
  kReplicaFetchWait,
  kProduceTimeout,
  kReplicaLag,
  kReplicaFetchBackoff,
  kHighWatermarksWritten,
  kRecoveryPointsWritten,
  kSegmentAge,
  kSegmentSize,
  kSegmentIndexFull,
  kLogStartsWritten,
  kLogRetentionTime,
  kLogRetentionSize,
  kLogFlushMessages,
  kLogFlushTime,
  kSegmentFilesDeleted,
  kCleanerBackoff,
  kDeleteRecordsTimeout,
  kProducerIdExpiration,
  kSessionTimeout,
  kRegistrationTimeout,
  kControlledShutdownPatience,
  kControllerRequestExpired,
  kQuorumFetchTimeout,
  kQuorumElectionTimeout,
  kQuorumCheckTimeout,
  kPreferredLeaderCheck,
  kUncleanElectionCheck,
  kMetadataIdle,
  kMetadataSnapshotAge,
  kMetadataSnapshotSize,
  kVoterChangeTimeout,
  // Changes of state.
  kBrokerRecovery,
  kBrokerRunning,
  kBrokerPendingShutdown,
  kBrokerShuttingDown,
  kBrokerHalted,
  kQuorumUnattached,
  kQuorumProspective,
  kQuorumCandidate,
  kQuorumFollower,
  kQuorumLeader,
  kQuorumResigned,
  kSnapshotWritten,
  kSnapshotFetched,
  kSnapshotGone,
  kMetadataLogCleaned,
  kVoterAdded,
  kVoterRemoved,
  kVotersReverted,
  kFetcherDiverged,
  kFetcherOutOfRange,
  kFetchSessionRefused,
  kFetchSessionEvicted,
  kFetchSessionUnknown,
  kFetchSessionEpoch,
  kLogRecovered,
  kLogTailCut,
  kProducerSnapshotLoaded,
  kProducerSnapshotCorrupt,
  kLogStartBreached,
  kLogCleaned,
  kLogCleaningAborted,
  kSwapCompleted,
  kDeleteRecordsWait,
  kIsrExpandProposed,
  kIsrShrinkProposed,
  kIsrChangeUnknown,
  kProducerIdAssigned,
  kProducerEpochBumped,
  kProducerSequenceUnresolved,
  kProducerBatchRetried,
  kProducerBatchSplit,
  kProducerFatal,
  kConsumerPositionLost,
  kReadReplicaTaken,
  kReadReplicaExpired,
  kReadReplicaCleared,
  kClientRebootstrapped,
  kLeaderHintTaken,
};
inline constexpr std::size_t kProbes = static_cast<std::size_t>(Probe::kLeaderHintTaken) + 1;

struct ProbeInfo {
  Probe probe;
  std::string_view kind;  // "timer" or "state"
  std::string_view name;  // "session", with its key of Kafka's where it has one
};
std::span<const ProbeInfo> probes();  // in their order above

inline std::array<std::uint64_t, kProbes>& probe_counts() {
  static constinit std::array<std::uint64_t, kProbes> counts{};
  return counts;
}

inline void reached(Probe probe) { ++probe_counts()[static_cast<std::size_t>(probe)]; }

}  // namespace kafka
