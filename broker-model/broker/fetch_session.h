// Fetch sessions (KIP-227): a broker remembers what a fetcher wants, so that a request names what
// has changed and an answer what is new (FetchSession, FetchSessionCacheShard, FetchManager,
// FetchContext).
//
// Made with the broker, dies with it. Clock: the wall (Time.milliseconds). A fetch takes three
// steps: open() says which session it belongs to and brings that up to date; the owner reads
// `context.items`; at the answer begin_answer() and then selects(), for each partition in order,
// say what goes into it and note what was said.
//
// Invariants: a session is in its shard's three orders by what was noted at its last touch(); a
// shard holds at most its share of max.incremental.fetch.session.cache.slots.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker-model/env/rng.h"
#include "broker-model/log/leader_epoch_cache.h"
#include "broker-model/messages/fetch.h"
#include "broker-model/messages/records/record_batch.h"
#include "broker-model/replication/replica_fetcher.h"

namespace kafka {

// What a session remembers of a partition (FetchSession.CachedPartition).
struct CachedPartition {
  Uuid topic_id{};    // zero in a session by names
  std::string topic;  // "": an id whose topic nobody knew yet
  std::int32_t partition = 0;
  std::int32_t max_bytes = 0;
  std::int32_t current_leader_epoch = -1;
  std::int32_t last_fetched_epoch = -1;
  Offset fetch_offset = 0;
  Offset fetcher_log_start_offset = -1;
  Offset high_watermark = -1;    // as last answered; -1 after an error
  Offset log_start_offset = -1;  // as last answered
  std::uint32_t slot = 0;        // of the owner's partition when it was last read: a hint
};

// One partition of a fetch, as the broker reads it.
struct FetchItem {
  PartitionKey key;     // zero id: a name that nobody knows
  std::string topic{};  // in requests by name, which are answered by name
  ErrorCode error{};    // known before any read
  std::int32_t max_bytes = 0;
  std::int32_t current_leader_epoch = -1;
  std::int32_t last_fetched_epoch = -1;
  Offset fetch_offset = 0;
  Offset log_start_offset = -1;
  std::uint32_t slot = kNoSlot;  // of the owner's partition
  // Of an incremental fetch: valid until the session has taken up another request.
  CachedPartition* cached = nullptr;

  static constexpr std::uint32_t kNoSlot = UINT32_MAX;
};

// What a read of one partition came to (LogReadResult).
struct FetchResult {
  ErrorCode error = ErrorCode::kNone;
  Offset high_watermark = -1;
  Offset log_start_offset = -1;
  std::optional<EpochEndOffset> diverging_epoch{};
  std::optional<NodeId> preferred_read_replica{};
  std::optional<Records> records{};  // absent: none
  std::int64_t size = 0;             // of them, bytes
};

class FetchSession {
 public:
  FetchSession(std::int32_t session_id, bool from_follower, bool by_topic_id, std::int64_t now_ms)
      : id(session_id),
        is_privileged(from_follower),
        uses_topic_ids(by_topic_id),
        creation_ms(now_ms),
        last_used_ms(now_ms) {}

  // Adds the partition, or brings it up to date; at the end of the order when it is new.
  void update(CachedPartition&&);
  void forget(const Uuid& topic_id, std::string_view topic, std::int32_t partition);
  void move_to_end(const CachedPartition&);
  std::list<CachedPartition>& partitions() { return partitions_; }
  std::size_t size() const { return partitions_.size(); }

  const std::int32_t id;
  const bool is_privileged;   // a follower's
  const bool uses_topic_ids;  // Fetch 13 and later
  const std::int64_t creation_ms;
  std::int64_t last_used_ms;
  std::int32_t epoch = 1;                  // of the next request; -1: closed, nobody may go on
  std::optional<std::size_t> cached_size;  // size() at the last touch()

 private:
  using Key = std::pair<Uuid, std::pair<std::string, std::int32_t>>;  // by id or by name
  Key key_of(const Uuid& topic_id, std::string_view topic, std::int32_t partition) const;

  std::list<CachedPartition> partitions_;  // in the order in which they are served
  std::map<Key, std::list<CachedPartition>::iterator> index_;
};

// One of the cache's independent parts: Kafka made eight of it, so that threads wait less.
class FetchSessionCacheShard {
 public:
  FetchSessionCacheShard(std::size_t entries_max, std::int32_t first_id, std::int32_t end_id)
      : entries_max_(entries_max), first_id_(first_id), end_id_(end_id) {}

  std::shared_ptr<FetchSession> find(std::int32_t id) const;
  // Nothing when there is no room and nobody who would have to go for it.
  std::shared_ptr<FetchSession> maybe_create(std::int64_t now_ms, bool is_privileged,
                                             bool uses_topic_ids, std::size_t partitions,
                                             env::Rng&);
  void remove(const std::shared_ptr<FetchSession>&);
  void touch(const std::shared_ptr<FetchSession>&, std::int64_t now_ms);
  std::size_t size() const { return sessions_.size(); }
  void check_invariants() const;

