#include "broker-model/client/producer/record_accumulator.h"

#include <algorithm>

#include "broker-model/messages/records/record_reader.h"

namespace kafka {
namespace {

bool are_all_full(const ProducerPartition& partition) {
  return partition.queue.empty() || partition.queue.back()->is_full();
}

}  // namespace

RecordAccumulator::RecordAccumulator(const AccumulatorOptions& options,
                                     TransactionManager* transactions)
    : options_(options),
      transactions_(transactions),
      backoff_(options.retry_backoff, options.retry_backoff_max),
      available_memory_(options.buffer_memory) {}

RecordAccumulator::Topic& RecordAccumulator::topic(const std::string& name) {
  const auto sticky_bytes =
      static_cast<std::int64_t>(std::max<std::size_t>(options_.batch_size, 1));
  return topics_.try_emplace(name, sticky_bytes).first->second;
}

ProducerPartition& RecordAccumulator::partition(const std::string& name, std::int32_t index) {
  std::unique_ptr<ProducerPartition>& found = topic(name).partitions[index];
  if (!found) found = std::make_unique<ProducerPartition>(TopicPartition{name, index});
  return *found;
}

const TopicShape& RecordAccumulator::shape_of(const ClientMetadata& metadata,
                                              const std::string& name, Topic& of) {
  if (of.shape_version == metadata.version()) return of.shape;
  const TopicMetadata* known = metadata.topic(name);
  TIT_ASSERT(known != nullptr, "a record is appended when its topic is known");
  of.shape = {.partition_count = static_cast<std::int32_t>(known->partitions.size())};
  for (std::int32_t i = 0; i < of.shape.partition_count; ++i) {
    if (metadata.leader({name, i})) of.shape.available.push_back(i);
  }
  of.shape_version = metadata.version();
  return of.shape;
}

// --- appending -----------------------------------------------------------------------------------

std::int32_t RecordAccumulator::choose_partition(env::Env& env, const ClientMetadata& metadata,
                                                 const std::string& name, Topic& of) {
  const TopicShape& shape = shape_of(metadata, name, of);
  // A switch that was put off because a batch was not full is made up for when it is now.
  while (true) {
    const std::int32_t index = of.partitioner.current(shape, env.rng());
    if (!are_all_full(partition(name, index))) return index;
    if (!of.partitioner.record_appended(0, true, shape, env.rng())) return index;
  }
}

RecordAccumulator::Appended RecordAccumulator::append(env::Env& env, const ClientMetadata& metadata,
                                                      const std::string& topic_name,
                                                      std::optional<std::int32_t> wanted,
                                                      const NewRecord& record,
                                                      const RecordHandle& handle) {
  std::size_t bytes = 0;
  if (wanted) return append_to(env, partition(topic_name, *wanted), record, handle, bytes);
  Topic& known = topic(topic_name);
  ProducerPartition& chosen =
      partition(topic_name, choose_partition(env, metadata, topic_name, known));
  const Appended appended = append_to(env, chosen, record, handle, bytes);
  if (appended.has_memory) {
    known.partitioner.record_appended(static_cast<std::int64_t>(bytes), are_all_full(chosen),
                                      shape_of(metadata, topic_name, known), env.rng());
  }
  return appended;
}

RecordAccumulator::Appended RecordAccumulator::append_to(env::Env& env,
                                                         ProducerPartition& partition,
                                                         const NewRecord& record,
                                                         const RecordHandle& handle,
                                                         std::size_t& appended_bytes) {
  const WallTime now = env.wall_clock();
  if (!partition.queue.empty()) {
    ProducerBatch& last = *partition.queue.back();
    const std::size_t before = last.size();
    if (last.try_append(record, handle, now)) {
      appended_bytes = last.size() - before;
      return {.is_batch_full = partition.queue.size() > 1 || last.is_full()};
    }
    last.close_for_appends();
  }
  const std::size_t limit = std::max(options_.batch_size, estimate_size_upper_bound(record));
  if (available_memory_ < static_cast<std::int64_t>(limit)) return {.has_memory = false};
  available_memory_ -= static_cast<std::int64_t>(limit);
  ProducerBatch& batch = make_batch(partition, limit, now, false);
  batch.holds_memory = true;
  const bool is_appended = batch.try_append(record, handle, now);
  TIT_ASSERT(is_appended, "a new batch takes its first record");
  partition.queue.push_back(&batch);
  appended_bytes = batch.size();
  return {.is_new_batch = true, .is_batch_full = partition.queue.size() > 1 || batch.is_full()};
}

ProducerBatch& RecordAccumulator::make_batch(ProducerPartition& partition, std::size_t limit,
                                             WallTime now, bool is_split) {
  const std::uint64_t number = next_number_++;
  auto& batch = batches_[number];
  batch = std::make_unique<ProducerBatch>(partition, number, limit, now, is_split);
  mark_active(partition);
  return *batch;
}

// --- what can be sent ----------------------------------------------------------------------------

RecordAccumulator::Ready RecordAccumulator::ready(env::Env& env, const ClientMetadata& metadata,
                                                  bool is_exhausted) {
  Ready result;
  for (auto& [name, topic] : topics_) {
    topic_ready(env, metadata, name, topic, is_exhausted, result);
  }
  return result;
}

void RecordAccumulator::topic_ready(env::Env& env, const ClientMetadata& metadata,
                                    const std::string& name, Topic& topic, bool is_exhausted,
                                    Ready& result) {
  const WallTime now = env.wall_clock();
  const TopicMetadata* known = metadata.topic(name);
  // Queues are weighed once each partition has had a batch; before, the choice is uniform.
  const bool weighs = options_.adaptive_partitioning && known != nullptr &&
                      topic.partitioner.is_in_use() &&
                      topic.partitions.size() >= known->partitions.size();
  std::vector<BuiltInPartitioner::Load> loads;
  if (weighs) loads.reserve(topic.partitions.size());
  const auto look_at = [&](std::int32_t index, ProducerPartition& partition) {
    const PartitionMetadata* at = known == nullptr ? nullptr : known->partition(index);
    const std::optional<NodeId> leader = at == nullptr ? std::nullopt : metadata.leader(*at);
    if (partition.queue.empty()) {
      // RecordAccumulator.partitionReady leaves the size of an empty queue at its initial zero.
      if (weighs && leader) loads.push_back({.partition = index, .queue_size = 0});
      return;
    }
    ProducerBatch& first = *partition.queue.front();
    first.update_leader_epoch(at == nullptr ? std::nullopt : at->leader_epoch);
    if (!leader) {
      result.topics_without_leader.insert(name);
      return;
    }
    if (weighs && !is_slow(*leader)) {
      loads.push_back(
          {.partition = index, .queue_size = static_cast<std::int32_t>(partition.queue.size())});
    }
    batch_ready(partition, first, *leader, is_exhausted, now, result);
  };
  if (weighs) {
    for (auto& [index, partition] : topic.partitions) look_at(index, *partition);
  } else {
    for (const std::int32_t index : topic.active) look_at(index, *topic.partitions.at(index));
  }
  topic.partitioner.update_loads(loads, weighs ? topic.partitions.size() : 0);
}

void RecordAccumulator::batch_ready(const ProducerPartition& partition, const ProducerBatch& first,
                                    NodeId leader, bool is_exhausted, WallTime now,
                                    Ready& result) const {
  if (partition.is_muted) return;
  const bool backs_off = first.is_backing_off(now);
  const Duration to_wait = backs_off ? first.backoff() : options_.linger;
  const Duration waited = first.waited(now);
  const bool is_full = partition.queue.size() > 1 || first.is_full();
  if (!backs_off && (is_full || waited >= to_wait || is_exhausted || is_closed_)) {
    result.nodes.insert(leader);
  } else {
    result.next_check = std::min(result.next_check, std::max(to_wait - waited, Duration{}));
  }
}

bool RecordAccumulator::is_slow(NodeId node) const {
  if (options_.partition_availability_timeout <= Duration{}) return false;
  const auto found = latencies_.find(node);
  return found != latencies_.end() &&
         found->second.ready - found->second.drained > options_.partition_availability_timeout;
}

void RecordAccumulator::note_node_ready(NodeId node, WallTime now, bool can_drain) {
  if (options_.partition_availability_timeout <= Duration{}) return;
  NodeLatency& latency = latencies_.try_emplace(node, NodeLatency{now, now}).first->second;
  if (can_drain) latency.drained = now;
  latency.ready = now;
}

std::vector<ProducerBatch*> RecordAccumulator::drain(env::Env& env, const ClientMetadata& metadata,
                                                     NodeId node, std::size_t max_bytes) {
  std::vector<ProducerBatch*> drained;
  const std::vector<TopicPartition>& led = metadata.partitions_led_by(node);
  if (led.empty()) return drained;
  const WallTime now = env.wall_clock();
  std::size_t size = 0;
  std::size_t& next = drain_index_[node];
  const std::size_t start = next % led.size();
  for (std::size_t i = 0; i < led.size(); ++i) {
    const std::size_t at = (start + i) % led.size();
    next = at;
    const auto topic = topics_.find(led[at].topic);
    if (topic == topics_.end()) continue;
    const auto found = topic->second.partitions.find(led[at].partition);
    if (found == topic->second.partitions.end()) continue;
    ProducerPartition& from = *found->second;
    if (from.is_muted || from.queue.empty()) continue;
    ProducerBatch& first = *from.queue.front();
    first.update_leader_epoch(metadata.leader_epoch(from.id));
    if (first.is_backing_off(now)) continue;
    if (size + first.size() > max_bytes && !drained.empty()) break;
    if (transactions_ != nullptr) {
      if (transactions_->must_wait(from, first)) break;
      if (!first.has_sequence()) transactions_->assign_sequence(from, first);
    }
    from.queue.pop_front();
    size += first.encoded().size();
    drained.push_back(&first);
  }
  return drained;
}

// --- time ----------------------------------------------------------------------------------------

std::vector<ProducerBatch*> RecordAccumulator::expired(WallTime now) {
  std::vector<ProducerBatch*> result;
  for_each_active([&](ProducerPartition& from) {
    while (!from.queue.empty() && from.queue.front()->has_reached(options_.delivery_timeout, now)) {
      result.push_back(from.queue.front());
      from.queue.pop_front();
    }
  });
  return result;
}

Duration RecordAccumulator::until_next_expiry(WallTime now) {
  Duration soonest = Duration::max();
  if (options_.delivery_timeout == Duration::max()) return soonest;
  const auto consider = [&](const ProducerBatch& batch) {
    const Duration left = options_.delivery_timeout - Duration(now - batch.created());
    soonest = std::min(soonest, std::max(left, Duration{}));
  };
  for_each_active([&](const ProducerPartition& each) {
    if (!each.queue.empty()) consider(*each.queue.front());
    if (!each.in_flight.empty()) consider(*each.in_flight.front());
  });
  return soonest;
}

// --- batches that come back ----------------------------------------------------------------------

void RecordAccumulator::mark_active(const ProducerPartition& partition) {
  topic(partition.id.topic).active.insert(partition.id.partition);
}

void RecordAccumulator::reenqueue(env::Env& env, ProducerBatch& batch) {
  mark_active(batch.partition());
  batch.reenqueued(env.wall_clock(), backoff_.after(batch.attempts(), env.rng()));
  if (transactions_ != nullptr) {
    insert_in_sequence_order(batch.partition(), batch);
  } else {
    batch.partition().queue.push_front(&batch);
  }
}

// Batches in flight fail one after the other: each finds its place among those already back.
void RecordAccumulator::insert_in_sequence_order(ProducerPartition& into, ProducerBatch& batch) {
  TIT_ASSERT(batch.has_sequence(), "a batch that was sent has a sequence");
  const auto place = std::ranges::find_if(into.queue, [&batch](const ProducerBatch* queued) {
    return !queued->has_sequence() || queued->base_sequence() > batch.base_sequence();
  });
  into.queue.insert(place, &batch);
}

void RecordAccumulator::split_and_reenqueue(env::Env& env, ProducerBatch& big) {
  const std::size_t target =
      big.is_split() ? std::max(big.largest_record(), big.size() / 2) : options_.batch_size;
  const RecordBatch encoded = big.encoded();
  const WallTime now = env.wall_clock();
  std::vector<ProducerBatch*> parts;
  RecordReader reader(encoded);
  for (const RecordHandle& handle : big.handles()) {
    const bool has_record = reader.next();
    TIT_ASSERT(has_record, "a batch of ours has a record for each handle");
    const std::vector<HeaderView> headers = reader.record().headers();
    const NewRecord record{.timestamp = reader.record().timestamp,
                           .key = reader.record().key,
                           .value = reader.record().value,
                           .headers = headers};
    if (parts.empty() || !parts.back()->try_append(record, handle, now)) {
      const std::size_t limit = std::max(target, estimate_size_upper_bound(record));
      parts.push_back(&make_batch(big.partition(), limit, big.created(), true));
      const bool is_appended = parts.back()->try_append(record, handle, now);
      TIT_ASSERT(is_appended, "a new batch takes its first record");
    }
  }
  std::int32_t sequence = big.base_sequence();
  for (ProducerBatch* part : parts) {
    part->close_for_appends();
    part->maybe_written = big.maybe_written;
    if (transactions_ == nullptr) continue;
    part->set_producer_state(big.producer(), sequence);
    sequence = increment_sequence(sequence, part->record_count());
  }
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    if (transactions_ != nullptr) {
      transactions_->track(**part);
      insert_in_sequence_order(big.partition(), **part);
    } else {
      big.partition().queue.push_front(*part);
    }
  }
}

