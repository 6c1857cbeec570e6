// Three ReplicaManagers over fake environments, wired by a small in-memory network, with a
// controller that the test plays. Enough to see replication work without the engine.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "broker-model/broker/replica_manager.h"
#include "broker-model/messages/frames.h"
#include "broker-model/messages/records/batch_builder.h"
#include "tests/support/fake_env.h"

namespace test {

using namespace kafka;

inline constexpr Uuid kOrders{7, 7};

inline Records some_records(int count, const std::string& value = "0123456789",
                            ProducerState producer = {}) {
  BatchOptions options;
  options.producer = producer;
  BatchBuilder builder(options);
  const ByteView view{reinterpret_cast<const std::uint8_t*>(value.data()), value.size()};
  for (int i = 0; i < count; ++i)
    builder.append({.timestamp = WallTime{WallTime::duration{1'700'000'000'000 + i}},
                    .key = {},
                    .value = view,
                    .headers = {}});
  return {.batches = {builder.close()}, .trailing = {}};
}

// One broker: server, replicas, and what a BrokerCore would do between them.
class TestBroker final : public RpcServerSink, public ReplicaManagerHost {
 public:
  TestBroker(int broker_id, FakeDisk& disk, const MetadataImage& shared, const Config& config,
             BrokerMutations mutations, std::uint64_t seed)
      : id(broker_id), env(disk, seed), image(shared), server(server_options(), *this) {
    image.take_delta();
    replicas = std::make_unique<ReplicaManager>(ReplicaManagerOptions{.local_broker = NodeId{id},
                                                                      .cluster_id = "test",
                                                                      .config = config,
                                                                      .mutations = mutations},
                                                env, server, image, *this);
  }

  void boot(BootState state = {}) {
    server.start(env);
    replicas->publish_all(std::move(state));
  }

  // --- RpcServerSink
  void on_request(env::Env&, const RequestContext& context, const env::Rope& body) override {
    if (context.api == ApiKey::kApiVersions) {
      ApiVersionsResponse response;
      response.api_keys = advertised_versions(ListenerType::kBroker);
      server.respond(env, context.id, response);
    } else if (context.api == ApiKey::kProduce) {
      replicas->produce(context, *decode<ProduceRequest>(body, context.version));
    } else if (context.api == ApiKey::kFetch) {
      replicas->fetch(context, *decode<FetchRequest>(body, context.version));
    } else if (context.api == ApiKey::kDeleteRecords) {
      replicas->delete_records(context, *decode<DeleteRecordsRequest>(body, context.version));
    } else {
      replicas->list_offsets(context, *decode<ListOffsetsRequest>(body, context.version));
    }
  }
  // --- ReplicaManagerHost
  BrokerEpoch broker_epoch() const override { return epoch; }
  void send_alter_partition(const AlterPartitionRequest& request) override {
    alter_requests.push_back(request);
  }
  void defer_fetcher_answer(const RpcReply& reply, env::Rope body) override {
    deferred.emplace_back(reply, std::move(body));
  }
  void on_initial_logs_open() override { is_open = true; }
  void on_flushed() override { is_flushed = true; }
  void on_log_failure(std::string_view) override { has_failed = true; }

  bool pump_once() {
    bool moved = false;
    if (const auto job = env.next_job()) {
      fire(*job);
      moved = true;
    }
    if (!holds_disk && env.complete_disk_op([&](env::DiskOpId op, const env::DiskResult& result) {
          CHECK(replicas->on_disk(op, result));
        }))
      moved = true;
    if (!deferred.empty()) {
      const auto [reply, body] = std::move(deferred.front());
      deferred.erase(deferred.begin());
      replicas->process_fetcher_answer(reply, body);
      moved = true;
    }
    return moved;
  }
  void fire(env::TimerKey key) {
    if (!server.on_timer(env, key)) replicas->on_timer(key);
  }

