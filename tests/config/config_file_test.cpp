#include "credence/config/config_file.h"

#include <filesystem>
#include <fstream>

#include "config/expect_error.h"
#include <gtest/gtest.h>
#include <unistd.h>

#include "credence/base/errors.h"
#include "credence/config/yaml.h"

namespace credence {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
namespace fs = std::filesystem;

class ConfigFile : public testing::Test {
 protected:
  ConfigFile() {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    directory_ = fs::path(testing::TempDir()) /
                 concat("credence-", test->name(), "-", static_cast<long>(::getpid()));
    fs::create_directories(directory_);
  }
  ~ConfigFile() override { fs::remove_all(directory_); }

  std::string write(const std::string& name, const std::string& text) {
    std::ofstream(directory_ / name, std::ios::binary) << text;
    return path(name);
  }
  std::string path(const std::string& name) const { return (directory_ / name).string(); }

  fs::path directory_;
};

TEST_F(ConfigFile, LoadsAndOverridesInOrder) {
  const std::string recipe = write("recipe.yaml", "train:\n  epochs: 2\nseed: 1\n");
  const std::vector<std::string> overrides = {"train.epochs=5", "model.bayesian.prior.sigma=0.1",
                                              "seed=3", "seed=4"};
  EXPECT_EQ(emit_yaml(load_config(recipe, overrides)),
            "train:\n  epochs: 5\nseed: 4\nmodel:\n  bayesian:\n    prior:\n      sigma: 0.1\n");
}

TEST_F(ConfigFile, AnEmptyFileIsAnEmptyMapping) {
  const std::vector<std::string> overrides = {"seed=3"};
  EXPECT_TRUE(load_config(write("empty.yaml", "")).is_mapping());
  EXPECT_EQ(emit_yaml(load_config(write("comment.yaml", "# later\n"), overrides)), "seed: 3\n");
  EXPECT_TRUE(load_config("/dev/null").is_mapping());
}

TEST_F(ConfigFile, AMissingFileNamesTheClosestOne) {
  write("mnist_cnn_fc.yaml", "");
  write("mnist_bnn_conv.yaml", "");
  write("mnist_bnn_conv.txt", "");
  EXPECT_ERROR(load_config(path("mnist_bn_conv.yaml")), ConfigError,
               AllOf(HasSubstr("there is no \"" + path("mnist_bn_conv.yaml") + "\""),
                     HasSubstr("did you mean \"" + path("mnist_bnn_conv.yaml") + "\"?")));
  EXPECT_ERROR(load_config(path("zebra.yaml")), ConfigError, EndsWith("zebra.yaml\""));
  EXPECT_ERROR(load_config(path("nowhere/recipe.yaml")), ConfigError,
               HasSubstr("there is no directory \"" + path("nowhere") + "\" either"));
  EXPECT_ERROR(load_config(""), ConfigError, HasSubstr("there is no \"\""));
  EXPECT_ERROR(load_config(std::string(5000, 'x')), ConfigError, HasSubstr("there is no"));
}

TEST_F(ConfigFile, RefusesWhatIsNoConfiguration) {
  EXPECT_ERROR(load_config(directory_.string()), ConfigError, HasSubstr("got the directory"));
  EXPECT_ERROR(load_config(write("list.yaml", "- a\n- b\n")), ConfigError,
               HasSubstr("expected sections such as \"model:\", got a list"));
  EXPECT_ERROR(load_config(write("word.yaml", "hello")), ConfigError, HasSubstr("got \"hello\""));
  EXPECT_ERROR(load_config(write("bad.yaml", "a: 1\nb: [")), ConfigError, HasSubstr("bad.yaml:2:"));
  EXPECT_ERROR(load_config(write("program", std::string("\x7f"
                                                        "ELF\0\0",
                                                        6))),
               ConfigError, HasSubstr("expected UTF-8 text"));
  EXPECT_ERROR(load_config("/dev/zero"), ConfigError, HasSubstr("at most 1048576 bytes"));
  if (::geteuid() != 0) {
    const std::string secret = write("secret.yaml", "a: 1");
    fs::permissions(secret, fs::perms::none);
    EXPECT_ERROR(load_config(secret), IoError, HasSubstr("Permission denied"));
  }
}

std::string overridden(const std::string& text, const std::string& assignment) {
  ConfigNode config = parse_yaml(text, "recipe.yaml");
  apply_override(config, assignment);
  return emit_inline(config);
}

TEST(Override, ReadsValuesAsYaml) {
  EXPECT_EQ(overridden("", "a=5"), "{a: 5}");
  EXPECT_EQ(overridden("a: 1", "a=[1, 2]"), "{a: [1, 2]}");
  EXPECT_EQ(overridden("a: {b: 1}", "a={c: d}"), "{a: {c: d}}");
  EXPECT_EQ(overridden("a: 1", "a="), "{a: null}");
  EXPECT_EQ(overridden("", "a=x=y"), "{a: x=y}");
  EXPECT_EQ(overridden("", "a='5'"), "{a: \"5\"}");
  EXPECT_EQ(overridden("a:", "a.b=1"), "{a: {b: 1}}");
}

TEST(Override, DropsNoSectionForNothing) {
  for (const char* assignment : {"a=", "a=  "})
    EXPECT_ERROR(overridden("a: {b: 1}", assignment), ConfigError,
                 "a: expected a mapping, got nothing; a=null asks for its defaults (command line)");
  EXPECT_ERROR(overridden("a: [1, 2]", "a="), ConfigError,
               HasSubstr("a: expected a list, got nothing"));
  EXPECT_EQ(overridden("a: {b: 1}", "a=null"), "{a: null}");
}

TEST(Override, FindsListItemsByIndex) {
  EXPECT_EQ(overridden("l: [{f: 1}, {f: 2}]", "l.1.f=3"), "{l: [{f: 1}, {f: 3}]}");
  EXPECT_EQ(overridden("l: [{f: 1}]", "l.0={g: 1}"), "{l: [{g: 1}]}");
  EXPECT_EQ(overridden("l: [[1, 2]]", "l.0.1=5"), "{l: [[1, 5]]}");
}

TEST(Override, StepsThroughAName) {
  EXPECT_EQ(overridden("l: [{Conv2D: {f: 1}}]", "l.0.f=3"), "{l: [{Conv2D: {f: 3}}]}");
  EXPECT_EQ(overridden("l: [{Conv2D: }]", "l.0.f=3"), "{l: [{Conv2D: {f: 3}}]}");
  EXPECT_EQ(overridden("l: [{Conv2D: {f: 1}}]", "l.0.Conv2D.f=3"), "{l: [{Conv2D: {f: 3}}]}");
  EXPECT_EQ(overridden("m: {prior: {s: 1}}", "m.kl=3"), "{m: {prior: {s: 1}, kl: 3}}");
  EXPECT_EQ(overridden("o: {Adam: {b: 1}}", "o.type=SGD"), "{o: {type: SGD, b: 1}}");
  EXPECT_EQ(overridden("o: {Adam: }", "o.type=SGD"), "{o: {type: SGD}}");
}

TEST(Override, RefusesWhatIsNoAssignment) {
  for (const char* text : {"", "epochs", "=5", ".", ".a=1", "a.=1", "a..b=1"}) {
    SCOPED_TRACE(text);
    EXPECT_ERROR(overridden("", text), UsageError, HasSubstr("expected a key"));
  }
}

TEST(Override, RefusesPlacesThatAreNone) {
  EXPECT_ERROR(overridden("a: 5", "a.b=1"), ConfigError,
               "cannot set a.b: \"b\" goes into \"5\", which is no section (recipe.yaml:1)");
  EXPECT_ERROR(overridden("l: [1, 2]", "l.2=1"), ConfigError,
               "cannot set l.2: expected an index into a list of 2 items, from 0, got \"2\"");
  for (const char* text : {"l.x=1", "l.-1=1", "l.1x=1", "l.99999999999999999999=1"}) {
    SCOPED_TRACE(text);
    EXPECT_ERROR(overridden("l: [1, 2]", text), ConfigError, HasSubstr("expected an index"));
  }
  EXPECT_ERROR(overridden("", "a=[1, 2"), ConfigError, HasSubstr("a=:1:"));
  EXPECT_ERROR(overridden("", "a=\x01"), ConfigError, HasSubstr("UTF-8"));
  std::string deep = "a";
  for (int i = 0; i < 100000; ++i) deep += ".a";
  EXPECT_ERROR(overridden("", deep + "=1"), ConfigError, HasSubstr("at most 64 parts"));
}

TEST(Override, IsNamedAsThePlaceOfAnError) {
  ConfigNode config = parse_yaml("a: 1", "recipe.yaml");
  apply_override(config, "a={b: 5}");
  EXPECT_EQ(config.find("a")->find("b")->where(), "command line");
}

}  // namespace
}  // namespace credence
