#include "broker-model/controller/controller.h"

#include <utility>

#include "broker-model/types/features.h"
#include "broker-model/types/probe.h"

namespace kafka {
namespace {

constexpr Duration kUncleanElectionInterval = std::chrono::minutes(5);

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};

}  // namespace

Controller::Controller(ControllerOptions options, ControllerHost& host)
    : options_(std::move(options)),
      host_(host),
      cluster_(image_, options_.cluster_id,
               options_.config->get_duration("broker.session.timeout.ms")),
      features_(image_, options_.id),
      configuration_(image_, features_, *options_.config, options_.id),
      replication_(image_, cluster_, configuration_, *options_.config, *options_.rng,
                   options_.mutations),
      producer_ids_(image_, cluster_) {}

void Controller::replay(const MetadataRecord& record, Offset offset) { apply(record, offset); }

void Controller::apply(const MetadataRecord& record, Offset offset) {
  image_.replay(record, offset);
  cluster_.replay(record, offset);
  replication_.on_replayed(image_.take_delta());
}

void Controller::on_leader(LeaderEpoch epoch, Instant now) {
  is_active_ = true;
  host_.observe(
      ControllerElected{.controller = options_.id, .epoch = ControllerEpoch(epoch.value())});
  cluster_.activate(now);
  // What was committed before is told as it stands: an earlier leader may have died between its
  // commit and its word of it.
  for (const auto& [id, broker] : image_.brokers()) {
    host_.observe(BrokerStateChanged{.broker = id,
                                     .broker_epoch = broker.epoch,
                                     .state = broker.is_fenced ? BrokerState::kFenced
                                              : broker.in_controlled_shutdown
                                                  ? BrokerState::kInControlledShutdown
                                                  : BrokerState::kUnfenced});
  }
  for (const auto& [id, topic] : image_.topics()) {
    for (const auto& [number, partition] : topic.partitions) {
      observe(Change{.partition = {topic.name, number}, .after = partition});
    }
  }
  if (image_.highest_offset() >= 0) return;
  write_bootstrap_records();
}

// ActivationRecordsGenerator.recordsForEmptyLog.
void Controller::write_bootstrap_records() {
  RecordList records{{BeginTransactionRecord{.name = "Bootstrap records"}, 0}};
  const auto level = [&](const std::string& name) {
    const auto found = options_.features.find(name);
    return found == options_.features.end() ? std::int16_t{0} : found->second;
  };
  // BootstrapMetadata: metadata.version comes first, a feature at level 0 has no record.
  const std::string metadata_version(kMetadataVersionFeature);
  records.push_back(
      {FeatureLevelRecord{.name = metadata_version, .feature_level = level(metadata_version)}, 0});
  for (const auto& [name, value] : options_.features) {
    if (name == metadata_version || value == 0) continue;
    records.push_back({FeatureLevelRecord{.name = name, .feature_level = value}, 0});
  }
  if (level(std::string(kElrFeature)) > 0) {
    records.push_back(configuration_.cluster_min_isr_record());
  }
  records.push_back({EndTransactionRecord{}, 0});
  write(records);
}

Offset Controller::write(const RecordList& records) {
  if (records.empty()) return last_written_;
  const Offset last = host_.append(records);
  Offset offset = last - static_cast<Offset>(records.size()) + 1;
  for (const VersionedMetadataRecord& record : records) {
    note_change(record.record, offset);
    apply(record.record, offset++);
  }
  last_written_ = last;
  return last;
}

template <class Response>
void Controller::finish(std::uint64_t token, ControllerResult<Response> result) {
  const Offset offset = write(result.records);
  if (offset < high_watermark_) {
    host_.on_controller_response(token, result.response);
  } else {
    deferred_.push_back({.offset = offset, .token = token, .response = std::move(result.response)});
  }
}

void Controller::on_commit(Offset high_watermark) {
  high_watermark_ = high_watermark;
  while (!changes_.empty()) {
    const auto offset = std::visit([](const auto& seen) { return seen.offset; }, changes_.front());
    if (offset >= high_watermark) break;
    const auto seen = std::move(changes_.front());
    changes_.pop_front();
    std::visit([this](const auto& fact) { observe(fact); }, seen);
  }
  while (!deferred_.empty() && deferred_.front().offset < high_watermark) {
    const Deferred deferred = std::move(deferred_.front());
    deferred_.pop_front();
    host_.on_controller_response(deferred.token, deferred.response);
  }
}

