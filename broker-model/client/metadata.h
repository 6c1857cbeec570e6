// ClientMetadata: what a client knows of the cluster: brokers, topics by name and id, leaders and
// their epochs. Kafka's Metadata, ProducerMetadata and NetworkClient.DefaultMetadataUpdater.
//
// A client node owns one beside its RpcClient, adds the topics it uses, calls maybe_update() in
// its loop and hands over the replies that carry kMetadataToken. Until the first answer the nodes
// are the bootstrap servers, destinations -1, -2, ...
//
// Invariant: the leader epoch of a partition never goes back while its topic keeps its id.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "broker-model/messages/metadata.h"
#include "broker-model/rpc/rpc_client.h"

namespace kafka {

inline constexpr std::uint64_t kMetadataToken = 1;  // clients count their own tokens from 16

struct ClientMetadataOptions {
  std::vector<env::Endpoint> bootstrap{};
  Duration retry_backoff = 100ms;
  Duration retry_backoff_max = 1s;
  Duration max_age = 300s;
  Duration max_idle = 300s;  // of a producer's topic that is not used; max(): keep
  bool allow_auto_create = true;
  bool may_rebootstrap = true;  // metadata.recovery.strategy
  Duration rebootstrap_trigger = 300s;

  static ClientMetadataOptions from(const Config&, std::vector<env::Endpoint> bootstrap);
};

struct PartitionMetadata {
  std::optional<NodeId> leader;
  std::optional<std::int32_t> leader_epoch;
  ErrorCode error = ErrorCode::kNone;
  std::vector<NodeId> online_replicas{};  // of its replicas those that are not off-line
};

struct TopicMetadata {
  Uuid id{};
  std::vector<PartitionMetadata> partitions{};  // index = partition

  const PartitionMetadata* partition(std::int32_t index) const {  // nullptr when unknown
    const bool is_known = index >= 0 && static_cast<std::size_t>(index) < partitions.size();
    return is_known ? &partitions[static_cast<std::size_t>(index)] : nullptr;
  }
};

struct LeaderHint {  // CurrentLeader of Produce and Fetch responses (KIP-951)
  TopicPartition partition;
  NodeId leader;
  std::int32_t leader_epoch = 0;
};

class ClientMetadata {
 public:
  ClientMetadata(ClientMetadataOptions options, RpcClient& rpc);

  void start(env::Env&);

  // --- what is wanted
  void add_topic(const env::Env&, const std::string& name);  // new: asked for at once
  void request_update() { needs_full_ = true; }
  void request_update_for(const std::string& topic);  // KafkaProducer.waitOnMetadata

  // --- what is known
  const TopicMetadata* topic(std::string_view name) const;  // nullptr when unknown
  const PartitionMetadata* partition(TopicPartitionView) const;
  // The leader, when it is known and a live broker of the metadata.
  std::optional<NodeId> leader(TopicPartitionView) const;
  std::optional<NodeId> leader(const PartitionMetadata&) const;
  std::optional<std::int32_t> leader_epoch(TopicPartitionView) const;
  // Is the node a live replica of the partition (Cluster.nodeIfOnline)?
  bool is_online(TopicPartitionView, NodeId) const;
  Uuid topic_id(std::string_view name) const;            // zero when unknown
  const std::string* topic_name(const Uuid&) const;      // nullptr when unknown
  ErrorCode topic_error(const std::string& name) const;  // of the last answer that named it
  const std::vector<TopicPartition>& partitions_led_by(NodeId) const;  // ordered
  std::uint64_t version() const { return version_; }                   // grows with each change
  bool is_bootstrapping() const { return brokers_.empty(); }
  Duration max_age() const { return options_.max_age; }  // metadata.max.age.ms

  // NetworkClient.leastLoadedNode. Draws once. Nothing when no node can be tried now.
  std::optional<DestinationId> least_loaded(env::Env&) const;

  // Leaders that a response told of; endpoints are those it named. Answers whether any was news.
  bool update_leaders(env::Env&, const std::vector<LeaderHint>&,
                      const std::map<NodeId, env::Endpoint>& endpoints);

  // --- the loop: sends a request when one is due and possible. Answers how long until it wants to
  // be called again; Duration::max() when an event will come first.
  Duration maybe_update(env::Env&);
  void on_response(env::Env&, const RpcReply&, const env::Rope& body);
  void on_disconnect(env::Env&, const RpcFailure&);
  void on_unreachable(env::Env&);  // a connection failed or was lost: perhaps stale metadata

  void check_invariants() const;

 private:
  struct LeastLoaded {
    std::optional<DestinationId> node{};
    bool is_any_ready = false;
  };
  LeastLoaded find_least_loaded(env::Env&) const;
  std::vector<DestinationId> nodes() const;
  Duration until_due(const env::Env&);
  Duration send_request(env::Env&, DestinationId);
  void rebootstrap(env::Env&);
  void drop_idle_topics(const env::Env&);
  void failed(env::Env&);
  void apply(env::Env&, const MetadataResponse&, bool is_partial);
  void apply_topic(const MetadataResponse::MetadataResponseTopic&);
  bool apply_partition(const std::string& topic, bool is_new_topic,
                       const MetadataResponse::MetadataResponsePartition&, PartitionMetadata& into);
  void index();

  ClientMetadataOptions options_;
  RpcClient& rpc_;
  ExponentialBackoff backoff_;
  std::map<NodeId, env::Endpoint> brokers_;  // empty while bootstrapping
  std::map<std::string, TopicMetadata, std::less<>> topics_;
  std::map<Uuid, std::string> names_;
  std::map<std::string, ErrorCode> errors_;
  std::map<NodeId, std::vector<TopicPartition>> led_by_;
  std::map<TopicPartition, std::int32_t> last_seen_epochs_;
  std::map<std::string, WallTime> wanted_;  // with the time until which they count as used
  std::set<std::string> new_topics_;

  bool needs_full_ = true;
  bool needs_partial_ = false;
  bool is_in_flight_ = false;
  bool in_flight_is_partial_ = false;
  std::uint64_t request_version_ = 0;    // grows with each new topic
  std::uint64_t in_flight_version_ = 0;  // request_version_ when the request was made
  std::uint64_t version_ = 0;
  int attempts_ = 0;              // failed updates in a row
  int equivalent_responses_ = 0;  // answers in a row that brought nothing new
  Duration wait_{};               // before the next request, from last_refresh_
  std::optional<WallTime> last_refresh_;
  std::optional<WallTime> last_success_;
  std::optional<WallTime> attempt_started_;  // of the first attempt since the last success
};

}  // namespace kafka
