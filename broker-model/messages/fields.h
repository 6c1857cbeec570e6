// How a message says its fields: once, in wire order, one line each.
//
//   template <class V> void fields(V& v) {
//     v(since<0>, "acks", acks);
//     v(between<0, 12> | ignorable, "name", name);
//     v(since<12> | tagged<0> | nullable, "cluster_id", cluster_id);
//   }
//
// Codec, text, random content and Lua tables are visitors of that list (codec.h). What stands in
// front of the name is Kafka's schema: versions, nullableVersions, tag, ignorable. Defaults are the
// members' own initialisers. Tagged fields stand in ascending order of their tags.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string_view>
#include <vector>

#include "broker-model/env/frame.h"

namespace kafka {

enum class ApiKey : std::int16_t {
  kProduce = 0,
  kFetch = 1,
  kListOffsets = 2,
  kMetadata = 3,
  kApiVersions = 18,
  kCreateTopics = 19,
  kDeleteTopics = 20,
  kDeleteRecords = 21,
  kInitProducerId = 22,
  kOffsetForLeaderEpoch = 23,
  kDescribeConfigs = 32,
  kCreatePartitions = 37,
  kElectLeaders = 43,
  kIncrementalAlterConfigs = 44,
  kAlterPartitionReassignments = 45,
  kListPartitionReassignments = 46,
  kVote = 52,
  kBeginQuorumEpoch = 53,
  kEndQuorumEpoch = 54,
  kDescribeQuorum = 55,
  kAlterPartition = 56,
  kUpdateFeatures = 57,
  kEnvelope = 58,
  kFetchSnapshot = 59,
  kBrokerRegistration = 62,
  kBrokerHeartbeat = 63,
  kUnregisterBroker = 64,
  kAllocateProducerIds = 67,
  kControllerRegistration = 70,
  kAssignReplicasToDirs = 73,
  kDescribeTopicPartitions = 75,
  kAddRaftVoter = 80,
  kRemoveRaftVoter = 81,
  kUpdateRaftVoter = 82,
};

inline constexpr std::int16_t kNeverFlexible = std::numeric_limits<std::int16_t>::max();

struct ApiInfo {
  ApiKey key;
  std::string_view name;
  std::int16_t lowest;
  std::int16_t highest;
  std::int16_t flexible_from;  // compact lengths and tagged fields from this version on
};

// Of messages that are no API: headers and the values of control records.
struct MessageInfo {
  std::string_view name;
  std::int16_t lowest;
  std::int16_t highest;
  std::int16_t flexible_from;
};

struct FieldSpec {
  static constexpr std::int16_t kNever = std::numeric_limits<std::int16_t>::max();
  std::int16_t lowest = 0;  // versions that have the field
  std::int16_t highest = kNever;
  std::int16_t nullable_from = kNever;
  std::int32_t tag = -1;       // -1: not a tagged field
  bool is_ignorable = false;   // dropped, not refused, where the version lacks it
  bool never_compact = false;  // `flexibleVersions: none`: the classic form in every version

  constexpr bool has(std::int16_t version) const { return version >= lowest && version <= highest; }
  constexpr bool is_tagged() const { return tag >= 0; }
};

constexpr FieldSpec merge(FieldSpec a, FieldSpec b) {
  return {.lowest = a.lowest > b.lowest ? a.lowest : b.lowest,
          .highest = a.highest < b.highest ? a.highest : b.highest,
          .nullable_from = a.nullable_from < b.nullable_from ? a.nullable_from : b.nullable_from,
          .tag = a.tag > b.tag ? a.tag : b.tag,
          .is_ignorable = a.is_ignorable || b.is_ignorable,
          .never_compact = a.never_compact || b.never_compact};
}

template <FieldSpec kSpec>
struct Field {
  static constexpr FieldSpec spec = kSpec;
};
template <FieldSpec kA, FieldSpec kB>
constexpr Field<merge(kA, kB)> operator|(Field<kA>, Field<kB>) {
  return {};
}

template <std::int16_t kFrom>
inline constexpr Field<FieldSpec{.lowest = kFrom}> since{};
template <std::int16_t kFrom, std::int16_t kTo>
inline constexpr Field<FieldSpec{.lowest = kFrom, .highest = kTo}> between{};
template <std::int16_t kTo>
inline constexpr Field<FieldSpec{.highest = kTo}> until{};
template <std::int32_t kTag>
inline constexpr Field<FieldSpec{.tag = kTag}> tagged{};
inline constexpr Field<FieldSpec{.nullable_from = 0}> nullable{};  // in every version that has it
template <std::int16_t kFrom>
inline constexpr Field<FieldSpec{.nullable_from = kFrom}> nullable_since{};
inline constexpr Field<FieldSpec{.is_ignorable = true}> ignorable{};
inline constexpr Field<FieldSpec{.never_compact = true}> never_compact{};

struct UnknownTag {
  std::uint32_t tag = 0;
  env::Bytes value;
  bool operator==(const UnknownTag&) const = default;
};

// Tagged fields that a peer of a later version wrote: kept, and written again. One pointer when
// there are none. In ascending order of tags, or encoding is refused (as in Kafka).
class UnknownTags {
 public:
  UnknownTags() = default;
  UnknownTags(const UnknownTags& other)
      : tags_(other.tags_ ? std::make_unique<std::vector<UnknownTag>>(*other.tags_) : nullptr) {}
  UnknownTags(UnknownTags&&) noexcept = default;
  UnknownTags& operator=(UnknownTags other) noexcept {
    tags_.swap(other.tags_);
    return *this;
  }
  ~UnknownTags() = default;

  bool empty() const { return tags_ == nullptr; }
  std::size_t size() const { return tags_ ? tags_->size() : 0; }
  const UnknownTag* begin() const { return tags_ ? tags_->data() : nullptr; }
  const UnknownTag* end() const { return tags_ ? tags_->data() + tags_->size() : nullptr; }
  void add(UnknownTag tag) {
    if (!tags_) tags_ = std::make_unique<std::vector<UnknownTag>>();
    tags_->push_back(std::move(tag));
  }
  friend bool operator==(const UnknownTags& a, const UnknownTags& b) {
    if (a.empty() || b.empty()) return a.empty() && b.empty();
    return *a.tags_ == *b.tags_;
  }

 private:
  std::unique_ptr<std::vector<UnknownTag>> tags_;  // never an empty vector
};

}  // namespace kafka
