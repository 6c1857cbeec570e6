// The controller machine, driven by text: tests/datadriven/controller/*.txt.
//
//   register broker=1 [incarnation=N] [rack=a] [previous=EPOCH]    heartbeat broker=1 [offset=N]
//   create-topic orders partitions=3 rf=3 [config=k:v] [validate-only] [assign=1,2;2,3]
//   alter-partition orders-0 broker=1 isr=1,2 [leader-epoch=N] [partition-epoch=N] [version=2]
//   delete-topic orders    create-partitions orders count=5 [assign=1,2;2,3]
//   elect orders-0 [unclean]    reassign orders-0 to=1,2,4 | cancel    list-reassignments
//   alter-config [topic=orders | node=1] [set=k:v;k:v] [unset=k;k] [append=k:v]
//   update-feature NAME level=1 [downgrade] [version=1]    unregister broker=3
//   allocate broker=1    advance ms=N    run fence|no-op|preferred|unclean    restart    show
//
// Each answers the records that were written, then the response, then what was observed at commit.
#include "broker-model/controller/controller.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>

#include "broker-model/messages/codec.h"
#include "tests/datadriven/datadriven.h"

namespace kafka {
namespace {

std::vector<std::string> split(const std::string& text, char by) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, by);) parts.push_back(part);
  return parts;
}

std::vector<std::int32_t> ids(const std::string& text) {
  std::vector<std::int32_t> result;
  for (const std::string& part : split(text, ',')) result.push_back(std::stoi(part));
  return result;
}

// The log is a list; a commit follows each command at once unless commits are held.
class Machine final : public ControllerHost {
 public:
  explicit Machine(ControllerMutations mutations = {}, std::int16_t elr = 0)
      : mutations_(mutations), elr_(elr) {
    start();
  }

  Offset append(const RecordList& records) override {
    for (const VersionedMetadataRecord& record : records) {
      log_.push_back(record.record);
      encode_metadata_record(record.record, record.version);  // the version can hold it
      // What a replica would read back.
      const auto decoded =
          decode_metadata_record(encode_metadata_record(record.record, record.version));
      REQUIRE(decoded.has_value());
      CHECK(to_text(decoded->record) == to_text(record.record));
      out_ += "+" + std::to_string(log_.size() - 1) + " " + to_text(record.record) + "\n";
    }
    return next_offset() - 1;
  }
  Offset next_offset() const override { return static_cast<Offset>(log_.size()); }
  QuorumFacts quorum() const override { return {.kraft_version = 1, .voters = voters_}; }
  void on_controller_response(std::uint64_t, const ControllerResponse& response) override {
    if (const auto* created = std::get_if<CreateTopicsResponse>(&response)) {
      CreateTopicsResponse shown = *created;  // without the defaults, which are the table's
      for (CreateTopicsResponse::CreatableTopicResult& topic : shown.topics) {
        std::erase_if(*topic.configs, [](const auto& config) { return config.config_source == 5; });
      }
      out_ += "-> " + to_text(shown) + "\n";
      return;
    }
    out_ += std::visit([](const auto& what) { return "-> " + to_text(what) + "\n"; }, response);
  }
  void observe(const Observation& observation) override {
    out_ += "! " + to_string(observation) + "\n";
  }

  std::string run(const test::DatadrivenCommand& command) {
    out_.clear();
    if (command.name == "restart") {
      start();
    } else if (command.name == "hold-commits") {
      is_held_ = true;
    } else if (command.name == "commit") {
      is_held_ = false;
    } else if (command.name == "advance") {
      now_ += std::chrono::milliseconds(command.get_int("ms"));
    } else if (command.name == "run") {
      controller_->run(task(command.words.at(0)), now_);
    } else if (command.name == "voters") {
      voters_.clear();
      for (const std::int32_t id : ids(command.words.at(0))) voters_.emplace_back(id);
    } else if (command.name == "show") {
      show();
    } else {
      controller_->handle({.token = ++token_,
                           .version = static_cast<std::int16_t>(command.get_int("version", 3)),
                           .received = now_},
                          request(command), now_);
    }
    if (!is_held_) controller_->on_commit(next_offset());
    controller_->check_invariants();
    return out_.empty() ? "ok\n" : out_;
  }

  const MetadataImage& image() const { return controller_->image(); }

