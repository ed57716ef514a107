#include "credence/checkpoint/safetensors_header.h"

#include <algorithm>
#include <array>
#include <set>
#include <tuple>
#include <utility>

#include <nlohmann/json.hpp>

#include "credence/base/errors.h"
#include "credence/tensor/memory.h"

namespace credence {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view metadata_key = "__metadata__";
constexpr std::array<std::pair<std::string_view, DType>, 4> dtypes{{{"F32", DType::float32},
                                                                    {"F64", DType::float64},
                                                                    {"BF16", DType::bf16},
                                                                    {"U8", DType::uint8}}};

/// Parses JSON in which no object has a key twice and nothing nests deeper than a header does.
Json parse_strictly(std::string_view text) {
  constexpr int deepest = 4;
  const std::size_t zero = text.find('\0');  // the parser would take it for the end
  require<DataError>(zero == std::string_view::npos, "header: expected JSON, got a zero byte at ",
                     zero);
  std::vector<std::set<std::string>> keys(deepest + 1);
  const auto check = [&](int depth, Json::parse_event_t event, Json& value) {
    require<DataError>(depth < deepest, "header: expected objects of tensors, got JSON nested ",
                       depth + 1, " deep");
    auto& seen = keys[static_cast<std::size_t>(depth)];
    if (event == Json::parse_event_t::object_start) keys[static_cast<std::size_t>(depth) + 1] = {};
    if (event == Json::parse_event_t::key)
      require<DataError>(seen.insert(value.get<std::string>()).second, "header: key ", value.dump(),
                         " appears twice");
    return true;
  };
  try {
    return Json::parse(text, check);
  } catch (const Json::exception& error) {
    throw DataError(concat("header: expected JSON, got ", error.what()));
  }
}

const Json& member(const Json& tensor, const char* key) {
  const auto found = tensor.find(key);
  require<DataError>(found != tensor.end(), "expected the key \"", key, "\", found none");
  return *found;
}

std::vector<std::uint64_t> numbers(const Json& tensor, const char* key) {
  const Json& json = member(tensor, key);
  const bool valid = json.is_array() && std::all_of(json.begin(), json.end(), [](const Json& n) {
                       return n.is_number_unsigned();
                     });
  require<DataError>(valid, "expected ", key, " to be a list of whole numbers, got ", json.dump());
  return json.get<std::vector<std::uint64_t>>();
}

DType dtype_of_name(const Json& json) {
  for (const auto& [name, dtype] : dtypes)
    if (json == name) return dtype;
  throw DataError(concat("expected dtype F32, F64, BF16 or U8, got ", json.dump()));
}

std::string_view name_of_dtype(DType dtype) {
  for (const auto& [name, other] : dtypes)
    if (other == dtype) return name;
  throw InternalError("safetensors: unknown dtype");
}

SafetensorsEntry entry_of(const Json& tensor, std::uint64_t data_bytes) {
  require<DataError>(tensor.is_object(), "expected an object, got ", tensor.type_name());
  SafetensorsEntry entry;
  entry.dtype = dtype_of_name(member(tensor, "dtype"));

  const auto extents = numbers(tensor, "shape");
  require<DataError>(extents.size() <= Shape::max_rank, "expected at most ", Shape::max_rank,
                     " axes, got ", extents.size());
  std::uint64_t bytes = bytes_of(entry.dtype);
  for (const std::uint64_t extent : extents) {
    require<DataError>(extent <= INT64_MAX && !__builtin_mul_overflow(bytes, extent, &bytes),
                       "shape ", member(tensor, "shape").dump(), " is too large");
    entry.shape = entry.shape.append(static_cast<std::int64_t>(extent));
  }
  require<DataError>(is_countable(entry.shape), "shape ", entry.shape, " is too large");

  const auto offsets = numbers(tensor, "data_offsets");
  require<DataError>(offsets.size() == 2, "expected two data_offsets, got ", offsets.size());
  entry.begin = offsets[0];
  entry.end = offsets[1];
  require<DataError>(entry.begin <= entry.end && entry.end <= data_bytes,
                     "expected data_offsets within the file's ", data_bytes, " bytes of data, got ",
                     entry.begin, " to ", entry.end);
  require<DataError>(entry.end - entry.begin == bytes, "expected ", bytes, " bytes for ",
                     name_of(entry.dtype), " ", entry.shape, ", got ", entry.end - entry.begin);
  return entry;
}

std::map<std::string, std::string> metadata_of(const Json& json) {
  require<DataError>(json.is_object(), "header: expected ", metadata_key, " to be an object, got ",
                     json.type_name());
  std::map<std::string, std::string> metadata;
  for (const auto& [key, value] : json.items()) {
    require<DataError>(value.is_string(), "header: expected ", metadata_key, " of text, got ",
                       value.type_name(), " for \"", key, "\"");
    metadata[key] = value.get<std::string>();
  }
  return metadata;
}

void check_coverage(const std::vector<SafetensorsEntry>& entries, std::uint64_t data_bytes) {
  std::uint64_t expected = 0;
  for (const SafetensorsEntry& entry : entries) {
    require<DataError>(entry.begin == expected, "tensor \"", entry.name,
                       "\": expected its data at byte ", expected, ", got ", entry.begin,
                       entry.begin < expected ? " (overlaps the one before)" : " (leaves a hole)");
    expected = entry.end;
  }
  require<DataError>(expected == data_bytes, "expected ", expected,
                     " bytes of data for all tensors, got ", data_bytes);
}

}  // namespace

SafetensorsHeader SafetensorsHeader::parse(std::string_view json, std::uint64_t data_bytes) {
  const Json object = parse_strictly(json);
  require<DataError>(object.is_object(), "header: expected a JSON object, got ",
                     object.type_name());
  SafetensorsHeader header;
  for (const auto& [name, value] : object.items()) {
    if (name == metadata_key) {
      header.metadata = metadata_of(value);
      continue;
    }
    try {
      header.entries.push_back(entry_of(value, data_bytes));
      header.entries.back().name = name;
    } catch (const DataError& error) {
      throw DataError(concat("tensor \"", name, "\": ", error.what()));
    }
  }
  std::sort(header.entries.begin(), header.entries.end(), [](const auto& a, const auto& b) {
    return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
  });
  check_coverage(header.entries, data_bytes);
  return header;
}

std::string SafetensorsHeader::text() const {
  Json json = Json::object();
  if (!metadata.empty()) json[std::string(metadata_key)] = metadata;
  for (const SafetensorsEntry& entry : entries) {
    require<InternalError>(entry.name != metadata_key && !json.contains(entry.name),
                           "safetensors: tensor name \"", entry.name, "\" is taken");
    json[entry.name] = {
        {"dtype", name_of_dtype(entry.dtype)},
        {"shape", std::vector<std::int64_t>(entry.shape.begin(), entry.shape.end())},
        {"data_offsets", {entry.begin, entry.end}}};
  }
  std::string text;
  try {
    text = json.dump();
  } catch (const Json::exception& error) {
    throw InternalError(concat("safetensors: names and metadata must be UTF-8: ", error.what()));
  }
  text.resize((text.size() + 7) / 8 * 8, ' ');
  require<InternalError>(text.size() <= max_bytes, "safetensors: header of ", text.size(),
                         " bytes, at most ", max_bytes, " can be read");
  return text;
}

}  // namespace credence
