// Every fault against a whole cluster, as a conversation: tests/datadriven/faults/<name>.txt.
//
//   cluster brokers=3 rate=100     a topic "orders" (partitions=1 replicas=3), a producer with
//                                  acks=all, a consumer; all checks
//   run 5s
//   inject slow-disk duration=2s   parameters as in a scenario, one a line below: node = broker-1
//   effects 1                      what the first fault did so far
//   heal 1
//   state                          leaders and ISRs, brokers that are not in service
//   checks                         what the checkers say at the end of it all; last
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "sim/core/quantities.h"
#include "sim/lab/fault_args.h"
#include "tests/datadriven/datadriven.h"
#include "tests/support/lab_faults.h"

namespace sim {
namespace {

namespace fs = std::filesystem;

const fs::path kFolder = fs::path(TITORELLI_SOURCE_DIR) / "tests/datadriven/faults";

class Conversation {
 public:
  std::string answer(const test::DatadrivenCommand& command) {
    if (command.name == "cluster") return cluster(command);
    REQUIRE_MESSAGE(lab_ != nullptr, command.file, ":", command.line, ": cluster comes first");
    if (command.name == "run") return run(command);
    if (command.name == "inject") return inject(command);
    if (command.name == "heal") return heal(command);
    if (command.name == "effects") return effects(number(command));
    if (command.name == "state") return state();
    if (command.name == "checks") return checks();
    FAIL(command.file, ":", command.line, ": unknown command ", command.name);
    return "";
  }

 private:
  static std::string word(const test::DatadrivenCommand& command) {
    REQUIRE_MESSAGE(!command.words.empty(), command.file, ":", command.line, ": a word is missing");
    return command.words.front();
  }
  FaultId number(const test::DatadrivenCommand& command) const {
    const int given = command.words.empty() ? 1 : std::stoi(command.words.front());
    REQUIRE(given >= 1);
    REQUIRE(static_cast<std::size_t>(given) <= lab_->faults().size());
    return FaultId(static_cast<std::uint32_t>(given - 1));
  }

