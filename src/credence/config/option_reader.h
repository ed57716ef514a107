#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "credence/config/config_node.h"
#include "credence/config/config_place.h"
#include "credence/config/option_types.h"

namespace credence {

class OptionReader;

/// A struct that describes itself by `template <class V> void visit(V& v) { v("key", member); }`.
template <class T>
concept OptionStruct = requires(T& value, OptionReader& reader) {
  value.visit(reader);
};

/// One line of help: "prior.sigma", "number", "1.0".
struct OptionInfo {
  std::string key;
  std::string type;
  std::string value;
};

/// Reads options from a configuration: the one way from YAML to structs.
///
/// A reader stands at one place of the configuration, such as `model.layers.0`, and has a reader
/// for each key asked of it. Options that are present are read, others keep what they have, and
/// all are recorded as the resolved configuration. finish() then refuses whatever nobody asked
/// for.
///
///   OptionReader root(load_config("recipe.yaml"));
///   root("seed", seed);
///   root("train", train_options);                                 // a struct with visit()
///   for (OptionReader& layer : root.child("model").sequence("layers"))
///     layers.push_back(find_named(registry, layer).make(layer));  // factory.h
///   root.finish();
///
/// Members may be bool, int, int64, uint64, double, float, string, an enum with names
/// (base/enum_names.h), a struct with visit(), and vector, optional, map from string, and array of
/// these; one value for an array stands for all its elements (kernel: 5).
///
/// Errors  ConfigError: `train.epochs: expected an integer, got "five" (recipe.yaml:7)`.
class OptionReader {
 public:
  /// At the root of `config`. Without one, every option keeps its default.
  explicit OptionReader(ConfigNode config = {});

  OptionReader(OptionReader&&) = default;
  OptionReader& operator=(OptionReader&&) = default;

  /// Reads the option `key`.
  template <class T>
  void operator()(const std::string& key, T& value) {
    child(key).read(value);
  }
  /// Reads what stands at this very place.
  template <class T>
  void read(T& value);

  /// The reader of that key, the same one each time, valid as long as the root.
  OptionReader& child(const std::string& key);
  /// The readers of the items of the list at that key; none if it is absent.
  std::list<OptionReader>& sequence(const std::string& key) { return child(key).items(); }
  std::list<OptionReader>& items() { return items(0, false); }

  /// The name of a thing that is one of several kinds, whose options this reader then reads.
  /// It may be written `{type: Conv2D, filters: 64}`, `Conv2D: {filters: 64}` or, without options,
  /// `ReLU`. `fallback` is the name if none is given; then `Conv2D:` is taken for a name only if it
  /// is `known`. ConfigError if there is no name.
  const std::string& name(const std::string& key = "type", const std::string& fallback = "",
                          const std::vector<std::string>& known = {});

  /// Whether the configuration says something here, be it null.
  bool given() const { return source_ != nullptr; }
  bool has(const std::string& key) { return child(key).given(); }
  /// What the configuration says here; null if nothing.
  const ConfigNode* node() const { return source_; }
  /// Goes on as if the configuration did not give these keys, dotted, but for what overrides give
  /// of them. To be called before they are read.
  void forget(std::span<const std::string> keys);
  /// The keys of the mapping at this place, as given.
  std::vector<std::string> keys();

  /// "model.layers.0"; empty at the root.
  const std::string& path() const { return path_; }
  /// Throws ConfigError: "<path>: <message> (<file>:<line>)".
  [[noreturn]] void fail(const std::string& message) const { place().fail(message); }
  /// This place, for an error that can only be found later.
  ConfigPlace place() const;
  /// This place and those of the options given here.
  ConfigPlaces places() const;
  /// "train.epochs: expected 0 or more, got -1 (recipe.yaml:7)" unless the condition holds.
  void expect(const std::string& key, bool condition, const std::string& expected);
  /// Runs `body`, which uses the options read here. A ConfigError of it, as of a constructor that
  /// checks its options, gets the place of the first one given here that it names, else this place.
  /// Keys that nobody asked for are told instead: a misspelt one leaves its option at the default,
  /// which may be what the error complains of.
  template <class Body>
  decltype(auto) check(const Body& body) const {
    try {
      return places().check(body);
    } catch (const ConfigError&) {
      finish();
      throw;
    }
  }

