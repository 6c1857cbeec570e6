#include "broker-model/replication/partition.h"

#include <doctest/doctest.h>

#include <sstream>

#include "tests/datadriven/datadriven.h"
#include "tests/unit/replication/partition_fixture.h"

namespace test {
namespace {

std::vector<NodeId> parse_nodes(const std::string& text) {
  std::vector<NodeId> result;
  std::istringstream stream(text);
  for (std::string id; std::getline(stream, id, ',');) result.push_back(NodeId{std::stoi(id)});
  return result;
}

std::string text_of(std::span<const NodeId> list) {
  std::string text;
  for (const NodeId id : list) text += (text.empty() ? "" : ",") + std::to_string(id.value());
  return text;
}

// One file is one story; `new` starts another partition.
struct Story {
  std::unique_ptr<PartitionOnDisk> at = std::make_unique<PartitionOnDisk>();
  std::size_t told_changes = 0;
  std::size_t told_moves = 0;

  Partition& partition() { return *at->partition; }

  // What the command brought about.
  std::string news() {
    std::string text;
    for (; told_moves < at->cluster.moves.size(); ++told_moves) {
      const auto& [old, now] = at->cluster.moves[told_moves];
      text += "high watermark " + std::to_string(old) + " -> " + std::to_string(now) + "\n";
    }
    for (; told_changes < at->cluster.submitted.size(); ++told_changes) {
      const ProposedIsr& change = at->cluster.submitted[told_changes];
      text += "AlterPartition leader_epoch=" + std::to_string(change.leader_epoch.value()) +
              " partition_epoch=" + std::to_string(change.partition_epoch.value()) + " isr=";
      for (const IsrMember& member : change.isr)
        text += std::to_string(member.broker.value()) + "@" +
                (member.broker_epoch ? std::to_string(member.broker_epoch->value()) : "-1") + " ";
      text.back() = '\n';
    }
    partition().check_invariants();
    return text.empty() ? "ok\n" : text;
  }

  PartitionRegistrationView registration(const DatadrivenCommand& command) {
    PartitionRegistrationView view;
    if (command.get("leader") != "none")
      view.leader = NodeId{static_cast<std::int32_t>(command.get_int("leader", 1))};
    view.leader_epoch = LeaderEpoch{static_cast<std::int32_t>(command.get_int("epoch"))};
    view.partition_epoch =
        PartitionEpoch{static_cast<std::int32_t>(command.get_int("partition_epoch"))};
    view.isr = parse_nodes(command.get("isr", "1,2,3"));
    view.replicas = parse_nodes(command.get("replicas", "1,2,3"));
    return view;
  }

  std::string state() {
    const Partition& p = partition();
    std::string text =
        p.is_leader()
            ? "leader"
            : "follower of " + (p.leader() ? std::to_string(p.leader()->value()) : "none");
    text += " epoch=" + std::to_string(p.leader_epoch().value()) +
            " partition_epoch=" + std::to_string(p.partition_epoch().value()) +
            " leo=" + std::to_string(p.log_end_offset()) +
            " hw=" + std::to_string(p.high_watermark());
    if (!p.is_leader()) return text + "\n";
    text += " start=" + std::to_string(*p.epoch_start_offset()) + " isr=" + text_of(p.isr()) +
            " maximal=" + text_of(p.maximal_isr());
    return text + (p.is_under_min_isr() ? " under-min-isr\n" : "\n");
  }

