// Lab: one run in Kafka's terms. It owns the world, builds controllers, brokers and clients as
// nodes of it, drives loads, applies faults and keeps what was found. Scenarios (sim/lua) and tests
// in C++ talk to nothing below it.
//
//   Lab lab({.seed = 1});
//   lab.build_cluster({.brokers = 3});
//   lab.declare_topic({.name = "orders", .partitions = 3, .replicas = 3});
//   Host& p = lab.add_producer(config);  lab.drive(p, {.topic = "orders", .gap = 5ms});
//   lab.world().run_until(60s);  lab.finish();
//
// Everything may be declared before the run or during it, from callbacks between events.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "broker-model/controller/controller_node.h"
#include "broker-model/raft/voter_set.h"
#include "broker-model/types/command.h"
#include "broker-model/types/mutations.h"
#include "sim/core/world.h"
#include "sim/lab/fault_book.h"
#include "sim/lab/load.h"
#include "sim/lab/nemesis.h"
#include "sim/lab/network_spec.h"
#include "sim/lab/overrides.h"
#include "sim/lab/recorder.h"
#include "sim/net/network.h"

namespace sim {

class Interception;
class TraceWriter;

struct LabOptions {
  std::uint64_t seed = 1;
  Overrides overrides{};
  bool check_every_event = false;
  kafka::Mutations mutations{};  // planted bugs
  bool draws_ties = false;       // the order of events of one time; else first in, first out
  Decisions decisions{};         // draws that are not left to the seed
  DrawWatch* draws = nullptr;    // told of draws; outlives the lab
};

struct ClusterSpec {
  int brokers = 3;
  int controllers = 1;  // the voters of the quorum, at the beginning
  // The feature kraft.version: 0, voters that are configured; 1, voters in the log, known by their
  // disks, that may come and go. A controller whose disk is wiped is a voter no more then, until it
  // is added (controller.quorum.auto.join.enable).
  std::int16_t kraft_version = 0;
  std::vector<std::string> racks{};  // by broker, repeating; empty: none
  kafka::Config config{kafka::ConfigDef::broker()};
  // Levels that the cluster is formatted with.
  std::map<std::string, std::int16_t, std::less<>> features = kafka::default_features();
  std::optional<NetworkSpec> network{};  // none: the preset "lan". See misplacement()

  std::string rack_of(int broker) const {  // "": none
    return racks.empty() ? "" : racks[static_cast<std::size_t>(broker - 1) % racks.size()];
  }
  static std::string controller_name(int number);  // from 0: "controller-3000"
};

struct TopicSpec {
  std::string name;
  std::int32_t partitions = 1;
  std::int16_t replicas = 1;
  kafka::Config config{kafka::ConfigDef::topic()};
  bool may_fail = false;  // its creation; then there is none, and nobody complains
};

class Lab final : private RecorderListener {
 public:
  explicit Lab(LabOptions options);
  ~Lab() override;

  World& world() { return *world_; }
  StreamNetwork& network() { return *network_; }
  Recorder& recorder() { return recorder_; }
  Interception& interception() { return *interception_; }  // messages in hand, events, replays
  const ClusterState& state() const { return recorder_.state(); }
  void set_trace(TraceWriter* trace);                          // before the cluster is built
  void set_listener(RecorderListener* next) { next_ = next; }  // told after the lab itself

  static constexpr std::uint16_t kBrokerPort = 9092;
  static constexpr std::uint16_t kControllerPort = 9093;

  // --- cluster and topics. REQUIRES: build_cluster is called once and first.
  void build_cluster(ClusterSpec spec);  // starts all nodes now
  bool has_cluster() const { return cluster_.has_value(); }
  const ClusterSpec& cluster() const { return *cluster_; }
  void declare_topic(TopicSpec spec);  // created by an admin client once all brokers are unfenced
  const TopicSpec* topic(std::string_view name) const;
  std::vector<std::string> topic_names() const;  // in order
  // What the admin client was told, when creation failed.
  const std::vector<std::string>& topic_failures() const { return topic_failures_; }

  // One broker more, started now; no rack: as the cluster's list of racks goes on.
  Host& add_broker(std::optional<std::string> rack);
  Host& broker(kafka::NodeId id);  // REQUIRES: 1 <= id <= brokers
  // The active controller; while there is none, or it is down, the one that was elected last.
  Host& controller();
  const std::vector<Host*>& controllers() const { return controllers_; }
  // That believe to lead the quorum, by id: more than one while one has not heard of the other.
  // Of the metadata quorum, as its leader knows them; empty while there is none.
  kafka::VoterSet quorum_voters() const;
  // By which that controller would be a voter: its id and its disk. Nothing while it is down.
  static std::optional<kafka::ReplicaKey> replica_key(Host& controller);
  std::vector<Host*> quorum_leaders() const;
  std::vector<Host*> brokers();
  const std::map<kafka::NodeId, std::string>& racks() const { return racks_; }  // "": none
  bool is_unfenced(const Host& broker) const;
  // Unfenced, and in the ISR of every partition of which it holds a replica.
  bool is_in_service(const Host& broker) const;