  /// ConfigError, naming all of them, if the configuration has keys that nobody asked for.
  void finish() const;

  /// What was read, defaults included, in the order of reading.
  ConfigNode resolved() const;
  /// The same as a flat list, for help.
  std::vector<OptionInfo> options() const;

 private:
  using Kind = ConfigNode::Kind;

  OptionReader(std::string key, std::string path, const ConfigNode* source,
               const ConfigNode* nearest);

  void open_mapping();
  std::list<OptionReader>& items(std::size_t default_size, bool broadcast);
  /// Stands at `source` from now on, as if the configuration had it here.
  void move_to(const ConfigNode* source, const std::string& step);

  void read_scalar(bool& value);
  void read_scalar(int& value);
  void read_scalar(std::int64_t& value);
  void read_scalar(std::uint64_t& value);
  void read_scalar(double& value);
  void read_scalar(float& value);
  void read_scalar(std::string& value);
  template <class T>
  void read_number(T& value, const char* expected);
  /// An index into `names`.
  void read_choice(std::size_t& index, const std::vector<std::string>& names);
  const std::string& scalar_text(const std::string& expected, bool quotes_allowed);
  void record(std::string text, bool quoted = false);
  void record_null();

  std::string resolve_name(const std::string& key, const std::string& fallback,
                           const std::vector<std::string>& known);
  void find_unused(const OptionReader& root, std::vector<std::string>& errors) const;
  /// What to tell about an unknown key: what may be meant, what is known, where it exists.
  static std::string hint(const std::string& key, const std::vector<std::string>& known,
                          const OptionReader& root);
  std::string elsewhere(const std::string& key) const;
  void list_options(const std::string& prefix, std::vector<OptionInfo>& list) const;

  std::shared_ptr<const ConfigNode> config_;  // at the root
  std::list<ConfigNode> kept_;                // what is left after forget
  const ConfigNode* source_;                  // null if absent
  const ConfigNode* nearest_;                 // the innermost that is given, for messages
  std::string key_;
  std::string path_;
  std::string name_;
  std::string type_;                  // of an option, for help; empty for structs
  bool used_ = false;                 // read, not merely asked for
  ConfigNode value_;                  // resolved, without children
  std::list<OptionReader> children_;  // of a mapping or sequence
};

/// The resolved configuration, which resolves to itself.
std::string emit_yaml(const OptionReader& root);

template <class T>
void OptionReader::read(T& value) {
  if constexpr (!OptionStruct<T>) type_ = option_type<T>();
  if constexpr (OptionStruct<T>) {
    open_mapping();
    value.visit(*this);
  } else if constexpr (NamedEnum<T>) {
    const auto names = enum_names(value);
    std::size_t index = 0;
    while (index < names.size() && names[index].first != value) ++index;
    read_choice(index, names_of<T>());
    value = names[index].first;
  } else if constexpr (is_a<T, std::optional>) {
    if (given() ? source_->is_null() : !value) {
      value.reset();
      record_null();
    } else {
      if (!value) value.emplace();
      read(*value);
      type_ = option_type<T>();
    }
  } else if constexpr (is_a<T, std::vector>) {
    std::list<OptionReader>& readers =
        items(given() ? 1 : value.size(), true);  // one value is a list of one
    if (given()) value.assign(readers.size(), typename T::value_type());
    std::size_t i = 0;
    for (OptionReader& reader : readers) {
      typename T::value_type item = value[i];
      reader.read(item);
      value[i++] = std::move(item);
    }
  } else if constexpr (is_array<T>) {
    std::list<OptionReader>& readers = items(value.size(), true);
    if (readers.size() != value.size())
      fail(concat("expected ", value.size(), " items, got ", readers.size()));
    std::size_t i = 0;
    for (OptionReader& reader : readers) reader.read(value[i++]);
  } else if constexpr (is_text_map<T>) {
    open_mapping();
    if (given()) {
      value.clear();
      for (const std::string& key : keys()) value[key];
    }
    for (auto& [key, item] : value) child(key).read(item);
  } else {
    read_scalar(value);
  }
}

}  // namespace credence