  int id;
  FakeEnv env;
  MetadataImage image;
  RpcServer server;
  std::unique_ptr<ReplicaManager> replicas;
  BrokerEpoch epoch;
  std::vector<AlterPartitionRequest> alter_requests;
  std::vector<std::pair<RpcReply, env::Rope>> deferred;
  bool is_open = false, is_flushed = false, has_failed = false;
  bool holds_disk = false;  // writes do not become visible

 private:
  static RpcServerOptions server_options() {
    RpcServerOptions options;
    options.listeners.push_back({.port = 9092, .type = ListenerType::kBroker});
    options.timer_kind = kind(BrokerTimer::kServer);
    return options;
  }
};

class ReplicaCluster {
 public:
  using Configs = std::vector<std::pair<std::string, std::string>>;
  explicit ReplicaCluster(const Configs& configs = {}, BrokerMutations mutations = {})
      : mutations_(mutations) {
    for (const auto& [key, value] : configs) REQUIRE(config_.set(key, value).has_value());
    for (int id = 1; id <= 3; ++id) register_broker(id);
    TopicRecord topic;
    topic.name = "orders";
    topic.topic_id = kOrders;
    replay(topic);
    PartitionRecord partition;
    partition.partition_id = 0;
    partition.topic_id = kOrders;
    partition.replicas = partition.isr = {1, 2, 3};
    partition.leader = 1;
    partition.leader_epoch = 0;
    partition.partition_epoch = 0;
    partition.directories = {Uuid{0, 5}, Uuid{0, 5}, Uuid{0, 5}};
    replay(partition);
    for (int id = 1; id <= 3; ++id) start(id);
  }

  TestBroker& at(int id) { return *brokers_.at(id); }
  bool is_up(int id) const { return brokers_.contains(id); }
  const Partition& partition(int id) {
    const Partition* found = at(id).replicas->partition({"orders", 0});
    REQUIRE(found != nullptr);
    return *found;
  }

  // --- the cluster's life
  void register_broker(int id) {
    RegisterBrokerRecord record;
    record.broker_id = id;
    record.broker_epoch = next_offset_;
    auto& listener = record.end_points.emplace_back();
    listener.name = "PLAINTEXT";
    listener.host = "broker-" + std::to_string(id);
    listener.port = 9092;
    record.fenced = false;
    record.rack = "rack-" + std::to_string(id);
    epochs_[id] = next_offset_;
    replay(record);
  }
  void start(int id, BootState boot = {}) {
    brokers_[id] = std::make_unique<TestBroker>(id, disks_[id], image_, config_, mutations_,
                                                static_cast<std::uint64_t>(id));
    at(id).epoch = BrokerEpoch{epochs_[id]};
    at(id).env.monotonic = now_;
    at(id).env.wall = wall_;
    at(id).boot(std::move(boot));
  }
  void kill(int id) {
    for (auto it = wires_.begin(); it != wires_.end();) {
      const auto [end, other] = *it;
      if (end.first == id) {
        if (is_up(other.first) && other.first != id) reset(other);
        it = wires_.erase(it);
      } else {
        it = other.first == id ? wires_.erase(it) : std::next(it);
      }
    }
    brokers_.erase(id);
  }
  // What the controller commits about orders-0.
  void change(std::optional<int> leader, std::vector<std::int32_t> isr) {
    PartitionChangeRecord record;
    record.partition_id = 0;
    record.topic_id = kOrders;
    record.isr = std::move(isr);
    if (leader) record.leader = *leader;
    replay(record);
    publish();
  }
  void publish() {
    for (auto& [id, broker] : brokers_) broker->replicas->publish(broker->image.take_delta());
    settle();
  }
  template <class Record>
  void replay(const Record& record) {
    image_.replay(MetadataRecord{record}, next_offset_);
    for (auto& [id, broker] : brokers_) broker->image.replay(MetadataRecord{record}, next_offset_);
    ++next_offset_;
  }
  // Answers every AlterPartition as the controller does when all is well.
  void answer_alter_partitions() {
    for (auto& [id, broker] : brokers_) {
      while (!broker->alter_requests.empty()) {
        const AlterPartitionRequest request = broker->alter_requests.front();
        broker->alter_requests.erase(broker->alter_requests.begin());
        broker->replicas->on_alter_partition_response(obey(request));
        publish();
      }
    }
  }

