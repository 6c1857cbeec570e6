#include "sim/lab/replayer.h"

namespace sim {

void Replayer::on_start(env::Env& env) {
  // Started again after a kill: what was under way is lost, and it is not for us to repeat it.
  if (replay_.is_done) return;
  if (replay_.sent > 0) return finish("the replaying host was restarted");
  connection_ = env.connect(replay_.to);
}

void Replayer::on_conn(env::Env& env, env::ConnId connection, const env::ConnEvent& event) {
  if (connection != connection_ || replay_.is_done) return;
  switch (event.kind) {
    case env::ConnEventKind::kConnected: send_next(env); return;
    case env::ConnEventKind::kFailed: return finish("could not connect");
    case env::ConnEventKind::kClosed: return finish("connection closed");
    case env::ConnEventKind::kReset: return finish("connection reset");
    case env::ConnEventKind::kAccepted: return;
  }
}

// A broker reads one request of a connection at a time anyway: the next goes when one is answered.
void Replayer::send_next(env::Env& env) {
  do {
    env.send(connection_, replay_.request);
    ++replay_.sent;
  } while (!replay_.has_answer && replay_.sent < replay_.times);
  // Nobody will say when the last one was read: the connection stays open until the run ends.
  if (!replay_.has_answer) finish("");
}

void Replayer::on_frame(env::Env& env, env::ConnId connection, env::Frame frame) {
  if (connection != connection_ || replay_.is_done) return;
  replay_.answers.push_back(std::move(frame));
  if (replay_.sent < replay_.times) {
    send_next(env);
    changed_();
  } else {
    env.close(connection_);
    finish("");
  }
}

void Replayer::finish(std::string error) {
  replay_.error = std::move(error);
  replay_.is_done = true;
  changed_();
}

void Replayer::check_invariants() const {
  TIT_ASSERT(replay_.answers.size() <= replay_.sent && replay_.sent <= replay_.times,
             "an answer to each request at most");
}

}  // namespace sim
