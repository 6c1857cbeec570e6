// Dynamic configurations: which values a new topic may set, and what is effective (Kafka's
// ConfigurationControlManager). Reads the image; its records go through replay like all others.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker-model/controller/controller_result.h"
#include "broker-model/controller/metadata_image.h"
#include "broker-model/types/config.h"

namespace kafka {

class ConfigurationControl {
 public:
  // Both outlive it. `config`: the controller's own, whose values are the defaults of topics.
  ConfigurationControl(const MetadataImage& image, const Config& config)
      : image_(image), config_(config) {}

  struct Setting {
    std::string name;
    std::optional<std::string> value;
  };
  // ConfigRecords for a topic's settings, or INVALID_CONFIG with a sentence; then no record.
  ApiError set_topic_configs(std::string_view topic, const std::vector<Setting>& settings,
                             RecordList& records) const;

  // min.insync.replicas of the topic, of the cluster, of the controller's own configuration.
  std::size_t effective_min_isr(std::string_view topic) const;
  bool unclean_leader_election_enabled(std::string_view topic) const;

 private:
  const MetadataImage& image_;
  const Config& config_;
};

}  // namespace kafka
