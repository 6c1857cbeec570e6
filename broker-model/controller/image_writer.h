// An image as the records that make it: what a snapshot holds (Kafka's MetadataImage.write,
// ImageWriter). The features come first, so that a reader knows how the rest is meant; the same
// image gives the same records on every node.
#pragma once

#include "broker-model/controller/metadata_image.h"
#include "broker-model/messages/metadata_record.h"

namespace kafka {

RecordList to_records(const MetadataImage& image);

}  // namespace kafka
