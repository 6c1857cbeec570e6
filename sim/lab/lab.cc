#include "sim/lab/lab.h"

#include <fmt/format.h>

#include "broker-model/broker/broker.h"
#include "broker-model/client/admin_client.h"
#include "broker-model/client/consumer/consumer.h"
#include "broker-model/client/producer/producer.h"
#include "sim/disk/disk.h"
#include "sim/lab/trace_writer.h"

namespace sim {
namespace {

constexpr std::uint16_t kBrokerPort = 9092;
constexpr std::uint16_t kControllerPort = 9093;
constexpr kafka::NodeId kControllerId{3000};
constexpr int kFirstClientId = 100'000;  // ids of clients in observations; no broker id comes near

std::string broker_name(kafka::NodeId id) { return fmt::format("broker-{}", id.value()); }

}  // namespace

Lab::Lab(LabOptions options)
    : options_(std::move(options)),
      world_(std::make_unique<World>(
          WorldOptions{.seed = options_.seed, .check_every_event = options_.check_every_event})),
      recorder_(*this),
      network_(
          std::make_unique<StreamNetwork>(world_->scheduler(), world_->streams(), Topology())) {
  world_->attach_network(*network_);
  world_->set_observation_sink(&recorder_);
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
  if (has_disk)
    host.disk =
        std::make_unique<Disk>(world_->scheduler(), world_->streams().stream("disk/" + name));
  Host& added = world_->add_host(std::move(host));
  recorder_.add_member(added.id(), std::move(member));
  if (trace_ != nullptr) trace_->add_host(added.id(), name);
  return added;
}

void Lab::build_cluster(ClusterSpec spec) {
  TIT_ASSERT(!has_cluster(), "a lab has one cluster");
  options_.overrides.apply(spec.config);
  cluster_ = std::move(spec);
  controller_ = &add_host(
      fmt::format("controller-{}", kControllerId.value()),
      {.role = Role::kController,
       .id = kControllerId,
       .name = fmt::format("controller-{}", kControllerId.value())},
      "",
      [this] {
        return std::make_unique<kafka::ControllerNode>(
            kafka::ControllerNodeOptions{.id = kControllerId,
                                         .cluster_id = cluster_id_,
                                         .host = controller_->name(),
                                         .port = kControllerPort,
                                         .config = cluster_->config,
                                         .mutations = options_.controller_mutations});
      },
      true);
  for (int i = 1; i <= cluster_->brokers; ++i) {
    const kafka::NodeId id(i);
    const auto& racks = cluster_->racks;
    std::string rack = racks.empty() ? "" : racks[static_cast<std::size_t>(i - 1) % racks.size()];
    kafka::BrokerOptions broker{
        .id = id,
        .cluster_id = cluster_id_,
        .listener = {.host = broker_name(id), .port = kBrokerPort},
        .rack = rack,
        .controllers = {{.id = kControllerId,
                         .endpoint = {.host = controller_->name(), .port = kControllerPort}}},
        .config = cluster_->config,
        .mutations = options_.broker_mutations,
    };
    brokers_[id] = &add_host(
        broker_name(id), {.role = Role::kBroker, .id = id, .name = broker_name(id)},
        std::move(rack), [broker] { return std::make_unique<kafka::Broker>(broker); }, true);
  }
  controller_->start();
  for (auto& [id, host] : brokers_) host->start();
}

Host& Lab::broker(kafka::NodeId id) {
  const auto found = brokers_.find(id);
  TIT_ASSERT(found != brokers_.end(), "a broker of this cluster");
  return *found->second;
}

Host& Lab::controller() {
  TIT_ASSERT(controller_ != nullptr, "the cluster has been built");
  return *controller_;
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
          return std::make_unique<kafka::Producer>(kafka::ClientOptions{
              .client_id = name, .bootstrap = lab.bootstrap(), .config = of_client});
        };
      },
      std::move(config));
}

