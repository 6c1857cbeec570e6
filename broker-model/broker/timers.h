// The timer kinds of a broker, in one place so that no two machines share one.
#pragma once

#include <cstdint>

namespace kafka {

enum class BrokerTimer : std::uint32_t {
  kServer = 1,         // RpcServer, any id
  kRaftRpc,            // RpcClient of the metadata log
  kLifecycleRpc,       // of registration and heartbeats
  kAlterPartitionRpc,  // of ISR changes
  kForwardingRpc,      // of Envelope and AllocateProducerIds
  kFetcherRpc,         // of all replica fetchers
  kLifecycleRetry,     // the three controller channels
  kAlterPartitionRetry,
  kForwardingRetry,
  kLane,       // work that waits for its lane; id: the job
  kLifecycle,  // the next registration or heartbeat
  kRegistrationTimeout,
  kControlledShutdown,   // gives up on the controller's leave
  kPurgatory,            // the earliest deadline of both purgatories
  kIsrShrink,            // every replica.lag.time.max.ms / 2
  kAlterPartitionAgain,  // after a refusal as a whole
  kFetcher,              // backoff of a replica fetcher; id: its source broker
  kHighWatermarks,       // replica.high.watermark.checkpoint.interval.ms
  kRecoveryPoints,       // log.flush.offset.checkpoint.interval.ms
  kLogStarts,            // log.flush.start.offset.checkpoint.interval.ms
  kLogRetention,         // log.retention.check.interval.ms
  kLogFlusher,           // log.flush.scheduler.interval.ms
  kSegmentFiles,         // the first of the files that were given up is due
  kLogCleaner,           // the cleaner looks for something to do
  kLogCleanerLane,       // a pass had its CPU; id: the pass
  kProducerExpiration,   // producer.id.expiration.check.interval.ms
  kRaft,                 // and three more: RaftClient, of the quorum observer
};
constexpr std::uint32_t kind(BrokerTimer timer) { return static_cast<std::uint32_t>(timer); }

}  // namespace kafka
