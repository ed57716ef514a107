#include "credence/base/json.h"

#include <nlohmann/json.hpp>

namespace credence {

std::string json_object(std::span<const Field> fields) {
  auto object = nlohmann::ordered_json::object();
  for (const Field& field : fields)
    std::visit([&](const auto& value) { object[field.key] = value; }, field.value);
  return object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace credence
