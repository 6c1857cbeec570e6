// Whole brokers and a whole controller over fake environments and an in-memory network: start,
// topic creation through an Envelope, produce, fetch, controlled shutdown, restart.
#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <string>

#include "broker-model/broker/broker.h"
#include "broker-model/controller/controller_node.h"
#include "broker-model/controller/metadata_image.h"
#include "broker-model/messages/apis.h"
#include "broker-model/messages/frames.h"
#include "broker-model/messages/records/batch_builder.h"
#include "broker-model/replication/partition.h"
#include "broker-model/types/command.h"
#include "tests/support/fake_env.h"

namespace test {

using namespace kafka;

namespace {

struct Machine {
  FakeDisk disk;
  std::unique_ptr<FakeEnv> env;
  std::unique_ptr<env::Node> node;
};

class Wiring {
 public:
  Wiring() {
    start_controller();
    for (int id = 1; id <= 3; ++id) start_broker(id);
    run_for(2s);
  }

  Broker& broker(int id) { return static_cast<Broker&>(*machines_.at(name_of(id)).node); }
  FakeEnv& env_of(int id) { return *machines_.at(name_of(id)).env; }
  void start_broker(int id) {
    BrokerOptions options;
    options.id = NodeId{id};
    options.cluster_id = "test";
    options.listener = {.host = name_of(id), .port = 9092};
    options.controllers.push_back(
        {.id = NodeId{3000}, .endpoint = {.host = "controller-3000", .port = 9093}});
    boot(name_of(id), std::make_unique<Broker>(std::move(options)));
  }
  // The host ends the incarnation of a node that has stopped.
  void end(int id) {
    machines_.at(name_of(id)).node.reset();
    std::erase_if(wires_, [&](const auto& wire) {
      return wire.first.first == name_of(id) || wire.second.first == name_of(id);
    });
  }

  void settle() {
    for (bool moved = true; moved;) {
      moved = false;
      for (auto& [name, machine] : machines_)
        if (machine.node) moved = pump(name, machine) || moved;
    }
    for (auto& [name, machine] : machines_)
      if (machine.node) machine.node->check_invariants();
  }
  void run_for(env::Duration time) {
    const env::Instant until = now_ + time;
    settle();
    while (true) {
      Machine* first = nullptr;
      env::Instant next = until;
      for (auto& [name, machine] : machines_) {
        if (!machine.node) continue;
        for (const auto& [key, when] : machine.env->timers)
          if (when < next || (when == next && first == nullptr)) {
            next = std::max(when, now_);
            first = &machine;
          }
      }
      const env::Duration by = next - now_;
      now_ = next;
      for (auto& [name, machine] : machines_) machine.env->advance(by);
      if (first == nullptr) return;
      if (const auto key = first->env->next_timer(now_)) first->node->on_timer(*first->env, *key);
      settle();
    }
  }

  template <class Response, class Request>
  Response ask(int id, const Request& request, std::int16_t version,
               env::Duration patience = env::Duration::zero()) {
    Machine& machine = machines_.at(name_of(id));
    const env::ConnId conn{next_conn_++};
    machine.node->on_conn(
        *machine.env, conn,
        {.kind = env::ConnEventKind::kAccepted, .local_port = 9092, .peer_host = "client"});
    RequestHeader header;
    header.client_id = "test";
    machine.node->on_frame(*machine.env, conn, *encode_request(header, request, version));
    run_for(patience);
    for (const FakeEnv::Sent& sent : machine.env->sent) {
      if (sent.conn != conn) continue;
      const auto response = decode_response<Response>(sent.frame, version);
      REQUIRE(response.has_value());
      return *response;
    }
    FAIL("no answer");
    return {};
  }

  static std::string name_of(int id) { return "broker-" + std::to_string(id); }

 private:
  using End = std::pair<std::string, env::ConnId>;

