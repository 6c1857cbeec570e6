#include "broker-model/controller/image_writer.h"

#include "broker-model/controller/controller_result.h"
#include "broker-model/types/features.h"

namespace kafka {
namespace {

void write_features(const MetadataImage& image, RecordList& records) {
  const auto write = [&](std::string_view name, std::int16_t level) {
    records.push_back({FeatureLevelRecord{.name = std::string(name), .feature_level = level}, 0});
  };
  if (const auto level = image.feature_level(kMetadataVersionFeature); level > 0)
    write(kMetadataVersionFeature, level);
  for (const auto& [name, level] : image.features()) {
    if (name != kMetadataVersionFeature) write(name, level);
  }
}

// BrokerRegistration.toRecord.
RegisterBrokerRecord to_record(const BrokerImage& broker) {
  RegisterBrokerRecord record{.broker_id = broker.id.value(),
                              .incarnation_id = broker.incarnation_id,
                              .broker_epoch = broker.epoch.value(),
                              .rack = broker.rack,
                              .fenced = broker.is_fenced,
                              .in_controlled_shutdown = broker.in_controlled_shutdown,
                              .log_dirs = broker.log_dirs};
  for (const ListenerImage& listener : broker.listeners) {
    record.end_points.push_back({.name = listener.name,
                                 .host = listener.endpoint.host,
                                 .port = listener.endpoint.port,
                                 .security_protocol = listener.security_protocol});
  }
  for (const FeatureRange& feature : broker.features) {
    record.features.push_back({.name = feature.name,
                               .min_supported_version = feature.lowest,
                               .max_supported_version = feature.highest});
  }
  return record;
}

RegisterControllerRecord to_record(const ControllerImage& controller) {
  RegisterControllerRecord record{.controller_id = controller.id.value(),
                                  .incarnation_id = controller.incarnation_id};
  for (const ListenerImage& listener : controller.listeners) {
    record.end_points.push_back({.name = listener.name,
                                 .host = listener.endpoint.host,
                                 .port = listener.endpoint.port,
                                 .security_protocol = listener.security_protocol});
  }
  for (const auto& [name, levels] : controller.features) {
    record.features.push_back({.name = name,
                               .min_supported_version = levels.first,
                               .max_supported_version = levels.second});
  }
  return record;
}

void write_cluster(const MetadataImage& image, RecordList& records) {
  for (const auto& [id, broker] : image.brokers())
    records.push_back({to_record(broker), kRegisterBrokerRecordVersion});
  for (const auto& [id, controller] : image.controllers())
    records.push_back({to_record(controller), 0});
}

void write_topics(const MetadataImage& image, RecordList& records) {
  for (const auto& [id, topic] : image.topics()) {
    records.push_back({TopicRecord{.name = topic.name, .topic_id = id}, 0});
    for (const auto& [number, partition] : topic.partitions)
      records.push_back({to_record(partition, {id, number}), kPartitionRecordVersion});
  }
}

void write_configs(const MetadataImage& image, RecordList& records) {
  for (const auto& [resource, values] : image.configs()) {
    for (const auto& [name, value] : values) {
      records.push_back({ConfigRecord{.resource_type = static_cast<std::int8_t>(resource.type),
                                      .resource_name = resource.name,
                                      .name = name,
                                      .value = value},
                         0});
    }
  }
}

}  // namespace

RecordList to_records(const MetadataImage& image) {
  RecordList records;
  write_features(image, records);
  write_cluster(image, records);
  write_topics(image, records);
  write_configs(image, records);
  if (image.next_producer_id() > 0) {
    records.push_back(
        {ProducerIdsRecord{.broker_id = -1, .next_producer_id = image.next_producer_id()}, 0});
  }
  return records;
}

}  // namespace kafka