  std::string cluster(const test::DatadrivenCommand& command) {
    lab_ = std::make_unique<Lab>(
        LabOptions{.seed = static_cast<std::uint64_t>(command.get_int("seed", 1))});
    ClusterSpec spec{.brokers = static_cast<int>(command.get_int("brokers", 3))};
    std::istringstream racks(command.get("racks"));
    for (std::string rack; std::getline(racks, rack, ',');) spec.racks.push_back(rack);
    const int replicas = std::min(spec.brokers, 3);
    lab_->build_cluster(std::move(spec));
    TopicSpec topic{.name = "orders",
                    .partitions = static_cast<std::int32_t>(command.get_int("partitions", 1)),
                    .replicas = static_cast<std::int16_t>(replicas)};
    REQUIRE(topic.config.set("min.insync.replicas", "2").has_value());
    lab_->declare_topic(std::move(topic));
    for (const char* check : {"no_lost_acks", "replicas_agree", "high_watermark_monotonic",
                              "one_leader_per_epoch", "in_order_without_gaps"})
      lab_->add_check(check, "orders");
    kafka::Config producer(kafka::ConfigDef::producer());
    REQUIRE(producer.set("acks", "all").has_value());
    const std::int64_t rate = command.get_int("rate", 100);
    LoadSpec load;
    load.topic = "orders";
    load.gap = env::Duration(1'000'000'000 / rate);
    lab_->drive(lab_->add_producer(std::move(producer)), std::move(load));
    kafka::Config consumer(kafka::ConfigDef::consumer());
    REQUIRE(consumer.set("auto.offset.reset", "earliest").has_value());
    lab_->add_consumer(std::move(consumer), "orders");
    return "";
  }

  std::string run(const test::DatadrivenCommand& command) {
    const auto time = parse_duration(word(command));
    REQUIRE(time.has_value());
    lab_->world().run_until(lab_->world().now() + env::Duration(*time));
    return "";
  }

  std::string inject(const test::DatadrivenCommand& command) {
    const FaultInfo* info = find_fault(word(command));
    if (info == nullptr) return fmt::format("no fault {}", word(command));
    FaultArgsReader reader(*lab_, *info, "fault", lab_->faults().next_stream());
    for (const std::string& line : command.input) {
      const std::size_t equals = line.find(" = ");
      REQUIRE_MESSAGE(equals != line.npos, command.file, ":", command.line, ": NAME = VALUE");
      const auto done = reader.set_text(line.substr(0, equals), line.substr(equals + 3));
      if (!done.has_value()) return "error: " + done.error().message;
    }
    const auto args = reader.finish();
    if (!args.has_value()) return "error: " + args.error().message;
    std::optional<env::Duration> duration;
    if (command.has("duration")) {
      const auto time = parse_duration(command.get("duration"));
      REQUIRE(time.has_value());
      duration = env::Duration(*time);
    }
    const auto id = lab_->faults().inject(*info, *args, duration);
    if (!id.has_value()) return "error: " + id.error().sentence;
    return lab_->faults().records().at(id->value()).name;
  }

  std::string heal(const test::DatadrivenCommand& command) {
    const auto healed = lab_->faults().heal(number(command));
    return healed.has_value() ? "" : "error: " + healed.error();
  }

  std::string effects(FaultId id) const {
    std::string text;
    for (const Effect& effect : lab_->faults().effects(id)) {
      const std::string amount = effect.unit == Effect::Unit::kTime
                                     ? fmt::format("{} ms", effect.amount / 1'000'000)
                                     : std::to_string(effect.amount);
      text += fmt::format("{}: {}\n", effect.what, amount);
    }
    const FaultRecord& record = lab_->faults().records().at(id.value());
    if (record.until.has_value())
      text += fmt::format("over at {}\n", duration_text(record.until->time_since_epoch()));
    return text;
  }

  std::string state() const {
    std::string text;
    for (const auto& [partition, state] : lab_->state().partitions()) {
      std::string isr;
      for (const kafka::NodeId id : state.isr)
        isr += fmt::format("{}{}", isr.empty() ? "" : ",", id.value());
      text +=
          fmt::format("{}-{} leader {} epoch {} isr [{}]\n", partition.topic, partition.partition,
                      state.leader.has_value() ? std::to_string(state.leader->value()) : "none",
                      state.leader_epoch.value(), isr);
    }
    for (Host* broker : lab_->brokers()) {
      const std::string_view how = broker->state() == HostState::kDown     ? "down"
                                   : broker->state() == HostState::kPaused ? "paused"
                                   : !lab_->is_unfenced(*broker)           ? "fenced"
                                                                           : "";
      if (!how.empty()) text += fmt::format("{} {}\n", broker->name(), how);
    }
    return text;
  }

  std::string checks() {
    lab_->finish();
    std::string text;
    for (const kafka::CheckResult& check : lab_->recorder().check_results()) {
      text += fmt::format("{} {}\n", check.name,
                          check.verdict == kafka::Verdict::kOk         ? "ok"
                          : check.verdict == kafka::Verdict::kViolated ? "violated"
                                                                       : "unknown");
    }
    return text;
  }

  std::unique_ptr<Lab> lab_;
};

}  // namespace

TEST_CASE("each fault does to a cluster what its conversation says") {
  for (const FaultInfo& info : faults()) {
    const fs::path file = kFolder / (std::string(info.name) + ".txt");
    CHECK_MESSAGE(fs::exists(file), "a fault without its datadriven test: ", info.name);
    if (!fs::exists(file)) continue;
    INFO(info.name);
    Conversation conversation;
    test::run_datadriven(
        fmt::format("faults/{}.txt", info.name),
        [&](const test::DatadrivenCommand& command) { return conversation.answer(command); });
  }
}

TEST_CASE("a conversation stands beside each fault, and none without one") {
  for (const auto& entry : fs::directory_iterator(kFolder)) {
    const std::string name = entry.path().stem().string();
    CHECK_MESSAGE(find_fault(name) != nullptr, entry.path().string());
  }
}

TEST_CASE("what a fault says of itself is complete") {
  for (const FaultInfo& info : faults()) {
    INFO(info.name);
    CHECK((info.install != nullptr));
    CHECK(info.doc.ends_with("."));
    CHECK(std::ranges::find(kFaultFamilies, info.family) != std::end(kFaultFamilies));
    for (const FaultParam& param : info.params) {
      CHECK_FALSE(param.doc.empty());
      CHECK((param.kind == ParamKind::kChoice) == !param.choices.empty());
      CHECK_MESSAGE(!(param.is_required && !param.fallback.empty()), param.name);
    }
  }
}

}  // namespace sim
