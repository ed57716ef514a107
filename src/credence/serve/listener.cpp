#include "credence/serve/listener.h"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <thread>
#include <utility>

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include "credence/base/errors.h"

namespace credence {
namespace {

struct FreeAddresses {
  void operator()(addrinfo* first) const { freeaddrinfo(first); }
};

std::unique_ptr<addrinfo, FreeAddresses> resolve(const std::string& host, int port) {
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  require<UsageError>(error == 0, "--host: expected a name or address of this machine, got \"",
                      host, "\": ", gai_strerror(error));
  return std::unique_ptr<addrinfo, FreeAddresses>(found);
}

bool stays_here(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    const auto& ip4 = reinterpret_cast<const sockaddr_in&>(address);
    return ntohl(ip4.sin_addr.s_addr) >> 24 == 127;
  }
  return address.sa_family == AF_INET6 &&
         IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6&>(address).sin6_addr);
}

}  // namespace

Listener::Listener(const std::string& host, int port) {
  const auto addresses = resolve(host, port);
  int error = 0;
  for (const addrinfo* address = addresses.get(); address; address = address->ai_next) {
    Descriptor candidate(
        ::socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC, address->ai_protocol));
    const int yes = 1;  // so that a service can be started again at once
    if (!candidate.is_open() ||
        ::setsockopt(candidate.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
        ::bind(candidate.get(), address->ai_addr, address->ai_addrlen) != 0) {
      error = errno;
      continue;
    }
    socket_ = std::move(candidate);
    break;
  }
  require<CreateError>(socket_.is_open(), "cannot have port ", port, " of ", host, ": ",
                       std::strerror(error));
  sockaddr_storage bound{};
  socklen_t length = sizeof bound;
  auto* const address = reinterpret_cast<sockaddr*>(&bound);
  char name[NI_MAXHOST], number[NI_MAXSERV];
  const bool is_known = ::getsockname(socket_.get(), address, &length) == 0 &&
                        ::getnameinfo(address, length, name, sizeof name, number, sizeof number,
                                      NI_NUMERICHOST | NI_NUMERICSERV) == 0;
  require<IoError>(is_known, "cannot tell the address of port ", port, " of ", host);
  host_ = name;
  port_ = std::stoi(number);
  is_loopback_ = stays_here(*address);
}

std::string Listener::address() const {
  return host_.find(':') == std::string::npos ? concat(host_, ":", port_)
                                              : concat("[", host_, "]:", port_);
}

void Listener::listen() {
  // Two may bind the same address before either listens: then this tells.
  require<CreateError>(::listen(socket_.get(), SOMAXCONN) == 0, "cannot listen at ", address(),
                       ": ", std::strerror(errno));
}

Descriptor Listener::accept(int stop) {
  for (;;) {
    pollfd waiting[] = {{.fd = socket_.get(), .events = POLLIN, .revents = 0},
                        {.fd = stop, .events = POLLIN, .revents = 0}};
    ::poll(waiting, 2, -1);
    if (waiting[1].revents != 0) return {};
    if (waiting[0].revents == 0) continue;
    Descriptor connection(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!connection.is_open()) {
      // Out of descriptors or memory, or the other side has gone: none is a reason to end.
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      continue;
    }
    const int yes = 1;  // a head and a body are two writes
    ::setsockopt(connection.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return connection;
  }
}

}  // namespace credence
