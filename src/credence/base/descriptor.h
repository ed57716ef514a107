#pragma once

namespace credence {

/// An open file or socket, closed at its end.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
  /// What this one had open is closed.
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();

  int get() const { return number_; }
  bool is_open() const { return number_ >= 0; }
  /// Leaves it open, to be closed by whoever takes it.
  int release();
  /// False, and errno tells why, if the system could not write all that it was given.
  bool close();

 private:
  int number_ = -1;
};

}  // namespace credence
