#pragma once

#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "credence/base/registry.h"
#include "credence/config/overrides.h"

namespace credence {

struct NoOptions {
  template <class Visitor>
  void visit(Visitor&) {}
};

template <class T>
struct OptionsOf {
  using type = NoOptions;
};
template <class T>
requires requires {
  typename T::Options;
}
struct OptionsOf<T> {
  using type = typename T::Options;
};

/// Derived::Options, or NoOptions for a class without.
template <class T>
using OptionsFor = typename OptionsOf<T>::type;

/// The options of T at this place, without making a T.
template <class T>
OptionsFor<T> read_options(OptionReader& reader) {
  OptionsFor<T> options;
  reader.read(options);
  return options;
}

/// Name, type and default of each of T's options.
template <class T>
std::vector<OptionInfo> describe_options() {
  OptionReader reader;
  read_options<T>(reader);
  return reader.options();
}

/// Stands for Derived in a registry.
template <class Derived>
struct Entry {};

/// `Registry<Factory<Optimizer>>{"optimizer", {{"SGD", entry<Sgd>()}, {"Adam", entry<Adam>()}}}`
template <class Derived>
constexpr Entry<Derived> entry() {
  return {};
}

/// Makes a Base from a configuration. A Derived is constructed from its Options, if it has any,
/// and then `Arguments`, which a maker gives alike for all kinds.
template <class Base, class... Arguments>
class Factory {
 public:
  using Maker = std::function<std::unique_ptr<Base>(Arguments...)>;

  template <class Derived>
  requires std::is_base_of_v<Base, Derived> Factory(Entry<Derived>)
      : prepare_([](OptionReader& reader) -> Maker {
          return [options = read_options<Derived>(reader)](Arguments... arguments) {
            if constexpr (std::is_same_v<OptionsFor<Derived>, NoOptions>)
              return std::make_unique<Derived>(std::forward<Arguments>(arguments)...);
            else
              return std::make_unique<Derived>(options, std::forward<Arguments>(arguments)...);
          };
        }),
        describe_(&describe_options<Derived>) {}

  /// Reads the options now, for making one or several things later. Without further arguments one
  /// is made at once, as in make, and thrown away: a mistake is then found now.
  Maker prepare(OptionReader& reader) const {
    Maker maker = prepare_(reader);
    if constexpr (sizeof...(Arguments) == 0) reader.check(maker);
    return maker;
  }

  /// ConfigError of the constructor, which says what is wrong with the options, gets their place.
  std::unique_ptr<Base> make(OptionReader& reader, Arguments... arguments) const {
    const Maker maker = prepare_(reader);
    return reader.check([&] { return maker(std::forward<Arguments>(arguments)...); });
  }

  std::vector<OptionInfo> describe() const { return describe_(); }

 private:
  std::function<Maker(OptionReader&)> prepare_;
  std::function<std::vector<OptionInfo>()> describe_;
};

/// For forget_replaced: the options of a thing in the registry, none if it is not there.
template <class T>
auto options_in(const Registry<T>& registry) {
  return [&registry](const std::string& name) {
    return registry.has(name) ? registry.find(name).describe() : std::vector<OptionInfo>();
  };
}

/// The registry's entry for the name at this place; `fallback` if there is none. Options that the
/// file gives to another one, which an override replaces, are forgotten (overrides.h).
/// ConfigError for an unknown name.
template <class T>
const T& find_named(const Registry<T>& registry, OptionReader& reader,
                    const std::string& fallback = "", const std::string& key = "type") {
  const std::string& name = reader.name(key, fallback, registry.names());
  const ConfigPlace place = (reader.has(key) ? reader.child(key) : reader).place();
  const T& found = place.check([&]() -> const T& { return registry.find(name); });
  if constexpr (requires { found.describe(); })
    forget_replaced(reader, key, fallback, options_in(registry));
  return found;
}

}  // namespace credence
