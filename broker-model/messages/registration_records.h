// The records of `__cluster_metadata` that tell of nodes: brokers come, go, are fenced and unfenced
// (KIP-631), controllers register (KIP-919).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker-model/messages/fields.h"
#include "broker-model/messages/metadata_record_type.h"
#include "broker-model/types/ids.h"

namespace kafka {

struct RegisterBrokerRecord {
  static constexpr RecordInfo record{MetadataRecordType::kRegisterBroker, "RegisterBrokerRecord", 0,
                                     4, 0};

  struct BrokerEndpoint {
    std::string name{};
    std::string host{};
    std::uint16_t port = 0;
    std::int16_t security_protocol = 0;
    UnknownTags unknown_tagged_fields{};
    bool operator==(const BrokerEndpoint&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "name", name);
      v(since<0>, "host", host);
      v(since<0>, "port", port);
      v(since<0>, "security_protocol", security_protocol);
    }
  };

  struct BrokerFeature {
    std::string name{};
    std::int16_t min_supported_version = 0;
    std::int16_t max_supported_version = 0;
    UnknownTags unknown_tagged_fields{};
    bool operator==(const BrokerFeature&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "name", name);
      v(since<0>, "min_supported_version", min_supported_version);
      v(since<0>, "max_supported_version", max_supported_version);
    }
  };

  std::int32_t broker_id = 0;
  bool is_migrating_zk_broker = false;
  Uuid incarnation_id{};
  std::int64_t broker_epoch = 0;
  std::vector<BrokerEndpoint> end_points{};
  std::vector<BrokerFeature> features{};
  std::optional<std::string> rack = "";
  bool fenced = true;
  bool in_controlled_shutdown = false;
  std::vector<Uuid> log_dirs{};
  std::optional<std::vector<Uuid>> cordoned_log_dirs{};
  UnknownTags unknown_tagged_fields{};
  bool operator==(const RegisterBrokerRecord&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "broker_id", broker_id);
    v(since<2>, "is_migrating_zk_broker", is_migrating_zk_broker);
    v(since<0>, "incarnation_id", incarnation_id);
    v(since<0>, "broker_epoch", broker_epoch);
    v(since<0>, "end_points", end_points);
    v(since<0>, "features", features);
    v(since<0> | nullable, "rack", rack);
    v(since<0>, "fenced", fenced);
    v(since<1>, "in_controlled_shutdown", in_controlled_shutdown);
    v(since<3> | tagged<0>, "log_dirs", log_dirs);
    v(since<4> | tagged<1> | nullable, "cordoned_log_dirs", cordoned_log_dirs);
  }
};

struct UnregisterBrokerRecord {
  static constexpr RecordInfo record{MetadataRecordType::kUnregisterBroker,
                                     "UnregisterBrokerRecord", 0, 0, 0};

  std::int32_t broker_id = 0;
  std::int64_t broker_epoch = 0;
  UnknownTags unknown_tagged_fields{};
  bool operator==(const UnregisterBrokerRecord&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "broker_id", broker_id);
    v(since<0>, "broker_epoch", broker_epoch);
  }
};

struct FenceBrokerRecord {
  static constexpr RecordInfo record{MetadataRecordType::kFenceBroker, "FenceBrokerRecord", 0, 0,
                                     0};

  std::int32_t id = 0;
  std::int64_t epoch = 0;
  UnknownTags unknown_tagged_fields{};
  bool operator==(const FenceBrokerRecord&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "id", id);
    v(since<0>, "epoch", epoch);
  }
};

struct UnfenceBrokerRecord {
  static constexpr RecordInfo record{MetadataRecordType::kUnfenceBroker, "UnfenceBrokerRecord", 0,
                                     0, 0};

  std::int32_t id = 0;
  std::int64_t epoch = 0;
  UnknownTags unknown_tagged_fields{};
  bool operator==(const UnfenceBrokerRecord&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "id", id);
    v(since<0>, "epoch", epoch);
  }
};

struct BrokerRegistrationChangeRecord {
  static constexpr RecordInfo record{MetadataRecordType::kBrokerRegistrationChange,
                                     "BrokerRegistrationChangeRecord", 0, 3, 0};

  std::int32_t broker_id = 0;
  std::int64_t broker_epoch = 0;
  std::int8_t fenced = 0;
  std::int8_t in_controlled_shutdown = 0;
  std::vector<Uuid> log_dirs{};
  std::optional<std::vector<Uuid>> cordoned_log_dirs{};
  UnknownTags unknown_tagged_fields{};
  bool operator==(const BrokerRegistrationChangeRecord&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "broker_id", broker_id);
    v(since<0>, "broker_epoch", broker_epoch);
    v(since<0> | tagged<0>, "fenced", fenced);
    v(since<1> | tagged<1>, "in_controlled_shutdown", in_controlled_shutdown);
    v(since<2> | tagged<2>, "log_dirs", log_dirs);
    v(since<3> | tagged<3> | nullable, "cordoned_log_dirs", cordoned_log_dirs);
  }
};

struct RegisterControllerRecord {
  static constexpr RecordInfo record{MetadataRecordType::kRegisterController,
                                     "RegisterControllerRecord", 0, 0, 0};

  struct ControllerEndpoint {
    std::string name{};
    std::string host{};
    std::uint16_t port = 0;
    std::int16_t security_protocol = 0;
    UnknownTags unknown_tagged_fields{};
    bool operator==(const ControllerEndpoint&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "name", name);
      v(since<0>, "host", host);
      v(since<0>, "port", port);
      v(since<0>, "security_protocol", security_protocol);
    }
  };

  struct ControllerFeature {
    std::string name{};
    std::int16_t min_supported_version = 0;
    std::int16_t max_supported_version = 0;
    UnknownTags unknown_tagged_fields{};
    bool operator==(const ControllerFeature&) const = default;

    template <class V>
    void fields(V& v) {
      v(since<0>, "name", name);
      v(since<0>, "min_supported_version", min_supported_version);
      v(since<0>, "max_supported_version", max_supported_version);
    }
  };

  std::int32_t controller_id = 0;
  Uuid incarnation_id{};
  bool zk_migration_ready = false;
  std::vector<ControllerEndpoint> end_points{};
  std::vector<ControllerFeature> features{};
  UnknownTags unknown_tagged_fields{};
  bool operator==(const RegisterControllerRecord&) const = default;

  template <class V>
  void fields(V& v) {
    v(since<0>, "controller_id", controller_id);
    v(since<0>, "incarnation_id", incarnation_id);
    v(since<0>, "zk_migration_ready", zk_migration_ready);
    v(since<0>, "end_points", end_points);
    v(since<0>, "features", features);
  }
};

}  // namespace kafka
