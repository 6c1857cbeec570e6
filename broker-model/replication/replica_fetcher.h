// ReplicaFetcher: copies the partitions that one other broker leads (AbstractFetcherThread,
// ReplicaFetcherThread, RemoteLeaderEndPoint; num.replica.fetchers = 1).
//
// Made when this broker first follows the source, dies with the broker. It sees no Env: requests,
// log changes and its one timer go through ReplicaFetcherHost. Like Kafka's thread it does one
// thing at a time:
//
//   idle --poll(): something to fetch--> fetching --answer--> writing --all writes visible--> idle
//   idle --poll(): offset out of range--> asking (ListOffsets) --answer--> idle
//
// It fetches in a session (KIP-227): a request names the partitions whose offsets have moved, an
// answer those that have news. Who was served, was added or backs off goes to the end of the order.
//
// Invariants: one request in flight; the next fetch leaves only when all that was fetched is
// visible in the own log, since its offset is what the leader takes for the own log end offset;
// the order holds each partition once.
#pragma once

#include <expected>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "broker-model/messages/fetch.h"
#include "broker-model/messages/list_offsets.h"
#include "broker-model/replication/partition.h"
#include "broker-model/rpc/fetch_session_handler.h"

namespace kafka {

using PartitionKey = std::pair<Uuid, std::int32_t>;  // topic id, partition

struct ReplicaFetcherOptions {
  NodeId local_broker;
  NodeId source;
  std::string cluster_id;
  Duration backoff{};   // replica.fetch.backoff.ms
  Duration wait_max{};  // replica.fetch.wait.max.ms
  std::int32_t min_bytes = 1;
  std::int32_t partition_max_bytes = 1048576;
  std::int32_t response_max_bytes = 10485760;
  BrokerMutations mutations;
};

class ReplicaFetcherHost {
 public:
  virtual ~ReplicaFetcherHost() = default;
  virtual BrokerEpoch local_broker_epoch() const = 0;
  // Exactly one answer comes, always later: on_fetch_response, on_list_offsets_response or
  // on_request_failed.
  virtual void send_fetch(NodeId source, const FetchRequest&) = 0;
  virtual void send_list_offsets(NodeId source, const ListOffsetsRequest&) = 0;
  // Appends to the follower's log. Nothing: done, perhaps visible only later.
  virtual ErrorCode append_as_follower(Partition&, const Records&, LeaderEpoch fetch_epoch) = 0;
  virtual void truncate(Partition&, Offset) = 0;  // no effect at or above the log's end
  virtual void truncate_fully_and_start_at(Partition&, Offset) = 0;
  // What a fetch without an error brought: HW = min(leader's, own end), leader's log start offset.
  virtual void follow_leader_offsets(Partition&, Offset high_watermark, Offset log_start) = 0;
  virtual void set_fetcher_timer(NodeId source, Duration after) = 0;  // then poll()
};

class ReplicaFetcher {
 public:
  ReplicaFetcher(ReplicaFetcherOptions options, ReplicaFetcherHost& host)
      : options_(std::move(options)), host_(&host) {}

  // Follows from now on in this epoch. The same epoch again changes nothing. The partition lives
  // until remove_partition().
  void add_partition(const PartitionKey&, Partition&, LeaderEpoch current_leader_epoch);
  void remove_partition(const PartitionKey&);
  bool has_partition(const PartitionKey& key) const { return partitions_.contains(key); }
  std::size_t partition_count() const { return partitions_.size(); }
  const FetchSessionHandler<PartitionKey>& session() const { return session_; }

  // Sends the next request if there is something to do and nothing is under way. Call after every
  // input: partitions added, writes visible, timer.
  void poll(Instant now);

  void on_fetch_response(const FetchResponse&, Instant now);
  void on_list_offsets_response(const ListOffsetsResponse&, Instant now);
  void on_request_failed(Instant now);  // every partition backs off

  bool is_waiting_for_answer() const { return waiting_ != Waiting::kNothing; }
  void check_invariants() const;

 private:
  enum class Waiting : std::uint8_t { kNothing, kFetch, kLatestOffset, kEarliestOffset };

  struct FetchState {
    Partition* partition = nullptr;
    LeaderEpoch current_leader_epoch;
    bool is_initialised = false;  // offset and epoch below are valid
    Offset fetch_offset = 0;
    std::optional<LeaderEpoch> last_fetched_epoch;
    std::optional<Instant> delayed_until;  // replica.fetch.backoff.ms
    bool has_failed = false;               // until metadata brings a new epoch
    bool has_lag = false;                  // an answer came since it was added
    std::uint64_t place = 0;               // in order_
    // What the last answer said, applied when its records are visible.
    std::optional<std::pair<Offset, Offset>> leader_offsets;  // high watermark, log start
  };
  using PartitionData = FetchResponse::PartitionData;

  bool is_writing();  // applies leader_offsets of logs that have caught up
  void initialise(FetchState&);
  bool is_ready(const FetchState&, Instant now) const;
  std::optional<FetchRequest> build_fetch(Instant now);
  void add_to_request(const PartitionKey&, const FetchState&);
  void arm_timer(Instant now);
  void move_to_end(std::map<PartitionKey, FetchState>::iterator);
  void move_to_end(const PartitionKey& key) { move_to_end(partitions_.find(key)); }
  void delay_all(Instant now);
  void handle(const PartitionKey&, FetchState&, const PartitionData&, Instant now);
  void process_data(const PartitionKey&, FetchState&, const PartitionData&, Instant now);
  void truncate_on_divergence(FetchState&, LeaderEpoch leader_epoch, Offset leader_end);
  void resume_at(FetchState&, Offset offset);
  void delay(const PartitionKey&, FetchState&, Instant now);
  void ask_offset(Waiting what);

  ReplicaFetcherOptions options_;
  ReplicaFetcherHost* host_;
  std::map<PartitionKey, FetchState> partitions_;
  // By place: in which they are asked for.
  std::map<std::uint64_t, std::map<PartitionKey, FetchState>::iterator> order_;
  std::uint64_t next_place_ = 0;
  FetchSessionHandler<PartitionKey> session_;
  std::vector<PartitionKey> writing_;       // fetched, not visible yet
  std::vector<PartitionKey> out_of_range_;  // to be asked about, one after another
  LeaderEpoch asked_epoch_;                 // of the first of them, while asking
  Waiting waiting_ = Waiting::kNothing;
};

}  // namespace kafka