void RecordAccumulator::release(ProducerBatch& batch) {
  if (!batch.is_done || batch.is_in_request) return;
  if (batch.holds_memory) available_memory_ += static_cast<std::int64_t>(batch.limit());
  batches_.erase(batch.number());
}

std::vector<ProducerBatch*> RecordAccumulator::all_batches() {
  std::vector<ProducerBatch*> all;
  for (const auto& [number, batch] : batches_) all.push_back(batch.get());
  return all;
}

void RecordAccumulator::check_invariants() const {
  std::int64_t held = 0;
  for (const auto& [number, batch] : batches_) {
    if (batch->holds_memory) held += static_cast<std::int64_t>(batch->limit());
    TIT_ASSERT(!batch->is_done || batch->is_in_request, "a batch that is done is released");
  }
  TIT_ASSERT(held + available_memory_ == options_.buffer_memory, "memory is held by batches only");
  for_each_partition([this](const ProducerPartition& each) {
    if (transactions_ != nullptr) transactions_->check_invariants(each);
    for (const ProducerBatch* batch : each.queue)
      TIT_ASSERT(!batch->is_done, "a batch of the queue has no outcome yet");
    const bool has_batches = !each.queue.empty() || !each.in_flight.empty();
    const std::set<std::int32_t>& active = topics_.find(each.id.topic)->second.active;
    TIT_ASSERT(!has_batches || active.contains(each.id.partition), "batches that nobody looks at");
  });
}

}  // namespace kafka
