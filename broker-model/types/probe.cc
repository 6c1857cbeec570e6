#include "broker-model/types/probe.h"

namespace kafka {
namespace {

constexpr std::string_view kTime = "timer";
constexpr std::string_view kState = "state";

constexpr ProbeInfo kInfos[] = {
    {Probe::kConnectionSetupTimeout, kTime, "socket.connection.setup.timeout.ms"},
    {Probe::kConnectionIdle, kTime, "connections.max.idle.ms"},
    {Probe::kHandshakeTimeout, kTime, "request.timeout.ms of a handshake"},
    {Probe::kWaitingRequestTimeout, kTime, "request.timeout.ms before a connection was ready"},
    {Probe::kMetadataMaxAge, kTime, "metadata.max.age.ms"},
    {Probe::kMetadataTopicIdle, kTime, "metadata.max.idle.ms"},
    {Probe::kMetadataRebootstrapTrigger, kTime, "metadata.recovery.rebootstrap.trigger.ms"},
    {Probe::kDeliveryTimeoutQueued, kTime, "delivery.timeout.ms in the queue"},
    {Probe::kDeliveryTimeoutOnTheWire, kTime, "delivery.timeout.ms on the wire"},
    {Probe::kMaxBlockMetadata, kTime, "max.block.ms for metadata"},
    {Probe::kMaxBlockMemory, kTime, "max.block.ms for memory"},
    {Probe::kAdminApiTimeout, kTime, "default.api.timeout.ms of the admin client"},
    {Probe::kConsumerFetchWait, kTime, "fetch.max.wait.ms"},
    {Probe::kReplicaFetchWait, kTime, "replica.fetch.wait.max.ms"},
    {Probe::kProduceTimeout, kTime, "timeout of a produce request at the leader"},
    {Probe::kReplicaLag, kTime, "replica.lag.time.max.ms"},
    {Probe::kReplicaFetchBackoff, kTime, "replica.fetch.backoff.ms"},
    {Probe::kHighWatermarksWritten, kTime, "replica.high.watermark.checkpoint.interval.ms"},
    {Probe::kRecoveryPointsWritten, kTime, "log.flush.offset.checkpoint.interval.ms"},
    {Probe::kSegmentAge, kTime, "segment.ms"},
    {Probe::kSegmentSize, kTime, "segment.bytes"},
    {Probe::kSegmentIndexFull, kTime, "segment.index.bytes"},
    {Probe::kLogStartsWritten, kTime, "log.flush.start.offset.checkpoint.interval.ms"},
    {Probe::kLogRetentionTime, kTime, "retention.ms"},
    {Probe::kLogRetentionSize, kTime, "retention.bytes"},
    {Probe::kLogFlushMessages, kTime, "flush.messages"},
    {Probe::kLogFlushTime, kTime, "flush.ms"},
    {Probe::kSegmentFilesDeleted, kTime, "file.delete.delay.ms"},
    {Probe::kCleanerBackoff, kTime, "log.cleaner.backoff.ms"},
    {Probe::kDeleteRecordsTimeout, kTime, "timeout of a delete records request at the leader"},
    {Probe::kProducerIdExpiration, kTime, "producer.id.expiration.ms"},
    {Probe::kSessionTimeout, kTime, "broker.session.timeout.ms"},
    {Probe::kRegistrationTimeout, kTime, "initial.broker.registration.timeout.ms"},
    {Probe::kControlledShutdownPatience, kTime, "five minutes of controlled shutdown"},
    {Probe::kControllerRequestExpired, kTime, "half a session for a request to the controller"},
    {Probe::kQuorumFetchTimeout, kTime, "controller.quorum.fetch.timeout.ms"},
    {Probe::kQuorumElectionTimeout, kTime, "controller.quorum.election.timeout.ms"},
    {Probe::kQuorumCheckTimeout, kTime, "one and a half fetch time-outs without a majority"},
    {Probe::kPreferredLeaderCheck, kTime, "leader.imbalance.check.interval.seconds"},
    {Probe::kUncleanElectionCheck, kTime, "five minutes between unclean elections"},
    {Probe::kMetadataIdle, kTime, "metadata.max.idle.interval.ms"},
    {Probe::kMetadataSnapshotAge, kTime, "metadata.log.max.snapshot.interval.ms"},
    {Probe::kMetadataSnapshotSize, kTime, "metadata.log.max.record.bytes.between.snapshots"},
    {Probe::kVoterChangeTimeout, kTime, "controller.quorum.request.timeout.ms of a voter change"},
    {Probe::kBrokerRecovery, kState, "broker: starting to recovery"},
    {Probe::kBrokerRunning, kState, "broker: recovery to running"},
    {Probe::kBrokerPendingShutdown, kState, "broker: running to controlled shutdown"},
    {Probe::kBrokerShuttingDown, kState, "broker: to shutting down"},
    {Probe::kBrokerHalted, kState, "broker: halted because its log directory has failed"},
    {Probe::kQuorumUnattached, kState, "quorum: to unattached"},
    {Probe::kQuorumProspective, kState, "quorum: to prospective"},
    {Probe::kQuorumCandidate, kState, "quorum: prospective to candidate"},
    {Probe::kQuorumFollower, kState, "quorum: to follower"},
    {Probe::kQuorumLeader, kState, "quorum: candidate to leader"},
    {Probe::kQuorumResigned, kState, "quorum: leader to resigned"},
    {Probe::kSnapshotWritten, kState, "quorum: snapshot written"},
    {Probe::kSnapshotFetched, kState, "quorum: log replaced by a fetched snapshot"},
    {Probe::kSnapshotGone, kState, "quorum: snapshot gone before it was fetched"},
    {Probe::kMetadataLogCleaned, kState, "quorum: log start moved to a snapshot"},
    {Probe::kVoterAdded, kState, "quorum: voter added"},
    {Probe::kVoterRemoved, kState, "quorum: voter removed"},
    {Probe::kVotersReverted, kState, "quorum: voters reverted by a truncation"},
    {Probe::kFetcherDiverged, kState, "replica fetcher: cut back on the leader's word"},
    {Probe::kFetcherOutOfRange, kState, "replica fetcher: offset out of range"},
    {Probe::kFetchSessionRefused, kState, "fetch session: refused for want of a slot"},
    {Probe::kFetchSessionEvicted, kState, "fetch session: evicted for another"},
    {Probe::kFetchSessionUnknown, kState, "fetch session: id not found"},
    {Probe::kFetchSessionEpoch, kState, "fetch session: not the epoch expected"},
    {Probe::kLogRecovered, kState, "log: recovered after an unclean stop"},
    {Probe::kLogTailCut, kState, "log: a bad tail cut off in recovery"},
    {Probe::kProducerSnapshotLoaded, kState, "log: producers loaded from a snapshot"},
    {Probe::kProducerSnapshotCorrupt, kState, "log: a producer snapshot that is corrupt"},
    {Probe::kLogStartBreached, kState, "log: segments below the log start offset deleted"},
    {Probe::kLogCleaned, kState, "log: compacted"},
    {Probe::kLogCleaningAborted, kState, "log: compaction aborted"},
    {Probe::kSwapCompleted, kState, "log: an interrupted swap of a compacted segment completed"},
    {Probe::kDeleteRecordsWait, kState, "delete records: waits for followers"},
    {Probe::kIsrExpandProposed, kState, "partition: ISR expansion proposed"},
    {Probe::kIsrShrinkProposed, kState, "partition: ISR shrink proposed"},
    {Probe::kIsrChangeUnknown, kState, "partition: ISR change refused and its fate unknown"},
    {Probe::kProducerIdAssigned, kState, "producer: id assigned"},
    {Probe::kProducerEpochBumped, kState, "producer: epoch bumped"},
    {Probe::kProducerSequenceUnresolved, kState, "producer: sequence unresolved"},
    {Probe::kProducerBatchRetried, kState, "producer: batch enqueued again"},
    {Probe::kProducerBatchSplit, kState, "producer: batch split"},
    {Probe::kProducerFatal, kState, "producer: fatal error"},
    {Probe::kConsumerPositionLost, kState, "consumer: position out of range"},
    {Probe::kReadReplicaTaken, kState, "consumer: sent to a preferred read replica"},
    {Probe::kReadReplicaExpired, kState, "consumer: lease of the read replica has run out"},
    {Probe::kReadReplicaCleared, kState, "consumer: back from the read replica to the leader"},
    {Probe::kClientRebootstrapped, kState, "client: bootstrapped again without a node to ask"},
    {Probe::kLeaderHintTaken, kState, "client: leader learnt from an answer"},
};
static_assert(std::size(kInfos) == kProbes);
static_assert([] {
  for (std::size_t i = 0; i < kProbes; ++i) {
    if (kInfos[i].probe != static_cast<Probe>(i)) return false;
  }
  return true;
}());

}  // namespace

std::span<const ProbeInfo> probes() { return kInfos; }

}  // namespace kafka
