#include "credence/config/yaml.h"

#include <algorithm>
#include <map>
#include <optional>
#include <sstream>
#include <unordered_set>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include "credence/base/errors.h"
#include "credence/base/utf8.h"
#include "credence/config/yaml_syntax.h"

namespace credence {
namespace {

/// A key before its ":" has at most 1024 characters in YAML 1.2 (7.4.2), each of which may be an
/// escape of up to six for a byte.
constexpr std::size_t longest_key = 128;

// More than a file of max_yaml_bytes can cost without aliases.
constexpr std::size_t max_cost = 16 * max_yaml_bytes;
constexpr std::size_t node_cost = 16;
const char* const too_deep = "expected at most 64 levels of nesting, got more";
static_assert(max_yaml_depth == 64);

std::size_t cost(const ConfigNode& node) {
  std::size_t sum = node_cost + node.text.size();
  for (const std::string& key : node.keys) sum += key.size();
  for (const ConfigNode& item : node.items) sum += cost(item);
  return sum;
}

int depth(const ConfigNode& node) {
  int deepest = 0;
  for (const ConfigNode& item : node.items) deepest = std::max(deepest, depth(item));
  return deepest + (node.is_sequence() || node.is_mapping());
}

class TreeBuilder : public YAML::EventHandler {
 public:
  explicit TreeBuilder(const std::string& origin)
      : origin_(std::make_shared<const std::string>(origin)) {}

  ConfigNode take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    check(documents_++ == 0, mark, "expected one YAML document, got a second one");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(make(ConfigNode::Kind::null, mark), anchor, mark);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    check(text_prefix(value) == value.size(), mark,
          "expected text, got an escape for what is none (\\N and \\_ are \\u0085 and \\u00a0)");
    ConfigNode node = make(ConfigNode::Kind::scalar, mark);
    node.text = value;
    charge(value.size(), mark);
    node.quoted = tag == "!";  // yaml-cpp's mark of a scalar that is not plain
    if (!node.quoted) check_tag(tag, mark);
    add(std::move(node), anchor, mark);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchored_.find(anchor);
    check(found != anchored_.end(), mark, "an alias inside what it stands for");
    check(open_count() + depth(found->second) <= max_yaml_depth, mark, too_deep);
    charge(cost(found->second), mark);
    add(found->second, 0, mark);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(ConfigNode::Kind::sequence, mark, tag, anchor);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(ConfigNode::Kind::mapping, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    ConfigNode node;
    YAML::Mark mark;
    YAML::anchor_t anchor;
    std::optional<int> key_line;  // of a key that waits for its item
    std::unordered_set<std::string> seen;
  };

  int open_count() const { return static_cast<int>(open_.size()); }

  void check(bool condition, const YAML::Mark& mark, const std::string& message) const {
    if (!condition)
      throw ConfigError(concat(*origin_, ":", mark.line + 1, ":", mark.column + 1, ": ", message));
  }

  void check_tag(const std::string& tag, const YAML::Mark& mark) const {
    check(tag.empty() || tag == "?", mark, "tags such as " + tag + " mean nothing here");
  }

  void charge(std::size_t amount, const YAML::Mark& mark) {
    cost_ += amount;
    check(cost_ <= max_cost, mark, "aliases expand this to too much");
  }

  ConfigNode make(ConfigNode::Kind kind, const YAML::Mark& mark) const {
    ConfigNode node;
    node.kind = kind;
    node.origin = origin_;
    node.line = mark.line + 1;
    return node;
  }

  void open(ConfigNode::Kind kind, const YAML::Mark& mark, const std::string& tag,
            YAML::anchor_t anchor) {
    check_tag(tag, mark);
    check(open_count() < max_yaml_depth, mark, too_deep);
    open_.push_back({make(kind, mark), mark, anchor, {}, {}});
  }

  void close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    add(std::move(done.node), done.anchor, done.mark);
  }

  void add(ConfigNode node, YAML::anchor_t anchor, const YAML::Mark& mark) {
    charge(node_cost, mark);
    if (anchor != 0) {
      charge(cost(node), mark);
      anchored_[anchor] = node;
    }
    if (open_.empty()) {
      root_ = std::move(node);
    } else if (open_.back().node.is_mapping() && !open_.back().key_line) {
      add_key(std::move(node), mark);
    } else {
      if (open_.back().key_line) node.line = *open_.back().key_line;
      open_.back().key_line.reset();
      open_.back().node.items.push_back(std::move(node));
    }
  }

