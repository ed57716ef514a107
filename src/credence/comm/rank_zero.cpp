#include "credence/comm/rank_zero.h"

#include <array>

#include "credence/comm/gather.h"

namespace credence {

void on_rank_zero(Communicator& communicator, const std::function<void()>& body) {
  // Exit code and message length; a code of 0 says that all went well.
  std::array<double, 2> outcome{0, 0};
  std::string message;
  if (communicator.rank() == 0) {
    try {
      body();
    } catch (const Error& error) {
      message = error.what();
      outcome = {static_cast<double>(error.exit_code()), static_cast<double>(message.size())};
    } catch (const std::exception& error) {
      message = concat("internal error: ", error.what());
      outcome = {static_cast<double>(ExitCode::internal), static_cast<double>(message.size())};
    }
  }
  communicator.broadcast(std::span<double>(outcome), 0);
  if (outcome[0] == 0) return;
  message.resize(static_cast<std::size_t>(outcome[1]));
  communicator.broadcast(
      std::span<std::uint8_t>(reinterpret_cast<std::uint8_t*>(message.data()), message.size()), 0);
  throw Error(static_cast<ExitCode>(outcome[0]), message);
}

std::string text_of_rank_zero(Communicator& communicator,
                              const std::function<std::string()>& find) {
  std::string found;
  on_rank_zero(communicator, [&] { found = find(); });
  return all_gather_text(communicator, found).front();
}

}  // namespace credence