void Controller::handle(const ControllerRequestContext& context, const ControllerRequest& request,
                        Instant now) {
  TIT_ASSERT(is_active_, "only the active controller handles requests");
  const auto version = context.version;
  const auto result_of = Overloaded{
      [&](const BrokerRegistrationRequest& what) { return register_broker(what, now); },
      [&](const AlterPartitionRequest& what) {
        return replication_.alter_partition(what, version);
      },
      [&](const AllocateProducerIdsRequest& what) { return producer_ids_.next_block(what); },
      [&](const CreateTopicsRequest& what) { return replication_.create_topics(what); },
      [&](const DeleteTopicsRequest& what) { return replication_.delete_topics(what, version); },
      [&](const CreatePartitionsRequest& what) { return replication_.create_partitions(what); },
      [&](const ElectLeadersRequest& what) { return replication_.elect_leaders(what); },
      [&](const AlterPartitionReassignmentsRequest& what) {
        return replication_.alter_reassignments(what);
      },
      [&](const ListPartitionReassignmentsRequest& what) {
        return ControllerResult<ListPartitionReassignmentsResponse>{
            .response = replication_.list_reassignments(what)};
      },
      [&](const IncrementalAlterConfigsRequest& what) {
        return configuration_.incremental_alter(what);
      },
      [&](const UpdateFeaturesRequest& what) {
        return configuration_.update_features(what, version, host_.quorum());
      },
      [&](const UnregisterBrokerRequest& what) { return replication_.unregister_broker(what); },
      [&](const ControllerRegistrationRequest& what) {
        return ClusterControl::register_controller(what);
      },
  };
  std::visit(
      [&]<class Request>(const Request& what) {
        if constexpr (std::is_same_v<Request, BrokerHeartbeatRequest>) {
          heartbeat(context, what);
        } else {
          auto result = result_of(what);
          // Kafka's BoundedList: nothing of what is too large is done. A registration is no user's.
          if (!std::is_same_v<Request, BrokerRegistrationRequest> &&
              result.records.size() > kRecordsPerUserOperationMax) {
            result = {.response = error_response(what, ErrorCode::kPolicyViolation)};
          }
          finish(context.token, std::move(result));
        }
      },
      request);
}

ControllerResult<BrokerRegistrationResponse> Controller::register_broker(
    const BrokerRegistrationRequest& request, Instant now) {
  const ErrorCode error = cluster_.check_registration(request, now);
  if (error != ErrorCode::kNone) return {.response = {.error_code = error}};
  const NodeId id(request.broker_id);
  const BrokerImage* existing = image_.broker(id);
  ControllerResult<BrokerRegistrationResponse> result;
  // The epoch is the offset that the first record of this event gets.
  RegisterBrokerRecord record =
      cluster_.registration_record(request, BrokerEpoch(host_.next_offset()));
  if (existing != nullptr && existing->incarnation_id != request.incarnation_id) {
    const bool is_clean = existing->epoch.value() == request.previous_broker_epoch;
    replication_.broker_shut_down(id, is_clean, result.records);
  }
  result.response.broker_epoch = record.broker_epoch;
  result.records.push_back({std::move(record), kRegisterBrokerRecordVersion});
  return result;
}

void Controller::heartbeat(const ControllerRequestContext& context,
                           const BrokerHeartbeatRequest& request) {
  const NodeId id(request.broker_id);
  cluster_.touch_session(id, BrokerEpoch(request.broker_epoch), context.received);
  const BrokerControlState before = cluster_.current_state(id);
  auto result = replication_.broker_heartbeat(request);
  const bool is_valid = result.response.error_code == ErrorCode::kNone;
  // The state is judged before its records are replayed (QuorumController.processBrokerHeartbeat
  // and its processBatchEndOffset).
  const bool is_leaving = is_valid && !result.response.is_fenced && request.want_shut_down &&
                          (before == BrokerControlState::kUnfenced ||
                           before == BrokerControlState::kControlledShutdown);
  const bool fenced = result.response.is_fenced;
  finish(context.token, std::move(result));
  if (!is_valid) return;
  cluster_.touch(id, fenced, request.current_metadata_offset);
  if (is_leaving) cluster_.start_controlled_shutdown(id, last_written_);
}

std::optional<Duration> Controller::interval(ControllerTask task) const {
  const Config& config = *options_.config;
  switch (task) {
    case ControllerTask::kFenceStaleBrokers:
      return std::max<Duration>(1ms, config.get_duration("broker.session.timeout.ms") / 8);
    case ControllerTask::kWriteNoOp: {
      const Duration idle = config.get_duration("metadata.max.idle.interval.ms");
      if (idle == Duration::zero()) return std::nullopt;
      return idle;
    }
    case ControllerTask::kElectPreferred:
      if (!config.get_bool("auto.leader.rebalance.enable")) return std::nullopt;
      return std::chrono::seconds(config.get_int("leader.imbalance.check.interval.seconds"));
    case ControllerTask::kElectUnclean: return kUncleanElectionInterval;
  }
  return std::nullopt;
}

