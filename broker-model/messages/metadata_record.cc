#include "broker-model/messages/metadata_record.h"

#include <utility>

namespace kafka {

namespace {

constexpr std::uint32_t kFrameVersion = 1;

// Calls `found` with a fresh record of the type, if there is such a type.
template <std::size_t kIndex = 0, class F>
bool with_record_of(std::uint32_t type, F&& found) {
  if constexpr (kIndex == std::variant_size_v<MetadataRecord>) {
    return false;
  } else {
    using Record = std::variant_alternative_t<kIndex, MetadataRecord>;
    if (static_cast<std::uint32_t>(Record::record.type) != type) {
      return with_record_of<kIndex + 1>(type, std::forward<F>(found));
    }
    found(Record{});
    return true;
  }
}

}  // namespace

env::Bytes encode_metadata_record(const MetadataRecord& record, std::int16_t version) {
  Encoder encoder(120);
  std::visit(
      [&]<class R>(const R& typed) {
        encoder.uvarint(kFrameVersion);
        encoder.uvarint(static_cast<std::uint32_t>(R::record.type));
        encoder.uvarint(static_cast<std::uint32_t>(version));
        if (check_version(info_of<R>(), version, encoder.errors())) {
          Codec<R>::write(encoder, typed, version);
        }
        TIT_ASSERT(!encoder.failed(),
                   encoder.errors().error(R::record.name, version).sentence.c_str());
      },
      record);
  return encoder.finish().contiguous();
}

std::expected<VersionedMetadataRecord, CodecError> decode_metadata_record(const env::Bytes& value) {
  const env::Rope rope(value);
  Decoder decoder(rope);
  VersionedMetadataRecord result;
  MessageInfo info{"metadata record", 0, 0, 0};
  const std::uint32_t frame_version = decoder.uvarint();
  if (frame_version != kFrameVersion) {
    decoder.fail("frame version " + std::to_string(frame_version) + ", expected 1");
  }
  const std::uint32_t type = decoder.uvarint();
  const std::uint32_t version = decoder.uvarint();
  if (version > INT16_MAX) decoder.fail("no such version: " + std::to_string(version));
  result.version = static_cast<std::int16_t>(version);
  const bool is_known = decoder.failed() || with_record_of(type, [&]<class R>(R record) {
                          info = info_of<R>();
                          if (check_version(info, result.version, decoder.errors())) {
                            Codec<R>::read(decoder, record, result.version);
                          }
                          result.record = std::move(record);
                        });
  if (!is_known) decoder.fail("no such record type: " + std::to_string(type));
  if (decoder.remaining() > 0) decoder.fail("the record has ended here, more bytes follow");
  if (decoder.failed()) return std::unexpected(decoder.errors().error(info.name, result.version));
  return result;
}

std::string to_text(const MetadataRecord& record) {
  return std::visit([](const auto& typed) { return to_text(typed); }, record);
}

}  // namespace kafka