 private:
  void start() {
    rng_ = env::Rng(42);
    controller_ = std::make_unique<Controller>(ControllerOptions{.id = NodeId(3000),
                                                                 .cluster_id = "c",
                                                                 .config = &config_,
                                                                 .rng = &rng_,
                                                                 .features = features(),
                                                                 .mutations = mutations_},
                                               *this);
    for (std::size_t i = 0; i < log_.size(); ++i) {
      controller_->replay(log_[i], static_cast<Offset>(i));
    }
    controller_->on_leader(LeaderEpoch(++epoch_), now_);
    controller_->on_commit(next_offset());
  }

  std::map<std::string, std::int16_t, std::less<>> features() const {
    auto levels = default_features();
    levels["eligible.leader.replicas.version"] = elr_;
    return levels;
  }

  static ControllerTask task(const std::string& name) {
    if (name == "fence") return ControllerTask::kFenceStaleBrokers;
    if (name == "no-op") return ControllerTask::kWriteNoOp;
    if (name == "preferred") return ControllerTask::kElectPreferred;
    return ControllerTask::kElectUnclean;
  }

  std::int64_t epoch_of(std::int32_t broker) const {
    const BrokerImage* image = controller_->image().broker(NodeId(broker));
    return image == nullptr ? -1 : image->epoch.value();
  }

  ControllerRequest request(const test::DatadrivenCommand& command) const {
    const auto broker = static_cast<std::int32_t>(command.get_int("broker"));
    const std::int64_t epoch = command.get_int("epoch", epoch_of(broker));
    if (command.name == "register") return registration(command, broker);
    if (command.name == "heartbeat") {
      return BrokerHeartbeatRequest{
          .broker_id = broker,
          .broker_epoch = epoch,
          .current_metadata_offset = command.get_int("offset", next_offset() - 1),
          .want_fence = command.has("want-fence"),
          .want_shut_down = command.has("want-shut-down")};
    }
    if (command.name == "create-topic") return creation(command);
    if (command.name == "alter-partition") return alteration(command, broker, epoch);
    if (const auto asked = admin_request(command)) return *asked;
    REQUIRE(command.name == "allocate");
    return AllocateProducerIdsRequest{.broker_id = broker, .broker_epoch = epoch};
  }

  static std::optional<ControllerRequest> admin_request(const test::DatadrivenCommand& command) {
    const std::string word = command.words.empty() ? "" : command.words[0];
    if (command.name == "delete-topic") {
      DeleteTopicsRequest request;
      request.topics.push_back({.name = word});
      return request;
    }
    if (command.name == "create-partitions") {
      CreatePartitionsRequest request;
      auto& topic = request.topics.emplace_back();
      topic.name = word;
      topic.count = static_cast<std::int32_t>(command.get_int("count"));
      if (!command.has("assign")) topic.assignments.reset();
      for (const std::string& replicas : split(command.get("assign"), ';')) {
        topic.assignments->push_back({.broker_ids = ids(replicas)});
      }
      return request;
    }
    if (command.name == "elect") {
      ElectLeadersRequest request{.election_type =
                                      static_cast<std::int8_t>(command.has("unclean") ? 1 : 0)};
      if (word == "all") {
        request.topic_partitions.reset();
        return request;
      }
      auto& topic = request.topic_partitions->emplace_back();
      topic.topic = split(word, '-').at(0);
      topic.partitions.push_back(std::stoi(split(word, '-').at(1)));
      return request;
    }
    if (command.name == "reassign") {
      AlterPartitionReassignmentsRequest request{.allow_replication_factor_change =
                                                     !command.has("keep-replication-factor")};
      auto& topic = request.topics.emplace_back();
      topic.name = split(word, '-').at(0);
      auto& partition = topic.partitions.emplace_back();
      partition.partition_index = std::stoi(split(word, '-').at(1));
      if (!command.has("cancel")) partition.replicas = ids(command.get("to"));
      return request;
    }
    if (command.name == "register-controller") return controller_registration(command);
    if (command.name == "list-reassignments") return ListPartitionReassignmentsRequest{};
    if (command.name == "alter-config") return config_change(command);
    if (command.name == "update-feature") {
      UpdateFeaturesRequest request;
      request.feature_updates.push_back(
          {.feature = word,
           .max_version_level = static_cast<std::int16_t>(command.get_int("level")),
           .upgrade_type = static_cast<std::int8_t>(command.has("downgrade") ? 2 : 1)});
      return request;
    }
    if (command.name == "unregister") {
      return UnregisterBrokerRequest{.broker_id =
                                         static_cast<std::int32_t>(command.get_int("broker"))};
    }
    return std::nullopt;
  }

