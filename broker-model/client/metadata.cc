#include "broker-model/client/metadata.h"

#include <algorithm>

#include "broker-model/types/config.h"
#include "broker-model/types/probe.h"

namespace kafka {
namespace {

DestinationId bootstrap_id(std::size_t index) {
  return DestinationId{-1 - static_cast<std::int32_t>(index)};
}

Duration left_of(WallTime now, WallTime since, Duration limit) {
  if (limit == Duration::max()) return limit;
  return std::max(limit - Duration(now - since), Duration{});
}

}  // namespace

ClientMetadataOptions ClientMetadataOptions::from(const Config& config,
                                                  std::vector<env::Endpoint> bootstrap) {
  ClientMetadataOptions options{.bootstrap = std::move(bootstrap)};
  const auto has = [&config](std::string_view key) { return config.def().find(key) != nullptr; };
  options.retry_backoff = config.get_duration("retry.backoff.ms");
  options.retry_backoff_max = config.get_duration("retry.backoff.max.ms");
  options.max_age = config.get_duration("metadata.max.age.ms");
  options.max_idle =
      has("metadata.max.idle.ms") ? config.get_duration("metadata.max.idle.ms") : Duration::max();
  if (has("allow.auto.create.topics")) {
    options.allow_auto_create = config.get_bool("allow.auto.create.topics");
  }
  if (has("metadata.recovery.strategy")) {
    options.may_rebootstrap = config.get_string("metadata.recovery.strategy") == "rebootstrap";
    options.rebootstrap_trigger = config.get_duration("metadata.recovery.rebootstrap.trigger.ms");
  }
  return options;
}

ClientMetadata::ClientMetadata(ClientMetadataOptions options, RpcClient& rpc)
    : options_(std::move(options)),
      rpc_(rpc),
      backoff_(options_.retry_backoff, options_.retry_backoff_max) {
  TIT_ASSERT(!options_.bootstrap.empty(), "a client needs a bootstrap server");
}

void ClientMetadata::start(env::Env& env) {
  for (std::size_t i = 0; i < options_.bootstrap.size(); ++i) {
    rpc_.set_destination(env, bootstrap_id(i), options_.bootstrap[i]);
  }
}

// --- what is wanted ------------------------------------------------------------------------------

void ClientMetadata::add_topic(const env::Env& env, const std::string& name) {
  const WallTime until =
      options_.max_idle == Duration::max()
          ? WallTime::max()
          : env.wall_clock() + std::chrono::duration_cast<WallTime::duration>(options_.max_idle);
  const bool is_new = wanted_.insert_or_assign(name, until).second;
  if (!is_new) return;
  new_topics_.insert(name);
  request_update_for(name);
}

// Metadata.requestUpdateForNewTopics: a new topic does not wait for the backoff.
void ClientMetadata::request_update_for(const std::string& topic) {
  if (!new_topics_.contains(topic)) {
    request_update();
    return;
  }
  last_refresh_.reset();
  needs_partial_ = true;
  equivalent_responses_ = 0;
  ++request_version_;
}

void ClientMetadata::drop_idle_topics(const env::Env& env) {
  const WallTime now = env.wall_clock();
  for (auto at = wanted_.begin(); at != wanted_.end();) {
    const bool is_idle = at->second <= now && !new_topics_.contains(at->first);
    if (is_idle) reached(Probe::kMetadataTopicIdle);
    at = is_idle ? wanted_.erase(at) : std::next(at);
  }
  std::erase_if(topics_, [this](const auto& known) { return !wanted_.contains(known.first); });
  std::erase_if(last_seen_epochs_,
                [this](const auto& known) { return !wanted_.contains(known.first.topic); });
}

// --- what is known -------------------------------------------------------------------------------

const TopicMetadata* ClientMetadata::topic(std::string_view name) const {
  const auto found = topics_.find(name);
  return found == topics_.end() ? nullptr : &found->second;
}

const PartitionMetadata* ClientMetadata::partition(TopicPartitionView id) const {
  const TopicMetadata* known = topic(id.topic);
  return known == nullptr ? nullptr : known->partition(id.partition);
}

std::optional<NodeId> ClientMetadata::leader(TopicPartitionView id) const {
  const PartitionMetadata* known = partition(id);
  return known == nullptr ? std::nullopt : leader(*known);
}

std::optional<NodeId> ClientMetadata::leader(const PartitionMetadata& known) const {
  return known.leader && brokers_.contains(*known.leader) ? known.leader : std::nullopt;
}

std::optional<std::int32_t> ClientMetadata::leader_epoch(TopicPartitionView id) const {
  const PartitionMetadata* known = partition(id);
  return known == nullptr ? std::nullopt : known->leader_epoch;
}

bool ClientMetadata::is_online(TopicPartitionView name, NodeId node) const {
  const PartitionMetadata* known = partition(name);
  return known != nullptr && brokers_.contains(node) &&
         std::ranges::find(known->online_replicas, node) != known->online_replicas.end();
}

Uuid ClientMetadata::topic_id(std::string_view name) const {
  const TopicMetadata* known = topic(name);
  return known == nullptr ? Uuid{} : known->id;
}

const std::string* ClientMetadata::topic_name(const Uuid& id) const {
  const auto found = names_.find(id);
  return found == names_.end() ? nullptr : &found->second;
}

ErrorCode ClientMetadata::topic_error(const std::string& name) const {
  const auto found = errors_.find(name);
  return found == errors_.end() ? ErrorCode::kNone : found->second;
}

const std::vector<TopicPartition>& ClientMetadata::partitions_led_by(NodeId node) const {
  static const std::vector<TopicPartition> kNothing{};
  const auto found = led_by_.find(node);
  return found == led_by_.end() ? kNothing : found->second;
}

std::vector<DestinationId> ClientMetadata::nodes() const {
  std::vector<DestinationId> ids;
  for (const auto& [id, endpoint] : brokers_) ids.push_back(destination(id));
  if (!ids.empty()) return ids;
  for (std::size_t i = 0; i < options_.bootstrap.size(); ++i) ids.push_back(bootstrap_id(i));
  return ids;
}

ClientMetadata::LeastLoaded ClientMetadata::find_least_loaded(env::Env& env) const {
  const std::vector<DestinationId> ids = nodes();
  const std::size_t offset = env.rng().below(ids.size());
  std::optional<DestinationId> ready;
  std::optional<DestinationId> connecting;
  std::optional<DestinationId> connectable;
  bool is_any_ready = false;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const DestinationId id = ids[(offset + i) % ids.size()];
    if (rpc_.is_connected(id)) is_any_ready = true;
    if (rpc_.can_send(id)) {
      if (rpc_.in_flight(id) == 0) return {id, true};
      if (!ready || rpc_.in_flight(id) < rpc_.in_flight(*ready)) ready = id;
    } else if (rpc_.is_connecting(id)) {
      connecting = id;
    } else if (!rpc_.is_connected(id) && !rpc_.is_backing_off(env, id)) {
      const bool is_older =
          connectable && rpc_.last_connect_attempt(*connectable) > rpc_.last_connect_attempt(id);
      if (!connectable || is_older) connectable = id;
    }
  }
  // Established connections first, then those on their way, before any new one.
  if (ready) return {ready, is_any_ready};
  if (connecting) return {connecting, is_any_ready};
  return {connectable, is_any_ready};
}

