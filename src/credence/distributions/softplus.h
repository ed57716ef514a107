#pragma once

#include <cmath>

#include "credence/base/portable_math.h"

/// sigma = softplus(rho) = log(1 + e^rho), the positive scale of a variational posterior. For float
/// and double, without branches or overflow, so that loops over them vectorise.
namespace credence {

namespace detail {

/// e^-|x|. NaN stays NaN.
template <class T>
CREDENCE_HOST_DEVICE inline T decay(T x) {
  const T negative = -x;
  return portable::exp(x > T(0) ? negative : x);
}

/// Below this, softplus(x) = e^x (1 - e^x / 2) to double precision.
template <class T>
inline constexpr T softplus_tail = T(-20);

}  // namespace detail

template <class T>
CREDENCE_HOST_DEVICE inline T softplus(T rho) {
  return (rho > T(0) ? rho : T(0)) + portable::log1p_of_unit(detail::decay(rho));
}

/// d softplus / d rho, the logistic function.
template <class T>
CREDENCE_HOST_DEVICE inline T softplus_derivative(T rho) {
  const T t = detail::decay(rho);
  return (rho > T(0) ? T(1) : t) / (T(1) + t);
}

/// log(softplus(rho)), finite where softplus underflows.
template <class T>
CREDENCE_HOST_DEVICE inline T log_softplus(T rho) {
  const T inside = portable::log(softplus(rho));
  const T tail = rho - T(0.5) * detail::decay(rho);
  return rho < detail::softplus_tail<T> ? tail : inside;
}

/// d log(softplus) / d rho, which goes to 1 where softplus underflows.
template <class T>
CREDENCE_HOST_DEVICE inline T log_softplus_derivative(T rho) {
  const T inside = softplus_derivative(rho) / softplus(rho);
  const T tail = T(1) - T(0.5) * detail::decay(rho);
  return rho < detail::softplus_tail<T> ? tail : inside;
}

/// The rho whose softplus is `sigma` > 0.
inline double softplus_inverse(double sigma) {
  return sigma + std::log(-std::expm1(-sigma));
}

}  // namespace credence
