#include "sim/lab/describe.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "broker-model/broker/broker.h"
#include "broker-model/client/consumer/consumer.h"
#include "broker-model/client/producer/producer.h"
#include "broker-model/controller/metadata_image.h"
#include "broker-model/raft/raft_client.h"
#include "sim/lab/inspect.h"
#include "sim/lab/lab.h"

namespace sim {
namespace {

std::string ids(std::span<const kafka::NodeId> nodes) {
  std::vector<std::int32_t> numbers;
  for (const kafka::NodeId node : nodes) numbers.push_back(node.value());
  return fmt::format("{{{}}}", fmt::join(numbers, ","));
}

std::string id_or_none(const std::optional<kafka::NodeId>& node) {
  return node.has_value() ? fmt::format("{}", node->value()) : "none";
}

std::string_view name_of(kafka::BrokerRunState state) {
  switch (state) {
    case kafka::BrokerRunState::kNotRunning: return "not running";
    case kafka::BrokerRunState::kStarting: return "starting";
    case kafka::BrokerRunState::kRecovery: return "registered, fenced";
    case kafka::BrokerRunState::kRunning: return "running";
    case kafka::BrokerRunState::kPendingControlledShutdown: return "in controlled shutdown";
    case kafka::BrokerRunState::kShuttingDown: return "shutting down";
  }
  return "?";
}

std::string host_line(const Host& host) {
  std::string line =
      fmt::format("{}: {}, incarnation {}", host.name(), name_of(host.state()), host.incarnation());
  if (const env::Duration error = host.wall_clock_error(); error != env::Duration::zero())
    line += fmt::format(", wall clock off by {} ms", env::millis(error));
  if (host.cpu_factor() != 1) line += fmt::format(", CPU {} times slower", host.cpu_factor());
  return line;
}

// --- replicas
// --------------------------------------------------------------------------------------

std::string log_words(const kafka::PartitionLog& log) {
  std::string words = fmt::format("log {}..{}", log.log_start_offset(), log.log_end_offset());
  if (log.next_offset() != log.log_end_offset())
    words += fmt::format(" (written up to {})", log.next_offset());
  return words + fmt::format(", synced below {}", log.recovery_point());
}

std::string epochs_line(const kafka::PartitionLog& log) {
  constexpr std::size_t kShown = 8;
  const std::vector<kafka::EpochEntry>& entries = log.epochs().entries();
  std::string line = "leader epochs (epoch@start):";
  const std::size_t first = entries.size() > kShown ? entries.size() - kShown : 0;
  if (first > 0) line += fmt::format(" ... {} more,", first);
  for (std::size_t i = first; i < entries.size(); ++i)
    line += fmt::format(" {}@{}", entries[i].epoch.value(), entries[i].start_offset);
  return line;
}

std::string replica_line(const kafka::Partition& replica) {
  const bool leads = replica.is_leader();
  std::string line = fmt::format(
      "{} of epoch {}, {}, high watermark {}",
      leads ? "leader" : fmt::format("follower of {}", id_or_none(replica.leader())),
      replica.leader_epoch().value(), log_words(replica.log()), replica.high_watermark());
  if (!leads) return line;
  line += fmt::format(", ISR {}", ids(replica.isr()));
  if (replica.pending_change() != kafka::IsrChange::kNone)
    line += fmt::format(" (asks for {})", ids(replica.maximal_isr()));
  if (replica.is_under_min_isr()) line += ", under min ISR";
  return line;
}

std::string remote_line(const kafka::RemoteReplica& remote) {
  if (!remote.log_end_offset.has_value())
    return fmt::format("sees {}: has not fetched in this epoch", remote.broker.value());
  return fmt::format("sees {}: log end {}, caught up at {} ms of its wall clock",
                     remote.broker.value(), *remote.log_end_offset, remote.last_caught_up_time_ms);
}

std::string describe_partition(Lab& lab, const kafka::TopicPartition& partition) {
  const ClusterState::Partition* truth = lab.state().find(partition);
  if (truth == nullptr) return fmt::format("{}: not created yet\n", to_string(partition));
  std::string text =
      fmt::format("{}: leader {}, epoch {}, partition epoch {}, ISR {}, replicas {}\n",
                  to_string(partition), id_or_none(truth->leader), truth->leader_epoch.value(),
                  truth->partition_epoch.value(), ids(truth->isr), ids(truth->replicas));
  for (const kafka::NodeId id : truth->replicas) {
    Host& host = lab.broker(id);
    const kafka::Partition* replica = replica_of(host, partition);
    if (replica == nullptr) {
      const auto last = truth->logs.find(id);
      text +=
          fmt::format("  broker {}: {}{}\n", id.value(),
                      host.state() == HostState::kDown ? "down" : "its log is not open",
                      last == truth->logs.end()
                          ? ""
                          : fmt::format(", last told log {}..{}, high watermark {}",
                                        last->second.log_start_offset, last->second.log_end_offset,
                                        last->second.high_watermark));
      continue;
    }
    text += fmt::format("  broker {}: {}\n    {}\n", id.value(), replica_line(*replica),
                        epochs_line(replica->log()));
    for (const kafka::RemoteReplica& remote : replica->remote_replicas())
      text += fmt::format("    {}\n", remote_line(remote));
  }
  return text;
}

// --- nodes -----------------------------------------------------------------------------------

std::string describe_broker(const kafka::Broker& broker) {
  std::string text = fmt::format("  broker {}\n", name_of(broker.run_state()));
  if (const kafka::MetadataImage* image = broker.image(); image != nullptr)
    text += fmt::format("  metadata replayed up to offset {}\n", image->highest_offset());
  for (const kafka::Partition* replica : broker.partitions()) {
    text += fmt::format("  {}: {}\n", to_string(replica->topic_partition()),
                        replica->log().is_open() ? replica_line(*replica) : "opening its log");
  }
  return text;
}

std::string quorum_line(const kafka::RaftClient& raft) {
  const kafka::QuorumState& quorum = raft.quorum();
  std::string text =
      fmt::format("  quorum: {}, epoch {}", quorum.name_of(quorum.state()), quorum.epoch().value());
  if (const auto leader = quorum.leader_id()) text += fmt::format(", leader {}", leader->value());
  if (const auto voted = quorum.voted()) text += fmt::format(", voted {}", voted->id.value());
  const auto high_watermark = quorum.high_watermark();
  return text + fmt::format(", high watermark {}, log end {}\n",
                            high_watermark ? fmt::to_string(*high_watermark) : "unknown",
                            raft.log_end_offset());
}

std::string describe_controller(const kafka::ControllerNode& controller) {
  std::string text = controller.is_active() ? "  active\n" : "  not active\n";
  if (controller.raft() != nullptr) text += quorum_line(*controller.raft());
  const kafka::MetadataImage* image = controller.image();
  if (image == nullptr) return text;
  text += fmt::format("  metadata replayed up to offset {}\n", image->highest_offset());
  for (const auto& [id, broker] : image->brokers()) {
    text += fmt::format("  broker {}: epoch {}, {}{}\n", id.value(), broker.epoch.value(),
                        broker.is_fenced ? "fenced" : "unfenced",
                        broker.in_controlled_shutdown ? ", in controlled shutdown" : "");
  }
  for (const auto& [topic_id, topic] : image->topics()) {
    for (const auto& [number, partition] : topic.partitions) {
      text += fmt::format("  {}-{}: leader {}, epoch {}, ISR {}, ELR {}, replicas {}\n", topic.name,
                          number, id_or_none(partition.leader), partition.leader_epoch.value(),
                          ids(partition.isr), ids(partition.eligible_leader_replicas),
                          ids(partition.replicas));
    }
  }
  return text;
}

std::string batch_words(const kafka::ProducerBatch& batch) {
  std::string words = fmt::format("{} records", batch.record_count());
  if (batch.has_sequence())
    words += fmt::format(" (sequence {}..{})", batch.base_sequence(), batch.last_sequence());
  if (batch.attempts() > 0) words += fmt::format(", attempt {}", batch.attempts() + 1);
  return words;
}

std::string describe_producer(const kafka::Producer& producer) {
  std::string text;
  if (const kafka::TransactionManager* idempotence = producer.transactions();
      idempotence != nullptr) {
    text += fmt::format("  producer id {}, epoch {}\n", idempotence->producer().id.value(),
                        idempotence->producer().epoch.value());
  }
  text += fmt::format("  {} sends wait, {} bytes of buffer.memory free\n", producer.waiting_sends(),
                      producer.accumulator().available_memory());
  producer.accumulator().for_each_partition([&](const kafka::ProducerPartition& partition) {
    text += fmt::format("  {}: {} batches queued, {} in flight\n", to_string(partition.id),
                        partition.queue.size(), partition.in_flight.size());
    for (const kafka::ProducerBatch* batch : partition.in_flight)
      text += fmt::format("    in flight: {}\n", batch_words(*batch));
    for (const kafka::ProducerBatch* batch : partition.queue)
      text += fmt::format("    queued: {}\n", batch_words(*batch));
  });
  return text;
}

std::string describe_consumer(const kafka::Consumer& consumer) {
  std::string text;
  for (const kafka::TopicPartition& partition : consumer.assignment()) {
    const std::optional<kafka::Offset> position = consumer.position(partition);
    text += fmt::format("  {}: position {}\n", to_string(partition),
                        position.has_value() ? fmt::format("{}", *position) : "none");
  }
  return text;
}

std::string describe_node(const Host& host) {
  std::string text = host_line(host) + "\n";
  const env::Node* node = const_cast<Host&>(host).node();
  if (const auto* broker = dynamic_cast<const kafka::Broker*>(node); broker != nullptr)
    return text + describe_broker(*broker);
  if (const auto* controller = dynamic_cast<const kafka::ControllerNode*>(node);
      controller != nullptr)
    return text + describe_controller(*controller);
  if (const auto* producer = dynamic_cast<const kafka::Producer*>(node); producer != nullptr)
    return text + describe_producer(*producer);
  if (const auto* consumer = dynamic_cast<const kafka::Consumer*>(node); consumer != nullptr)
    return text + describe_consumer(*consumer);
  return text;
}

// "broker/2" is broker-2, "controller" the active one, or the one that was.
std::string host_name(Lab& lab, std::string_view thing) {
  std::string name(thing);
  std::ranges::replace(name, '/', '-');
  return name == "controller" && lab.has_cluster() ? lab.controller().name() : name;
}

SelectorError unknown(Lab& lab, std::string_view thing) {
  std::vector<std::string> names;
  for (const auto& [host, member] : lab.recorder().members()) names.push_back(member.name);
  for (const std::string& topic : lab.topic_names()) {
    names.push_back(topic);
    for (std::int32_t i = 0; i < lab.topic(topic)->partitions; ++i)
      names.push_back(fmt::format("{}-{}", topic, i));
  }
  const std::vector<std::string_view> known(names.begin(), names.end());
  SelectorError error{
      .message = fmt::format("there is no \"{}\"; there are: {}", thing, fmt::join(names, ", ")),
      .nearest = kafka::nearest_names(host_name(lab, thing), known)};
  return error;
}

}  // namespace

std::string_view name_of(HostState state) {
  switch (state) {
    case HostState::kDown: return "down";
    case HostState::kUp: return "up";
    case HostState::kPaused: return "paused";
  }
  return "?";
}

std::expected<std::string, SelectorError> describe(Lab& lab, std::string_view thing) {
  if (const Host* host = lab.world().find_host(host_name(lab, thing)); host != nullptr)
    return describe_node(*host);
  if (const auto partition = parse_partition(lab, thing); partition.has_value())
    return describe_partition(lab, *partition);
  const TopicSpec* topic = lab.topic(thing);
  if (topic == nullptr) return std::unexpected(unknown(lab, thing));
  std::string text;
  for (std::int32_t i = 0; i < topic->partitions; ++i)
    text += describe_partition(lab, {.topic = topic->name, .partition = i});
  return text;
}

std::string describe_all(Lab& lab) {
  std::string text;
  for (const auto& [id, member] : lab.recorder().members())
    text += host_line(lab.world().host(id)) + "\n";
  for (const auto& [partition, truth] : lab.state().partitions()) {
    std::vector<std::string> logs;
    for (const auto& [broker, log] : truth.logs) {
      logs.push_back(fmt::format("{}: {}..{} hw {}", broker.value(), log.log_start_offset,
                                 log.log_end_offset, log.high_watermark));
    }
    text += fmt::format("{}: leader {}, epoch {}, ISR {}, logs {}\n", to_string(partition),
                        id_or_none(truth.leader), truth.leader_epoch.value(), ids(truth.isr),
                        fmt::join(logs, "; "));
  }
  for (const FaultRecord& fault : lab.faults().records()) {
    if (!fault.until.has_value()) text += fmt::format("fault in force: {}\n", fault.name);
  }
  for (const kafka::CheckResult& check : lab.recorder().check_results())
    text += fmt::format("check {}: {}\n", check.name, name(check.verdict));
  return text;
}

}  // namespace sim
