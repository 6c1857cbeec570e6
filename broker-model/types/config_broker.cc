// Keys of brokers and controllers: ReplicationConfigs, ServerLogConfigs, SocketServerConfigs,
// ServerConfigs, KRaftConfigs, QuorumConfig and MetadataLogConfig of Kafka 4.3.
#include <array>

#include "broker-model/types/config_tables.h"

namespace kafka {
namespace {

using namespace config_table;

constexpr std::string_view kReplicaSelectors[] = {
    "org.apache.kafka.common.replica.RackAwareReplicaSelector"};
constexpr std::string_view kTimestampTypes[] = {"CreateTime", "LogAppendTime"};

constexpr auto kKeys = std::to_array<ConfigKey>({
    boolean("auto.create.topics.enable", "true",
            "a metadata request for an absent topic creates it"),
    boolean("auto.leader.rebalance.enable", "true",
            "the controller gives leadership back to preferred replicas now and then"),
    int_ms("broker.heartbeat.interval.ms", "2000", kAnyMinimum,
           "how often a broker tells the controller that it lives"),
    int_ms("broker.session.timeout.ms", "9000", kAnyMinimum,
           "without a heartbeat for so long the controller fences a broker"),
    kApiCaps,
    long_ms("connections.max.idle.ms", "600000", kAnyMinimum,
            "an idle connection is closed after this time"),
    boolean("controlled.shutdown.enable", "true",
            "a broker that is asked to leave first moves its leaderships away"),
    int_ms("controller.quorum.append.linger.ms", "25", 0,
           "how long the metadata leader gathers records before it writes them"),
    int_ms("controller.quorum.election.backoff.max.ms", "1000", 0,
           "longest wait of a voter after the leader has handed over"),
    int_ms("controller.quorum.election.timeout.ms", "1000", 0,
           "wait for an election's outcome; drawn up to twice as long"),
    int_bytes("controller.quorum.fetch.max.bytes", "1048576", 1,
              "most bytes a fetch of the metadata log returns"),
    int_ms("controller.quorum.fetch.timeout.ms", "2000", 0,
           "without a successful fetch for so long a voter becomes a candidate"),
    int_ms("controller.quorum.request.timeout.ms", "2000", 0,
           "a raft request without an answer for so long has failed"),
    int_ms("controller.quorum.retry.backoff.ms", "20", 0, "wait before a raft request is retried"),
    integer("default.replication.factor", "1", kAnyMinimum,
            "replicas of a topic that does not say"),
    boolean("delete.topic.enable", "true", "topics may be deleted"),
    int_bytes("fetch.max.bytes", "57671680", 1024, "most bytes a fetch returns, whatever it asks"),
    int_ms("initial.broker.registration.timeout.ms", "60000", kAnyMinimum,
           "a broker that could not register for so long gives up"),
    long_integer("leader.imbalance.check.interval.seconds", "300", 1,
                 "how often the controller looks for leaders that are not preferred"),
    int_ms("log.flush.offset.checkpoint.interval.ms", "60000", 0,
           "how often the recovery point is written"),
    int_bytes("log.index.interval.bytes", "4096", 0, "bytes between two entries of the index"),
    long_ms("log.message.timestamp.after.max.ms", "3600000", 0,
            "a record may be stamped so far ahead of the broker's clock"),
    long_ms("log.message.timestamp.before.max.ms", "9223372036854775807", 0,
            "a record may be stamped so far behind the broker's clock"),
    string("log.message.timestamp.type", "CreateTime", kTimestampTypes,
           "whose time a record carries: the producer's or the broker's"),
    integer("log.roll.hours", "168", 1, "as log.roll.ms, in hours"),
    long_ms("log.roll.ms", kNull, kAnyMinimum, "a segment older than this is closed"),
    int_bytes("log.segment.bytes", "1073741824", 1048576, "a segment larger than this is closed"),
    integer("max.incremental.fetch.session.cache.slots", "1000", 0,
            "most fetch sessions that a broker remembers"),
    int_bytes("message.max.bytes", "1048588", 0, "largest record batch that is taken"),
    int_ms("metadata.max.idle.interval.ms", "500", 0,
           "an idle metadata leader writes a no-op record so often; 0: never"),
    integer("min.insync.replicas", "1", 1, "acks=all is refused while fewer replicas are in sync"),
    integer("num.io.threads", "8", 1, "request handler threads"),
    integer("num.network.threads", "3", 1, "network threads"),
    integer("num.partitions", "1", 1, "partitions of a topic that does not say"),
    int_ms("producer.id.expiration.ms", "86400000", 1,
           "an idle producer's sequence numbers are forgotten after this time"),
    int_ms("replica.fetch.backoff.ms", "1000", 0, "wait after a failed replica fetch"),
    int_bytes("replica.fetch.max.bytes", "1048576", 0,
              "most bytes of one partition in a replica fetch"),
    int_bytes("replica.fetch.min.bytes", "1", kAnyMinimum,
              "a replica fetch waits for so many bytes"),
    int_bytes("replica.fetch.response.max.bytes", "10485760", 0, "most bytes of a replica fetch"),
    int_ms("replica.fetch.wait.max.ms", "500", kAnyMinimum,
           "a replica fetch waits at most so long"),
    long_ms("replica.high.watermark.checkpoint.interval.ms", "5000", kAnyMinimum,
            "how often high watermarks are written to disk"),
    long_ms("replica.lag.time.max.ms", "30000", kAnyMinimum,
            "a follower that has not caught up for so long leaves the ISR"),
    string("replica.selector.class", kNull, kReplicaSelectors,
           "who picks the replica that a consumer is sent to; none: the leader serves all"),
    int_ms("replica.socket.timeout.ms", "30000", kAnyMinimum,
           "a replica fetch without an answer for so long has failed"),
    int_ms("request.timeout.ms", "30000", kAnyMinimum,
           "a request between brokers without an answer for so long has failed"),
    long_ms("socket.connection.setup.timeout.max.ms", "30000", kAnyMinimum,
            "longest patience with a connection that is being set up"),
    long_ms("socket.connection.setup.timeout.ms", "10000", kAnyMinimum,
            "first patience with a connection that is being set up"),
    boolean("unclean.leader.election.enable", "false",
            "a replica out of sync may lead when no other lives; records may be lost"),
});
static_assert(is_sorted_by_name(kKeys));

}  // namespace

std::span<const ConfigKey> ConfigTables::broker_keys() { return kKeys; }

}  // namespace kafka
