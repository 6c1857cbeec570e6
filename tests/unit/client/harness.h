// A client node over a FakeEnv, and a cluster that the test plays: connections open by themselves,
// ApiVersions, Metadata and InitProducerId are answered by themselves, everything else waits in
// `requests` for the test's answer.
#pragma once

#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "broker-model/client/client_node.h"
#include "broker-model/messages/api_versions_table.h"
#include "broker-model/messages/frames.h"
#include "broker-model/messages/init_producer_id.h"
#include "broker-model/messages/metadata.h"
#include "tests/support/fake_env.h"

namespace test {

using namespace std::chrono_literals;

struct PlayedRequest {
  env::ConnId conn;
  std::int32_t broker = 0;
  kafka::RequestHeader header;
  env::Rope body;
  kafka::ApiKey api() const { return static_cast<kafka::ApiKey>(header.request_api_key); }
  std::int16_t version() const { return header.request_api_version; }
};

struct PlayedPartition {
  std::int32_t leader = 1;
  std::int32_t epoch = 0;
  std::vector<std::int32_t> replicas{};
};
struct PlayedTopic {
  kafka::Uuid id;
  std::vector<PlayedPartition> partitions;
};

class World {
 public:
  explicit World(std::int32_t broker_count = 2) {
    for (std::int32_t id = 1; id <= broker_count; ++id) brokers.insert(id);
  }

  FakeDisk disk;
  FakeEnv env{disk};
  env::Node* node = nullptr;
  std::set<std::int32_t> brokers;
  std::set<std::int32_t> unreachable;  // connects to them stay without an answer
  std::map<std::string, PlayedTopic> topics;
  std::vector<PlayedRequest> requests;
  bool answers_producer_ids = true;
  std::int64_t producer_id = 1000;
  int metadata_requests = 0;

  static env::Endpoint endpoint(std::int32_t broker) {
    return {"b" + std::to_string(broker), 9092};
  }
  static std::vector<env::Endpoint> bootstrap() { return {endpoint(1)}; }

  void start(env::Node& started) {
    node = &started;
    node->on_start(env);
    settle();
  }
  void command(const kafka::Command& order) {
    node->on_command(env, order);
    settle();
  }
  // Everything that happens at this instant.
  void settle() {
    bool is_busy = true;
    while (is_busy) {
      is_busy = false;
      while (const auto job = env.next_job()) {
        node->on_timer(env, *job);
        node->check_invariants();
        is_busy = true;
      }
      if (open_connections()) is_busy = true;
      if (take_frames()) is_busy = true;
    }
  }
  void advance(env::Duration by) {
    const env::Instant until = env.now() + by;
    while (const auto key = env.next_timer(until)) {
      node->on_timer(env, *key);
      settle();
    }
    if (env.now() < until) env.advance(until - env.now());
    settle();
  }
  template <class Response>
  void respond(const PlayedRequest& request, const Response& response) {
    auto frame = kafka::encode_response(request.header.correlation_id, response, request.version());
    REQUIRE_MESSAGE(frame.has_value(), frame.error().sentence);
    node->on_frame(env, request.conn, *frame);
    settle();
  }
  template <class Request>
  static Request read(const PlayedRequest& request) {
    auto decoded = kafka::decode<Request>(request.body, request.version());
    REQUIRE_MESSAGE(decoded.has_value(), decoded.error().sentence);
    return *decoded;
  }
  PlayedRequest take() {
    REQUIRE(!requests.empty());
    PlayedRequest first = requests.front();
    requests.erase(requests.begin());
    return first;
  }
  void reset(env::ConnId conn) {
    node->on_conn(env, conn,
                  {.kind = env::ConnEventKind::kReset, .local_port = 0, .peer_host = {}});
    settle();
  }
  bool is_closed(env::ConnId conn) const {
    return std::ranges::find(env.closed, conn) != env.closed.end();
  }
  // Observations whose text starts so, in order.
  std::vector<std::string> seen(std::string_view kind) const {
    std::vector<std::string> found;
    for (const std::string& text : env.observations) {
      if (text.starts_with(std::string(kind) + " ")) found.push_back(text);
    }
    return found;
  }

 private:
  bool open_connections() {
    bool is_any = false;
    for (; opened_ < env.connects.size(); ++opened_) {
      const auto& [conn, to] = env.connects[opened_];
      const std::int32_t broker = std::stoi(to.host.substr(1));
      if (unreachable.contains(broker)) continue;
      const env::ConnId id = conn;
      node->on_conn(env, id,
                    {.kind = env::ConnEventKind::kConnected, .local_port = 0, .peer_host = {}});
      is_any = true;
    }
    return is_any;
  }
  bool take_frames() {
    bool is_any = false;
    for (; taken_ < env.sent.size(); ++taken_) {
      const FakeEnv::Sent sent = env.sent[taken_];
      auto parsed = kafka::decode_request_header(sent.frame);
      REQUIRE(parsed.has_value());
      answer({sent.conn, broker_of(sent.conn), parsed->header, parsed->body});
      is_any = true;
    }
    return is_any;
  }
  std::int32_t broker_of(env::ConnId conn) const {
    for (const auto& [id, to] : env.connects) {
      if (id == conn) return std::stoi(to.host.substr(1));
    }
    return 0;
  }
  void answer(const PlayedRequest& request) {
    if (request.api() == kafka::ApiKey::kApiVersions) {
      kafka::ApiVersionsResponse response;
      response.api_keys = kafka::advertised_versions(kafka::ListenerType::kBroker);
      send_frame(request, response);
    } else if (request.api() == kafka::ApiKey::kMetadata) {
      ++metadata_requests;
      send_frame(request, metadata_for(read<kafka::MetadataRequest>(request)));
    } else if (request.api() == kafka::ApiKey::kInitProducerId && answers_producer_ids) {
      kafka::InitProducerIdResponse response;
      response.producer_id = producer_id++;
      send_frame(request, response);
    } else {
      requests.push_back(request);
    }
  }
  template <class Response>
  void send_frame(const PlayedRequest& request, const Response& response) {
    auto frame = kafka::encode_response(request.header.correlation_id, response, request.version());
    REQUIRE(frame.has_value());
    node->on_frame(env, request.conn, *frame);
  }
  kafka::MetadataResponse metadata_for(const kafka::MetadataRequest& request) const {
    kafka::MetadataResponse response;
    for (const std::int32_t id : brokers) {
      response.brokers.push_back({.node_id = id, .host = endpoint(id).host, .port = 9092});
    }
    for (const auto& wanted : *request.topics) {
      kafka::MetadataResponse::MetadataResponseTopic topic;
      topic.name = wanted.name;
      const auto found = topics.find(*wanted.name);
      if (found == topics.end()) {
        topic.error_code = kafka::ErrorCode::kUnknownTopicOrPartition;
      } else {
        topic.topic_id = found->second.id;
        for (std::size_t i = 0; i < found->second.partitions.size(); ++i) {
          const PlayedPartition& from = found->second.partitions[i];
          kafka::MetadataResponse::MetadataResponsePartition partition;
          partition.partition_index = static_cast<std::int32_t>(i);
          partition.leader_id = from.leader;
          partition.leader_epoch = from.epoch;
          partition.replica_nodes = from.replicas;
          if (from.leader < 0) partition.error_code = kafka::ErrorCode::kLeaderNotAvailable;
          topic.partitions.push_back(std::move(partition));
        }
      }
      response.topics.push_back(std::move(topic));
    }
    return response;
  }

  std::size_t opened_ = 0;
  std::size_t taken_ = 0;
};

}  // namespace test
