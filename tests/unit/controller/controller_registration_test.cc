// When a controller asks to be registered, and when not.
#include <doctest/doctest.h>

#include <vector>

#include "broker-model/controller/controller_registration_manager.h"
#include "tests/support/fake_env.h"

namespace kafka::test {
namespace {

using ::test::FakeDisk;
using ::test::FakeEnv;

constexpr Uuid kOwn{7, 7};

struct Story final : ControllerRegistrationHost {
  void send_controller_registration(const ControllerRegistrationRequest& request) override {
    sent.push_back(request);
  }
  void log_says(const Uuid& incarnation) {
    RegisterControllerRecord record{.controller_id = 3001, .incarnation_id = incarnation};
    image.replay(record, ++offset);
    manager.on_metadata(env, image);
  }
  void metadata_version_is_known() {
    image.replay(FeatureLevelRecord{.name = "metadata.version", .feature_level = 30}, ++offset);
    manager.on_metadata(env, image);
  }
  void answer(ErrorCode error) {
    const ControllerRegistrationResponse response{.error_code = error};
    manager.on_answer(env, &response);
  }

  FakeDisk disk;
  FakeEnv env{disk};
  MetadataImage image;
  Offset offset = 0;
  std::vector<ControllerRegistrationRequest> sent;
  ControllerRegistrationManager manager{{.id = NodeId(3001),
                                         .incarnation_id = kOwn,
                                         .endpoint = {.host = "controller-3001", .port = 9093},
                                         .timer = {.kind = 4, .id = 0}},
                                        *this};
};

}  // namespace

TEST_CASE("a controller registers when the metadata has a version, and once") {
  Story story;
  story.manager.on_metadata(story.env, story.image);
  CHECK(story.sent.empty());
  story.metadata_version_is_known();
  REQUIRE(story.sent.size() == 1);
  CHECK(story.sent[0].controller_id == 3001);
  CHECK(story.sent[0].incarnation_id == kOwn);
  CHECK(story.sent[0].listeners.at(0).host == "controller-3001");
  CHECK(story.sent[0].features.size() > 1);
  story.log_says({1, 1});  // of the process before; an answer is awaited already
  CHECK(story.sent.size() == 1);
  story.answer(ErrorCode::kNone);
  story.log_says(kOwn);
  CHECK(story.manager.is_registered());
  CHECK(story.sent.size() == 1);
}

TEST_CASE("a controller whose place in the log another process has taken registers again") {
  Story story;
  story.metadata_version_is_known();
  story.answer(ErrorCode::kNone);
  story.log_says(kOwn);
  story.log_says({1, 1});
  CHECK(story.sent.size() == 2);
  CHECK_FALSE(story.manager.is_registered());
}

TEST_CASE("a registration that fails is tried again, later and later") {
  Story story;
  story.metadata_version_is_known();
  Duration last{};
  for (int attempt = 0; attempt < 5; ++attempt) {
    if (attempt % 2 == 0) {
      story.answer(ErrorCode::kNotController);
    } else {
      story.manager.on_answer(story.env, nullptr);
    }
    const Duration after = story.env.timers.at({.kind = 4, .id = 0}) - story.env.now();
    CHECK(after > last);
    last = after;
    CHECK(story.manager.on_timer(story.env, {.kind = 4, .id = 0}));
    CHECK(story.sent.size() == static_cast<std::size_t>(attempt) + 2);
  }
}

}  // namespace kafka::test
