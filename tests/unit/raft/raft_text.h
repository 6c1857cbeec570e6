// Messages of the quorum as one line each, for conversations.
#pragma once

#include <string>

#include "broker-model/raft/raft_client.h"

namespace kafka::test {

std::string text_of(const RaftRequest& request);
std::string text_of(const RaftResponse& response);
// "3000, 3001@7": ids, each with the number of its directory.
std::string text_of(const VoterSet& voters);

}  // namespace kafka::test