std::optional<DestinationId> ClientMetadata::least_loaded(env::Env& env) const {
  return find_least_loaded(env).node;
}

// --- the loop ------------------------------------------------------------------------------------

Duration ClientMetadata::until_due(const env::Env& env) {
  const WallTime now = env.wall_clock();
  Duration until_expiry{};
  if (!needs_full_ && !needs_partial_ && last_success_) {
    until_expiry = left_of(now, *last_success_, options_.max_age);
  }
  const Duration until_allowed = last_refresh_ ? left_of(now, *last_refresh_, wait_) : Duration{};
  return std::max(until_expiry, until_allowed);
}

Duration ClientMetadata::maybe_update(env::Env& env) {
  if (is_in_flight_) return Duration::max();
  const Duration left = until_due(env);
  if (left > Duration{}) return left;
  const WallTime now = env.wall_clock();
  if (!attempt_started_) attempt_started_ = now;
  // KIP-899: without an answer for so long, or without any node to try, start from the bootstrap.
  if (options_.may_rebootstrap && !is_bootstrapping() &&
      Duration(now - *attempt_started_) > options_.rebootstrap_trigger) {
    reached(Probe::kMetadataRebootstrapTrigger);
    for (const DestinationId id : nodes()) rpc_.disconnect(env, id);
    rebootstrap(env);
  }
  LeastLoaded least = find_least_loaded(env);
  if (options_.may_rebootstrap && !is_bootstrapping() && !least.node && !least.is_any_ready) {
    reached(Probe::kClientRebootstrapped);
    rebootstrap(env);
    least = find_least_loaded(env);
  }
  if (!least.node) {
    // All back off or have no room; the latter end with an event.
    Duration soonest = Duration::max();
    for (const DestinationId id : nodes()) {
      const Duration backoff = rpc_.backoff_left(env, id);
      if (backoff > Duration{}) soonest = std::min(soonest, backoff);
    }
    return soonest;
  }
  return send_request(env, *least.node);
}

