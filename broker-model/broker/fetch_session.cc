#include "broker-model/broker/fetch_session.h"

#include <utility>

#include "broker-model/rpc/fetch_session_handler.h"
#include "broker-model/types/probe.h"

namespace kafka {
namespace {

constexpr std::int16_t kTopicIdsFrom = 13;
constexpr std::size_t kShards = 8;                  // BrokerServer.NumFetchSessionCacheShards
constexpr std::int64_t kEvictableAfterMs = 120000;  // MIN_INCREMENTAL_FETCH_SESSION_EVICTION_MS

CachedPartition to_cached(const Uuid& topic_id, const std::string& topic,
                          const FetchRequest::FetchPartition& data) {
  return {.topic_id = topic_id,
          .topic = topic,
          .partition = data.partition,
          .max_bytes = data.partition_max_bytes,
          .current_leader_epoch = data.current_leader_epoch,
          .last_fetched_epoch = data.last_fetched_epoch,
          .fetch_offset = data.fetch_offset,
          .fetcher_log_start_offset = data.log_start_offset};
}

CachedPartition to_cached(const FetchItem& item, const FetchResult& result, bool uses_topic_ids) {
  return {.topic_id = uses_topic_ids ? item.key.first : Uuid{},
          .topic = item.topic,
          .partition = item.key.second,
          .max_bytes = item.max_bytes,
          .current_leader_epoch = item.current_leader_epoch,
          .last_fetched_epoch = item.last_fetched_epoch,
          .fetch_offset = item.fetch_offset,
          .fetcher_log_start_offset = item.log_start_offset,
          .high_watermark = result.high_watermark,
          .log_start_offset = result.log_start_offset};
}

}  // namespace

// --- one session ---------------------------------------------------------------------------------

FetchSession::Key FetchSession::key_of(const Uuid& topic_id, std::string_view topic,
                                       std::int32_t partition) const {
  if (uses_topic_ids) return {topic_id, {{}, partition}};
  return {Uuid{}, {std::string(topic), partition}};
}

void FetchSession::update(CachedPartition&& wanted) {
  const auto [at, is_new] = index_.try_emplace(
      key_of(wanted.topic_id, wanted.topic, wanted.partition), partitions_.end());
  if (is_new) {
    at->second = partitions_.insert(partitions_.end(), std::move(wanted));
    return;
  }
  CachedPartition& known = *at->second;
  known.max_bytes = wanted.max_bytes;
  known.current_leader_epoch = wanted.current_leader_epoch;
  known.last_fetched_epoch = wanted.last_fetched_epoch;
  known.fetch_offset = wanted.fetch_offset;
  known.fetcher_log_start_offset = wanted.fetcher_log_start_offset;
}

void FetchSession::forget(const Uuid& topic_id, std::string_view topic, std::int32_t partition) {
  const auto found = index_.find(key_of(topic_id, topic, partition));
  if (found == index_.end()) return;
  partitions_.erase(found->second);
  index_.erase(found);
}

void FetchSession::move_to_end(const CachedPartition& served) {
  const auto found = index_.find(key_of(served.topic_id, served.topic, served.partition));
  TIT_ASSERT(found != index_.end(), "a partition was served that is not in the session");
  partitions_.splice(partitions_.end(), partitions_, found->second);
}

// --- a shard of the cache ------------------------------------------------------------------------

std::shared_ptr<FetchSession> FetchSessionCacheShard::find(std::int32_t id) const {
  const auto found = sessions_.find(id);
  return found != sessions_.end() ? found->second : nullptr;
}

std::int32_t FetchSessionCacheShard::new_id(env::Rng& rng) const {
  while (true) {
    const auto id = static_cast<std::int32_t>(rng.between(first_id_, end_id_ - 1));
    if (!sessions_.contains(id)) return id;
  }
}

std::shared_ptr<FetchSession> FetchSessionCacheShard::maybe_create(std::int64_t now_ms,
                                                                   bool is_privileged,
                                                                   bool uses_topic_ids,
                                                                   std::size_t partitions,
                                                                   env::Rng& rng) {
  const bool has_room = sessions_.size() < entries_max_;
  if (!has_room && !try_evict({is_privileged, partitions, 0}, now_ms)) {
    reached(Probe::kFetchSessionRefused);
    return nullptr;
  }
  auto session = std::make_shared<FetchSession>(new_id(rng), is_privileged, uses_topic_ids, now_ms);
  sessions_.emplace(session->id, session);
  return session;
}

// A newcomer may take the place of a session that nobody used for two minutes, and of one that is
// worth less than itself: a consumer's for a follower's, else a smaller one, older than two minutes
// (KIP-227).
bool FetchSessionCacheShard::try_evict(const EvictableKey& newcomer, std::int64_t now_ms) {
  if (last_used_.empty()) return false;
  const auto& [oldest, oldest_id] = *last_used_.begin();
  if (now_ms - oldest.first > kEvictableAfterMs) {
    reached(Probe::kFetchSessionEvicted);
    remove(find(oldest_id));
    return true;
  }
  const auto& evictable = newcomer.is_privileged ? evictable_by_privileged_ : evictable_by_all_;
  if (evictable.empty() || newcomer < evictable.begin()->first) return false;
  reached(Probe::kFetchSessionEvicted);
  remove(find(evictable.begin()->second));
  return true;
}

void FetchSessionCacheShard::remove(const std::shared_ptr<FetchSession>& session) {
  last_used_.erase({session->last_used_ms, session->id});
  evictable_by_all_.erase(evictable_key(*session));
  evictable_by_privileged_.erase(evictable_key(*session));
  sessions_.erase(session->id);
}

void FetchSessionCacheShard::touch(const std::shared_ptr<FetchSession>& session,
                                   std::int64_t now_ms) {
  last_used_.erase({session->last_used_ms, session->id});
  evictable_by_all_.erase(evictable_key(*session));
  evictable_by_privileged_.erase(evictable_key(*session));
  session->last_used_ms = now_ms;
  session->cached_size = session->size();
  last_used_.emplace(LastUsedKey{now_ms, session->id}, session->id);
  const bool is_old = now_ms - session->creation_ms > kEvictableAfterMs;
  if (is_old) evictable_by_all_.emplace(evictable_key(*session), session->id);
  if (is_old || !session->is_privileged)
    evictable_by_privileged_.emplace(evictable_key(*session), session->id);
}

void FetchSessionCacheShard::check_invariants() const {
  TIT_ASSERT(sessions_.size() <= entries_max_, "more fetch sessions than slots");
  TIT_ASSERT(last_used_.size() == sessions_.size(), "a fetch session without a time of last use");
  TIT_ASSERT(evictable_by_all_.size() <= evictable_by_privileged_.size(),
             "whoever goes for a consumer goes for a follower");
}

// --- all of them ---------------------------------------------------------------------------------

FetchManager::FetchManager(std::int64_t slots) {
  constexpr std::int32_t kRange = INT32_MAX / static_cast<std::int32_t>(kShards);
  for (std::size_t i = 0; i < kShards; ++i) {
    const auto first = static_cast<std::int32_t>(i) * kRange;
    shards_.emplace_back(static_cast<std::size_t>(slots) / kShards, std::max(first, 1),
                         first + kRange);
  }
}

// nullptr: no broker hands out such an id.
FetchSessionCacheShard* FetchManager::shard_of(std::int32_t session_id) {
  constexpr std::int32_t kRange = INT32_MAX / static_cast<std::int32_t>(kShards);
  const std::int32_t shard = session_id / kRange;
  if (session_id < 0 || static_cast<std::size_t>(shard) >= kShards) return nullptr;
  return &shards_[static_cast<std::size_t>(shard)];
}

FetchContext FetchManager::open(std::int16_t version, bool is_follower, const FetchRequest& request,
                                std::int64_t now_ms) {
  FetchContext context{.epoch = request.session_epoch,
                       .is_follower = is_follower,
                       .uses_topic_ids = version >= kTopicIdsFrom};
  const FetchMetadata metadata{request.session_id, request.session_epoch};
  FetchSessionCacheShard* const shard = shard_of(request.session_id);
  const auto session = shard != nullptr ? shard->find(request.session_id) : nullptr;
  if (metadata.is_full()) {
    if (session != nullptr) shard->remove(session);
    context.kind = request.session_epoch == kFinalEpoch ? FetchContext::Kind::kSessionless
                                                        : FetchContext::Kind::kFull;
    return context;
  }
  context.kind = FetchContext::Kind::kError;
  if (session == nullptr) {
    context.error = ErrorCode::kFetchSessionIdNotFound;
    reached(Probe::kFetchSessionUnknown);
  } else if (session->epoch != request.session_epoch) {
    context.error = ErrorCode::kInvalidFetchSessionEpoch;
    reached(Probe::kFetchSessionEpoch);
  } else if (session->uses_topic_ids != context.uses_topic_ids) {
    context.error = ErrorCode::kFetchSessionTopicIdError;
  }
  if (context.error != ErrorCode::kNone) return context;

  for (const auto& topic : request.topics)
    for (const auto& data : topic.partitions)
      session->update(to_cached(topic.topic_id, topic.topic, data));
  for (const auto& topic : request.forgotten_topics_data)
    for (const std::int32_t partition : topic.partitions)
      session->forget(topic.topic_id, topic.topic, partition);
  if (session->size() == 0) {
    shard->remove(session);
    session->epoch = kFinalEpoch;
    context.kind = FetchContext::Kind::kSessionless;
    return context;
  }
  shard->touch(session, now_ms);
  session->epoch = FetchMetadata::next_epoch(session->epoch);
  context.kind = FetchContext::Kind::kIncremental;
  context.session = session;
  return context;
}

bool FetchManager::begin_answer(FetchContext& context, const std::vector<FetchItem>& items,
                                const std::vector<FetchResult>& results, FetchResponse& response,
                                std::int64_t now_ms, env::Rng& rng) {
  switch (context.kind) {
    case FetchContext::Kind::kError: response.error_code = context.error; return false;
    case FetchContext::Kind::kSessionless: return true;
    case FetchContext::Kind::kFull: {
      FetchSessionCacheShard& shard = shards_[next_shard_++ % kShards];
      const auto session = shard.maybe_create(now_ms, context.is_follower, context.uses_topic_ids,
                                              items.size(), rng);
      if (session == nullptr) return true;
      for (std::size_t i = 0; i < items.size(); ++i)
        session->update(to_cached(items[i], results[i], context.uses_topic_ids));
      shard.touch(session, now_ms);
      response.session_id = session->id;
      return true;
    }
    case FetchContext::Kind::kIncremental: break;
  }
  response.session_id = context.session->id;
  if (context.session->epoch == FetchMetadata::next_epoch(context.epoch)) return true;
  // A duplicate of the request came while this one waited.
  response.error_code = ErrorCode::kInvalidFetchSessionEpoch;
  return false;
}

bool FetchManager::selects(FetchContext& context, const FetchItem& item,
                           const FetchResult& result) {
  if (context.kind != FetchContext::Kind::kIncremental) return true;
  CachedPartition& cached = *item.cached;
  const bool has_error = result.error != ErrorCode::kNone;
  const bool is_news = result.size > 0 || has_error || result.preferred_read_replica ||
                       result.diverging_epoch || cached.high_watermark != result.high_watermark ||
                       cached.log_start_offset != result.log_start_offset;
  // After an error whatever comes is news.
  cached.high_watermark = has_error ? -1 : result.high_watermark;
  cached.log_start_offset = result.log_start_offset;
  if (result.size > 0) context.session->move_to_end(cached);
  return is_news;
}

std::size_t FetchManager::session_count() const {
  std::size_t count = 0;
  for (const FetchSessionCacheShard& shard : shards_) count += shard.size();
  return count;
}

void FetchManager::check_invariants() const {
  for (const FetchSessionCacheShard& shard : shards_) shard.check_invariants();
}

}  // namespace kafka
