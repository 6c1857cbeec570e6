#include "sim/cli/verbs.h"

int main(int argc, char** argv) { return sim::run_command_line(argc, argv); }
