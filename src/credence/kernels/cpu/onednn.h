#pragma once

#include <utility>

#include <dnnl.hpp>

#include "credence/tensor/shape.h"

// The one place that knows that oneDNN 3 dropped operation descriptors.
namespace credence::cpu {

template <class Primitive, class... Arguments>
typename Primitive::primitive_desc make_primitive_desc(const dnnl::engine& engine,
                                                       Arguments&&... arguments) {
#if DNNL_VERSION_MAJOR >= 3
  return {engine, std::forward<Arguments>(arguments)...};
#else
  return {typename Primitive::desc(std::forward<Arguments>(arguments)...), engine};
#endif
}

/// A backward primitive, which is made with the forward primitive's descriptor as a hint.
template <class Primitive, class Hint, class... Arguments>
typename Primitive::primitive_desc make_backward_desc(const dnnl::engine& engine, const Hint& hint,
                                                      Arguments&&... arguments) {
#if DNNL_VERSION_MAJOR >= 3
  return {engine, std::forward<Arguments>(arguments)..., hint};
#else
  return {typename Primitive::desc(std::forward<Arguments>(arguments)...), engine, hint};
#endif
}

inline const dnnl::engine& engine() {
  static const dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}

}  // namespace credence::cpu
