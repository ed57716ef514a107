#include "credence/records/mlflow_run.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <optional>
#include <random>

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include "credence/base/clock.h"
#include "credence/base/errors.h"
#include "credence/base/files.h"
#include "credence/base/log.h"
#include "credence/records/append_file.h"

namespace credence {
namespace {

namespace fs = std::filesystem;

std::int64_t system_ms() {
  return std::llround(1e3 * wall_seconds());
}

/// A scalar of YAML, in single quotes.
std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'') result += '\'';
    result += c == '\n' ? ' ' : c;
  }
  return result + "'";
}

std::string unquoted(std::string text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0)
    text.pop_back();
  const bool single = text.size() > 1 && text.front() == '\'' && text.back() == '\'';
  const bool twofold = text.size() > 1 && text.front() == '"' && text.back() == '"';
  if (!single && !twofold) return text;
  std::string inside = text.substr(1, text.size() - 2);
  if (single)
    for (std::size_t at = 0; (at = inside.find("''", at)) != std::string::npos; ++at)
      inside.erase(at, 1);
  return inside;
}

/// The name in the meta.yaml of an experiment; none if there is no such file.
std::optional<std::string> name_of_experiment(const fs::path& folder) {
  const std::string meta = "\n" + read_file_if_any(folder / "meta.yaml");
  const std::size_t begin = meta.find("\nname: ");
  if (begin == std::string::npos) return std::nullopt;
  const std::size_t value = begin + std::string_view("\nname: ").size();
  return unquoted(meta.substr(value, meta.find('\n', value) - value));
}

std::string file_uri(const fs::path& path) {
  std::string uri = "file://";
  for (const char c : fs::absolute(path).lexically_normal().string()) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_plain =
        std::isalnum(byte) != 0 || std::string_view("/-._~").find(c) != std::string_view::npos;
    uri += is_plain ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return uri;
}

/// As many as an identifier of MLflow's own has, the same whenever the name is: two jobs that begin
/// at once then make one experiment, not two.
std::string id_of_experiment(const std::string& name) {
  const std::uint64_t number = std::stoull(text_sha256(name).substr(0, 15), nullptr, 16);
  return fmt::format("{:018d}", 100'000'000'000'000'000ULL + number % 900'000'000'000'000'000ULL);
}

void write_experiment(const fs::path& folder, const std::string& id, const std::string& name,
                      std::int64_t now_ms) {
  make_directories(folder / id);
  write_file(folder / id / "meta.yaml",
             fmt::format("artifact_location: {}\ncreation_time: {}\nexperiment_id: {}\n"
                         "last_update_time: {}\nlifecycle_stage: active\nname: {}\n",
                         quoted(file_uri(folder / id)), now_ms, quoted(id), now_ms, quoted(name)));
}

/// The id of the experiment of that name, which is made if there is none.
std::string find_experiment(const fs::path& folder, const std::string& name, std::int64_t now_ms) {
  std::error_code error;
  if (!fs::exists(folder, error)) {
    make_directories(folder);
    write_experiment(folder, "0", "Default", now_ms);  // MLflow takes for granted that it exists
  }
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (entry.is_directory(error) && name_of_experiment(entry.path()) == name)
      return entry.path().filename().string();
  const std::string id = id_of_experiment(name);
  write_experiment(folder, id, name, now_ms);
  return id;
}

/// 32 hexadecimal digits that no other run has. They have no part in what is computed.
std::string new_run_id() {
  std::random_device device;
  std::string digits;
  for (int i = 0; i < 4; ++i) digits += fmt::format("{:08x}", device());
  return digits;
}

std::string user_name() {
  const passwd* const user = ::getpwuid(::getuid());
  return user != nullptr ? user->pw_name : "unknown";
}

std::string valid_name(std::string name) {
  for (char& c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 &&
        std::string_view("_-. /").find(c) == std::string_view::npos)
      c = '_';
  return name;
}

std::string text_of(const Field& field) {
  if (const auto* number = std::get_if<double>(&field.value)) return fmt::format("{}", *number);
  if (const auto* whole = std::get_if<std::int64_t>(&field.value)) return fmt::format("{}", *whole);
  if (const auto* flag = std::get_if<bool>(&field.value)) return *flag ? "true" : "false";
  return std::get<std::string>(field.value);
}

/// As Python's float() reads it.
std::string number_text(double value) {
  return fmt::format("{}", value);
}

}  // namespace

MlflowRun::MlflowRun(const MlflowOptions& options) : options_(options), run_id_(new_run_id()) {
  if (!options_.clock_ms) options_.clock_ms = system_ms;
  start_ms_ = options_.clock_ms();
  experiment_id_ = find_experiment(options_.folder, options_.experiment, start_ms_);
  path_ = options_.folder / experiment_id_ / run_id_;
  for (const char* part : {"params", "metrics", "tags", "artifacts"})
    make_directories(path_ / part);
  write_meta(Status::running);
  write_tag("mlflow.runName", options_.run_name);
  write_tag("mlflow.user", user_name());
  write_tag("mlflow.source.name", "credence");
  write_tag("mlflow.source.type", "LOCAL");
}

MlflowRun::~MlflowRun() {
  if (has_ended_) return;
  try {
    write_meta(Status::failed);
  } catch (const Error& error) {
    log_warning(error.what());
  }
}

void MlflowRun::write_meta(Status status) const {
  const std::string end = status == Status::running ? "null" : std::to_string(options_.clock_ms());
  write_file(path_ / "meta.yaml",
             fmt::format("artifact_uri: {}\ndeleted_time: null\nend_time: {}\n"
                         "entry_point_name: ''\nexperiment_id: {}\nlifecycle_stage: active\n"
                         "run_id: {}\nrun_name: {}\nrun_uuid: {}\nsource_name: ''\n"
                         "source_type: 4\nsource_version: ''\nstart_time: {}\nstatus: {}\n"
                         "tags: []\nuser_id: {}\n",
                         quoted(file_uri(path_ / "artifacts")), end, quoted(experiment_id_),
                         quoted(run_id_), quoted(options_.run_name), quoted(run_id_), start_ms_,
                         static_cast<int>(status), quoted(user_name())));
}

void MlflowRun::write_parameters(std::span<const Field> parameters) {
  constexpr std::size_t longest_value = 6000;
  for (const Field& field : parameters)
    AppendFile(path_ / "params" / valid_name(field.key))
        .write(text_of(field).substr(0, longest_value));
}

void MlflowRun::write_tag(const std::string& name, const std::string& value) {
  AppendFile(path_ / "tags" / valid_name(name)).write(value);
}

void MlflowRun::write(std::int64_t step, const std::vector<NamedValue>& metrics) {
  const std::int64_t now_ms = options_.clock_ms();
  for (const auto& [name, value] : metrics) {
    const fs::path file = path_ / "metrics" / valid_name(name);
    make_directories(file.parent_path());
    AppendFile(file).write(fmt::format("{} {} {}\n", now_ms, number_text(value), step));
  }
}

void MlflowRun::add_artifact(const fs::path& file) {
  std::error_code error;
  if (fs::exists(file, error)) write_file(path_ / "artifacts" / file.filename(), read_file(file));
}

void MlflowRun::end(Status status) {
  write_meta(status);
  has_ended_ = true;
}

}  // namespace credence