  // --- time and events
  void settle() {
    for (bool moved = true; moved;) {
      moved = false;
      for (auto& [id, broker] : brokers_) {
        while (broker->pump_once()) moved = true;
        moved = carry(*broker) || moved;
      }
    }
    for (auto& [id, broker] : brokers_) broker->replicas->check_invariants();
  }
  void run_for(env::Duration time) {
    const env::Instant until = now_ + time;
    settle();
    while (true) {
      TestBroker* first = nullptr;
      env::Instant at_time = until;
      for (auto& [id, broker] : brokers_)
        for (const auto& [key, when] : broker->env.timers)
          if (when < at_time || (when == at_time && first == nullptr)) {
            at_time = std::max(when, now_);
            first = broker.get();
          }
      set_clock(first == nullptr ? until : at_time);
      if (first == nullptr) return;
      if (const auto key = first->env.next_timer(now_)) first->fire(*key);
      settle();
    }
  }

  // --- clients
  template <class Response, class Request>
  std::optional<Response> ask(int id, const Request& request, std::int16_t version) {
    const env::ConnId conn = send(id, request, version);
    settle();
    return answer<Response>(id, conn, version);
  }
  template <class Request>
  env::ConnId send(int id, const Request& request, std::int16_t version) {
    TestBroker& broker = at(id);
    const env::ConnId conn{next_client_++};
    broker.server.on_conn(
        broker.env, conn,
        {.kind = env::ConnEventKind::kAccepted, .local_port = 9092, .peer_host = "client"});
    RequestHeader header;
    header.client_id = "test";
    auto frame = encode_request(header, request, version);
    REQUIRE(frame.has_value());
    broker.server.on_frame(broker.env, conn, *frame);
    return conn;
  }
  template <class Response>
  std::optional<Response> answer(int id, env::ConnId conn, std::int16_t version) {
    for (const FakeEnv::Sent& sent : at(id).env.sent) {
      if (sent.conn != conn) continue;
      const auto response = decode_response<Response>(sent.frame, version);
      REQUIRE(response.has_value());
      return *response;
    }
    return std::nullopt;
  }
  bool was_closed(int id, env::ConnId conn) {
    return std::ranges::count(at(id).env.closed, conn) > 0;
  }

  static ProduceRequest produce_request(std::int16_t acks, Records records) {
    ProduceRequest request;
    request.acks = acks;
    request.timeout_ms = 1500;
    auto& topic = request.topic_data.emplace_back();
    topic.name = "orders";
    topic.topic_id = kOrders;
    topic.partition_data.emplace_back().records = std::move(records);
    return request;
  }
  static FetchRequest fetch_request(Offset offset, std::int32_t max_wait_ms = 0) {
    FetchRequest request;
    request.max_wait_ms = max_wait_ms;
    request.min_bytes = 1;
    auto& topic = request.topics.emplace_back();
    topic.topic = "orders";
    topic.topic_id = kOrders;
    auto& partition = topic.partitions.emplace_back();
    partition.fetch_offset = offset;
    partition.partition_max_bytes = 1 << 20;
    return request;
  }

  std::set<std::pair<int, int>> cut;  // frames from first to second stay on the way
  std::vector<std::string> told(int id, std::string_view kind_of) {
    std::vector<std::string> result;
    for (const std::string& line : at(id).env.observations)
      if (line.starts_with(kind_of)) result.push_back(line);
    return result;
  }

 private:
  using End = std::pair<int, env::ConnId>;

  static env::ConnEvent event(env::ConnEventKind kind_of) {
    env::ConnEvent result;
    result.kind = kind_of;
    return result;
  }

