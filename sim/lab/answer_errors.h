// AnswerErrors: reads every response that leaves a server and counts the error codes in it, as
// "error Produce NOT_LEADER_OR_FOLLOWER". Costs a decoding of each response, so it is there only
// when a sweep counts what it reached.
#pragma once

#include "sim/lab/message_watch.h"
#include "sim/lab/reached.h"

namespace sim {

class AnswerErrors final : public MessageListener {
 public:
  AnswerErrors(MessageWatch& messages, Reached& reached);
  ~AnswerErrors() override;
  AnswerErrors(const AnswerErrors&) = delete;
  AnswerErrors& operator=(const AnswerErrors&) = delete;

  bool on_message(const Message&) override;  // holds none

 private:
  MessageWatch& messages_;
  Reached& reached_;
  MessageWatch::WatchId watch_;
};

}  // namespace sim
