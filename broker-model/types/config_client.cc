// Keys of producer, consumer and admin client (ProducerConfig, ConsumerConfig, AdminClientConfig of
// Kafka 4.3).
#include <array>

#include "broker-model/types/config_tables.h"

namespace kafka {
namespace {

using namespace config_table;

// --- what all clients share (CommonClientConfigs); only the admin client's idle time differs
constexpr ConfigKey connections_max_idle(std::string_view value) {
  return long_ms("connections.max.idle.ms", value, kAnyMinimum,
                 "an idle connection is closed after this time");
}
constexpr ConfigKey kMetadataMaxAge =
    long_ms("metadata.max.age.ms", "300000", 0, "metadata older than this is asked for again");
constexpr ConfigKey kReconnectBackoffMax =
    long_ms("reconnect.backoff.max.ms", "1000", 0, "longest wait before connecting again");
constexpr ConfigKey kReconnectBackoff =
    long_ms("reconnect.backoff.ms", "50", 0, "first wait before connecting again");
constexpr ConfigKey kRequestTimeout =
    int_ms("request.timeout.ms", "30000", 0, "a request without an answer for so long has failed");
constexpr ConfigKey kRetryBackoffMax =
    long_ms("retry.backoff.max.ms", "1000", 0, "longest wait before a request is retried");
constexpr ConfigKey kRetryBackoff =
    long_ms("retry.backoff.ms", "100", 0, "first wait before a request is retried");
constexpr ConfigKey kSetupTimeoutMax =
    long_ms("socket.connection.setup.timeout.max.ms", "30000", kAnyMinimum,
            "longest patience with a connection that is being set up");
constexpr ConfigKey kSetupTimeout =
    long_ms("socket.connection.setup.timeout.ms", "10000", kAnyMinimum,
            "first patience with a connection that is being set up");

constexpr std::string_view kAcks[] = {"all", "-1", "0", "1"};
constexpr std::string_view kRecovery[] = {"none", "rebootstrap"};
constexpr std::string_view kIsolation[] = {"read_committed", "read_uncommitted"};
constexpr std::string_view kResets[] = {"earliest", "latest", "none"};

constexpr ConfigKey kRecoveryTrigger =
    long_ms("metadata.recovery.rebootstrap.trigger.ms", "300000", 0,
            "without fresh metadata for so long the client starts from its bootstrap servers");
constexpr ConfigKey kRecoveryStrategy =
    string("metadata.recovery.strategy", "rebootstrap", kRecovery,
           "what to do when no known broker answers");

constexpr auto kProducerKeys = std::to_array<ConfigKey>({
    string("acks", "all", kAcks, "which replicas must have a record before it is acknowledged"),
    int_bytes("batch.size", "16384", 0, "a batch is full at so many bytes"),
    long_bytes("buffer.memory", "33554432", 0, "bytes that may wait to be sent"),
    kApiCaps,
    connections_max_idle("540000"),
    int_ms("delivery.timeout.ms", "120000", 0, "a record not acknowledged for so long has failed"),
    boolean("enable.idempotence", "true", "a retry never writes a record twice or out of order"),
    long_ms("linger.ms", "5", 0, "how long a batch waits for more records"),
    long_ms("max.block.ms", "60000", 0, "how long send() waits for metadata or memory"),
    integer("max.in.flight.requests.per.connection", "5", 1,
            "requests on their way to one broker at a time"),
    int_bytes("max.request.size", "1048576", 0, "largest request, and largest record"),
    kMetadataMaxAge,
    long_ms("metadata.max.idle.ms", "300000", 5000,
            "a topic not used for so long leaves the metadata"),
    kRecoveryTrigger,
    kRecoveryStrategy,
    boolean("partitioner.adaptive.partitioning.enable", "true",
            "records without a key prefer partitions with short queues"),
    long_ms("partitioner.availability.timeout.ms", "0", 0,
            "a partition that could not be sent to for so long is avoided; 0: never"),
    boolean("partitioner.ignore.keys", "false", "spread records as if they had no key"),
    kReconnectBackoffMax,
    kReconnectBackoff,
    kRequestTimeout,
    integer("retries", "2147483647", 0, "how often a failed send is tried again"),
    kRetryBackoffMax,
    kRetryBackoff,
    kSetupTimeoutMax,
    kSetupTimeout,
});
static_assert(is_sorted_by_name(kProducerKeys));

constexpr auto kConsumerKeys = std::to_array<ConfigKey>({
    boolean("allow.auto.create.topics", "true", "asking for an absent topic may create it"),
    string("auto.offset.reset", "latest", kResets, "where to start without a valid offset"),
    boolean("check.crcs", "true", "record batches are checked on arrival"),
    kApiCaps,
    string("client.rack", "", {}, "where the consumer is, for the broker's replica selector"),
    connections_max_idle("540000"),
    int_ms("default.api.timeout.ms", "60000", 0, "how long a call may take that does not say"),
    int_bytes("fetch.max.bytes", "52428800", 0, "most bytes of a fetch"),
    int_ms("fetch.max.wait.ms", "500", 0, "a fetch waits at most so long for fetch.min.bytes"),
    int_bytes("fetch.min.bytes", "1", 0, "a fetch waits for so many bytes"),
    string("isolation.level", "read_uncommitted", kIsolation,
           "whether records of open or aborted transactions are given out"),
    int_bytes("max.partition.fetch.bytes", "1048576", 0, "most bytes of one partition in a fetch"),
    integer("max.poll.records", "500", 1, "most records that one poll() returns"),
    kMetadataMaxAge,
    kRecoveryTrigger,
    kRecoveryStrategy,
    kReconnectBackoffMax,
    kReconnectBackoff,
    kRequestTimeout,
    kRetryBackoffMax,
    kRetryBackoff,
    kSetupTimeoutMax,
    kSetupTimeout,
});
static_assert(is_sorted_by_name(kConsumerKeys));

constexpr auto kAdminKeys = std::to_array<ConfigKey>({
    kApiCaps,
    connections_max_idle("300000"),
    int_ms("default.api.timeout.ms", "60000", 0, "how long a call may take that does not say"),
    kMetadataMaxAge,
    kRecoveryTrigger,
    kRecoveryStrategy,
    kReconnectBackoffMax,
    kReconnectBackoff,
    kRequestTimeout,
    integer("retries", "2147483647", 0, "how often a failed call is tried again"),
    kRetryBackoffMax,
    kRetryBackoff,
    kSetupTimeoutMax,
    kSetupTimeout,
});
static_assert(is_sorted_by_name(kAdminKeys));

}  // namespace

std::span<const ConfigKey> ConfigTables::producer_keys() { return kProducerKeys; }
std::span<const ConfigKey> ConfigTables::consumer_keys() { return kConsumerKeys; }
std::span<const ConfigKey> ConfigTables::admin_keys() { return kAdminKeys; }

}  // namespace kafka
