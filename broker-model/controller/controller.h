// The active controller as a pure machine: Kafka's QuorumController.
//
// An event yields records and a response. The records go to the metadata log and are replayed at
// once into the (uncommitted) image; only replay() changes durable state. The response waits until
// the high watermark has passed the records, and, without records of its own, all that was pending
// before it. A controller that restarts is a new Controller fed by replay(): failover and normal
// running are the same code.
//
// Invariant: responses leave in the order of their offsets, never before those are committed.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "broker-model/controller/cluster_control.h"
#include "broker-model/controller/configuration_control.h"
#include "broker-model/controller/controller_result.h"
#include "broker-model/controller/feature_control.h"
#include "broker-model/controller/metadata_image.h"
#include "broker-model/controller/producer_id_control.h"
#include "broker-model/controller/replication_control.h"
#include "broker-model/messages/error_responses.h"
#include "broker-model/types/observation.h"

namespace kafka {

// What the controller's listener takes besides the quorum's own requests.
template <class... Request>
struct ControllerApis {
  using Requests = std::variant<Request...>;
  using Responses = std::variant<ResponseTo<Request>...>;
  // Calls f.template operator()<Request>() for the API's own; false: it is none of these.
  template <class F>
  static bool dispatch(ApiKey api, F&& f) {
    return ((api == Request::api.key && (f.template operator()<Request>(), true)) || ...);
  }
};
using TheControllerApis =
    ControllerApis<BrokerRegistrationRequest, BrokerHeartbeatRequest, AlterPartitionRequest,
                   AllocateProducerIdsRequest, CreateTopicsRequest, DeleteTopicsRequest,
                   CreatePartitionsRequest, ElectLeadersRequest, AlterPartitionReassignmentsRequest,
                   ListPartitionReassignmentsRequest, IncrementalAlterConfigsRequest,
                   UpdateFeaturesRequest, UnregisterBrokerRequest, ControllerRegistrationRequest>;
using ControllerRequest = TheControllerApis::Requests;
using ControllerResponse = TheControllerApis::Responses;

struct ControllerRequestContext {
  std::uint64_t token = 0;   // comes back with the response
  std::int16_t version = 0;  // of the request
  Instant received;          // when a heartbeat arrived, however long it waited since
};

class ControllerHost {
 public:
  virtual ~ControllerHost() = default;
  // Quorum::append and Quorum::next_offset.
  virtual Offset append(const RecordList& records) = 0;
  virtual Offset next_offset() const = 0;
  virtual QuorumFacts quorum() const = 0;
  virtual void on_controller_response(std::uint64_t token, const ControllerResponse&) = 0;
  virtual void observe(const Observation&) = 0;
};

enum class ControllerTask : std::uint8_t {
  kFenceStaleBrokers,  // every eighth of broker.session.timeout.ms
  kWriteNoOp,          // every metadata.max.idle.interval.ms
  kElectPreferred,     // every leader.imbalance.check.interval.seconds, if enabled
  kElectUnclean,       // every unclean.leader.election.interval.ms (an internal key: 5 minutes)
};
inline constexpr std::size_t kControllerTaskCount = 4;

struct ControllerOptions {
  NodeId id;
  std::string cluster_id;
  const Config* config = nullptr;  // outlives the controller; ConfigDef::broker()
  env::Rng* rng = nullptr;         // likewise
  // Levels that an empty log begins with (bootstrap.checkpoint of the storage tool).
  std::map<std::string, std::int16_t, std::less<>> features = default_features();
  ControllerMutations mutations{};
};

class Controller {
 public:
  Controller(ControllerOptions options, ControllerHost& host);

  // --- from the quorum
  void replay(const MetadataRecord& record, Offset offset);
  void on_leader(LeaderEpoch epoch, Instant now);
  void on_commit(Offset high_watermark);

  // --- events. REQUIRES: on_leader() was called.
  void handle(const ControllerRequestContext& context, const ControllerRequest& request,
              Instant now);
  void run(ControllerTask task, Instant now);
  std::optional<Duration> interval(ControllerTask task) const;  // nothing: switched off

  bool is_active() const { return is_active_; }
  const MetadataImage& image() const { return image_; }  // replayed, not all committed
  void check_invariants() const;

 private:
  struct Deferred {
    Offset offset = 0;
    std::uint64_t token = 0;
    ControllerResponse response;
  };
  // A fact to be told when its record is committed.
  struct Change {
    Offset offset = 0;
    TopicPartition partition;
    PartitionImage after;
    bool leader_changed = false;
    bool is_unclean = false;
  };
  struct BrokerChangeSeen {
    Offset offset = 0;
    NodeId broker;
    BrokerEpoch epoch;
    BrokerState state = BrokerState::kRegistered;
  };
  struct Deletion {
    Offset offset = 0;
    std::string topic;
  };

  template <class Response>
  void finish(std::uint64_t token, ControllerResult<Response> result);
  // Answers the offset that a response must wait for.
  Offset write(const RecordList& records);
  void apply(const MetadataRecord& record, Offset offset);

  ControllerResult<BrokerRegistrationResponse> register_broker(
      const BrokerRegistrationRequest& request, Instant now);
  void heartbeat(const ControllerRequestContext& context, const BrokerHeartbeatRequest& request);
  void write_bootstrap_records();

  void note_change(const MetadataRecord& record, Offset offset);
  void observe(const Change& change);
  void observe(const BrokerChangeSeen& broker);
  void observe(const Deletion& deletion);

  ControllerOptions options_;
  ControllerHost& host_;
  MetadataImage image_;
  ClusterControl cluster_;
  FeatureControl features_;
  ConfigurationControl configuration_;
  ReplicationControl replication_;
  ProducerIdControl producer_ids_;
  bool is_active_ = false;
  Offset last_written_ = -1;                                              // by this leader
  Offset high_watermark_ = 0;                                             // as last told
  std::deque<Deferred> deferred_;                                         // by offset
  std::deque<std::variant<Change, BrokerChangeSeen, Deletion>> changes_;  // by offset
};

}  // namespace kafka