  void add_key(ConfigNode node, const YAML::Mark& mark) {
    Open& map = open_.back();
    check(node.is_scalar(), mark, "expected a word as a key, got " + node.summary());
    check(
        node.text.size() <= longest_key, mark,
        concat("expected a key of at most ", longest_key, " bytes, got one of ", node.text.size()));
    check(map.seen.insert(node.text).second, mark, "the key \"" + node.text + "\" comes twice");
    map.key_line = mark.line + 1;
    map.node.keys.push_back(std::move(node.text));
  }

  std::shared_ptr<const std::string> origin_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, ConfigNode> anchored_;
  ConfigNode root_;
  std::size_t cost_ = 0;
  int documents_ = 0;
};

/// Lines end in "\n", "\r\n" or "\r" (YAML 1.2, 5.4); yaml-cpp takes the last for text.
std::string with_line_feeds(const std::string& text) {
  std::string lines;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] != '\r')
      lines += text[i];
    else if (i + 1 == text.size() || text[i + 1] != '\n')
      lines += '\n';
  return lines;
}

bool has_mapping(const ConfigNode& node) {
  return node.is_mapping() || std::any_of(node.items.begin(), node.items.end(), has_mapping);
}

/// Whether yaml-cpp writes the text without quotes although it is no text then.
bool is_misread(const std::string& text) {
  return text.starts_with("---") || text.starts_with("...") || text.find('\r') != std::string::npos;
}

void emit(YAML::Emitter& out, const ConfigNode& node) {
  switch (node.kind) {
    case ConfigNode::Kind::null:
      out << YAML::Null;
      break;
    case ConfigNode::Kind::scalar:
      if (node.quoted || is_misread(node.text)) out << YAML::DoubleQuoted;
      out << node.text;
      break;
    case ConfigNode::Kind::sequence:
      if (!has_mapping(node)) out << YAML::Flow;
      out << YAML::BeginSeq;
      for (const ConfigNode& item : node.items) emit(out, item);
      out << YAML::EndSeq;
      break;
    case ConfigNode::Kind::mapping:
      if (node.items.empty()) out << YAML::Flow;
      out << YAML::BeginMap;
      for (std::size_t i = 0; i < node.items.size(); ++i) {
        out << YAML::Key;
        if (is_misread(node.keys[i])) out << YAML::DoubleQuoted;
        out << node.keys[i] << YAML::Value;
        emit(out, node.items[i]);
      }
      out << YAML::EndMap;
      break;
  }
}

}  // namespace

ConfigNode parse_yaml(const std::string& text, const std::string& origin) {
  require<ConfigError>(text.size() <= max_yaml_bytes, origin, ": expected at most ", max_yaml_bytes,
                       " bytes, got more");
  const std::size_t bad = text_prefix(text);
  require<ConfigError>(bad == text.size(), origin, ": expected UTF-8 text, got a byte at offset ",
                       bad, " that is none");
  try {
    std::istringstream stream(with_line_feeds(text));
    YAML::Parser parser(stream);
    TreeBuilder builder(origin);
    while (parser.HandleNextDocument(builder)) {
    }
    return builder.take();
  } catch (const YAML::Exception& error) {
    throw ConfigError(concat(origin, ":", error.mark.line + 1, ":", error.mark.column + 1, ": ",
                             syntax_advice(error.msg, text, error.mark.line)));
  }
}

std::string emit_yaml(const ConfigNode& node) {
  YAML::Emitter out;
  out.SetNullFormat(YAML::LowerNull);
  emit(out, node);
  return std::string(out.c_str()) + "\n";
}

std::string emit_inline(const ConfigNode& node) {
  YAML::Emitter out;
  out.SetNullFormat(YAML::LowerNull);
  out.SetMapFormat(YAML::Flow);
  out.SetSeqFormat(YAML::Flow);
  emit(out, node);
  return out.c_str();
}

}  // namespace credence
