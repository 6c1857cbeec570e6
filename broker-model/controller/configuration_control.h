// Dynamic configurations: which values topics and brokers may set, and what is effective (Kafka's
// ConfigurationControlManager), with what ELR asks of min.insync.replicas (KIP-966). Reads the
// image; its records go through replay like all others.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker-model/controller/controller_result.h"
#include "broker-model/controller/feature_control.h"
#include "broker-model/controller/metadata_image.h"
#include "broker-model/messages/incremental_alter_configs.h"
#include "broker-model/messages/update_features.h"
#include "broker-model/types/config.h"

namespace kafka {

class ConfigurationControl {
 public:
  // All outlive it. `config`: the controller's own, whose values are the defaults of topics.
  ConfigurationControl(const MetadataImage& image, const FeatureControl& features,
                       const Config& config, NodeId id)
      : image_(image), features_(features), config_(config), id_(id) {}

  struct Setting {
    std::string name;
    std::optional<std::string> value;
  };
  // ConfigRecords for a topic's settings, or INVALID_CONFIG with a sentence; then no record.
  ApiError set_topic_configs(std::string_view topic, const std::vector<Setting>& settings,
                             RecordList& records) const;

  // KIP-339: a resource is changed as a whole or not at all.
  ControllerResult<IncrementalAlterConfigsResponse> incremental_alter(
      const IncrementalAlterConfigsRequest& request) const;
  ControllerResult<UpdateFeaturesResponse> update_features(const UpdateFeaturesRequest& request,
                                                           std::int16_t version,
                                                           const QuorumFacts& quorum) const;
  // While ELR is on, a change of min.insync.replicas makes the ELRs void that it concerns.
  void add_clear_elr_records(RecordList& records) const;
  // min.insync.replicas is one value for the cluster while ELR is on: it is fixed there, and taken
  // from single brokers (maybeGenerateElrSafetyRecords).
  void add_elr_safety_records(RecordList& records) const;
  // The bootstrap's share of it: the cluster's value.
  VersionedMetadataRecord cluster_min_isr_record() const;

  // Of the topic, else of the cluster, else the controller's own configuration.
  std::size_t min_insync_replicas(std::string_view topic) const;
  bool unclean_leader_election_enabled(std::string_view topic) const;

 private:
  using AlterableConfig = IncrementalAlterConfigsRequest::AlterableConfig;
  ApiError alter_resource(const ConfigResource& resource,
                          const std::map<std::string, AlterableConfig>& changes,
                          RecordList& records) const;
  ApiError check_exists(const ConfigResource& resource) const;
  // The value after APPEND or SUBTRACT of a list.
  std::string changed_list(const ConfigResource& resource, const ConfigKey& key,
                           const AlterableConfig& change) const;
  // Leaves the value as Config spells it: what reads it need not know other spellings.
  ApiError check_value(const ConfigResource& resource, ConfigRecord& record, Config& checked) const;
  std::optional<std::string_view> effective(std::string_view topic, std::string_view key) const;

  const MetadataImage& image_;
  const FeatureControl& features_;
  const Config& config_;
  NodeId id_;
};

}  // namespace kafka