Duration ClientMetadata::send_request(env::Env& env, DestinationId to) {
  if (!rpc_.can_send(to)) {
    for (const DestinationId id : nodes()) {
      if (rpc_.is_connecting(id)) return Duration::max();
    }
    rpc_.ready(env, to);
    return Duration::max();
  }
  drop_idle_topics(env);
  const bool is_fresh =
      last_success_ && left_of(env.wall_clock(), *last_success_, options_.max_age) > Duration{};
  in_flight_is_partial_ = !needs_full_ && is_fresh;
  if (last_success_ && !needs_full_ && !is_fresh) reached(Probe::kMetadataMaxAge);
  MetadataRequest request{.allow_auto_topic_creation = options_.allow_auto_create};
  if (in_flight_is_partial_) {
    for (const std::string& name : new_topics_) request.topics->push_back({.name = name});
  } else {
    for (const auto& [name, until] : wanted_) request.topics->push_back({.name = name});
  }
  in_flight_version_ = request_version_;
  is_in_flight_ = true;
  rpc_.send(env, to, kMetadataToken, request);
  return Duration::max();
}

void ClientMetadata::rebootstrap(env::Env& env) {
  needs_full_ = true;
  ++version_;
  brokers_.clear();
  topics_.clear();
  names_.clear();
  led_by_.clear();
  attempt_started_ = env.wall_clock();
  start(env);
}

void ClientMetadata::failed(env::Env& env) {
  is_in_flight_ = false;
  last_refresh_ = env.wall_clock();
  equivalent_responses_ = 0;
  wait_ = backoff_.after(attempts_++, env.rng());
}

void ClientMetadata::on_disconnect(env::Env& env, const RpcFailure&) {
  failed(env);
  request_update();
}

void ClientMetadata::on_unreachable(env::Env& env) {
  // DefaultMetadataUpdater.handleServerDisconnect: a disconnect while an update is due counts as a
  // failed update, so that it backs off.
  if (!is_in_flight_ && until_due(env) == Duration{}) failed(env);
  request_update();
}

void ClientMetadata::on_response(env::Env& env, const RpcReply& reply, const env::Rope& body) {
  const auto response = decode<MetadataResponse>(body, reply.version);
  if (!response) {
    failed(env);
    rpc_.disconnect(env, reply.destination);
    return;
  }
  if (options_.may_rebootstrap && response->error_code == ErrorCode::kRebootstrapRequired) {
    is_in_flight_ = false;
    rebootstrap(env);
  } else if (response->brokers.empty()) {
    failed(env);  // a broker that is just starting knows nobody
  } else {
    is_in_flight_ = false;
    apply(env, *response, in_flight_is_partial_);
  }
}

void ClientMetadata::apply(env::Env& env, const MetadataResponse& response, bool is_partial) {
  const WallTime now = env.wall_clock();
  needs_partial_ = in_flight_version_ < request_version_;
  last_refresh_ = now;
  attempts_ = 0;
  attempt_started_.reset();
  if (!is_partial) {
    needs_full_ = false;
    last_success_ = now;
  }
  ++version_;
  ++equivalent_responses_;

  brokers_.clear();
  for (const auto& broker : response.brokers) {
    const NodeId id{broker.node_id};
    const env::Endpoint endpoint{broker.host, static_cast<std::uint16_t>(broker.port)};
    brokers_[id] = endpoint;
    rpc_.set_destination(env, destination(id), endpoint);
  }
  std::set<std::string> named;
  for (const auto& topic : response.topics) {
    if (!topic.name || !wanted_.contains(*topic.name)) continue;
    named.insert(*topic.name);
    new_topics_.erase(*topic.name);
    apply_topic(topic);
  }
  if (!is_partial) {
    std::erase_if(topics_, [&named](const auto& known) { return !named.contains(known.first); });
  }
  index();
  wait_ = equivalent_responses_ > 0 ? backoff_.after(equivalent_responses_ - 1, env.rng())
                                    : options_.retry_backoff;
}

