#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace credence {

/// A configuration as written in YAML, or as resolved from it, in order.
struct ConfigNode {
  enum class Kind { null, scalar, sequence, mapping };

  Kind kind = Kind::null;
  std::string text;               ///< of a scalar
  bool quoted = false;            ///< whether a scalar stands in quotes, and so is text
  std::vector<std::string> keys;  ///< of a mapping, one for each item
  std::vector<ConfigNode> items;  ///< of a sequence or mapping

  std::shared_ptr<const std::string> origin;  ///< the file; null if it comes from none
  int line = 0;                               ///< from 1, of the key if it has one; 0 if unknown
  bool overridden = false;                    ///< whether an override gives it
  std::string replaced;  ///< of an override: the scalar of the file that it took the place of

  bool is_null() const { return kind == Kind::null; }
  bool is_scalar() const { return kind == Kind::scalar; }
  bool is_sequence() const { return kind == Kind::sequence; }
  bool is_mapping() const { return kind == Kind::mapping; }

  /// Whether an override gives it, or a part of it.
  bool has_override() const;

  /// The item of that key; null if there is none.
  const ConfigNode* find(std::string_view key) const;
  ConfigNode* find(std::string_view key);
  /// Takes the key and its item away; does nothing if there is none.
  void erase(std::string_view key);

  /// "recipe.yaml:7", "command line"; empty if unknown.
  std::string where() const;
  /// What came, for a message: "\"five\"", "a list", "a mapping", "nothing".
  std::string summary() const;
};

}  // namespace credence