  std::string run(const DatadrivenCommand& command) {
    if (command.name == "new") {
      *this = Story{};
      at = std::make_unique<PartitionOnDisk>(
          static_cast<std::int32_t>(command.get_int("min_isr", 1)));
      return "ok\n";
    }
    if (command.name == "state") return state();
    if (command.name == "broker") {
      auto& broker = at->cluster.brokers[NodeId{static_cast<std::int32_t>(command.get_int("id"))}];
      broker.epoch = command.get_int("epoch", broker.epoch);
      broker.is_fenced = command.has("fenced");
      broker.is_shutting_down = command.has("shutting_down");
      return "ok\n";
    }
    if (command.name == "leader") {
      const bool is_new = partition().make_leader(registration(command), at->env.wall);
      return std::string(is_new ? "became leader\n" : "no new leader\n") + news();
    }
    if (command.name == "follower") {
      const bool is_new = partition().make_follower(registration(command));
      return std::string(is_new ? "new epoch\n" : "nothing new\n") + news();
    }
    if (command.name == "append") {
      const ErrorCode error =
          partition().check_append(static_cast<std::int16_t>(command.get_int("acks", -1)));
      if (error != ErrorCode::kNone) return std::string(name(error)) + "\n";
      at->append(static_cast<int>(command.get_int("count", 1)), partition().leader_epoch().value());
      return news();
    }
    if (command.name == "fetch") {
      std::optional<std::int64_t> epoch;
      if (command.has("epoch")) epoch = command.get_int("epoch");
      const auto update =
          at->fetch(static_cast<int>(command.get_int("from")), command.get_int("offset"), epoch);
      if (update.error != ErrorCode::kNone) return std::string(name(update.error)) + "\n";
      return news();
    }
    if (command.name == "reached") {
      const auto outcome = partition().check_enough_replicas_reach(command.get_int("offset"));
      return outcome ? std::string(name(*outcome)) + "\n" : "waits\n";
    }
    if (command.name == "fence") {
      const LeaderEpoch epoch{static_cast<std::int32_t>(command.get_int("epoch"))};
      return std::string(name(partition().check_leader_epoch(epoch))) + "\n";
    }
    if (command.name == "advance") {
      at->env.advance(std::chrono::milliseconds(command.get_int("ms")));
      return "ok\n";
    }
    if (command.name == "shrink") {
      partition().maybe_shrink_isr(at->env.wall);
      return news();
    }
    if (command.name == "leader_hw") {
      partition().update_follower_high_watermark(command.get_int("offset"));
      return news();
    }
    if (command.name == "answer") return answer(command);
    return "unknown command\n";
  }

  // The controller's answer to the newest change.
  std::string answer(const DatadrivenCommand& command) {
    REQUIRE(!at->cluster.submitted.empty());
    const ProposedIsr sent = at->cluster.submitted.back();
    AlteredPartition altered{.error = ErrorCode::kNone,
                             .leader = NodeId{1},
                             .leader_epoch = sent.leader_epoch,
                             .partition_epoch = PartitionEpoch{sent.partition_epoch.value() + 1},
                             .isr = {}};
    for (const IsrMember& member : sent.isr) altered.isr.push_back(member.broker);
    if (command.has("error")) altered.error = static_cast<ErrorCode>(command.get_int("error"));
    partition().on_alter_partition(sent, altered, at->env.wall);
    return news();
  }
};

void run_story(const std::string& file) {
  Story story;
  run_datadriven("replication/" + file,
                 [&](const DatadrivenCommand& command) { return story.run(command); });
}

}  // namespace

TEST_CASE("partition: roles, epochs and fences") { run_story("roles.txt"); }
TEST_CASE("partition: high watermark over the maximal ISR and catching-up followers") {
  run_story("high_watermark.txt");
}
TEST_CASE("partition: ISR expands and shrinks through the controller") { run_story("isr.txt"); }

TEST_CASE("partition: a second ISR change while one is queued leaves the committed state") {
  PartitionOnDisk at;
  at.partition->make_leader({.leader = NodeId{1},
                             .leader_epoch = LeaderEpoch{0},
                             .partition_epoch = PartitionEpoch{0},
                             .isr = nodes({1}),
                             .replicas = nodes({1, 2, 3})},
                            at.env.wall);
  at.cluster.refuses = true;
  CHECK(at.fetch(2, 0).error == ErrorCode::kNone);
  CHECK(at.partition->pending_change() == IsrChange::kNone);
  CHECK(at.partition->isr().size() == 1);
  at.cluster.refuses = false;
  CHECK(at.fetch(2, 0).error == ErrorCode::kNone);
  CHECK(at.partition->pending_change() == IsrChange::kExpand);
  at.partition->check_invariants();
}

TEST_CASE("partition: planted bug, the high watermark ignores the followers") {
  PartitionOnDisk at(2, {.high_watermark_ignores_followers = true});
  at.partition->make_leader({.leader = NodeId{1},
                             .leader_epoch = LeaderEpoch{0},
                             .partition_epoch = PartitionEpoch{0},
                             .isr = nodes({1, 2, 3}),
                             .replicas = nodes({1, 2, 3})},
                            at.env.wall);
  at.append(3, 0);
  CHECK(at.partition->high_watermark() == 3);
}

TEST_CASE("partition: planted bug, the high watermark follows a restarted follower back") {
  for (const bool planted : {false, true}) {
    PartitionOnDisk at(1, {.high_watermark_moves_back = planted});
    at.partition->make_leader({.leader = NodeId{1},
                               .leader_epoch = LeaderEpoch{0},
                               .partition_epoch = PartitionEpoch{0},
                               .isr = nodes({1, 2}),
                               .replicas = nodes({1, 2})},
                              at.env.wall);
    at.append(3, 0);
    at.fetch(2, 3);
    REQUIRE(at.partition->high_watermark() == 3);
    at.fetch(2, 1);
    CHECK(at.partition->high_watermark() == (planted ? 1 : 3));
  }
}

}  // namespace test
