// Stops the program, with a message, on a processor that lacks what it was compiled for: without it
// the first such instruction would end the program with "Illegal instruction".

#include <cstring>

#include <unistd.h>

namespace {

[[gnu::target("no-avx,no-bmi,no-bmi2")]] void say(const char* text) {
  if (write(STDERR_FILENO, text, std::strlen(text)) < 0) _exit(70);
}

/// Runs before everything else in the program, and in none of the instructions that it asks for.
[[gnu::constructor(101), gnu::target("no-avx,no-bmi,no-bmi2")]] void check_processor() {
  __builtin_cpu_init();
  const char* missing = nullptr;
#ifdef __AVX512BF16__
  if (!__builtin_cpu_supports("avx512bf16")) missing = "AVX512-BF16";
#endif
#ifdef __AVX512VBMI2__
  if (!__builtin_cpu_supports("avx512vbmi2")) missing = "AVX512-VBMI2";
#endif
#ifdef __AVX512BW__
  if (!__builtin_cpu_supports("avx512bw")) missing = "AVX512-BW";
#endif
#ifdef __AVX512F__
  if (!__builtin_cpu_supports("avx512f")) missing = "AVX-512";
#endif
#ifdef __FMA__
  if (!__builtin_cpu_supports("fma")) missing = "FMA";
#endif
#ifdef __BMI2__
  if (!__builtin_cpu_supports("bmi2")) missing = "BMI2";
#endif
#ifdef __AVX2__
  if (!__builtin_cpu_supports("avx2")) missing = "AVX2";
#endif
#ifdef __AVX__
  if (!__builtin_cpu_supports("avx")) missing = "AVX";
#endif
  if (missing == nullptr) return;
  say("credence: this program was compiled for processors with ");
  say(missing);
  say(", which this one lacks: build it here, or with -DCREDENCE_NATIVE=OFF\n");
  _exit(70);
}

}  // namespace
