#include <iostream>

#include "credence/base/table.h"
#include "credence/cli/header.h"
#include "credence/config/model_section.h"
#include "credence/config/yaml.h"
#include "credence/zoo/zoo.h"

namespace credence::cli {
namespace {

void list_models() {
  Table table({{"model"}, {"what it is"}});
  for (const std::string& name : zoo().names()) table.add_row({name, zoo().find(name).description});
  std::cout << table.text() << std::flush;
}

void show_model(const std::string& name) {
  const Shape input = zoo().find(name).input;
  OptionReader reader(parse_yaml("name: " + name, "command line"));
  const GraphSpec graph = read_model_section(reader).make_graph(input, 10);
  std::cout << layer_table(Model(graph, {})) << std::flush;
}

}  // namespace

void add_models(CLI::App& app, Context& context) {
  CLI::App* const command =
      app.add_subcommand("models", "list the models of the zoo, or show one's layers");
  const auto name = std::make_shared<std::string>();
  command->add_option("name", *name, "a model: prints its table of layers");
  command->callback([name, &context] {
    if (!context.is_root()) return;
    if (name->empty())
      list_models();
    else
      show_model(*name);
  });
}

}  // namespace credence::cli
