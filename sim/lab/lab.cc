#include "sim/lab/lab.h"

#include <fmt/format.h>

#include <algorithm>

#include "broker-model/broker/broker.h"
#include "broker-model/client/admin_client.h"
#include "broker-model/client/consumer/consumer.h"
#include "broker-model/client/producer/producer.h"
#include "broker-model/controller/metadata_image.h"
#include "broker-model/raft/raft_client.h"
#include "sim/disk/disk.h"
#include "sim/faults/nodes.h"
#include "sim/lab/interception.h"
#include "sim/lab/scene.h"
#include "sim/lab/trace_writer.h"

namespace sim {
namespace {

constexpr int kFirstControllerId = 3000;
constexpr int kFirstClientId = 100'000;  // ids of clients in observations; no broker id comes near

// Messages held, delayed or replayed: on the record of faults, and healed like one.
class EffectOnMessages final : public Fault {
 public:
  EffectOnMessages(std::function<std::uint64_t()> affected, std::function<void()> heal)
      : affected_(std::move(affected)), heal_(std::move(heal)) {}
  void heal() override { heal_(); }
  Effects effects() const override { return {{"messages", affected_()}}; }

 private:
  std::function<std::uint64_t()> affected_;
  std::function<void()> heal_;
};

std::string broker_name(kafka::NodeId id) { return fmt::format("broker-{}", id.value()); }

kafka::StorageLoss in_words_of_checkers(DiskLoss loss) {
  switch (loss) {
    case DiskLoss::kUnsynced: return kafka::StorageLoss::kUnsynced;
    case DiskLoss::kWiped: return kafka::StorageLoss::kWiped;
    case DiskLoss::kMedium: break;
  }
  return kafka::StorageLoss::kMedium;
}

}  // namespace

Lab::Lab(LabOptions options)
    : options_(std::move(options)),
      world_(std::make_unique<World>(WorldOptions{.seed = options_.seed,
                                                  .check_every_event = options_.check_every_event,
                                                  .draws_ties = options_.draws_ties,
                                                  .decisions = options_.decisions,
                                                  .draws = options_.draws})),
      recorder_(*this),
      network_(std::make_unique<StreamNetwork>(world_->scheduler(), world_->streams(), Topology())),
      faults_(*this, *world_, *network_),
      interception_(std::make_unique<Interception>(*this)) {
  world_->attach_network(*network_);
  world_->set_observation_sink(&recorder_);
  faults_.set_listener([this](const FaultRecord& record, std::string_view event,
                              std::string_view outcome) { record_fault(record, event, outcome); });
  env::Rng& names = world_->streams().stream("cluster-id");
  kafka::Uuid id;
  id.high = names.next();
  id.low = names.next();
  cluster_id_ = to_string(id);
}

Lab::~Lab() = default;

void Lab::set_trace(TraceWriter* trace) {
  TIT_ASSERT(!has_cluster(), "a trace begins with the run");
  trace_ = trace;
  network_->set_tap(trace);
}

// --- nodes
// -----------------------------------------------------------------------------------------

Host& Lab::add_host(std::string name, Member member, std::string rack, NodeFactory factory,
                    bool has_disk) {
  HostOptions host{
      .name = name, .rack = std::move(rack), .node = std::move(factory), .disk = nullptr};
  if (has_disk) host.disk = make_disk(name, member.id);
  Host& added = world_->add_host(std::move(host));
  recorder_.add_member(added.id(), std::move(member));
  if (trace_ != nullptr) trace_->add_host(world_->now(), added.id(), name);
  return added;
}

// What a disk loses no node can tell: the checkers hear it from the machine.
std::unique_ptr<DiskPort> Lab::make_disk(const std::string& name, kafka::NodeId owner) {
  auto disk = std::make_unique<Disk>(world_->scheduler(), world_->streams().stream("disk/" + name));
  disk->set_watch([this, owner](DiskLoss loss) {
    recorder_.checkers().on_storage_loss(world_->now(), owner, in_words_of_checkers(loss));
  });
  return disk;
}

void Lab::build_cluster(ClusterSpec spec) {
  TIT_ASSERT(!has_cluster(), "a lab has one cluster");
  options_.overrides.apply(spec.config);
  if (spec.network.has_value()) network_->set_topology(std::move(spec.network->topology));
  cluster_ = std::move(spec);
  make_controllers();
  for (int i = 1; i <= cluster_->brokers; ++i) make_broker(kafka::NodeId(i), rack_of(i));
  for (Host* host : controllers_) host->start();
  for (auto& [id, host] : brokers_) host->start();
}

std::string ClusterSpec::controller_name(int number) {
  return fmt::format("controller-{}", kFirstControllerId + number);
}

std::vector<kafka::QuorumVoter> Lab::voters() const {
  std::vector<kafka::QuorumVoter> voters;
  for (int i = 0; i < cluster_->controllers; ++i) {
    voters.push_back(
        {.id = kafka::NodeId(kFirstControllerId + i),
         .endpoint = {.host = ClusterSpec::controller_name(i), .port = kControllerPort}});
  }
  return voters;
}

// As the storage tool writes them on the disks of all of them (--initial-controllers).
kafka::VoterSet Lab::first_voters() {
  kafka::VoterSet first;
  for (const kafka::QuorumVoter& voter : voters()) {
    env::Rng& names = world_->streams().stream("directory-id/" + voter.endpoint.host);
    kafka::Uuid directory;
    directory.high = names.next();
    directory.low = names.next();
    first.add({{voter.id, directory}, voter.endpoint, kafka::kSupportedKRaftVersions});
  }
  return first;
}

void Lab::make_controllers() {
  kafka::VoterSet first;
  if (cluster_->kraft_version > 0) first = first_voters();
  for (const kafka::QuorumVoter& voter : voters()) {
    kafka::ControllerNodeOptions options{.id = voter.id,
                                         .cluster_id = cluster_id_,
                                         .voters = voters(),
                                         .kraft_version = cluster_->kraft_version,
                                         .initial_voters = first,
                                         .host = voter.endpoint.host,
                                         .port = kControllerPort,
                                         .config = cluster_->config,
                                         .features = cluster_->features,
                                         .mutations = options_.mutations.controller};
    const std::string& name = voter.endpoint.host;
    const std::size_t index = controllers_.size();
    controllers_.push_back(&add_host(
        name, {.role = Role::kController, .id = voter.id, .name = name}, "",
        [this, index, options]() mutable {
          // A disk that came in the place of another is formatted as that of a node to be added.
          const Disk* disk = disk_of(*controllers_[index]);
          if (disk != nullptr && disk->counts().files_wiped > 0) options.initial_voters = {};
          return std::make_unique<kafka::ControllerNode>(options);
        },
        true));
  }
}

// Brokers stand in the racks in turn.
std::string Lab::rack_of(int id) const { return cluster_->rack_of(id); }

Host& Lab::make_broker(kafka::NodeId id, std::string rack) {
  kafka::BrokerOptions broker{
      .id = id,
      .cluster_id = cluster_id_,
      .listener = {.host = broker_name(id), .port = kBrokerPort},
      .rack = rack,
      .controllers = voters(),
      .kraft_version = cluster_->kraft_version,
      .config = cluster_->config,
      .mutations = options_.mutations.broker,
  };
  racks_[id] = rack;
  Host& host = add_host(
      broker_name(id), {.role = Role::kBroker, .id = id, .name = broker_name(id)}, std::move(rack),
      [broker] { return std::make_unique<kafka::Broker>(broker); }, true);
  brokers_[id] = &host;
  return host;
}

Host& Lab::add_broker(std::optional<std::string> rack) {
  const int id = ++cluster_->brokers;
  Host& host = make_broker(kafka::NodeId(id), rack.has_value() ? std::move(*rack) : rack_of(id));
  host.start();
  return host;
}

bool Lab::is_unfenced(const Host& broker) const {
  const auto found = state().brokers().find(recorder_.member(broker.id()).id);
  return found != state().brokers().end() && found->second.state == kafka::BrokerState::kUnfenced;
}

// Of the highest epoch: one that is cut off believes for a while that it is still active.
const kafka::MetadataImage* Lab::active_image() const {
  const kafka::ControllerNode* newest = nullptr;
  const auto epoch_of = [](const kafka::ControllerNode& node) {
    return node.raft()->quorum().epoch();
  };
  for (Host* host : controllers_) {
    const auto* node = dynamic_cast<const kafka::ControllerNode*>(host->node());
    if (node == nullptr || !node->is_active()) continue;
    if (newest == nullptr || epoch_of(*node) > epoch_of(*newest)) newest = node;
  }
  return newest == nullptr ? nullptr : newest->image();
}

// By what the controller has, where one is active: one that dies between the commit of a record and
// its telling leaves the observations behind for good.
bool Lab::is_in_service(const Host& broker) const {
  const kafka::NodeId id = recorder_.member(broker.id()).id;
  if (const kafka::MetadataImage* image = active_image(); image != nullptr) {
    return image->is_unfenced(id) && std::ranges::all_of(image->topics(), [id](const auto& topic) {
             return std::ranges::all_of(topic.second.partitions, [id](const auto& entry) {
               return !entry.second.has_replica(id) || entry.second.in_isr(id);
             });
           });
  }
  if (!is_unfenced(broker)) return false;
  return std::ranges::all_of(state().partitions(), [id](const auto& entry) {
    const ClusterState::Partition& partition = entry.second;
    return std::ranges::find(partition.replicas, id) == partition.replicas.end() ||
           std::ranges::find(partition.isr, id) != partition.isr.end();
  });
}

Host& Lab::broker(kafka::NodeId id) {
  const auto found = brokers_.find(id);
  TIT_ASSERT(found != brokers_.end(), "a broker of this cluster");
  return *found->second;
}

Host& Lab::controller() {
  TIT_ASSERT(!controllers_.empty(), "the cluster has been built");
  Host* last = controllers_.front();
  for (Host* host : controllers_) {
    if (recorder_.member(host->id()).id == state().controller()) last = host;
  }
  return *last;
}

const kafka::RaftClient* Lab::raft_of(Host& controller) {
  const auto* node = dynamic_cast<const kafka::ControllerNode*>(controller.node());
  return node == nullptr ? nullptr : node->raft();
}

std::vector<Host*> Lab::quorum_leaders() const {
  std::vector<Host*> leaders;
  for (Host* host : controllers_) {
    const kafka::RaftClient* raft = raft_of(*host);
    if (raft != nullptr && raft->quorum().as<kafka::LeaderState>() != nullptr)
      leaders.push_back(host);
  }
  return leaders;
}

kafka::VoterSet Lab::quorum_voters() const {
  const std::vector<Host*> leaders = quorum_leaders();
  const auto newest = std::ranges::max_element(
      leaders, {}, [](Host* host) { return raft_of(*host)->quorum().epoch(); });
  return newest == leaders.end() ? kafka::VoterSet{} : raft_of(**newest)->quorum().voters();
}

std::optional<kafka::ReplicaKey> Lab::replica_key(Host& controller) {
  const kafka::RaftClient* raft = raft_of(controller);
  if (raft == nullptr) return std::nullopt;
  return raft->quorum().self();
}

std::vector<Host*> Lab::brokers() {
  std::vector<Host*> result;
  for (auto& [id, host] : brokers_) result.push_back(host);
  return result;
}

std::vector<env::Endpoint> Lab::bootstrap() const {
  std::vector<env::Endpoint> servers;
  for (const auto& [id, host] : brokers_)
    servers.push_back({.host = host->name(), .port = kBrokerPort});
  return servers;
}

Host& Lab::add_client(std::string_view kind, Role role,
                      NodeFactory (*factory)(Lab&, std::string, kafka::Config),
                      kafka::Config config) {
  options_.overrides.apply(config);
  const int number = ++client_counts_[role];
  const std::string name = fmt::format("{}-{}", kind, number);
  const kafka::NodeId id(kFirstClientId + static_cast<int>(role) * 1000 + number);
  Host& host = add_host(name, {.role = role, .id = id, .name = name}, "",
                        factory(*this, name, std::move(config)), false);
  host.start();
  return host;
}

Host& Lab::add_producer(kafka::Config config) {
  return add_client(
      "producer", Role::kProducer,
      [](Lab& lab, std::string name, kafka::Config of_client) -> NodeFactory {
        return [&lab, name, of_client] {
          return std::make_unique<kafka::Producer>(
              kafka::ClientOptions{.client_id = name,
                                   .bootstrap = lab.bootstrap(),
                                   .config = of_client,
                                   .mutations = lab.options_.mutations.client});
        };
      },
      std::move(config));
}

Host& Lab::add_consumer(kafka::Config config, const std::string& topic) {
  Host& host = add_client(
      "consumer", Role::kConsumer,
      [](Lab& lab, std::string name, kafka::Config of_client) -> NodeFactory {
        return [&lab, name, of_client] {
          return std::make_unique<kafka::Consumer>(
              kafka::ClientOptions{.client_id = name,
                                   .bootstrap = lab.bootstrap(),
                                   .config = of_client,
                                   .mutations = lab.options_.mutations.client});
        };
      },
      std::move(config));
  waiting_consumers_.emplace_back(&host, topic);
  consumer_topics_.emplace(host.id(), topic);
  start_waiting_clients();
  return host;
}

Host& Lab::add_admin(kafka::Config config) {
  TIT_ASSERT(!has_admin(), "a lab has one admin client");
  admin_ = &add_client(
      "admin", Role::kAdmin,
      [](Lab& lab, std::string name, kafka::Config of_client) -> NodeFactory {
        return [&lab, name, of_client] {
          return std::make_unique<kafka::AdminClient>(
              kafka::ClientOptions{.client_id = name,
                                   .bootstrap = lab.bootstrap(),
                                   .config = of_client,
                                   .mutations = lab.options_.mutations.client});
        };
      },
      std::move(config));
  return *admin_;
}

// --- topics and loads --------------------------------------------------------------------------

void Lab::declare_topic(TopicSpec spec) {
  TIT_ASSERT(has_cluster() && !topics_.contains(spec.name), "a new topic of a cluster");
  topics_to_create_.push_back(spec.name);
  topics_.emplace(spec.name, std::move(spec));
  if (!has_admin()) add_admin(kafka::Config(kafka::ConfigDef::admin()));
  if (all_brokers_unfenced()) create_declared_topics();
}

const TopicSpec* Lab::topic(std::string_view name) const {
  const auto found = topics_.find(name);
  return found != topics_.end() ? &found->second : nullptr;
}

std::vector<std::string> Lab::topic_names() const {
  std::vector<std::string> names;
  for (const auto& [name, spec] : topics_) names.push_back(name);
  return names;
}

bool Lab::all_brokers_unfenced() const {
  return std::ranges::all_of(brokers_,
                             [this](const auto& entry) { return is_unfenced(*entry.second); });
}

void Lab::create_declared_topics() {
  for (const std::string& name : topics_to_create_) {
    const TopicSpec& spec = topics_.at(name);
    kafka::Config config = spec.config;
    options_.overrides.apply(config);
    kafka::CreateTopic topic{
        .name = name, .partitions = spec.partitions, .replication_factor = spec.replicas};
    for (const auto& [key, value] : config.values()) topic.configs.emplace(key, value);
    order(std::move(topic));
  }
  topics_to_create_.clear();
}

std::uint64_t Lab::order(decltype(kafka::AdminOrder::what) what) {
  TIT_ASSERT(has_admin(), "orders are the admin client's");
  orders_.push_back(what);
  admin_->command(std::make_shared<kafka::Command>(
      kafka::AdminOrder{.order = orders_.size(), .what = std::move(what)}));
  return orders_.size();
}

void Lab::on_order_done(const kafka::OrderDone& done) {
  const auto& what = orders_.at(done.order - 1);
  const auto* topic = std::get_if<kafka::CreateTopic>(&what);
  // A topic is declared once: that it is there already is the doing of an earlier attempt, whose
  // answer did not come.
  if (topic == nullptr || done.error == kafka::ErrorCode::kNone ||
      done.error == kafka::ErrorCode::kTopicAlreadyExists || topics_.at(topic->name).may_fail) {
    return;
  }
  topic_failures_.push_back(fmt::format("topic \"{}\" was not created: {}: {}", topic->name,
                                        name(done.error), done.message));
}

bool Lab::is_ready(const std::string& name) const {
  const TopicSpec* spec = topic(name);
  return spec != nullptr && state().is_topic_ready(spec->name, spec->partitions);
}

void Lab::drive(Host& producer, LoadSpec spec) {
  const auto number = static_cast<std::uint32_t>(loads_.size() + 1);
  loads_.push_back(std::make_unique<Load>(*world_, producer, number, std::move(spec), recorder_));
  waiting_loads_.push_back(loads_.back().get());
  start_waiting_clients();
}

std::uint64_t Lab::send(Host& producer, kafka::SendRecord record) {
  record.tag = ++sends_;
  record.intended = world_->now();
  recorder_.on_due(record.tag, record.intended);
  waiting_sends_.emplace_back(&producer, std::move(record));
  start_waiting_clients();
  return sends_;
}

bool Lab::has_waiting_clients() const {
  return !waiting_loads_.empty() || !waiting_consumers_.empty() || !waiting_sends_.empty();
}

void Lab::start_waiting_clients() {
  // Not before the topic is there: asking for it earlier would make a broker create it, with its
  // own defaults (auto.create.topics.enable).
  std::erase_if(waiting_consumers_, [this](const auto& waiting) {
    if (!is_ready(waiting.second)) return false;
    waiting.first->command(
        std::make_shared<kafka::Command>(kafka::AssignTopic{.topic = waiting.second}));
    return true;
  });
  std::erase_if(waiting_loads_, [this](Load* load) {
    if (!is_ready(load->spec().topic)) return false;
    load->start();
    return true;
  });
  std::erase_if(waiting_sends_, [this](auto& waiting) {
    if (!is_ready(waiting.second.topic)) return false;
    waiting.first->command(std::make_shared<kafka::Command>(std::move(waiting.second)));
    return true;
  });
}

void Lab::on_observed(const Member& source, const kafka::Observation& observation) {
  if (!scene_.has_value() && recorder_.checkers().is_violated())
    scene_ = take_scene(*this, source, observation);
  // What follows from an observation happens in an event of its own: this is the inside of a
  // handler.
  const bool may_create = std::holds_alternative<kafka::BrokerStateChanged>(observation.what) &&
                          !topics_to_create_.empty();
  const bool may_start =
      std::holds_alternative<kafka::BecameLeader>(observation.what) && has_waiting_clients();
  if ((may_create || may_start) && !is_start_pending_) {
    is_start_pending_ = true;
    world_->at(world_->now(), [this] {
      is_start_pending_ = false;
      if (all_brokers_unfenced()) create_declared_topics();
      start_waiting_clients();
    });
  }
  if (const auto* done = std::get_if<kafka::OrderDone>(&observation.what)) on_order_done(*done);
  if (const auto* change = std::get_if<kafka::PartitionChanged>(&observation.what)) {
    const auto topic = topics_.find(change->partition.topic);
    if (topic != topics_.end() && topic->second.partitions <= change->partition.partition)
      topic->second.partitions = change->partition.partition + 1;  // some were added
  }
  interception_->hooks().on_observed(source, observation);
  for (const auto& nemesis : nemeses_) nemesis->on_observed(source.name, observation);
  if (trace_ != nullptr) trace_->add_observation(world_->now(), source.name, observation);
  if (next_ != nullptr) next_->on_observed(source, observation);
}

void Lab::add_check(std::string_view name, const std::string& topic, bool allows_excused) {
  const kafka::CheckerInfo* info = kafka::find_checker(name);
  TIT_ASSERT(info != nullptr, "a check of the registry");
  recorder_.checkers().add(*info, topic, allows_excused);
}

// --- faults ------------------------------------------------------------------------------------

void Lab::record_fault(const FaultRecord& record, std::string_view event,
                       std::string_view outcome) {
  const bool begins = event == "fault";
  recorder_.add_row(
      {.at = world_->now(),
       .event = std::string(event),
       .detail = outcome.empty() ? record.name : fmt::format("{}: {}", record.name, outcome)});
  if (trace_ != nullptr) trace_->add_fault(world_->now(), record.name, begins);
  interception_->hooks().on_fault(record.name, begins);
}

Nemesis& Lab::add_nemesis(NemesisSpec spec) {
  const auto number = static_cast<std::uint32_t>(nemeses_.size() + 1);
  nemeses_.push_back(std::make_unique<Nemesis>(*this, number, std::move(spec)));
  return *nemeses_.back();
}

std::vector<std::string> Lab::driven_topics() const {
  std::vector<std::string> topics;
  for (const auto& load : loads_) {
    const std::string& topic = load->spec().topic;
    if (!load->is_done() && std::ranges::find(topics, topic) == topics.end())
      topics.push_back(topic);
  }
  return topics;
}

std::vector<HostId> Lab::consumers_of(const std::string& topic) const {
  std::vector<HostId> consumers;
  for (const auto& [host, of] : consumer_topics_) {
    if (of == topic) consumers.push_back(host);
  }
  return consumers;
}

std::vector<std::string> Lab::unmet_demands() const {
  std::vector<std::string> sentences;
  for (const auto& nemesis : nemeses_) {
    const std::vector<std::string> more = nemesis->failures();
    sentences.insert(sentences.end(), more.begin(), more.end());
  }
  return sentences;
}

FaultId Lab::add_effect(std::string name, std::function<std::uint64_t()> affected,
                        std::function<void()> heal) {
  return faults_.add(std::move(name),
                     std::make_unique<EffectOnMessages>(std::move(affected), std::move(heal)));
}

void Lab::end_effect(FaultId id, std::string_view event, std::string_view outcome) {
  faults_.end_as(id, event, outcome);
}

Host& Lab::add_replayer(NodeFactory factory) {
  const int number = ++client_counts_[Role::kReplay];
  const std::string name = fmt::format("replay-{}", number);
  const kafka::NodeId id(kFirstClientId + static_cast<int>(Role::kReplay) * 1000 + number);
  Host& host = add_host(name, {.role = Role::kReplay, .id = id, .name = name}, "",
                        std::move(factory), false);
  host.start();
  return host;
}

void Lab::finish() {
  faults_.finish();
  recorder_.finish(world_->now());
}

}  // namespace sim
