// The values of KRaft's control records (KIP-595, KIP-630, KIP-853). The field `version` repeats
// the version that the body is written in, as Kafka's writers fill it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "broker-model/messages/fields.h"
#include "broker-model/types/ids.h"

namespace kafka {

struct LeaderChangeMessage {
  static constexpr MessageInfo message{"LeaderChangeMessage", 0, 1, 0};

  struct Voter {
    std::int32_t voter_id = 0;
    Uuid voter_directory_id{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const Voter&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "voter_id", voter_id);
      v(since<1>, "voter_directory_id", voter_directory_id);
    }
  };

  std::int16_t version = 0;
  std::int32_t leader_id = 0;
  std::vector<Voter> voters{};
  std::vector<Voter> granting_voters{};
  UnknownTags unknown_tagged_fields{};
  bool operator==(const LeaderChangeMessage&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "version", version);
    v(since<0>, "leader_id", leader_id);
    v(since<0>, "voters", voters);
    v(since<0>, "granting_voters", granting_voters);
  }
};

struct SnapshotHeaderRecord {
  static constexpr MessageInfo message{"SnapshotHeaderRecord", 0, 0, 0};

  std::int16_t version = 0;
  std::int64_t last_contained_log_timestamp = 0;
  UnknownTags unknown_tagged_fields{};
  bool operator==(const SnapshotHeaderRecord&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "version", version);
    v(since<0>, "last_contained_log_timestamp", last_contained_log_timestamp);
  }
};

struct SnapshotFooterRecord {
  static constexpr MessageInfo message{"SnapshotFooterRecord", 0, 0, 0};

  std::int16_t version = 0;
  UnknownTags unknown_tagged_fields{};
  bool operator==(const SnapshotFooterRecord&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "version", version);
  }
};

struct KRaftVersionRecord {
  static constexpr MessageInfo message{"KRaftVersionRecord", 0, 0, 0};

  std::int16_t version = 0;
  std::int16_t kraft_version = 0;
  UnknownTags unknown_tagged_fields{};
  bool operator==(const KRaftVersionRecord&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "version", version);
    v(since<0>, "kraft_version", kraft_version);
  }
};

struct VotersRecord {
  static constexpr MessageInfo message{"VotersRecord", 0, 0, 0};

  struct Endpoint {
    std::string name{};
    std::string host{};
    std::uint16_t port = 0;
    UnknownTags unknown_tagged_fields{};
    bool operator==(const Endpoint&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "name", name);
      v(since<0>, "host", host);
      v(since<0>, "port", port);
    }
  };

  struct KRaftVersionFeature {
    std::int16_t min_supported_version = 0;
    std::int16_t max_supported_version = 0;
    UnknownTags unknown_tagged_fields{};
    bool operator==(const KRaftVersionFeature&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "min_supported_version", min_supported_version);
      v(since<0>, "max_supported_version", max_supported_version);
    }
  };

  struct Voter {
    std::int32_t voter_id = 0;
    Uuid voter_directory_id{};
    std::vector<Endpoint> endpoints{};
    KRaftVersionFeature kraft_version_feature{};
    UnknownTags unknown_tagged_fields{};
    bool operator==(const Voter&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "voter_id", voter_id);
      v(since<0>, "voter_directory_id", voter_directory_id);
      v(since<0>, "endpoints", endpoints);
      v(since<0>, "kraft_version_feature", kraft_version_feature);
    }
  };

  std::int16_t version = 0;
  std::vector<Voter> voters{};
  UnknownTags unknown_tagged_fields{};
  bool operator==(const VotersRecord&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "version", version);
    v(since<0>, "voters", voters);
  }
};

}  // namespace kafka