Host& Lab::add_consumer(kafka::Config config, const std::string& topic) {
  Host& host = add_client(
      "consumer", Role::kConsumer,
      [](Lab& lab, std::string name, kafka::Config of_client) -> NodeFactory {
        return [&lab, name, of_client] {
          return std::make_unique<kafka::Consumer>(kafka::ClientOptions{
              .client_id = name, .bootstrap = lab.bootstrap(), .config = of_client});
        };
      },
      std::move(config));
  waiting_consumers_.emplace_back(&host, topic);
  start_waiting_clients();
  return host;
}

Host& Lab::add_admin(kafka::Config config) {
  TIT_ASSERT(!has_admin(), "a lab has one admin client");
  admin_ = &add_client(
      "admin", Role::kAdmin,
      [](Lab& lab, std::string name, kafka::Config of_client) -> NodeFactory {
        return [&lab, name, of_client] {
          return std::make_unique<kafka::AdminClient>(kafka::ClientOptions{
              .client_id = name, .bootstrap = lab.bootstrap(), .config = of_client});
        };
      },
      std::move(config));
  return *admin_;
}

// --- topics and loads --------------------------------------------------------------------------

void Lab::declare_topic(TopicSpec spec) {
  TIT_ASSERT(has_cluster() && !topics_.contains(spec.name), "a new topic of a cluster");
  recorder_.checkers().set_min_insync_replicas(spec.name, min_insync_replicas(spec));
  topics_to_create_.push_back(spec.name);
  topics_.emplace(spec.name, std::move(spec));
  if (!has_admin()) add_admin(kafka::Config(kafka::ConfigDef::admin()));
  if (all_brokers_unfenced()) create_declared_topics();
}

// The topic's own value, else the brokers'; --set wins over both.
std::int64_t Lab::min_insync_replicas(const TopicSpec& spec) const {
  constexpr std::string_view kKey = "min.insync.replicas";
  kafka::Config own = spec.config;
  options_.overrides.apply(own);
  return own.is_set(kKey) ? own.get_int(kKey)
                          : kafka::topic_defaults(cluster_->config).get_int(kKey);
}

const TopicSpec* Lab::topic(std::string_view name) const {
  const auto found = topics_.find(name);
  return found != topics_.end() ? &found->second : nullptr;
}

bool Lab::all_brokers_unfenced() const {
  for (const auto& [id, host] : brokers_) {
    const auto broker = state().brokers().find(id);
    if (broker == state().brokers().end() || broker->second.state != kafka::BrokerState::kUnfenced)
      return false;
  }
  return true;
}

void Lab::create_declared_topics() {
  for (const std::string& name : topics_to_create_) {
    const TopicSpec& spec = topics_.at(name);
    kafka::Config config = spec.config;
    options_.overrides.apply(config);
    kafka::CreateTopic order{.order = orders_.size() + 1,
                             .name = name,
                             .partitions = spec.partitions,
                             .replication_factor = spec.replicas,
                             .configs = {}};
    for (const auto& [key, value] : config.values()) order.configs.emplace(key, value);
    orders_.emplace(order.order, name);
    admin_->command(std::make_shared<kafka::Command>(std::move(order)));
  }
  topics_to_create_.clear();
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
  if (const auto* done = std::get_if<kafka::OrderDone>(&observation.what);
      done != nullptr && done->error != kafka::ErrorCode::kNone) {
    if (const auto order = orders_.find(done->order); order != orders_.end()) {
      topic_failures_.push_back(fmt::format("topic \"{}\" was not created: {}: {}", order->second,
                                            name(done->error), done->message));
    }
  }
  if (trace_ != nullptr) trace_->add_observation(world_->now(), source.name, observation);
  if (next_ != nullptr) next_->on_observed(source, observation);
}

void Lab::add_check(std::string_view name, const std::string& topic) {
  const kafka::CheckerInfo* info = kafka::find_checker(name);
  TIT_ASSERT(info != nullptr, "a check of the registry");
  recorder_.checkers().add(*info, topic);
}

// --- faults ------------------------------------------------------------------------------------

FaultId Lab::add_fault(std::string name, Fault fault) {
  recorder_.add_row({.at = world_->now(), .event = "fault", .detail = name});
  if (trace_ != nullptr) trace_->add_fault(world_->now(), name, true);
  faults_.push_back(
      {.name = std::move(name), .at = world_->now(), .until = std::nullopt, .affected = 0});
  fault_states_.push_back(std::move(fault));
  return FaultId(static_cast<std::uint32_t>(faults_.size() - 1));
}

