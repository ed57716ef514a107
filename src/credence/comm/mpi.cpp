// Only the C interface: the C++ one is gone from MPI, and would have to be linked.
#define OMPI_SKIP_MPICXX 1
#define MPICH_SKIP_MPICXX 1

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iostream>
#include <thread>
#include <utility>
#include <vector>

#include <mpi.h>

#include "credence/base/log.h"
#include "credence/comm/attendant.h"
#include "credence/comm/checks.h"
#include "credence/comm/launcher.h"

namespace credence {
namespace {

using Clock = std::chrono::steady_clock;

void check(int code, const char* call) {
  if (code == MPI_SUCCESS) [[likely]]
    return;
  char text[MPI_MAX_ERROR_STRING];
  int length = 0;
  MPI_Error_string(code, text, &length);
  throw CommError(concat(call, ": ", std::string(text, static_cast<std::size_t>(length))));
}

bool is_finalized() {
  int flag = 0;
  MPI_Finalized(&flag);
  return flag != 0;
}

bool is_initialized() {
  int flag = 0;
  MPI_Initialized(&flag);
  return flag != 0;
}

MPI_Datatype type_of(const Buffer& buffer) {
  switch (buffer.dtype) {
    case DType::float32:
      return MPI_FLOAT;
    case DType::float64:
      return MPI_DOUBLE;
    default:
      return MPI_UINT8_T;
  }
}

/// Bytes given to one call. Libraries count elements, and often bytes, in an int.
/// CREDENCE_MPI_PIECE_BYTES changes it, for tests and for libraries with smaller limits.
std::size_t piece_bytes() {
  const char* text = std::getenv("CREDENCE_MPI_PIECE_BYTES");
  const long long asked = text == nullptr ? 0 : std::atoll(text);
  return asked > 0 ? static_cast<std::size_t>(asked) : std::size_t{1} << 30;
}

/// What all communicators of the process share.
struct Job {
  std::shared_ptr<Activity> activity;
  std::size_t piece_bytes = credence::piece_bytes();
  /// A request was given up, and MPI may still write to its memory: nothing may be asked of MPI
  /// any more but to end the job.
  bool lost = false;
};

/// A communicator of our own. Requests hold it too: Open MPI 4.1 does not keep a freed communicator
/// for the non-blocking collectives still under way on it.
struct Channel {
  MPI_Comm comm;
  std::shared_ptr<Job> job;

  Channel(MPI_Comm owned, std::shared_ptr<Job> the_job) : comm(owned), job(std::move(the_job)) {}
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;
  // MPI_Comm_free may wait for the other ranks, which do not come where this one fails.
  ~Channel() {
    if (job->lost || std::uncaught_exceptions() > 0 || is_finalized()) return;
    const Activity::Wait wait(*job->activity, "MPI_Comm_free");
    MPI_Comm_free(&comm);
  }
};

[[noreturn]] void end_job(ExitCode code) {
  std::cout.flush();
  std::fflush(nullptr);
  if (is_initialized() && !is_finalized()) {
    int ranks = 1;
    int is_main = 0;
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    MPI_Is_thread_main(&is_main);
    // Alone, nobody is left to end, and MPI_Abort's long message would hide ours.
    if (ranks == 1 && is_main != 0) {
      MPI_Finalize();
    } else {
      MPI_Abort(MPI_COMM_WORLD, static_cast<int>(code));
    }
  }
  std::_Exit(static_cast<int>(code));
}

/// From the thread that looks on: the main thread hangs in MPI, which may not let go of this one.
[[noreturn]] void end_overdue_job(int rank, const std::string& message) {
  std::cerr << concat("credence: rank ", rank, ": ", message, "\n");
  log_error_to_files(message);
  std::thread([] {
    std::this_thread::sleep_for(std::chrono::seconds(3));
    std::_Exit(static_cast<int>(ExitCode::comm));
  }).detach();
  end_job(ExitCode::comm);
}

class MpiOperation final : public Request::Operation {
 public:
  MpiOperation(const char* call, std::shared_ptr<Channel> channel)
      : call_(call), channel_(std::move(channel)) {}

  ~MpiOperation() override {
    if (requests_.empty() || channel_->job->lost || is_finalized()) return;
    const Activity::Wait wait(*channel_->job->activity, call_);
    if (std::uncaught_exceptions() <= exceptions_) {
      MPI_Waitall(count(), requests_.data(), MPI_STATUSES_IGNORE);
    } else {
      wait_while_failing();
    }
  }

  void wait() override {
    const Activity::Wait wait(*channel_->job->activity, call_);
    for (MPI_Request& request : requests_) check(MPI_Wait(&request, MPI_STATUS_IGNORE), call_);
    requests_.clear();
  }

