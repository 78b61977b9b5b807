#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "lib/base/no_core.h"
#include "services/roomctl/command.h"

int main(int argc, char** argv) {
  roomkeeper::LeaveNoCore();
  const std::vector<std::string> words(argv + 1, argv + argc);
  const roomkeeper::ExitCode code =
      roomkeeper::RunRoomctl(words, std::cout, std::cerr, isatty(STDERR_FILENO) == 1);
  std::cout.flush();
  // Channels may still hold threads of gRPC; nothing of ours needs unwinding.
  return static_cast<int>(code);
}
