#include "sim/lab/recorder.h"

#include <fmt/format.h>

namespace sim {
namespace {

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};

std::vector<std::int32_t> numbers(std::span<const kafka::NodeId> ids) {
  std::vector<std::int32_t> result;
  for (kafka::NodeId id : ids) result.push_back(id.value());
  return result;
}

}  // namespace

void Recorder::add_member(HostId host, Member member) { members_.emplace(host, std::move(member)); }

void Recorder::on_observation(env::Instant at, HostId host, std::uint32_t,
                              const kafka::Observation& observation, Digest& digest) {
  digest.add(kafka::hash(observation), host.value());
  Member& source = members_.at(host);
  if (is_old_news(source, observation)) return;
  state_.on_observation(source.id, observation);
  const bool is_server = source.role == Role::kBroker || source.role == Role::kController;
  checkers_.on_observation(at, source.name, is_server ? std::optional(source.id) : std::nullopt,
                           observation);
  measure(at, source.counts, observation);
  write_row(at, source, observation);
  listener_.on_observed(source, observation);
}

// A deposed controller may learn late, by a slow disk, that what it wrote was committed. Its
// successor has told that with what it found.
bool Recorder::is_old_news(const Member& source, const kafka::Observation& observation) const {
  const bool is_word_of_controller =
      std::holds_alternative<kafka::PartitionChanged>(observation.what) ||
      std::holds_alternative<kafka::BrokerStateChanged>(observation.what) ||
      std::holds_alternative<kafka::TopicDeleted>(observation.what);
  return is_word_of_controller && state_.controller().has_value() &&
         *state_.controller() != source.id;
}

void Recorder::measure(env::Instant at, ClientCounts& counts,
                       const kafka::Observation& observation) {
  std::visit(Overloaded{
                 [&](const kafka::SendStarted& o) {
                   ++counts.sent;
                   on_due(o.tag, o.intended);  // known already, if it is a load's
                   intended_by_content_.emplace(o.content, o.intended);
                 },
                 [&](const kafka::SendAcked& o) {
                   ++counts.acked;
                   metrics_.add(Count::kAcked, o.intended);
                   metrics_.add(Latency::kProduce, o.intended, at - o.intended);
                   unfinished_.erase(o.tag);
                 },
                 [&](const kafka::SendFailed& o) {
                   ++counts.failed;
                   metrics_.add(Count::kFailed, o.intended);
                   unfinished_.erase(o.tag);
                 },
                 [&](const kafka::RecordDelivered& o) {
                   ++counts.delivered;
                   metrics_.add(Count::kDelivered, at);
                   const auto found = intended_by_content_.find(o.content);
                   if (found == intended_by_content_.end()) return;  // delivered before
                   metrics_.add(Latency::kEndToEnd, found->second, at - found->second);
                   intended_by_content_.erase(found);
                 },
                 [](const auto&) {},
             },
             observation.what);
}

void Recorder::write_row(env::Instant at, const Member& source,
                         const kafka::Observation& observation) {
  std::visit(
      Overloaded{
          [&](const kafka::PartitionChanged& o) {
            EventRow row{.at = at,
                         .event = "partition",
                         .node = source.name,
                         .partition = to_string(o.partition.owned())};
            if (o.leader.has_value()) row.leader = o.leader->value();
            row.leader_epoch = o.leader_epoch.value();
            row.isr = numbers(o.isr);
            row.detail = o.is_unclean && o.leader.has_value() ? "unclean election"
                         : !o.leader_changed                  ? "isr"
                         : !o.leader.has_value()              ? "no leader"
                                                              : "election";
            rows_.push_back(std::move(row));
          },
          [&](const kafka::BrokerStateChanged& o) {
            rows_.push_back({.at = at,
                             .event = "broker-state",
                             .node = fmt::format("broker-{}", o.broker.value()),
                             .detail = std::string(name(o.state))});
          },
          [&](const kafka::ControllerElected& o) {
            rows_.push_back({.at = at,
                             .event = "controller",
                             .node = source.name,
                             .detail = fmt::format("epoch {}", o.epoch.value())});
          },
          [&](const kafka::Halted& o) {
            rows_.push_back({.at = at,
                             .event = "halted",
                             .node = source.name,
                             .detail = std::string(o.reason)});
          },
          [&](const kafka::LogTruncated& o) {
            rows_.push_back(
                {.at = at,
                 .event = "truncate",
                 .node = source.name,
                 .partition = to_string(o.partition.owned()),
                 .detail = fmt::format("{} to {}", o.old_end_offset, o.new_end_offset)});
          },
          [&](const kafka::SendFailed& o) {
            rows_.push_back({.at = at,
                             .event = "send-failed",
                             .node = source.name,
                             .partition = o.partition.has_value()
                                              ? fmt::format("{}-{}", o.topic, *o.partition)
                                              : std::string(o.topic),
                             .detail = fmt::format("{}: {}", kafka::name(o.error), o.reason)});
          },
          [](const auto&) {},
      },
      observation.what);
}

void Recorder::on_due(std::uint64_t tag, env::Instant intended) {
  if (unfinished_.emplace(tag, intended).second) metrics_.add(Count::kSent, intended);
}

void Recorder::finish(env::Instant at) {
  for (const auto& [tag, intended] : unfinished_) metrics_.add(Count::kUnfinished, intended);
  unfinished_.clear();
  checkers_.at_end(at);
}

}  // namespace sim