void Lab::end_fault(Fault& fault, std::size_t index) {
  FaultRecord& record = faults_[index];
  fault.is_over = true;
  record.until = world_->now();
  record.affected = fault.affected();
  recorder_.add_row({.at = world_->now(), .event = "heal", .detail = record.name});
  if (trace_ != nullptr) trace_->add_fault(world_->now(), record.name, false);
}

std::uint64_t Lab::affected(FaultId id) const {
  const Fault& fault = fault_states_.at(id.value());
  return fault.is_over ? faults_.at(id.value()).affected : fault.affected();
}

void Lab::heal(FaultId id) {
  Fault& fault = fault_states_.at(id.value());
  if (fault.is_over) return;
  if (fault.is_down && world_->host(fault.host).state() == HostState::kDown) {
    start(world_->host(fault.host));
    return;
  }
  fault.heal();
  end_fault(fault, id.value());
}

bool Lab::start(Host& host) {
  if (host.state() == HostState::kPaused) return false;
  if (!host.start()) return false;
  for (std::size_t i = 0; i < fault_states_.size(); ++i) {
    Fault& fault = fault_states_[i];
    if (!fault.is_over && fault.host == host.id()) end_fault(fault, i);
  }
  return true;
}

FaultId Lab::take_down(std::string verb, Host& host, bool (Host::*operation)()) {
  const std::uint64_t connections = network_->connections_of(host.id());
  // The machine or process, and each of its connections. Killing what is down affects nothing;
  // power loss takes the page cache of a machine whose process was killed before.
  const bool has_effect = (host.*operation)();
  const std::uint64_t affected = has_effect ? connections + 1 : 0;
  return add_fault(fmt::format("{} {}", verb, host.name()),
                   {.affected = [affected] { return affected; },
                    .heal = [] {},
                    .host = host.id(),
                    .is_down = true});
}

FaultId Lab::kill(Host& host) { return take_down("kill", host, &Host::kill); }
FaultId Lab::power_loss(Host& host) { return take_down("power loss", host, &Host::power_loss); }

FaultId Lab::shutdown(Host& host) {
  const bool is_running = host.state() != HostState::kDown;
  if (is_running) host.command(std::make_shared<kafka::Command>(kafka::ShutDown{}));
  return add_fault(fmt::format("shutdown {}", host.name()),
                   {.affected = [is_running] { return is_running ? 1u : 0u; },
                    .heal = [] {},
                    .host = host.id(),
                    .is_down = true});
}

FaultId Lab::pause(Host& host, env::Duration duration) {
  const bool was_up = host.state() == HostState::kUp;
  if (was_up) host.pause();
  Host* paused = &host;
  const FaultId id = add_fault(fmt::format("pause {}", host.name()),
                               {.affected = [was_up] { return was_up ? 1u : 0u; },
                                .heal = [paused] { paused->resume(); },
                                .host = host.id(),
                                .is_down = false});
  if (duration > env::Duration::zero()) {
    world_->at(world_->now() + duration, [this, id] { heal(id); });
  }
  return id;
}

FaultId Lab::partition(const std::vector<HostId>& a, const std::vector<HostId>& b,
                       Direction direction) {
  const auto names = [this](const std::vector<HostId>& hosts) {
    std::string text;
    for (HostId id : hosts) text += (text.empty() ? "" : ", ") + world_->host(id).name();
    return text;
  };
  const PartitionHandle handle = network_->partition(a, b, direction);
  return add_fault(fmt::format("partition {{{}}} {} {{{}}}", names(a),
                               direction == Direction::kBoth ? "|" : "->", names(b)),
                   {.affected = [this, handle] { return network_->counts(handle).affected(); },
                    .heal = [this, handle] { network_->heal(handle); },
                    .host = {},
                    .is_down = false});
}

void Lab::finish() {
  for (std::size_t i = 0; i < fault_states_.size(); ++i) {
    if (!fault_states_[i].is_over) faults_[i].affected = fault_states_[i].affected();
  }
  recorder_.finish(world_->now());
}

}  // namespace sim
