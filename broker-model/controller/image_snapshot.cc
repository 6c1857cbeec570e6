// MetadataImage: replaced as a whole by a snapshot, with the delta that publishers of an image that
// went from state to state need (MetadataDelta.finishSnapshot).
#include <utility>

#include "broker-model/controller/metadata_image.h"

namespace kafka {
namespace {

// Calls visit(key, before, after) for the keys that differ; nullptr where there is none.
template <class Map, class Visit>
void for_each_difference(const Map& before, const Map& after, Visit&& visit) {
  auto a = before.begin();
  auto b = after.begin();
  while (a != before.end() || b != after.end()) {
    if (b == after.end() || (a != before.end() && a->first < b->first)) {
      visit(a->first, &a->second, nullptr);
      ++a;
    } else if (a == before.end() || b->first < a->first) {
      visit(b->first, nullptr, &b->second);
      ++b;
    } else {
      if (!(a->second == b->second)) visit(a->first, &a->second, &b->second);
      ++a;
      ++b;
    }
  }
}

std::vector<Uuid> missing_in(const std::map<Uuid, TopicImage>& before,
                             const std::map<Uuid, TopicImage>& after) {
  std::vector<Uuid> gone;
  for (const auto& [id, topic] : before) {
    if (!after.contains(id)) gone.push_back(id);
  }
  return gone;
}

}  // namespace

void MetadataImage::load_snapshot(const std::vector<MetadataRecord>& records, Offset last_offset) {
  MetadataImage next;
  for (const MetadataRecord& record : records) next.replay(record, last_offset);
  // Removed first: a topic that came again under its name has another id.
  for (const Uuid& id : missing_in(topics_, next.topics_))
    replay_remove_topic(RemoveTopicRecord{.topic_id = id});
  for (const auto& [id, topic] : next.topics_) {
    const auto known = topics_.find(id);
    if (known == topics_.end()) delta_.created_topics.insert(id);
    const std::map<std::int32_t, PartitionImage> none;
    for_each_difference(known == topics_.end() ? none : known->second.partitions, topic.partitions,
                        [&](std::int32_t number, const PartitionImage* before,
                            const PartitionImage*) { note_partition({id, number}, before); });
  }
  for_each_difference(
      brokers_, next.brokers_, [&](NodeId id, const BrokerImage* before, const BrokerImage*) {
        delta_.brokers.try_emplace(id, before == nullptr ? std::nullopt : std::optional(*before));
      });
  for_each_difference(configs_, next.configs_,
                      [&](const ConfigResource& resource, const ConfigMap*, const ConfigMap*) {
                        delta_.configs.insert(resource);
                      });
  MetadataDelta delta = std::move(delta_);
  *this = std::move(next);
  delta_ = std::move(delta);
  highest_offset_ = last_offset;
}

}  // namespace kafka
