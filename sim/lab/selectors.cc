#include "sim/lab/selectors.h"

#include <fmt/format.h>

#include <algorithm>

#include "broker-model/types/config.h"
#include "sim/lab/lab.h"

namespace sim {
namespace {

using Selected = std::expected<std::vector<HostId>, SelectorError>;

std::vector<std::string> nearest_of(std::string_view name, const std::vector<std::string>& known) {
  const std::vector<std::string_view> candidates(known.begin(), known.end());
  return kafka::nearest_names(name, candidates);
}

std::vector<HostId> members_in(Lab& lab, bool (*is_wanted)(Role)) {
  std::vector<HostId> hosts;
  for (std::uint32_t id = 1; id <= lab.world().host_count(); ++id) {
    if (is_wanted(lab.recorder().member(HostId(id)).role)) hosts.emplace_back(id);
  }
  return hosts;
}

bool is_server(Role role) { return role == Role::kBroker || role == Role::kController; }

struct Group {
  std::string_view name;
  bool (*is_wanted)(Role);
};
constexpr Group kGroups[] = {
    {"brokers", [](Role role) { return role == Role::kBroker; }},
    {"controllers", [](Role role) { return role == Role::kController; }},
    {"servers", &is_server},
    {"clients", [](Role role) { return !is_server(role); }},
    {"all", [](Role) { return true; }},
};

std::vector<HostId> hosts_of(Lab& lab, const std::vector<kafka::NodeId>& brokers) {
  std::vector<HostId> hosts;
  for (const kafka::NodeId id : brokers) hosts.push_back(lab.broker(id).id());
  return hosts;
}

enum class Part : std::uint8_t { kLeader, kFollowers, kIsr, kReplicas };
struct PartName {
  std::string_view prefix;
  Part part;
};
constexpr PartName kParts[] = {{"leader of ", Part::kLeader},
                               {"followers of ", Part::kFollowers},
                               {"isr of ", Part::kIsr},
                               {"replicas of ", Part::kReplicas}};

Selected select_of_partition(Lab& lab, Part part, std::string_view text) {
  const auto partition = parse_partition(lab, text);
  if (!partition.has_value()) return std::unexpected(partition.error());
  const ClusterState::Partition* state = lab.state().find(*partition);
  if (state == nullptr)
    return std::unexpected(
        SelectorError{fmt::format("partition {} has not been created yet", text)});
  std::vector<kafka::NodeId> brokers;
  switch (part) {
    case Part::kLeader:
      if (state->leader.has_value()) brokers = {*state->leader};
      break;
    case Part::kFollowers:
      for (const kafka::NodeId id : state->replicas) {
        if (id != state->leader) brokers.push_back(id);
      }
      break;
    case Part::kIsr: brokers = state->isr; break;
    case Part::kReplicas: brokers = state->replicas; break;
  }
  if (brokers.empty()) {
    return std::unexpected(SelectorError{fmt::format(
        "partition {} has no {} now", text, part == Part::kLeader ? "leader" : "such replica")});
  }
  return hosts_of(lab, brokers);
}

Selected select_rack(Lab& lab, std::string_view rack) {
  std::vector<kafka::NodeId> brokers;
  std::vector<std::string> racks;
  for (const auto& [id, name] : lab.racks()) {
    if (name == rack) brokers.push_back(id);
    if (!name.empty() && std::ranges::find(racks, name) == racks.end()) racks.push_back(name);
  }
  if (brokers.empty()) {
    return std::unexpected(SelectorError{racks.empty()
                                             ? "the cluster has no racks; cluster{ racks = } names "
                                               "them"
                                             : fmt::format("no rack \"{}\"", rack),
                                         nearest_of(rack, racks)});
  }
  return hosts_of(lab, brokers);
}

Selected select_named(Lab& lab, std::string_view name) {
  if (const Host* host = lab.world().find_host(name); host != nullptr)
    return std::vector<HostId>{host->id()};
  std::vector<std::string> known = {"controller", "leader of TOPIC-0", "isr of TOPIC-0"};
  for (const Group& group : kGroups) known.emplace_back(group.name);
  for (std::uint32_t id = 1; id <= lab.world().host_count(); ++id)
    known.push_back(lab.world().host(HostId(id)).name());
  return std::unexpected(
      SelectorError{fmt::format("no node \"{}\"", name), nearest_of(name, known)});
}

}  // namespace

std::expected<kafka::TopicPartition, SelectorError> parse_partition(const Lab& lab,
                                                                    std::string_view text) {
  const std::size_t dash = text.rfind('-');
  const std::string_view number = dash == text.npos ? "" : text.substr(dash + 1);
  const bool is_number =
      !number.empty() && number.size() < 9 && number.find_first_not_of("0123456789") == number.npos;
  if (!is_number) {
    return std::unexpected(
        SelectorError{fmt::format("a partition is written \"topic-0\", got \"{}\"", text)});
  }
  const std::string_view name = text.substr(0, dash);
  const TopicSpec* topic = lab.topic(name);
  if (topic == nullptr) {
    return std::unexpected(
        SelectorError{fmt::format("no topic \"{}\"", name), nearest_of(name, lab.topic_names())});
  }
  const std::int32_t partition = std::atoi(std::string(number).c_str());
  if (partition >= topic->partitions) {
    return std::unexpected(SelectorError{fmt::format(
        "topic {} has partitions 0 to {}, got {}", topic->name, topic->partitions - 1, partition)});
  }
  return kafka::TopicPartition{topic->name, partition};
}

std::expected<std::vector<HostId>, SelectorError> select_hosts(Lab& lab, std::string_view selector,
                                                               env::Rng& rng) {
  constexpr std::string_view kRandom = "random ";
  if (selector.starts_with(kRandom)) {
    Selected several = select_hosts(lab, selector.substr(kRandom.size()), rng);
    if (!several.has_value()) return several;
    return std::vector<HostId>{(*several)[rng.below(several->size())]};
  }
  for (const PartName& known : kParts) {
    if (selector.starts_with(known.prefix))
      return select_of_partition(lab, known.part, selector.substr(known.prefix.size()));
  }
  constexpr std::string_view kRack = "rack ";
  if (selector.starts_with(kRack)) return select_rack(lab, selector.substr(kRack.size()));
  if (selector == "controller") return std::vector<HostId>{lab.controller().id()};
  for (const Group& group : kGroups) {
    if (selector != group.name) continue;
    std::vector<HostId> hosts = members_in(lab, group.is_wanted);
    if (hosts.empty())
      return std::unexpected(SelectorError{fmt::format("the cluster has no {} yet", selector)});
    return hosts;
  }
  return select_named(lab, selector);
}

}  // namespace sim