 private:
  struct EvictableKey {
    bool is_privileged = false;
    std::size_t size = 0;
    std::int32_t id = 0;
    friend auto operator<=>(const EvictableKey&, const EvictableKey&) = default;
  };
  using LastUsedKey = std::pair<std::int64_t, std::int32_t>;

  static EvictableKey evictable_key(const FetchSession& session) {
    return {session.is_privileged, session.cached_size.value_or(0), session.id};
  }
  bool try_evict(const EvictableKey& newcomer, std::int64_t now_ms);
  std::int32_t new_id(env::Rng&) const;

  std::size_t entries_max_;
  std::int32_t first_id_;
  std::int32_t end_id_;
  std::map<std::int32_t, std::shared_ptr<FetchSession>> sessions_;
  std::map<LastUsedKey, std::int32_t> last_used_;
  std::map<EvictableKey, std::int32_t> evictable_by_all_;
  std::map<EvictableKey, std::int32_t> evictable_by_privileged_;
};

// What a fetch is (FetchContext).
struct FetchContext {
  enum class Kind : std::uint8_t { kError, kSessionless, kFull, kIncremental };
  Kind kind = Kind::kSessionless;
  ErrorCode error = ErrorCode::kNone;  // kError
  std::int32_t epoch = 0;              // of the request
  bool is_follower = false;
  bool uses_topic_ids = false;
  std::shared_ptr<FetchSession> session{};  // kIncremental
};

class FetchManager {
 public:
  explicit FetchManager(std::int64_t slots);

  // Takes the request up: closes, finds or updates its session.
  FetchContext open(std::int16_t version, bool is_follower, const FetchRequest&,
                    std::int64_t now_ms);
  // All partitions of the fetch, in order, without key and error. `known_name` answers the name of
  // a topic id, nullptr when there is none.
  template <class KnownName>
  static std::vector<FetchItem> items(const FetchContext&, const FetchRequest&, KnownName&&);

  // Sets the head of the answer. False: no partition goes into it. A full fetch may open a session.
  bool begin_answer(FetchContext&, const std::vector<FetchItem>&, const std::vector<FetchResult>&,
                    FetchResponse&, std::int64_t now_ms, env::Rng&);
  // Does the partition belong into the answer (CachedPartition.maybeUpdateResponseData)?
  static bool selects(FetchContext&, const FetchItem&, const FetchResult&);

  std::size_t session_count() const;
  void check_invariants() const;

 private:
  FetchSessionCacheShard* shard_of(std::int32_t session_id);

  std::vector<FetchSessionCacheShard> shards_;
  std::size_t next_shard_ = 0;
};

template <class KnownName>
std::vector<FetchItem> FetchManager::items(const FetchContext& context, const FetchRequest& request,
                                           KnownName&& known_name) {
  std::vector<FetchItem> result;
  if (context.kind == FetchContext::Kind::kError) return result;
  if (context.kind == FetchContext::Kind::kIncremental) {
    result.reserve(context.session->size());
    for (CachedPartition& cached : context.session->partitions()) {
      if (cached.topic.empty())
        if (const std::string* name = known_name(cached.topic_id)) cached.topic = *name;
      FetchItem& item = result.emplace_back();
      item.key = {cached.topic_id, cached.partition};
      if (cached.topic.empty()) item.error = ErrorCode::kUnknownTopicId;
      if (!context.uses_topic_ids) item.topic = cached.topic;
      item.max_bytes = cached.max_bytes;
      item.current_leader_epoch = cached.current_leader_epoch;
      item.last_fetched_epoch = cached.last_fetched_epoch;
      item.fetch_offset = cached.fetch_offset;
      item.log_start_offset = cached.fetcher_log_start_offset;
      item.cached = &cached;
    }
    return result;
  }
  for (const auto& topic : request.topics) {
    const bool is_unknown = context.uses_topic_ids && known_name(topic.topic_id) == nullptr;
    for (const auto& data : topic.partitions) {
      FetchItem& item = result.emplace_back();
      item.key = {context.uses_topic_ids ? topic.topic_id : Uuid{}, data.partition};
      if (is_unknown) item.error = ErrorCode::kUnknownTopicId;
      if (!context.uses_topic_ids) item.topic = topic.topic;
      item.max_bytes = data.partition_max_bytes;
      item.current_leader_epoch = data.current_leader_epoch;
      item.last_fetched_epoch = data.last_fetched_epoch;
      item.fetch_offset = data.fetch_offset;
      item.log_start_offset = data.log_start_offset;
    }
  }
  return result;
}

}  // namespace kafka