  void set_clock(env::Instant to) {
    const env::Duration by = to - now_;
    now_ = to;
    wall_ += std::chrono::duration_cast<env::WallTime::duration>(by);
    for (auto& [id, broker] : brokers_) broker->env.advance(by);
  }
  void reset(const End& end) {
    at(end.first).replicas->on_conn(end.second, event(env::ConnEventKind::kReset));
    at(end.first).server.on_conn(at(end.first).env, end.second, event(env::ConnEventKind::kReset));
  }
  AlterPartitionResponse obey(const AlterPartitionRequest& request) {
    AlterPartitionResponse response;
    for (const auto& topic : request.topics) {
      auto& said = response.topics.emplace_back();
      said.topic_id = topic.topic_id;
      for (const auto& data : topic.partitions) {
        const PartitionImage now = *image_.partition(topic.topic_id, data.partition_index);
        auto& answer = said.partitions.emplace_back();
        answer.partition_index = data.partition_index;
        answer.leader_id = now.leader ? now.leader->value() : -1;
        answer.leader_epoch = now.leader_epoch.value();
        answer.partition_epoch = now.partition_epoch.value() + 1;
        if (data.leader_epoch < now.leader_epoch.value()) {
          answer.error_code = ErrorCode::kFencedLeaderEpoch;
          continue;
        }
        PartitionChangeRecord record;
        record.partition_id = data.partition_index;
        record.topic_id = topic.topic_id;
        record.isr.emplace();
        for (const auto& member : data.new_isr_with_epochs) {
          record.isr->push_back(member.broker_id);
          answer.isr.push_back(member.broker_id);
        }
        replay(record);
      }
    }
    return response;
  }

  // Hands over what one broker has connected, sent and closed.
  bool carry(TestBroker& from) {
    bool moved = false;
    for (const auto& [conn, endpoint] : std::exchange(from.env.connects, {})) {
      moved = true;
      const int to = std::stoi(endpoint.host.substr(endpoint.host.find('-') + 1));
      if (!is_up(to)) {
        from.replicas->on_conn(conn, event(env::ConnEventKind::kFailed));
        continue;
      }
      const env::ConnId accepted{next_accepted_++};
      wires_[{from.id, conn}] = {to, accepted};
      wires_[{to, accepted}] = {from.id, conn};
      at(to).server.on_conn(
          at(to).env, accepted,
          {.kind = env::ConnEventKind::kAccepted, .local_port = 9092, .peer_host = "broker"});
      from.replicas->on_conn(conn, event(env::ConnEventKind::kConnected));
    }
    std::vector<FakeEnv::Sent> kept;
    for (FakeEnv::Sent& sent : std::exchange(from.env.sent, {})) {
      const auto wire = wires_.find({from.id, sent.conn});
      const bool is_cut = wire != wires_.end() && cut.contains({from.id, wire->second.first});
      if (wire == wires_.end() || is_cut || !is_up(wire->second.first)) {
        kept.push_back(std::move(sent));  // to a client, or on the way
        continue;
      }
      moved = true;
      TestBroker& to = at(wire->second.first);
      const env::ConnId conn = wire->second.second;
      if (!to.server.on_frame(to.env, conn, sent.frame)) to.replicas->on_frame(conn, sent.frame);
    }
    from.env.sent.insert(from.env.sent.begin(), kept.begin(), kept.end());
    return moved;
  }

  Config config_{ConfigDef::broker()};
  BrokerMutations mutations_;
  MetadataImage image_;
  Offset next_offset_ = 1;
  std::map<int, Offset> epochs_;
  std::map<int, FakeDisk> disks_;
  std::map<int, std::unique_ptr<TestBroker>> brokers_;
  std::map<End, End> wires_;
  std::uint64_t next_accepted_ = 1'000'000;
  std::uint64_t next_client_ = 2'000'000;
  env::Instant now_{};
  env::WallTime wall_{env::WallTime::duration(1'700'000'000'000)};
};

}  // namespace test
