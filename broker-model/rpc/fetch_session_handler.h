// FetchSessionHandler: the fetcher's side of a fetch session with one broker (KIP-227,
// org.apache.kafka.clients.FetchSessionHandler, FetchMetadata).
//
// A consumer and a replica fetcher own one per broker that they fetch from, and have one request in
// flight to it. `Key` is how the owner names a partition. Per request:
//
//   handler.begin(); handler.add(key, ...) for each partition wanted; handler.finish(request);
//   ... the answer: if (handler.handle_response(response, key_of)) use what it names
//   ... or none came: handler.handle_error()
//
//   no session (full requests, epoch 0) --answer with an id--> session (incremental, epoch 1, 2,
//   ..)
//     ^--the broker forgot or closed it-----------------------'  any other error or a lost
//   connection: the next request closes the session by its id and asks for a new one
//
// Invariant: partitions() are those of the last request, with what was last said of them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker-model/messages/fetch.h"

namespace kafka {

inline constexpr std::int32_t kInvalidSessionId = 0;  // FetchMetadata.INVALID_SESSION_ID
inline constexpr std::int32_t kInitialEpoch = 0;      // asks for a new session
inline constexpr std::int32_t kFinalEpoch = -1;       // wants none, and closes the one it names

// FetchMetadata: which session a request belongs to, and the how manieth of it it is.
struct FetchMetadata {
  std::int32_t session_id = kInvalidSessionId;
  std::int32_t epoch = kInitialEpoch;

  bool is_full() const { return epoch == kInitialEpoch || epoch == kFinalEpoch; }
  static std::int32_t next_epoch(std::int32_t epoch) {
    if (epoch < 0) return kFinalEpoch;
    return epoch == INT32_MAX ? 1 : epoch + 1;
  }
};

template <class Key>
class FetchSessionHandler {
 public:
  struct Partition {
    std::string topic;
    Uuid topic_id{};  // zero: not known
    FetchRequest::FetchPartition data{};
    std::uint64_t build = 0;  // of the last request that wanted it
  };
  struct Built {
    bool is_empty = false;  // nothing is in the session and nothing is to be forgotten
    bool can_use_topic_ids = true;
  };

  const FetchMetadata& next() const { return next_; }
  const std::map<Key, Partition>& partitions() const { return partitions_; }
  const Partition* find(const Key& key) const {
    const auto found = partitions_.find(key);
    return found != partitions_.end() ? &found->second : nullptr;
  }

  // --- the next request
  void begin() {
    ++build_;
    wanted_ = 0;
    can_use_topic_ids_ = true;
    added_.clear();
    altered_.clear();
    forgotten_.clear();
    if (next_.is_full()) partitions_.clear();
  }

  // Each partition at most once. The order matters for those that are new to the session: the
  // broker serves them so.
  void add(const Key& key, std::string_view topic, const Uuid& topic_id,
           const FetchRequest::FetchPartition& data) {
    ++wanted_;
    if (topic_id.is_zero()) can_use_topic_ids_ = false;
    const auto [at, is_new] = partitions_.try_emplace(key);
    Partition& known = at->second;
    known.build = build_;
    if (!is_new && known.topic_id == topic_id && known.data == data) return;
    const bool is_replaced =
        !is_new && known.topic_id != topic_id && !known.topic_id.is_zero() && !topic_id.is_zero();
    if (is_replaced) replaced_.push_back({known.topic, known.topic_id, data.partition});
    if (is_new) known.topic = topic;
    known.topic_id = topic_id;
    known.data = data;
    (is_new ? added_ : altered_).push_back(&known);
  }

  Built finish(FetchRequest& request) {
    drop_unwanted();
    // By name a replaced partition is the same one: forgotten by name it would be gone.
    if (can_use_topic_ids_) forgotten_.insert(forgotten_.end(), replaced_.begin(), replaced_.end());
    replaced_.clear();
    request.session_id = next_.session_id;
    request.session_epoch = next_.epoch;
    for (const Partition* each : added_) write(request, *each);
    for (const Partition* each : altered_) write(request, *each);
    for (const Forgotten& each : forgotten_) write(request, each);
    return {.is_empty = partitions_.empty() && forgotten_.empty(),
            .can_use_topic_ids = can_use_topic_ids_};
  }

  // False: nothing of the answer can be used. `key_of(topic, partition)` answers the Key of a
  // partition of the response, or nothing when its topic is unknown.
  template <class KeyOf>
  bool handle_response(const FetchResponse& response, KeyOf&& key_of) {
    if (response.error_code != ErrorCode::kNone) {
      if (response.error_code == ErrorCode::kFetchSessionIdNotFound) {
        next_ = {};
      } else {
        next_.epoch = kInitialEpoch;
      }
      return false;
    }
    std::size_t named = 0;
    bool is_sound = true;
    for (const auto& topic : response.responses) {
      for (const auto& data : topic.partitions) {
        const std::optional<Key> key = key_of(topic, data.partition_index);
        is_sound = is_sound && key && partitions_.contains(*key);
        ++named;
      }
    }
    // A full answer names all that was asked for, an incremental one what has changed.
    if (next_.is_full()) is_sound = is_sound && named == partitions_.size();
    if (!is_sound) {
      if (next_.is_full()) next_ = {};
      next_.epoch = kInitialEpoch;
    } else if (response.session_id == kInvalidSessionId) {
      next_ = {};
    } else if (next_.is_full()) {
      next_ = {response.session_id, FetchMetadata::next_epoch(kInitialEpoch)};
    } else {
      next_.epoch = FetchMetadata::next_epoch(next_.epoch);
    }
    return is_sound;
  }

  // No answer came: the broker may or may not have taken the request up.
  void handle_error() { next_.epoch = kInitialEpoch; }
  // The next request closes the session.
  void notify_close() { next_.epoch = kFinalEpoch; }

 private:
  struct Forgotten {
    std::string topic;
    Uuid topic_id{};
    std::int32_t partition = 0;
  };

  void drop_unwanted() {
    if (wanted_ == partitions_.size()) return;
    std::erase_if(partitions_, [this](const auto& entry) {
      const Partition& known = entry.second;
      if (known.build == build_) return false;
      if (known.topic_id.is_zero()) can_use_topic_ids_ = false;
      forgotten_.push_back({known.topic, known.topic_id, known.data.partition});
      return true;
    });
  }
  static void write(FetchRequest& request, const Partition& each) {
    auto& topics = request.topics;
    if (topics.empty() || topics.back().topic_id != each.topic_id ||
        topics.back().topic != each.topic) {
      topics.push_back({.topic = each.topic, .topic_id = each.topic_id});
    }
    topics.back().partitions.push_back(each.data);
  }
  static void write(FetchRequest& request, const Forgotten& each) {
    auto& topics = request.forgotten_topics_data;
    if (topics.empty() || topics.back().topic_id != each.topic_id ||
        topics.back().topic != each.topic) {
      topics.push_back({.topic = each.topic, .topic_id = each.topic_id});
    }
    topics.back().partitions.push_back(each.partition);
  }

  FetchMetadata next_;
  std::map<Key, Partition> partitions_;
  // The request that is being built.
  std::uint64_t build_ = 0;
  std::size_t wanted_ = 0;
  bool can_use_topic_ids_ = true;
  std::vector<const Partition*> added_;
  std::vector<const Partition*> altered_;
  std::vector<Forgotten> forgotten_;
  std::vector<Forgotten> replaced_;
};

}  // namespace kafka