  void start_controller() {
    ControllerNodeOptions options;
    options.id = NodeId{3000};
    options.host = "controller-3000";
    options.voters.push_back(
        {.id = NodeId{3000}, .endpoint = {.host = "controller-3000", .port = 9093}});
    options.cluster_id = "test";
    boot("controller-3000", std::make_unique<ControllerNode>(std::move(options)));
  }
  void boot(const std::string& name, std::unique_ptr<env::Node> node) {
    Machine& machine = machines_[name];
    machine.env = std::make_unique<FakeEnv>(machine.disk, ++seed_);
    machine.env->advance(now_ - machine.env->monotonic);
    machine.node = std::move(node);
    machine.node->on_start(*machine.env);
  }
  void tell(const End& end, env::ConnEventKind kind) {
    const auto it = machines_.find(end.first);
    if (it == machines_.end() || !it->second.node) return;
    env::ConnEvent event;
    event.kind = kind;
    event.local_port = end.first.starts_with("broker") ? 9092 : 9093;
    event.peer_host = "peer";
    it->second.node->on_conn(*it->second.env, end.second, event);
  }
  bool pump(const std::string& name, Machine& machine) {
    bool moved = false;
    FakeEnv& env = *machine.env;
    while (const auto job = env.next_job()) {
      machine.node->on_timer(env, *job);
      moved = true;
    }
    while (env.complete_disk_op([&](env::DiskOpId op, env::DiskResult result) {
      machine.node->on_disk(env, op, std::move(result));
    }))
      moved = true;
    for (const auto& [conn, endpoint] : std::exchange(env.connects, {})) {
      moved = true;
      const auto to = machines_.find(endpoint.host);
      if (to == machines_.end() || !to->second.node || to->second.env->listening.empty()) {
        tell({name, conn}, env::ConnEventKind::kFailed);
        continue;
      }
      const End accepted{endpoint.host, env::ConnId{next_conn_++}};
      wires_[{name, conn}] = accepted;
      wires_[accepted] = {name, conn};
      tell(accepted, env::ConnEventKind::kAccepted);
      tell({name, conn}, env::ConnEventKind::kConnected);
    }
    std::vector<FakeEnv::Sent> kept;
    for (FakeEnv::Sent& sent : std::exchange(env.sent, {})) {
      const auto wire = wires_.find({name, sent.conn});
      if (wire == wires_.end()) {
        kept.push_back(std::move(sent));
        continue;
      }
      moved = true;
      Machine& to = machines_.at(wire->second.first);
      if (to.node) to.node->on_frame(*to.env, wire->second.second, sent.frame);
    }
    env.sent.insert(env.sent.begin(), kept.begin(), kept.end());
    for (const env::ConnId conn : std::exchange(env.closed, {})) {
      const auto wire = wires_.find({name, conn});
      if (wire == wires_.end()) continue;
      const End other = wire->second;
      wires_.erase(other);
      wires_.erase({name, conn});
      tell(other, env::ConnEventKind::kClosed);
      moved = true;
    }
    return moved;
  }

  std::map<std::string, Machine> machines_;
  std::map<End, End> wires_;
  std::uint64_t next_conn_ = 1'000'000;
  std::uint64_t seed_ = 0;
  env::Instant now_{};
};

ProduceRequest orders(std::int16_t acks) {
  BatchBuilder builder(BatchOptions{});
  const std::string value = "0123456789";
  builder.append({.timestamp = WallTime{WallTime::duration{1'700'000'000'000}},
                  .key = {},
                  .value = ByteView{reinterpret_cast<const std::uint8_t*>(value.data()), 10},
                  .headers = {}});
  ProduceRequest request;
  request.acks = acks;
  request.timeout_ms = 1500;
  auto& topic = request.topic_data.emplace_back();
  topic.name = "orders";
  auto& data = topic.partition_data.emplace_back();
  data.records.emplace();
  data.records->batches.push_back(builder.close());
  return request;
}

}  // namespace

TEST_CASE("3 brokers, 1 controller: start, create, produce, controlled shutdown, restart") {
  Wiring cluster;
  for (int id = 1; id <= 3; ++id) CHECK(cluster.broker(id).run_state() == BrokerRunState::kRunning);

  CreateTopicsRequest create;
  auto& topic = create.topics.emplace_back();
  topic.name = "orders";
  topic.num_partitions = 1;
  topic.replication_factor = 3;
  const auto created = cluster.ask<CreateTopicsResponse>(2, create, 7, 1s);
  REQUIRE(created.topics.size() == 1);
  CHECK(created.topics[0].error_code == ErrorCode::kNone);

  MetadataRequest ask_metadata;
  ask_metadata.topics.reset();
  const auto metadata = cluster.ask<MetadataResponse>(3, ask_metadata, 12);
  CHECK(metadata.brokers.size() == 3);
  REQUIRE(metadata.topics.size() == 1);
  const int leader = metadata.topics[0].partitions.at(0).leader_id;
  REQUIRE(leader >= 1);

  const auto produced = cluster.ask<ProduceResponse>(leader, orders(-1), 9);
  CHECK(produced.responses[0].partition_responses[0].error_code == ErrorCode::kNone);
  CHECK(cluster.broker(leader).partition({"orders", 0})->high_watermark() == 1);

  InitProducerIdRequest init;
  init.transactional_id.reset();
  CHECK(cluster.ask<InitProducerIdResponse>(1, init, 4, 1s).error_code ==
        ErrorCode::kCoordinatorLoadInProgress);
  const auto id = cluster.ask<InitProducerIdResponse>(1, init, 4);
  CHECK(id.error_code == ErrorCode::kNone);
  CHECK(id.producer_epoch == 0);

  // The leader leaves in order: its partition moves first.
  cluster.broker(leader).on_command(cluster.env_of(leader), Command{ShutDown{}});
  cluster.run_for(5s);
  CHECK(cluster.broker(leader).has_stopped());
  const int other = leader == 1 ? 2 : 1;
  const Partition* moved = cluster.broker(other).partition({"orders", 0});
  REQUIRE(moved != nullptr);
  REQUIRE(moved->leader().has_value());
  CHECK(moved->leader() != NodeId{leader});
  CHECK(cluster.env_of(leader).list().front().name == ".kafka_cleanshutdown");

  cluster.end(leader);
  cluster.start_broker(leader);
  cluster.run_for(40s);
  CHECK(cluster.broker(leader).run_state() == BrokerRunState::kRunning);
  CHECK(cluster.broker(leader).partition({"orders", 0})->log_end_offset() == 1);
  const int new_leader = moved->leader()->value();
  CHECK(cluster.broker(new_leader).partition({"orders", 0})->isr().size() == 3);
}

}  // namespace test