void Controller::run(ControllerTask task, Instant now) {
  TIT_ASSERT(is_active_, "only the active controller runs periodic tasks");
  switch (task) {
    case ControllerTask::kFenceStaleBrokers:
      // One at a time: each fencing sees what the one before has done.
      while (const auto stale = cluster_.take_expired(now)) {
        reached(Probe::kSessionTimeout);
        RecordList records;
        replication_.broker_fenced(*stale, records);
        write(records);
      }
      break;
    case ControllerTask::kWriteNoOp:
      reached(Probe::kMetadataIdle);
      write({{NoOpRecord{}, 0}});
      break;
    case ControllerTask::kElectPreferred: {
      RecordList records;
      replication_.elect_preferred(records);
      if (!records.empty()) reached(Probe::kPreferredLeaderCheck);
      write(records);
      break;
    }
    case ControllerTask::kElectUnclean: {
      RecordList records;
      reached(Probe::kUncleanElectionCheck);
      replication_.elect_unclean(records);
      write(records);
      break;
    }
  }
}

// --- what is told when it is committed -----------------------------------------------------------

// Called before the record is replayed: what it changes is still as it was.
void Controller::note_change(const MetadataRecord& record, Offset offset) {
  const auto broker_seen = [&](NodeId id, BrokerEpoch epoch, BrokerState state) {
    changes_.push_back(
        BrokerChangeSeen{.offset = offset, .broker = id, .epoch = epoch, .state = state});
  };
  if (const auto* registered = std::get_if<RegisterBrokerRecord>(&record)) {
    broker_seen(NodeId(registered->broker_id), BrokerEpoch(registered->broker_epoch),
                registered->fenced ? BrokerState::kRegistered : BrokerState::kUnfenced);
  } else if (const auto* broker = std::get_if<BrokerRegistrationChangeRecord>(&record)) {
    const NodeId id(broker->broker_id);
    const BrokerEpoch epoch(broker->broker_epoch);
    if (broker->fenced > 0) broker_seen(id, epoch, BrokerState::kFenced);
    if (broker->fenced < 0) broker_seen(id, epoch, BrokerState::kUnfenced);
    if (broker->in_controlled_shutdown > 0) {
      broker_seen(id, epoch, BrokerState::kInControlledShutdown);
    }
  } else if (const auto* change = std::get_if<PartitionChangeRecord>(&record)) {
    const TopicImage& topic = *image_.topic(change->topic_id);
    Change seen{.offset = offset,
                .partition = {topic.name, change->partition_id},
                .after = topic.partitions.at(change->partition_id)};
    const PartitionImage& before = topic.partitions.at(change->partition_id);
    apply_change(seen.after, *change);
    // An unclean election, or a reassignment taken back whose new replicas were all there was
    // (PartitionReassignmentRevert): none of the new ISR had to have what was committed.
    const auto had_to = [&](NodeId id) {
      return before.in_isr(id) || contains(before.eligible_leader_replicas, id);
    };
    seen.is_unclean =
        change->isr && !seen.after.isr.empty() && std::ranges::none_of(seen.after.isr, had_to);
    seen.leader_changed = change->leader != kNoLeaderChange;
    changes_.push_back(std::move(seen));
  } else if (const auto* clear = std::get_if<ClearElrRecord>(&record)) {
    for (const auto& [id, topic] : image_.topics()) {
      if (!clear->topic_name.empty() && clear->topic_name != topic.name) continue;
      for (const auto& [number, partition] : topic.partitions) {
        if (!has_elr(partition)) continue;
        Change seen{.offset = offset, .partition = {topic.name, number}, .after = partition};
        apply_change(seen.after, clearing_elr());
        changes_.push_back(std::move(seen));
      }
    }
  } else if (const auto* removed = std::get_if<RemoveTopicRecord>(&record)) {
    changes_.push_back(Deletion{.offset = offset, .topic = image_.topic(removed->topic_id)->name});
  } else if (const auto* created = std::get_if<PartitionRecord>(&record)) {
    // The topic's own record stands before it in the same event and is replayed already.
    changes_.push_back(
        Change{.offset = offset,
               .partition = {image_.topic(created->topic_id)->name, created->partition_id},
               .after = to_partition(*created),
               .leader_changed = true});
  }
}

void Controller::observe(const BrokerChangeSeen& broker) {
  host_.observe(BrokerStateChanged{
      .broker = broker.broker, .broker_epoch = broker.epoch, .state = broker.state});
}

void Controller::observe(const Deletion& deletion) {
  host_.observe(TopicDeleted{.topic = deletion.topic});
}

void Controller::observe(const Change& change) {
  host_.observe(PartitionChanged{.partition = change.partition,
                                 .leader = change.after.leader,
                                 .leader_epoch = change.after.leader_epoch,
                                 .partition_epoch = change.after.partition_epoch,
                                 .isr = change.after.isr,
                                 .eligible_leader_replicas = change.after.eligible_leader_replicas,
                                 .replicas = change.after.replicas,
                                 .leader_changed = change.leader_changed,
                                 .is_unclean = change.is_unclean});
}

void Controller::check_invariants() const {
  image_.check_invariants();
  replication_.check_invariants();
  Offset previous = -1;
  for (const Deferred& deferred : deferred_) {
    TIT_ASSERT(deferred.offset >= previous && deferred.offset >= high_watermark_,
               "responses wait for their records, in their order");
    previous = deferred.offset;
  }
}

}  // namespace kafka