  bool test() override {
    int done = 0;
    check(MPI_Testall(count(), requests_.data(), &done, MPI_STATUSES_IGNORE), call_);
    if (done != 0) requests_.clear();
    return done != 0;
  }

  /// Where the next MPI call puts its request.
  MPI_Request* next() { return &requests_.emplace_back(MPI_REQUEST_NULL); }

 private:
  int count() const { return static_cast<int>(requests_.size()); }

  // The other ranks may never come: this rank must not hang before its error is told.
  void wait_while_failing() {
    const auto deadline = Clock::now() + std::chrono::seconds(3);
    int done = 0;
    while (MPI_Testall(count(), requests_.data(), &done, MPI_STATUSES_IGNORE) == MPI_SUCCESS &&
           done == 0 && Clock::now() < deadline)
      std::this_thread::yield();
    if (done == 0) channel_->job->lost = true;
  }

  const char* call_;
  std::shared_ptr<Channel> channel_;
  int exceptions_ = std::uncaught_exceptions();
  std::vector<MPI_Request> requests_;
};

class MpiCommunicator : public Communicator {
 public:
  /// Owns `comm`.
  MpiCommunicator(MPI_Comm comm, std::shared_ptr<Job> job)
      : Communicator(job->activity), channel_(std::make_shared<Channel>(comm, std::move(job))) {
    check(MPI_Comm_set_errhandler(channel_->comm, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
    check(MPI_Comm_rank(channel_->comm, &rank_), "MPI_Comm_rank");
    check(MPI_Comm_size(channel_->comm, &size_), "MPI_Comm_size");
  }

  int rank() const override { return rank_; }
  int size() const override { return size_; }

  Request start_sum(Buffer buffer) override {
    check_dtype(buffer, "sum");
    if (size_ == 1 || buffer.count == 0) return Request();
    auto operation = std::make_unique<MpiOperation>("MPI_Iallreduce", channel_);
    in_pieces(buffer.data, buffer, [&](void* data, int count) {
      check(MPI_Iallreduce(MPI_IN_PLACE, data, count, type_of(buffer), MPI_SUM, channel_->comm,
                           operation->next()),
            "MPI_Iallreduce");
    });
    return Request(std::move(operation));
  }

  Request start_reduce_scatter(Buffer src, Buffer dst) override {
    check_reduce_scatter(src, dst, size_);
    if (size_ == 1) return self_->start_reduce_scatter(src, dst);
    if (bytes_of(src) > channel_->job->piece_bytes) return start_reduces(src, dst);
    auto operation = std::make_unique<MpiOperation>("MPI_Ireduce_scatter_block", channel_);
    check(MPI_Ireduce_scatter_block(src.data, dst.data, static_cast<int>(dst.count), type_of(src),
                                    MPI_SUM, channel_->comm, operation->next()),
          "MPI_Ireduce_scatter_block");
    return Request(std::move(operation));
  }

  Request start_all_gather(Buffer src, Buffer dst) override {
    check_all_gather(src, dst, size_, rank_);
    if (size_ == 1) return self_->start_all_gather(src, dst);
    if (bytes_of(dst) > channel_->job->piece_bytes) return start_broadcasts(src, dst);
    auto operation = std::make_unique<MpiOperation>("MPI_Iallgather", channel_);
    const int count = static_cast<int>(src.count);
    const void* from = src.data == own_part(dst, src.count) ? MPI_IN_PLACE : src.data;
    check(MPI_Iallgather(from, count, type_of(src), dst.data, count, type_of(dst), channel_->comm,
                         operation->next()),
          "MPI_Iallgather");
    return Request(std::move(operation));
  }

  void send(Buffer buffer, int destination, int tag) override {
    check_dtype(buffer, "send");
    check_peer(destination, rank_, size_, "send");
    const Activity::Wait wait(activity(), "MPI_Send");
    in_pieces(buffer.data, buffer, [&](void* data, int count) {
      check(MPI_Send(data, count, type_of(buffer), destination, tag, channel_->comm), "MPI_Send");
    });
  }

  void receive(Buffer buffer, int source, int tag) override {
    check_dtype(buffer, "receive");
    check_peer(source, rank_, size_, "receive");
    const Activity::Wait wait(activity(), "MPI_Recv");
    in_pieces(buffer.data, buffer, [&](void* data, int count) {
      MPI_Status status;
      check(MPI_Recv(data, count, type_of(buffer), source, tag, channel_->comm, &status),
            "MPI_Recv");
      int received = 0;
      check(MPI_Get_count(&status, type_of(buffer), &received), "MPI_Get_count");
      require<CommError>(received == count, "receive: expected ", count, " elements from rank ",
                         source, ", got ", received);
    });
  }

  Request start_exchange(Buffer out, Buffer in, int peer, int tag) override {
    check_dtype(out, "exchange");
    check_dtype(in, "exchange");
    check_peer(peer, rank_, size_, "exchange");
    auto operation = std::make_unique<MpiOperation>("MPI_Isend, MPI_Irecv", channel_);
    in_pieces(in.data, in, [&](void* data, int count) {
      check(MPI_Irecv(data, count, type_of(in), peer, tag, channel_->comm, operation->next()),
            "MPI_Irecv");
    });
    in_pieces(out.data, out, [&](void* data, int count) {
      check(MPI_Isend(data, count, type_of(out), peer, tag, channel_->comm, operation->next()),
            "MPI_Isend");
    });
    return Request(std::move(operation));
  }

  void broadcast(Buffer buffer, int root) override {
    check_dtype(buffer, "broadcast");
    check_root(root, size_);
    if (size_ == 1) return;
    const Activity::Wait wait(activity(), "MPI_Bcast");
    in_pieces(buffer.data, buffer, [&](void* data, int count) {
      check(MPI_Bcast(data, count, type_of(buffer), root, channel_->comm), "MPI_Bcast");
    });
  }

  void barrier() override {
    const Activity::Wait wait(activity(), "MPI_Barrier");
    check(MPI_Barrier(channel_->comm), "MPI_Barrier");
  }

  bool allows_threads() const override {
    int level = 0;
    check(MPI_Query_thread(&level), "MPI_Query_thread");
    return level == MPI_THREAD_MULTIPLE;
  }

  std::unique_ptr<Communicator> split(int color, int key) override {
    check_color(color);
    MPI_Comm part = MPI_COMM_NULL;
    const Activity::Wait wait(activity(), "MPI_Comm_split");
    check(MPI_Comm_split(channel_->comm, color, key, &part), "MPI_Comm_split");
    return std::make_unique<MpiCommunicator>(part, channel_->job);
  }

  [[noreturn]] void abort(ExitCode code) override { end_job(code); }

 protected:
  Job& job() { return *channel_->job; }

 private:
  std::byte* own_part(const Buffer& buffer, std::size_t count) const {
    return part_of(buffer, static_cast<std::size_t>(rank_), count);
  }

  /// Calls call(data, count) for pieces of `like.count` elements from `data` on; once if it is 0.
  template <class Call>
  void in_pieces(void* data, const Buffer& like, Call call) const {
    const std::size_t width = bytes_of(like.dtype);
    const std::size_t limit = std::max<std::size_t>(channel_->job->piece_bytes / width, 1);
    std::size_t begin = 0;
    do {
      const std::size_t count = std::min(limit, like.count - begin);
      call(static_cast<std::byte*>(data) + begin * width, static_cast<int>(count));
      begin += count;
    } while (begin < like.count);
  }

  // Pieces of a reduce-scatter are not contiguous, those of a reduction for each rank are.
  Request start_reduces(const Buffer& src, const Buffer& dst) {
    auto operation = std::make_unique<MpiOperation>("MPI_Ireduce", channel_);
    for (int root = 0; root < size_; ++root) {
      auto* to = static_cast<std::byte*>(dst.data);
      in_pieces(part_of(src, static_cast<std::size_t>(root), dst.count), dst,
                [&](void* from, int count) {
                  check(MPI_Ireduce(from, root == rank_ ? to : nullptr, count, type_of(src),
                                    MPI_SUM, root, channel_->comm, operation->next()),
                        "MPI_Ireduce");
                  to += static_cast<std::size_t>(count) * bytes_of(dst.dtype);
                });
    }
    return Request(std::move(operation));
  }

  Request start_broadcasts(const Buffer& src, const Buffer& dst) {
    auto operation = std::make_unique<MpiOperation>("MPI_Ibcast", channel_);
    std::byte* own = own_part(dst, src.count);
    if (own != src.data) std::memcpy(own, src.data, bytes_of(src));
    for (int root = 0; root < size_; ++root) {
      in_pieces(
          part_of(dst, static_cast<std::size_t>(root), src.count), src, [&](void* data, int count) {
            check(MPI_Ibcast(data, count, type_of(src), root, channel_->comm, operation->next()),
                  "MPI_Ibcast");
          });
    }
    return Request(std::move(operation));
  }

  std::shared_ptr<Channel> channel_;
  std::unique_ptr<Communicator> self_ = self_communicator();
  int rank_ = 0;
  int size_ = 1;
};

MPI_Comm duplicate_of_world() {
  MPI_Comm comm = MPI_COMM_NULL;
  check(MPI_Comm_dup(MPI_COMM_WORLD, &comm), "MPI_Comm_dup");
  return comm;
}

/// All ranks, and a communicator aside on which they wait for each other at the end.
class MpiWorld final : public MpiCommunicator {
 public:
  MpiWorld(bool ends_mpi, std::shared_ptr<Activity> activity)
      : MpiCommunicator(duplicate_of_world(), std::make_shared<Job>(Job{std::move(activity)})),
        ends_mpi_(ends_mpi),
        arrivals_(duplicate_of_world()) {}

  ~MpiWorld() override {
    if (!is_finalized()) MPI_Comm_free(&arrivals_);
  }

  bool ends_mpi() const { return ends_mpi_; }
  bool is_stuck() { return job().lost || arrival_ != MPI_REQUEST_NULL; }

  bool all_arrive(double timeout_s) {
    if (job().lost) return false;
    if (arrival_ == MPI_REQUEST_NULL) check(MPI_Ibarrier(arrivals_, &arrival_), "MPI_Ibarrier");
    const auto deadline = Clock::now() + std::chrono::duration<double>(timeout_s);
    int done = 0;
    while (true) {
      check(MPI_Test(&arrival_, &done, MPI_STATUS_IGNORE), "MPI_Ibarrier");
      if (done != 0 || Clock::now() >= deadline) return done != 0;
      std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
  }

 private:
  bool ends_mpi_;
  MPI_Comm arrivals_;
  MPI_Request arrival_ = MPI_REQUEST_NULL;
};

}  // namespace

CommWorld::CommWorld(int& argc, char**& argv) : activity_(std::make_shared<Activity>()) {
  AttendantOptions attendant = attendant_options();
  attendant.on_overdue = [rank = attendant.rank](const std::string& message) {
    end_overdue_job(rank, message);
  };
  attendant_ = std::make_unique<Attendant>(*activity_, attendant);
  const bool is_running = is_initialized();
  const Activity::Wait wait(*activity_, "MPI_Init");
  if (!is_running) {
    set_mpi_defaults();
    int level = 0;
    check(MPI_Init_thread(&argc, &argv, MPI_THREAD_MULTIPLE, &level), "MPI_Init_thread");
  }
  try {
    int ranks = 1;
    check(MPI_Comm_size(MPI_COMM_WORLD, &ranks), "MPI_Comm_size");
    check_launcher(ranks, library());
    communicator_ = std::make_unique<MpiWorld>(!is_running, activity_);
  } catch (const CommError&) {
    if (!is_running) MPI_Finalize();
    throw;
  }
}

CommWorld::CommWorld() : communicator_(self_communicator()) {}

CommWorld::~CommWorld() {
  auto* const own = dynamic_cast<MpiWorld*>(communicator_.get());
  if (own == nullptr || is_finalized()) return;
  MpiWorld& world = *own;
  world.activity().set_phase("end");
  // MPI_Finalize would wait for ranks that do not come.
  try {
    if (world.is_stuck() || (std::uncaught_exceptions() > 0 && !all_arrive(4)))
      world.abort(ExitCode::comm);
  } catch (const CommError&) {
    world.abort(ExitCode::comm);
  }
  const bool ends_mpi = world.ends_mpi();
  communicator_.reset();
  const Activity::Wait wait(*activity_, "MPI_Finalize");
  if (ends_mpi) MPI_Finalize();
}

void CommWorld::check_threads() const {
  int level = MPI_THREAD_MULTIPLE;
  if (dynamic_cast<const MpiWorld*>(communicator_.get()) != nullptr)
    check(MPI_Query_thread(&level), "MPI_Query_thread");
  require<CommError>(level != MPI_THREAD_SINGLE, library(),
                     ": expected support of threads (MPI_THREAD_FUNNELED or more), got none "
                     "(MPI_THREAD_SINGLE): use an MPI that is built with it");
}

std::string CommWorld::library() {
  char text[MPI_MAX_LIBRARY_VERSION_STRING];
  int length = 0;
  MPI_Get_library_version(text, &length);
  const std::string version(text, static_cast<std::size_t>(length));
  // "Open MPI v4.1.4, package: ...", "MPICH Version:\t4.0.2\nMPICH Release date: ..."
  std::string name = version.substr(0, version.find_first_of(",\n"));
  const std::size_t colon = name.find(":\t");
  if (colon != std::string::npos)
    name.replace(colon, name.find_first_not_of(":\t ", colon) - colon, " ");
  return name;
}

bool CommWorld::all_arrive(double timeout_s) {
  auto* const world = dynamic_cast<MpiWorld*>(communicator_.get());
  return world == nullptr || world->all_arrive(timeout_s);
}

}  // namespace credence