  static ControllerRequest config_change(const test::DatadrivenCommand& command) {
    IncrementalAlterConfigsRequest request;
    auto& resource = request.resources.emplace_back();
    resource.resource_type = static_cast<std::int8_t>(command.has("topic") ? 2 : 4);
    resource.resource_name = command.has("topic") ? command.get("topic") : command.get("node");
    const auto add = [&](const char* option, std::int8_t operation) {
      for (const std::string& set : split(command.get(option), ';')) {
        const auto parts = split(set, ':');
        auto& config = resource.configs.emplace_back();
        config.name = parts.at(0);
        config.config_operation = operation;
        config.value.reset();
        if (parts.size() > 1) config.value = parts[1];
      }
    };
    add("set", 0);
    add("unset", 1);
    add("append", 2);
    return request;
  }

  static ControllerRequest registration(const test::DatadrivenCommand& command,
                                        std::int32_t broker) {
    const auto unsigned_id = static_cast<std::uint64_t>(broker);
    BrokerRegistrationRequest request{
        .broker_id = broker,
        .cluster_id = command.get("cluster", "c"),
        .incarnation_id = {unsigned_id,
                           static_cast<std::uint64_t>(command.get_int("incarnation", 1))},
        .rack = std::nullopt,
        .log_dirs = {{1000 + unsigned_id, 1}},
        .previous_broker_epoch = command.get_int("previous", -1)};
    if (command.has("rack")) request.rack = command.get("rack");
    request.listeners.push_back(
        {.name = "PLAINTEXT", .host = "b" + std::to_string(broker), .port = 9092});
    request.features.push_back(
        {.name = "eligible.leader.replicas.version",
         .max_supported_version = static_cast<std::int16_t>(command.get_int("elr-version", 1))});
    request.features.push_back({.name = "metadata.version",
                                .min_supported_version = 7,
                                .max_supported_version = static_cast<std::int16_t>(
                                    command.get_int("metadata-version", kMetadataVersion))});
    return request;
  }

  static ControllerRequest controller_registration(const test::DatadrivenCommand& command) {
    const auto id = static_cast<std::int32_t>(command.get_int("controller"));
    ControllerRegistrationRequest request{
        .controller_id = id,
        .incarnation_id = {static_cast<std::uint64_t>(id),
                           static_cast<std::uint64_t>(command.get_int("incarnation", 1))}};
    request.listeners.push_back(
        {.name = "CONTROLLER", .host = "c" + std::to_string(id), .port = 9093});
    request.features.push_back(
        {.name = "eligible.leader.replicas.version",
         .max_supported_version = static_cast<std::int16_t>(command.get_int("elr-version", 1))});
    return request;
  }

  static ControllerRequest creation(const test::DatadrivenCommand& command) {
    CreateTopicsRequest request{.validate_only = command.has("validate-only")};
    CreateTopicsRequest::CreatableTopic topic{
        .name = command.words.empty() ? "" : command.words[0],
        .num_partitions = static_cast<std::int32_t>(command.get_int("partitions", -1)),
        .replication_factor = static_cast<std::int16_t>(command.get_int("rf", -1))};
    for (const std::string& set : split(command.get("config"), ';')) {
      const auto parts = split(set, ':');
      topic.configs.push_back({.name = parts.at(0), .value = parts.at(1)});
    }
    std::int32_t number = 0;
    for (const std::string& replicas : split(command.get("assign"), ';')) {
      topic.assignments.push_back({.partition_index = number++, .broker_ids = ids(replicas)});
    }
    request.topics.push_back(std::move(topic));
    return request;
  }

