#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <numeric>

#include <fmt/format.h>

#include "credence/base/table.h"
#include "credence/base/text.h"
#include "credence/cli/dataset_place.h"
#include "credence/cli/session.h"
#include "credence/comm/rank_zero.h"
#include "credence/config/config_file.h"
#include "credence/config/yaml.h"
#include "credence/data/datasets.h"
#include "credence/data/npz.h"

namespace credence::cli {
namespace {

struct DataArguments {
  std::string name;
  std::vector<std::string> options;
  std::string output;
};

/// The data set of that name, with options written as key=value.
DataSplits make_dataset(const DataArguments& arguments) {
  ConfigNode config;
  config.kind = ConfigNode::Kind::mapping;
  for (const std::string& option : arguments.options) apply_override(config, option);
  OptionReader reader(config);
  DataSplits splits;
  with_dataset(arguments.name, [&](const auto& kind) {
    typename std::decay_t<decltype(kind)>::Options options;
    reader.read(options);
    reader.finish();
    splits = load_dataset(kind, options);
  });
  return splits;
}

void list() {
  Table table({{"data set"}, {"what it is, and where"}});
  for (const std::string& name : datasets().names()) {
    table.add_row({name, datasets().find(name).description});
    table.add_row({"", dataset_place(name)});
  }
  std::cout << table.text(usual_columns) << std::flush;
}

/// What is predicted from what, of a table.
void show_columns(const Dataset& data) {
  Table table({{"column"}, {"as"}});
  for (const std::string& label : data.src_labels()) table.add_row({label, "input"});
  if (data.src_labels().empty())
    table.add_row({counted(data.src_shape().size(), "column") + " without a name", "input"});
  for (const std::string& label : data.target_info().labels) table.add_row({label, "target"});
  std::cout << '\n' << table.text() << std::flush;
}

/// A small image as text, dark to light.
std::string picture(const Tensor& image) {
  constexpr std::string_view shades = " .:-=+*#%@";
  const Shape& shape = image.shape();
  std::string text;
  for (std::int64_t y = 0; y < shape[0]; ++y) {
    for (std::int64_t x = 0; x < shape[1]; ++x) {
      const float value =
          image.span<float>()[static_cast<std::size_t>((y * shape[1] + x) * shape[2])];
      text += shades[static_cast<std::size_t>(std::clamp(value, 0.0F, 0.999F) *
                                              static_cast<float>(shades.size()))];
    }
    text += '\n';
  }
  return text;
}

void show(const DataArguments& arguments) {
  const DataSplits splits = make_dataset(arguments);
  Table table({{"part"}, {"examples", Align::right}, {"shape"}, {"classes", Align::right}});
  const auto add = [&](const char* part, const Dataset* data) {
    if (!data) return;
    table.add_row(
        {part, with_thousands(data->size()), data->src_shape().text(),
         data->target_info().classes > 0 ? std::to_string(data->target_info().classes) : "-"});
  };
  add("train", splits.train.get());
  add("test", splits.test.get());
  std::cout << table.text();
  const Dataset& data = *splits.train;
  if (data.src_shape().rank() == 1 && data.target_info().classes == 0) show_columns(data);
  if (data.src_shape().rank() != 3 || data.src_shape()[1] > 80) return;
  Tensor src(data.src_shape().prepend(1)), target(data.target_shape().prepend(1));
  const std::int64_t first = 0;
  data.read(std::span(&first, 1), 0, src, target);
  std::cout << fmt::format("\nthe first example, target {:g}:\n", target.span<float>()[0])
            << picture(src.reshaped(data.src_shape())) << std::flush;
}

void get(const DataArguments& arguments) {
  const DatasetInfo& info = datasets().find(arguments.name);
  if (!info.source) {
    std::cout << arguments.name
              << (info.has_path ? ": give its place as data.path" : " needs no files") << std::endl;
    return;
  }
  DownloadOptions download;
  download.observer = [](const DownloadEvent& event) {
    if (event.kind == DownloadEvent::Kind::started) std::cerr << "trying " << event.url << '\n';
    if (event.kind == DownloadEvent::Kind::failed) std::cerr << "  " << event.reason << '\n';
  };
  std::cout << resolve_or_fetch(*info.source, "", download).string() << std::endl;
}

/// All examples of a part: images as bytes [n, height, width], labels as bytes [n].
void add_arrays(const Dataset& data, const std::string& suffix, std::vector<NamedTensor>& arrays) {
  const std::int64_t count = data.size();
  std::vector<std::int64_t> indices(static_cast<std::size_t>(count));
  std::iota(indices.begin(), indices.end(), 0);
  Tensor src(data.src_shape().prepend(count)), target(data.target_shape().prepend(count));
  data.read(indices, 0, src, target);
  Tensor images({count, data.src_shape()[0], data.src_shape()[1]}, DType::uint8),
      labels({count}, DType::uint8);
  for (std::int64_t i = 0; i < src.size(); ++i)
    images.span<std::uint8_t>()[i] = static_cast<std::uint8_t>(
        std::lround(std::clamp(src.span<float>()[i], 0.0F, 1.0F) * 255.0F));
  for (std::int64_t i = 0; i < count; ++i)
    labels.span<std::uint8_t>()[i] = static_cast<std::uint8_t>(target.span<float>()[i]);
  arrays.push_back({"x_" + suffix, images});
  arrays.push_back({"y_" + suffix, labels});
}

void make(const DataArguments& arguments) {
  const std::string extension = std::filesystem::path(arguments.output).extension().string();
  require<UsageError>(extension.empty() || extension == ".npz",
                      "--output: data sets are written as .npz, got ", arguments.output);
  const DataSplits splits = make_dataset(arguments);
  const Dataset& data = *splits.train;
  require<DataError>(
      data.src_shape().rank() == 3 && data.src_shape()[2] == 1 && data.target_info().classes > 0,
      arguments.name, ": only sets of grey images with classes can be written, got shape ",
      data.src_shape());
  std::vector<NamedTensor> arrays;
  add_arrays(data, "train", arrays);
  if (splits.test) add_arrays(*splits.test, "test", arrays);
  write_npz(arguments.output, arrays, {.compress = true});
  std::cout << arguments.output << ": x_train, y_train" << (splits.test ? ", x_test, y_test" : "")
            << std::endl;
}

}  // namespace

void add_data(CLI::App& app, Context& context) {
  CLI::App* const data = app.add_subcommand("data", "list, show, fetch or make data sets");
  data->require_subcommand(1);
  const auto arguments = std::make_shared<DataArguments>();
  const auto add = [&](const std::string& name, const std::string& help, auto body) {
    CLI::App* const command = data->add_subcommand(name, help);
    command->callback([body, &context] { on_rank_zero(context.communicator(), body); });
    return command;
  };
  add("list", "the data sets, and where their files are", list);
  CLI::App* const shown =
      add("show", "sizes, shapes and the first example", [arguments] { show(*arguments); });
  CLI::App* const fetched = add("get", "print where the files are; download them if need be",
                                [arguments] { get(*arguments); });
  CLI::App* const made = add("make", "write a data set to an .npz file, as mnist.npz",
                             [arguments] { make(*arguments); });
  for (CLI::App* const command : {shown, fetched, made})
    command->add_option("name", arguments->name, "data set")->required();
  for (CLI::App* const command : {shown, made})
    command->add_option("options", arguments->options,
                        "key=value: seed=3 train_count=1000 path=/data/mnist");
  made->add_option("-o,--output", arguments->output, "the .npz file")->required();
}

}  // namespace credence::cli
