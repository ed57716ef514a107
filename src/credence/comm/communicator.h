#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "credence/base/errors.h"
#include "credence/comm/activity.h"
#include "credence/tensor/tensor.h"

namespace credence {

/// A piece of memory to send or sum: float32, float64 or uint8 elements.
struct Buffer {
  void* data = nullptr;
  std::size_t count = 0;
  DType dtype = DType::float32;

  Buffer() = default;
  template <class T>
  requires std::same_as<T, float> || std::same_as<T, double> || std::same_as<T, std::uint8_t>
  Buffer(std::span<T> span)
      : data(span.data()), count(span.size()), dtype(dtype_of<T>) {}  // NOLINT
};

/// An operation under way. wait() must be called before its memory is touched; a Request that is
/// destroyed or assigned to waits, but no longer than a few seconds while an exception is thrown,
/// so that a rank that fails can say so. One that is done, or empty, returns at once.
class Request {
 public:
  class Operation {
   public:
    /// Waits, if nobody has.
    virtual ~Operation() = default;
    virtual void wait() = 0;
    /// Whether it is done; also gives the library time to make progress.
    virtual bool test() = 0;
  };

  Request() = default;
  explicit Request(std::unique_ptr<Operation> operation) : operation_(std::move(operation)) {}
  Request(Request&&) noexcept = default;
  Request& operator=(Request&&) noexcept = default;
  ~Request() = default;

  void wait();
  bool test();

 private:
  std::unique_ptr<Operation> operation_;
};

/// A group of ranks. Over one rank every operation is the identity.
/// Errors: CommError, naming the operation and the library's reason.
class Communicator {
 public:
  virtual ~Communicator() = default;

  virtual int rank() const = 0;
  virtual int size() const = 0;

  /// Element-wise sum over ranks, in place, on every rank.
  virtual Request start_sum(Buffer buffer) = 0;
  /// Element-wise sum of `src` (size() * dst.count elements); rank r receives part r in `dst`,
  /// which must not overlap `src`.
  virtual Request start_reduce_scatter(Buffer src, Buffer dst) = 0;
  /// `dst` (size() * src.count elements) receives every rank's `src`, in rank order. `src` may be
  /// this rank's own part of `dst`.
  virtual Request start_all_gather(Buffer src, Buffer dst) = 0;
  /// To and from another rank. A message of another length than was expected is an error.
  virtual void send(Buffer buffer, int destination, int tag) = 0;
  virtual void receive(Buffer buffer, int source, int tag) = 0;
  /// Sends `out` to another rank while `in`, which must have the length that rank sends, comes from
  /// it. That rank asks for the same with the same tag.
  virtual Request start_exchange(Buffer out, Buffer in, int peer, int tag) = 0;
  virtual void broadcast(Buffer buffer, int root) = 0;
  virtual void barrier() = 0;
  /// The ranks of the same color (not negative), ordered by key. Collective.
  virtual std::unique_ptr<Communicator> split(int color, int key) = 0;
  /// Whether several threads of a rank may use it at once.
  virtual bool allows_threads() const { return true; }
  /// Ends the whole job with this exit code. Does not return.
  [[noreturn]] virtual void abort(ExitCode code) = 0;

  void sum(Buffer buffer) { start_sum(buffer).wait(); }

  /// What this rank is doing, of which its groups tell too.
  Activity& activity() { return *activity_; }

 protected:
  Communicator() = default;
  explicit Communicator(std::shared_ptr<Activity> activity) : activity_(std::move(activity)) {}

 private:
  std::shared_ptr<Activity> activity_ = std::make_shared<Activity>();
};

/// The communicator of one rank.
std::unique_ptr<Communicator> self_communicator();

class Attendant;

/// What the job's ranks run under. Made once, at the start of main; its end ends MPI. A wait for
/// other ranks that lasts longer than CREDENCE_DEADLINE_S ends the job, with one message.
class CommWorld {
 public:
  CommWorld(int& argc, char**& argv);
  /// One process without MPI, whatever it was started by: for a parent of ranks.
  CommWorld();
  ~CommWorld();
  CommWorld(const CommWorld&) = delete;
  CommWorld& operator=(const CommWorld&) = delete;

  Communicator& communicator() { return *communicator_; }
  /// CommError if the library allows no other threads beside the one that calls it.
  void check_threads() const;
  /// "Open MPI v4.1.4", or "none".
  static std::string library();
  /// True if every rank comes here within `timeout_s`: so that ranks that fail together can leave
  /// together, and a rank that fails alone knows that it must abort the others.
  bool all_arrive(double timeout_s);

 private:
  std::shared_ptr<Activity> activity_;
  std::unique_ptr<Attendant> attendant_;  // until MPI has ended
  std::unique_ptr<Communicator> communicator_;
};

}  // namespace credence
