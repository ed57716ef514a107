#include "credence/data/source.h"

#include <map>
#include <optional>

#include "support/download_server.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "credence/base/errors.h"
#include "credence/base/files.h"

namespace credence {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using ::testing::ThrowsMessage;

/// Sets environment variables, and puts them back at the end.
class Environment {
 public:
  explicit Environment(const std::map<std::string, std::optional<std::string>>& values) {
    for (const auto& [name, value] : values) {
      const char* before = ::getenv(name.c_str());
      before_[name] = before ? std::optional<std::string>(before) : std::nullopt;
      set(name, value);
    }
  }
  ~Environment() {
    for (const auto& [name, value] : before_) set(name, value);
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  static void set(const std::string& name, const std::optional<std::string>& value) {
    if (value)
      ::setenv(name.c_str(), value->c_str(), 1);
    else
      ::unsetenv(name.c_str());
  }
  std::map<std::string, std::optional<std::string>> before_;
};

std::string digest_of(std::string_view text) {
  Sha256 digest;
  digest.update(text);
  return digest.hex();
}

class Source : public ::testing::Test {
 protected:
  void make_data_set(const std::filesystem::path& path) {
    std::filesystem::create_directories(path);
    write_file(path / "a", "first");
    write_file(path / "b", "second");
  }

  testing::TemporaryFolder folder_;
  const DataPlaces places_{.data = folder_ / "data", .cache = folder_ / "cache"};
  DatasetSource source_{.folder = "pair",
                        .missing = [](const std::filesystem::path& path) -> std::string {
                          for (const char* name : {"a", "b"})
                            if (!exists(path / name)) return concat("has no ", name);
                          return "";
                        },
                        .downloads = {}};
};

TEST_F(Source, TakesTheGivenPathOrFailsAtOnce) {
  make_data_set(folder_ / "given");
  make_data_set(places_.data / "pair");
  EXPECT_EQ(resolve(source_, (folder_ / "given").string(), places_).path, folder_ / "given");
  EXPECT_THAT([&] { resolve(source_, (folder_ / "wrong").string(), places_); },
              ThrowsMessage<DataError>(
                  AllOf(StartsWith("pair: data.path: "), HasSubstr("wrong does not exist"))));
  std::filesystem::remove(folder_ / "given" / "b");
  EXPECT_THAT([&] { resolve(source_, (folder_ / "given").string(), places_); },
              ThrowsMessage<DataError>(HasSubstr("given has no b")));
}

TEST_F(Source, LooksInTheDataDirectoryAndThenInTheCache) {
  make_data_set(places_.cache / "pair");
  SourceResolution resolution = resolve(source_, "", places_);
  EXPECT_EQ(resolution.path, places_.cache / "pair");
  EXPECT_EQ(resolution.place, "cache");
  EXPECT_THAT(resolution.tried, ElementsAre("data.path: not given", HasSubstr("does not exist")));
  make_data_set(places_.data / "pair");
  resolution = resolve(source_, "", places_);
  EXPECT_EQ(resolution.path, places_.data / "pair");
  EXPECT_EQ(resolution.place, "CREDENCE_DATA_DIR");
  std::filesystem::remove(places_.data / "pair" / "a");
  EXPECT_EQ(resolve(source_, "", places_).path, places_.cache / "pair");
}

TEST_F(Source, SaysAllThatWasTried) {
  std::filesystem::create_directories(places_.data / "pair");
  const SourceResolution resolution = resolve(source_, "", places_);
  EXPECT_FALSE(resolution.found());
  EXPECT_EQ(
      resolution.text(),
      concat("\n  data.path: not given\n  CREDENCE_DATA_DIR: ", (places_.data / "pair").string(),
             " has no a\n  cache: ", (places_.cache / "pair").string(), " does not exist"));
  EXPECT_EQ(resolve(source_, "", {}).text(),
            "\n  data.path: not given\n  CREDENCE_DATA_DIR: not set"
            "\n  cache: neither XDG_CACHE_HOME nor HOME is set");
}

TEST_F(Source, FindsThePlacesInTheEnvironment) {
  {
    const Environment environment(
        {{"CREDENCE_DATA_DIR", "/d"}, {"XDG_CACHE_HOME", "/x"}, {"HOME", "/h"}});
    EXPECT_EQ(DataPlaces::from_environment().data, "/d");
    EXPECT_EQ(DataPlaces::from_environment().cache, "/x/credence");
  }
  for (const std::optional<std::string>& unusable :
       {std::optional<std::string>(), std::optional<std::string>(""),
        std::optional<std::string>("relative")}) {
    const Environment environment(
        {{"CREDENCE_DATA_DIR", ""}, {"XDG_CACHE_HOME", unusable}, {"HOME", "/h"}});
    EXPECT_TRUE(DataPlaces::from_environment().data.empty());
    EXPECT_EQ(DataPlaces::from_environment().cache, "/h/.cache/credence");
  }
  const Environment environment({{"XDG_CACHE_HOME", std::nullopt}, {"HOME", std::nullopt}});
  EXPECT_TRUE(DataPlaces::from_environment().cache.empty());
}

class SourceFetch : public Source {
 protected:
  void SetUp() override {
    if (!server_.runs()) GTEST_SKIP() << "no Python for the server";
    server_.files.write("a", "first");
    server_.files.write("b", "second");
    source_.downloads = {{remote("good", "a"), remote("good", "b")}};
  }
  RemoteFile remote(const std::string& way, const std::string& name) const {
    return {.name = name,
            .urls = {server_.url(way, name)},
            .sha256 = digest_of(name == "a" ? "first" : "second")};
  }

