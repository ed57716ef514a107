#include "credence/config/option_reader.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "credence/base/errors.h"
#include "credence/base/text.h"
#include "credence/config/scalars.h"
#include "credence/config/yaml.h"

namespace credence {
namespace {

constexpr std::size_t max_errors_told = 8;

std::string extend(const std::string& path, const std::string& step) {
  return path.empty() || step.empty() ? path + step : path + "." + step;
}

ConfigPlace place_of(const std::string& path, const ConfigNode* node) {
  return {.path = path, .where = node ? node->where() : ""};
}

/// A section that is left empty goes too.
void forget_key(ConfigNode& node, std::string_view key) {
  const std::size_t dot = key.find('.');
  const std::string_view step = key.substr(0, dot);
  ConfigNode* const item = node.find(step);
  if (!item) return;
  if (dot != std::string_view::npos) forget_key(*item, key.substr(dot + 1));
  const bool whole = dot == std::string_view::npos && !item->has_override();
  if (whole || (item->is_mapping() && item->items.empty())) node.erase(step);
}

}  // namespace

OptionReader::OptionReader(ConfigNode config)
    : config_(std::make_shared<const ConfigNode>(std::move(config))),
      source_(config_->is_null() ? nullptr : config_.get()),
      nearest_(source_) {}

OptionReader::OptionReader(std::string key, std::string path, const ConfigNode* source,
                           const ConfigNode* nearest)
    : source_(source),
      nearest_(source ? source : nearest),
      key_(std::move(key)),
      path_(std::move(path)) {}

ConfigPlace OptionReader::place() const {
  return place_of(path_, nearest_);
}

ConfigPlaces OptionReader::places() const {
  ConfigPlaces places{.section = place(), .options = {}};
  for (const OptionReader& reader : children_)
    if (reader.given()) places.options.emplace_back(reader.key_, reader.place());
  return places;
}

void OptionReader::expect(const std::string& key, bool condition, const std::string& expected) {
  if (condition) return;
  const OptionReader& reader = child(key);
  reader.fail(concat("expected ", expected, ", got ", emit_inline(reader.resolved())));
}

void OptionReader::open_mapping() {
  if (given() && !source_->is_mapping() && !source_->is_null())
    fail("expected a mapping, got " + source_->summary());
  used_ = true;
  value_.kind = Kind::mapping;
}

OptionReader& OptionReader::child(const std::string& key) {
  open_mapping();
  for (OptionReader& reader : children_)
    if (reader.key_ == key) return reader;
  const ConfigNode* source = given() ? source_->find(key) : nullptr;
  children_.push_back(OptionReader(key, extend(path_, key), source, nearest_));
  return children_.back();
}

void OptionReader::forget(std::span<const std::string> keys) {
  if (!given()) return;
  ConfigNode left = *source_;
  for (const std::string& key : keys) forget_key(left, key);
  nearest_ = source_ = &kept_.emplace_back(std::move(left));
}

std::vector<std::string> OptionReader::keys() {
  open_mapping();
  return given() ? source_->keys : std::vector<std::string>();
}

std::list<OptionReader>& OptionReader::items(std::size_t default_size, bool broadcast) {
  if (value_.is_sequence()) return children_;
  const bool repeat = given() && broadcast && !source_->is_sequence();
  if (given() && !repeat && !source_->is_sequence())
    fail("expected a list, got " + source_->summary());
  used_ = true;
  value_.kind = Kind::sequence;
  const std::size_t size = given() && !repeat ? source_->items.size() : default_size;
  for (std::size_t i = 0; i < size; ++i) {
    const std::string index = std::to_string(i);
    const ConfigNode* source = repeat || !given() ? source_ : &source_->items[i];
    const std::string path = repeat ? path_ : extend(path_, index);
    children_.push_back(OptionReader(index, path, source, nearest_));
  }
  return children_;
}

// Names.

const std::string& OptionReader::name(const std::string& key, const std::string& fallback,
                                      const std::vector<std::string>& known) {
  if (name_.empty()) name_ = resolve_name(key, fallback, known);
  return name_;
}

std::string OptionReader::resolve_name(const std::string& key, const std::string& fallback,
                                       const std::vector<std::string>& known) {
  std::string name = fallback;
  if (given() && source_->overridden && source_->is_null() && source_->text.empty())
    fail("expected a name, got nothing; =null asks for the default");
  if (given() && source_->is_scalar()) {
    name = source_->text;
    move_to(nullptr, "");
  } else if (given() && source_->keys.size() == 1 && source_->keys[0] != key) {
    const std::string only = source_->keys[0];
    const ConfigNode& options = source_->items[0];
    const bool known_or_free =
        fallback.empty() || std::find(known.begin(), known.end(), only) != known.end();
    if (known_or_free && (options.is_mapping() || options.is_null())) {
      name = only;
      move_to(&options, only);
      if (options.find(key)) fail("expected one name, got a \"" + key + "\" besides");
    }
  }
  if (name.empty() && !has(key)) {
    const bool outdented = given() && source_->keys.size() > 1 && source_->items[0].is_null();
    fail(concat("expected a name, such as {", key, ": Name, ...}, got ",
                given() ? source_->summary() + " without \"" + key + "\"" : "nothing",
                outdented ? "; indent the options of " + source_->keys[0] + " further" : ""));
  }
  child(key).read(name);
  if (name.empty()) child(key).fail("expected a name, got an empty one");
  return name;
}

void OptionReader::move_to(const ConfigNode* source, const std::string& step) {
  source_ = source;
  if (source) nearest_ = source;
  path_ = extend(path_, step);
}

// Scalars.

const std::string& OptionReader::scalar_text(const std::string& expected, bool quotes_allowed) {
  if (!source_->is_scalar() || (source_->quoted && !quotes_allowed))
    fail("expected " + expected + ", got " + source_->summary());
  return source_->text;
}

void OptionReader::record(std::string text, bool quoted) {
  used_ = true;
  value_.kind = Kind::scalar;
  value_.text = std::move(text);
  value_.quoted = quoted;
}

void OptionReader::record_null() {
  used_ = true;
  value_.kind = Kind::null;
}

template <class T>
void OptionReader::read_number(T& value, const char* expected) {
  if (given() && !parse_scalar(scalar_text(expected, false), value)) {
    double real = 0.0;
    std::string range;
    if (std::is_integral_v<T> && parse_scalar(source_->text, real) && real == std::floor(real))
      range =
          concat(" from ", std::numeric_limits<T>::min(), " to ", std::numeric_limits<T>::max());
    fail(concat("expected ", expected, range, ", got ", source_->summary()));
  }
  record(format_scalar(value));
}

void OptionReader::read_scalar(int& value) {
  read_number(value, "an integer");
}
void OptionReader::read_scalar(std::int64_t& value) {
  read_number(value, "an integer");
}
void OptionReader::read_scalar(std::uint64_t& value) {
  read_number(value, "an integer");
}
void OptionReader::read_scalar(double& value) {
  read_number(value, "a number");
}
void OptionReader::read_scalar(float& value) {
  read_number(value, "a number");
}

void OptionReader::read_scalar(bool& value) {
  if (given() && !parse_scalar(scalar_text("true or false", false), value))
    fail("expected true or false, got " + source_->summary());
  record(format_scalar(value));
}

void OptionReader::read_scalar(std::string& value) {
  if (given()) value = scalar_text("text", true);
  record(value, needs_quotes(value));
}

void OptionReader::read_choice(std::size_t& index, const std::vector<std::string>& names) {
  if (given()) {
    const std::string expected = "one of " + join(names);
    const std::string& text = scalar_text(expected, true);
    const auto found = std::find(names.begin(), names.end(), text);
    if (found == names.end())
      fail(concat("expected ", expected, ", got ", source_->summary(), did_you_mean(text, names)));
    index = found - names.begin();
  }
  require<InternalError>(index < names.size(), path_, ": the default has no name");
  record(names[index], needs_quotes(names[index]));
}

// What was not read.

void OptionReader::finish() const {
  std::vector<std::string> errors;
  find_unused(*this, errors);
  if (errors.empty()) return;
  const std::size_t untold = errors.size() - std::min(errors.size(), max_errors_told);
  errors.resize(errors.size() - untold);
  if (untold > 0) errors.push_back(concat("and ", untold, " more"));
  throw ConfigError(join(errors, "\n"));
}

void OptionReader::find_unused(const OptionReader& root, std::vector<std::string>& errors) const {
  if (given() && !used_) {
    errors.push_back(place().locate("not used here"));
    return;
  }
  for (const OptionReader& reader : children_) reader.find_unused(root, errors);
  if (!given() || !value_.is_mapping()) return;

  std::vector<std::string> known;
  for (const OptionReader& reader : children_) known.push_back(reader.key_);
  for (std::size_t i = 0; i < source_->keys.size(); ++i) {
    const std::string& key = source_->keys[i];
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    errors.push_back(place_of(extend(path_, key), &source_->items[i])
                         .locate("unknown key" + hint(key, known, root)));
  }
}

std::string OptionReader::hint(const std::string& key, const std::vector<std::string>& known,
                               const OptionReader& root) {
  const std::string other = root.elsewhere(key);
  std::string near;
  for (const std::string& meaning : meanings(key)) {
    const bool is_here = std::ranges::count(known, meaning) > 0;
    const std::string path = is_here ? meaning : root.elsewhere(meaning);
    if (near.empty() && !path.empty()) near = concat("; did you mean \"", path, "\"?");
  }
  if (near.empty()) near = did_you_mean(key, known);
  for (const char* word : {"threads", "num_threads", "n_threads", "workers"})
    if (key == word) near = "; threads are set by the option --threads";
  for (const char* word : {"device", "gpu", "cuda"})
    if (key == word) near = "; this version computes on CPUs alone";
  std::vector<std::string> rest;
  if (!known.empty()) rest.push_back("known: " + join(known));
  if (!other.empty()) rest.push_back("there is " + other);
  if (near.empty() && other.empty() && known.empty()) return "; none are known here";
  return near + (rest.empty() ? "" : concat(" (", join(rest, "; "), ")"));
}

std::string OptionReader::elsewhere(const std::string& key) const {
  for (const OptionReader& reader : children_) {
    if ((reader.key_ == key || reader.path_ == key) && reader.used_) return reader.path_;
    std::string found = reader.elsewhere(key);
    if (!found.empty()) return found;
  }
  return "";
}

// What was read.

ConfigNode OptionReader::resolved() const {
  ConfigNode node = value_;
  for (const OptionReader& reader : children_) {
    ConfigNode item = reader.resolved();
    const bool nothing = item.is_mapping() && item.items.empty() && !reader.given();
    if (value_.is_mapping() && (!reader.used_ || nothing)) continue;
    if (value_.is_mapping()) node.keys.push_back(reader.key_);
    node.items.push_back(std::move(item));
  }
  return node;
}

std::vector<OptionInfo> OptionReader::options() const {
  std::vector<OptionInfo> list;
  list_options("", list);
  return list;
}

void OptionReader::list_options(const std::string& prefix, std::vector<OptionInfo>& list) const {
  for (const OptionReader& reader : children_) {
    const std::string key = extend(prefix, reader.key_);
    if (reader.type_.empty())
      reader.list_options(key, list);
    else
      list.push_back({key, reader.type_, emit_inline(reader.resolved())});
  }
}

std::string emit_yaml(const OptionReader& root) {
  return emit_yaml(root.resolved());
}

}  // namespace credence