void ClientMetadata::apply_topic(const MetadataResponse::MetadataResponseTopic& topic) {
  errors_[*topic.name] = topic.error_code;
  if (topic.error_code != ErrorCode::kNone) {
    if (needs_metadata_refresh(topic.error_code)) request_update();
    topics_.erase(*topic.name);
    return;
  }
  const auto old = topics_.find(*topic.name);
  const bool is_other_topic =
      !topic.topic_id.is_zero() && (old == topics_.end() || old->second.id != topic.topic_id);
  TopicMetadata fresh{.id = topic.topic_id};
  for (const auto& partition : topic.partitions) {
    const auto index = static_cast<std::size_t>(partition.partition_index);
    if (index >= topic.partitions.size()) continue;  // partitions count from 0 without gaps
    if (fresh.partitions.size() <= index) fresh.partitions.resize(index + 1);
    const bool is_stale =
        !apply_partition(*topic.name, is_other_topic, partition, fresh.partitions[index]);
    if (is_stale && old != topics_.end() && index < old->second.partitions.size()) {
      fresh.partitions[index] = old->second.partitions[index];
    }
    if (needs_metadata_refresh(partition.error_code)) request_update();
  }
  topics_.insert_or_assign(*topic.name, std::move(fresh));
}

// Metadata.updateLatestMetadata. False: older than what is known, keep that.
bool ClientMetadata::apply_partition(const std::string& topic, bool is_new_topic,
                                     const MetadataResponse::MetadataResponsePartition& partition,
                                     PartitionMetadata& into) {
  const TopicPartition id{topic, partition.partition_index};
  into.error = partition.error_code;
  if (partition.leader_id >= 0) into.leader = NodeId{partition.leader_id};
  for (const std::int32_t replica : partition.replica_nodes)
    if (std::ranges::find(partition.offline_replicas, replica) == partition.offline_replicas.end())
      into.online_replicas.push_back(NodeId{replica});
  const auto seen = last_seen_epochs_.find(id);
  if (partition.leader_epoch < 0) {
    if (seen != last_seen_epochs_.end()) last_seen_epochs_.erase(seen);
    equivalent_responses_ = 0;
    return true;
  }
  if (seen != last_seen_epochs_.end() && !is_new_topic) {
    if (partition.leader_epoch < seen->second) return false;
    if (partition.leader_epoch > seen->second) equivalent_responses_ = 0;
  } else {
    equivalent_responses_ = 0;
  }
  last_seen_epochs_[id] = partition.leader_epoch;
  into.leader_epoch = partition.leader_epoch;
  return true;
}

bool ClientMetadata::update_leaders(env::Env& env, const std::vector<LeaderHint>& hints,
                                    const std::map<NodeId, env::Endpoint>& endpoints) {
  bool is_news = false;
  for (const LeaderHint& hint : hints) {
    const auto known = topics_.find(hint.partition.topic);
    const PartitionMetadata* current = partition(hint.partition);
    if (known == topics_.end() || current == nullptr) continue;
    if (current->leader_epoch && hint.leader_epoch <= *current->leader_epoch) continue;
    const auto named = endpoints.find(hint.leader);
    if (named == endpoints.end() && !brokers_.contains(hint.leader)) continue;
    if (named != endpoints.end()) {
      brokers_[hint.leader] = named->second;
      rpc_.set_destination(env, destination(hint.leader), named->second);
    }
    PartitionMetadata& into =
        known->second.partitions[static_cast<std::size_t>(hint.partition.partition)];
    into.leader = hint.leader;
    into.leader_epoch = hint.leader_epoch;
    last_seen_epochs_[hint.partition] = hint.leader_epoch;
    reached(Probe::kLeaderHintTaken);
    is_news = true;
  }
  if (is_news) {
    ++version_;
    index();
  }
  return is_news;
}

void ClientMetadata::index() {
  names_.clear();
  led_by_.clear();
  for (const auto& [name, known] : topics_) {
    if (!known.id.is_zero()) names_[known.id] = name;
    for (std::size_t i = 0; i < known.partitions.size(); ++i) {
      if (!known.partitions[i].leader) continue;
      led_by_[*known.partitions[i].leader].push_back({name, static_cast<std::int32_t>(i)});
    }
  }
}

void ClientMetadata::check_invariants() const {
  for (const auto& [name, known] : topics_) {
    for (std::size_t i = 0; i < known.partitions.size(); ++i) {
      const auto seen = last_seen_epochs_.find({name, static_cast<std::int32_t>(i)});
      if (seen == last_seen_epochs_.end() || !known.partitions[i].leader_epoch) continue;
      TIT_ASSERT(*known.partitions[i].leader_epoch <= seen->second,
                 "no leader epoch is newer than the last one seen");
    }
  }
}

}  // namespace kafka