  ControllerRequest alteration(const test::DatadrivenCommand& command, std::int32_t broker,
                               std::int64_t epoch) const {
    const auto parts = split(command.words.at(0), '-');
    const std::int32_t number = std::stoi(parts.at(1));
    const TopicImage* topic = controller_->image().topic(parts.at(0));
    const PartitionImage* partition = controller_->image().partition({parts.at(0), number});
    AlterPartitionRequest::PartitionData data{
        .partition_index = number,
        .leader_epoch = static_cast<std::int32_t>(
            command.get_int("leader-epoch", partition ? partition->leader_epoch.value() : 0)),
        .leader_recovery_state = static_cast<std::int8_t>(command.get_int("recovery", 0)),
        .partition_epoch = static_cast<std::int32_t>(command.get_int(
            "partition-epoch", partition ? partition->partition_epoch.value() : 0))};
    for (const std::int32_t id : ids(command.get("isr"))) {
      data.new_isr.push_back(id);
      data.new_isr_with_epochs.push_back(
          {.broker_id = id, .broker_epoch = command.get_int("member-epoch", epoch_of(id))});
    }
    AlterPartitionRequest request{.broker_id = broker, .broker_epoch = epoch};
    request.topics.push_back({.topic_id = topic == nullptr ? Uuid{9, 9} : topic->id});
    request.topics[0].partitions.push_back(std::move(data));
    return request;
  }

  void show() {
    const auto list = [](const std::vector<NodeId>& members) {
      std::string text;
      for (const NodeId id : members)
        text += (text.empty() ? "" : ",") + std::to_string(id.value());
      return text;
    };
    const auto named = [&](const char* what, const std::vector<NodeId>& members) {
      return members.empty() ? "" : what + list(members);
    };
    for (const auto& [id, broker] : image().brokers()) {
      out_ += "broker " + std::to_string(id.value()) + " epoch " +
              std::to_string(broker.epoch.value()) + (broker.is_fenced ? " fenced" : "") +
              (broker.in_controlled_shutdown ? " shutting down" : "") + "\n";
    }
    for (const auto& [id, controller] : image().controllers()) {
      out_ += "controller " + std::to_string(id.value()) + " incarnation " +
              to_string(controller.incarnation_id) + " at " +
              controller.listeners.at(0).endpoint.host + "\n";
    }
    for (const auto& [name, id] : image().topic_ids()) {
      for (const auto& [number, partition] : image().topic(id)->partitions) {
        out_ += name + "-" + std::to_string(number) + " leader " +
                (partition.leader ? std::to_string(partition.leader->value()) : "none") +
                " epoch " + std::to_string(partition.leader_epoch.value()) + " isr " +
                list(partition.isr) + " replicas " + list(partition.replicas) +
                named(" adding ", partition.adding_replicas) +
                named(" removing ", partition.removing_replicas) +
                named(" elr ", partition.eligible_leader_replicas) +
                named(" last-known ", partition.last_known_elr) + " partition_epoch " +
                std::to_string(partition.partition_epoch.value()) + "\n";
      }
    }
  }

  Config config_{ConfigDef::broker()};
  ControllerMutations mutations_;
  std::int16_t elr_;  // level at the beginning
  env::Rng rng_{42};
  std::vector<MetadataRecord> log_;
  std::unique_ptr<Controller> controller_;
  Instant now_{Duration(0)};
  std::uint64_t token_ = 0;
  std::int32_t epoch_ = 0;
  bool is_held_ = false;
  std::vector<NodeId> voters_{NodeId(3000)};
  std::string out_;
};

void run_file(const char* file, ControllerMutations mutations = {}, std::int16_t elr = 0) {
  Machine machine(mutations, elr);
  test::run_datadriven(
      file, [&](const test::DatadrivenCommand& command) { return machine.run(command); });
}

}  // namespace

TEST_CASE("controller: registration, heartbeats, session expiry") {
  run_file("controller/brokers.txt");
}
TEST_CASE("controller: topics are created or refused") { run_file("controller/create_topics.txt"); }
TEST_CASE("controller: AlterPartition, every check") { run_file("controller/alter_partition.txt"); }
TEST_CASE("controller: failover of leaders, controlled shutdown, restart of the controller") {
  run_file("controller/failover.txt");
}
TEST_CASE("controller: topics deleted, partitions added, configuration and features changed") {
  run_file("controller/administration.txt");
}
TEST_CASE("controller: elections that are asked for") { run_file("controller/elections.txt"); }
TEST_CASE("controller: reassignment, step by step, cancelled, completed") {
  run_file("controller/reassignment.txt");
}
TEST_CASE("controller: registrations of controllers, and levels that all must know") {
  run_file("controller/controllers.txt");
}
TEST_CASE("controller: eligible leader replicas") { run_file("controller/elr.txt", {}, 1); }
TEST_CASE("planted bugs: leader epoch reused, deposed leader obeyed") {
  run_file("controller/planted.txt", {.reuse_leader_epoch = true, .accept_deposed_leader = true});
}

}  // namespace kafka