  // --- clients: nodes of their own, started now. The name is unique: "producer-1".
  Host& add_producer(kafka::Config config);
  Host& add_consumer(kafka::Config config, const std::string& topic);
  void drive(Host& producer, LoadSpec spec);  // starts when the topic has leaders in office
  // One record by hand, as soon as the topic has leaders in office. Answers its tag, below 2^40, by
  // which its outcome is observed. REQUIRES: the topic is declared.
  std::uint64_t send(Host& producer, kafka::SendRecord record);

  // The admin client that creates the declared topics: made with the first topic, unless it was
  // added before.
  Host& add_admin(kafka::Config config);  // REQUIRES: !has_admin()
  bool has_admin() const { return admin_ != nullptr; }
  Host& admin() { return *admin_; }  // REQUIRES: has_admin()
  // Gives the admin client something to do; answers the number by which OrderDone tells the
  // outcome.
  std::uint64_t order(decltype(kafka::AdminOrder::what) what);  // REQUIRES: has_admin()

  // --- checks, by the registry's name; topic "" for all. REQUIRES: the name exists.
  // `allows_excused`: what Kafka's contract allows is told and is no violation.
  void add_check(std::string_view name, const std::string& topic, bool allows_excused = false);

  // --- faults, of sim/lab/faults/registry.h
  FaultBook& faults() { return faults_; }
  const FaultBook& faults() const { return faults_; }
  bool start(Host& host) { return faults_.start(host); }  // ends the faults that took it down

  Nemesis& add_nemesis(NemesisSpec spec);
  std::vector<std::unique_ptr<Nemesis>>& nemeses() { return nemeses_; }  // in order
  std::vector<std::string> driven_topics() const;  // with a load that has more to send
  std::vector<HostId> consumers_of(const std::string& topic) const;
  // What a nemesis demanded and did not get, one sentence each.
  std::vector<std::string> unmet_demands() const;

  // --- for interception.h
  // What is no fault of hosts or links, but stands on the record as one.
  FaultId add_effect(std::string name, std::function<std::uint64_t()> affected,
                     std::function<void()> heal);
  // It is over: a row of that event in events.csv, with the outcome if there is one.
  void end_effect(FaultId id, std::string_view event, std::string_view outcome);
  // A host of its own for a replay, "replay-1", started now.
  Host& add_replayer(NodeFactory factory);

  // Where a checker was first violated, if one was.
  const std::optional<Scene>& scene() const { return scene_; }

  // --- the end
  void finish();  // after the last event, once
  std::uint64_t messages() const { return network_->counts().frames_delivered; }

 private:
  void on_observed(const Member& source, const kafka::Observation& observation) override;
  void on_order_done(const kafka::OrderDone& done);
  Host& add_host(std::string name, Member member, std::string rack, NodeFactory factory,
                 bool has_disk);
  std::unique_ptr<DiskPort> make_disk(const std::string& name, kafka::NodeId owner);
  Host& add_client(std::string_view kind, Role role,
                   NodeFactory (*factory)(Lab&, std::string, kafka::Config), kafka::Config config);
  std::vector<env::Endpoint> bootstrap() const;
  void create_declared_topics();
  void start_waiting_clients();
  bool is_ready(const std::string& topic) const;  // declared, created, and led
  bool has_waiting_clients() const;
  bool all_brokers_unfenced() const;
  const kafka::MetadataImage* active_image() const;  // null: no controller is active
  std::vector<kafka::QuorumVoter> voters() const;
  kafka::VoterSet first_voters();
  static const kafka::RaftClient* raft_of(Host& controller);  // nullptr while it is down
  void make_controllers();
  Host& make_broker(kafka::NodeId id, std::string rack);
  std::string rack_of(int id) const;
  void record_fault(const FaultRecord& record, std::string_view event, std::string_view outcome);

  LabOptions options_;
  std::unique_ptr<World> world_;
  Recorder recorder_;
  std::unique_ptr<StreamNetwork> network_;
  FaultBook faults_;
  std::unique_ptr<Interception> interception_;
  RecorderListener* next_ = nullptr;
  TraceWriter* trace_ = nullptr;

  std::optional<ClusterSpec> cluster_;
  std::string cluster_id_;
  std::map<kafka::NodeId, Host*> brokers_;
  std::map<kafka::NodeId, std::string> racks_;
  std::vector<Host*> controllers_;
  Host* admin_ = nullptr;
  std::map<std::string, TopicSpec, std::less<>> topics_;
  std::vector<std::string> topics_to_create_;
  std::vector<decltype(kafka::AdminOrder::what)> orders_;  // of the admin client; number 1 first
  std::vector<std::string> topic_failures_;

  std::map<Role, int> client_counts_;
  std::vector<std::unique_ptr<Load>> loads_;
  std::vector<Load*> waiting_loads_;
  std::vector<std::pair<Host*, kafka::SendRecord>> waiting_sends_;
  std::uint64_t sends_ = 0;  // by hand; tags of loads begin at 2^40
  std::vector<std::pair<Host*, std::string>> waiting_consumers_;
  bool is_start_pending_ = false;
  std::map<HostId, std::string> consumer_topics_;
  std::vector<std::unique_ptr<Nemesis>> nemeses_;
  std::optional<Scene> scene_;
};

}  // namespace sim