  testing::DownloadServer server_;
};

TEST_F(SourceFetch, FillsTheCacheOnce) {
  EXPECT_EQ(resolve_or_fetch(source_, "", {}, places_), places_.cache / "pair");
  EXPECT_EQ(read_file(places_.cache / "pair" / "b"), "second");
  EXPECT_EQ(resolve_or_fetch(source_, "", {}, places_), places_.cache / "pair");
  EXPECT_THAT(server_.requests(), ElementsAre("/good/a", "/good/b"));
}

TEST_F(SourceFetch, GoesOnWhereItWasStopped) {
  make_data_set(places_.cache / "pair");
  write_file(places_.cache / "pair" / "b", "secon");
  fetch(source_, {}, places_);
  EXPECT_EQ(read_file(places_.cache / "pair" / "b"), "second");
  EXPECT_THAT(server_.requests(), ElementsAre("/good/b"));
}

TEST_F(SourceFetch, TriesTheNextSetOfFiles) {
  source_.downloads = {{remote("good", "a"), remote("short", "b")}, {remote("redirect", "b")}};
  fetch(source_, {}, places_);
  EXPECT_EQ(read_file(places_.cache / "pair" / "b"), "second");
}

TEST_F(SourceFetch, SaysAllThatWasTried) {
  source_.downloads = {{remote("none", "a"), remote("good", "b")}, {remote("short", "b")}};
  EXPECT_THAT([&] { resolve_or_fetch(source_, "", {}, places_); },
              ThrowsMessage<DataError>(AllOf(
                  StartsWith("pair: not found\n  data.path: not given\n  CREDENCE_DATA_DIR: "),
                  HasSubstr("/data/pair does not exist\n  cache: "),
                  HasSubstr("/none/a: HTTP status 404"), HasSubstr("/short/b: cut short"))));
  EXPECT_TRUE(is_empty(places_.cache / "pair"));
}

TEST_F(SourceFetch, DoesNotDownloadWhenAGivenPathIsWrong) {
  EXPECT_THROW(resolve_or_fetch(source_, "/no/such/place", {}, places_), DataError);
  EXPECT_TRUE(server_.requests().empty());
}

TEST_F(SourceFetch, NeedsACacheAndAnAddress) {
  EXPECT_THROW(fetch(source_, {}, {}), CreateError);
  source_.downloads.clear();
  EXPECT_THAT([&] { fetch(source_, {}, places_); },
              ThrowsMessage<DataError>(HasSubstr("give its place as data.path")));
}

}  // namespace
}  // namespace credence
