// Consumer: KafkaConsumer with assigned partitions, as a node. Takes AssignPartitions, AssignTopic,
// Seek and ShutDown; tells PositionSet when a position was set by anything but a delivery, and
// RecordDelivered for each record that poll() returns.
//
// A partition: no position -> (ListOffsets, as auto.offset.reset says) -> fetching -> no position
// (OFFSET_OUT_OF_RANGE) ... With auto.offset.reset=none a partition without a position rests until
// somebody seeks.
//
// One Fetch per broker is in flight at a time, in a fetch session (KIP-227); what it brings is
// buffered and handed over max.poll.records at a turn. A broker whose records are buffered is not
// asked for more, since partitions that a request leaves out would drop from the session.
//
// A leader may name a replica to read from (KIP-392, client.rack). It is asked for
// metadata.max.age.ms, then the leader again; and the leader at once when the replica fails, is
// off-line, has not what is asked for, or the leader changes (AbstractFetch, SubscriptionState).
//
// Groups, read_committed's aborted transactions and position validation (KIP-320) come with later
// issues.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "broker-model/client/client_node.h"
#include "broker-model/messages/fetch.h"
#include "broker-model/messages/list_offsets.h"
#include "broker-model/rpc/fetch_session_handler.h"
#include "broker-model/types/command.h"
#include "broker-model/types/observation.h"

namespace kafka {

using ConsumerOptions = ClientOptions;  // config over ConfigDef::consumer()

class Consumer final : public ClientNode {
 public:
  explicit Consumer(ConsumerOptions options);

  void on_command(env::Env&, const Command&) override;
  void check_invariants() const override;

  // --- for selectors, tables and tests; nothing here changes anything
  bool is_assigned(const TopicPartition& partition) const { return assigned_.contains(partition); }
  std::vector<TopicPartition> assignment() const {
    std::vector<TopicPartition> partitions;
    for (const auto& [partition, assigned] : assigned_) partitions.push_back(partition);
    return partitions;
  }
  // The next record that poll() would return; nothing before it is known.
  std::optional<Offset> position(const TopicPartition& partition) const {
    const auto found = assigned_.find(partition);
    return found != assigned_.end() ? found->second.position : std::nullopt;
  }
  // Where a fetch of it would go that is not the leader.
  std::optional<NodeId> read_replica(const TopicPartition& partition) const {
    const auto found = assigned_.find(partition);
    if (found == assigned_.end() || !found->second.read_replica) return std::nullopt;
    return found->second.read_replica->node;
  }

 private:
  enum class Reset : std::uint8_t { kEarliest, kLatest, kNone };

  struct ReadReplica {
    NodeId node;
    WallTime until;
  };
  struct Assigned {
    std::optional<Offset> position;      // the next record to deliver
    bool had_position = false;           // the next reset is not the first
    bool is_looked_up = false;           // a ListOffsets request asks for its position
    bool is_fetched = false;             // a Fetch request is in flight
    std::optional<WallTime> not_before;  // after an error
    std::uint64_t generation = 0;  // grows with each assignment and seek: older answers are stale
    std::optional<ReadReplica> read_replica;
    std::optional<NodeId> leader;              // as of the last fetch
    std::optional<std::int32_t> leader_epoch;  // likewise
  };
  struct Asked {  // what a request in flight asked for
    TopicPartition partition{};
    Uuid topic_id{};
    Offset offset = 0;  // of a fetch
    std::uint64_t generation = 0;
  };
  struct Request {
    ApiKey api = ApiKey::kFetch;
    NodeId node{};
    std::vector<Asked> asked{};
  };
  struct Session {  // with one broker
    FetchSessionHandler<TopicPartition> handler{};
    std::map<Uuid, std::string> topic_names{};  // of the last request
  };
  struct Completed {  // CompletedFetch
    TopicPartition partition{};
    std::uint64_t generation = 0;
    std::vector<RecordBatch> batches{};
    std::size_t next = 0;  // of them
  };

  void run_once(env::Env&) override;
  void on_reply(env::Env&, const RpcReply&, const env::Rope& body) override;
  void on_failure(env::Env&, const RpcFailure&) override;

  void assign(env::Env&, const TopicPartition&);
  void assign_topics(env::Env&);
  void seek(env::Env&, const TopicPartition&, Offset);
  void set_position(env::Env&, const TopicPartition&, Assigned&, Offset, PositionReason);
  void back_off(env::Env&, Assigned&);
  bool is_waiting(env::Env&, Assigned&);
  std::optional<NodeId> leader_or_refresh(const TopicPartition&);

  void look_up_positions(env::Env&);
  void send_list_offsets(env::Env&, NodeId, std::vector<Asked>);
  void apply(env::Env&, const Request&, const ListOffsetsResponse&);

  void send_fetches(env::Env&);
  std::optional<NodeId> fetch_from(env::Env&, const TopicPartition&, Assigned&);
  void send_fetch(env::Env&, NodeId, std::vector<Asked>);
  void write_head(FetchRequest&) const;
  void close_sessions(env::Env&);
  void clear_read_replica(Assigned&);
  void apply(env::Env&, const Request&, const RpcReply&, const FetchResponse&);
  void apply(env::Env&, const Asked&, const FetchResponse::PartitionData&);
  void on_fetch_error(env::Env&, Assigned&, ErrorCode);
  void deliver(env::Env&);
  std::optional<std::size_t> deliver_batch(env::Env&, Assigned&, const TopicPartition&,
                                           const RecordBatch&, std::size_t most);

  Assigned* find(const Asked&);  // nullptr when it was reassigned or sought since
  void forget_request(const Request&);

  struct FetchSettings {  // the keys of a fetch request
    explicit FetchSettings(const Config&);
    std::int32_t max_wait_ms;
    std::int32_t min_bytes;
    std::int32_t max_bytes;
    std::int32_t partition_max_bytes;
    std::int8_t isolation_level;
    std::string rack;
  };

  Reset reset_;
  FetchSettings fetch_settings_;
  bool checks_crcs_;
  std::size_t max_poll_records_;
  Duration retry_backoff_;
  std::map<TopicPartition, Assigned> assigned_;
  std::set<std::string> topics_;  // AssignTopic: all partitions, also those that come later
  std::optional<std::uint64_t> assigned_as_of_;  // version of the metadata that they are from
  std::map<std::uint64_t, Request> requests_;
  std::map<NodeId, Session> sessions_;
  std::set<NodeId> busy_nodes_;  // with a Fetch in flight
  std::deque<Completed> completed_;
  std::uint64_t next_generation_ = 1;
};

}  // namespace kafka
