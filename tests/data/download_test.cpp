#include "credence/data/download.h"

#include <stdexcept>

#include "support/download_server.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "credence/base/errors.h"
#include "credence/base/files.h"

namespace credence {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;
using Kind = DownloadEvent::Kind;

class Download : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!server_.runs()) GTEST_SKIP() << "no Python for the server";
    server_.files.write("data", content_);
    server_.files.write("other", "something else");
    server_.files.write("empty", "");
  }

  RemoteFile file(std::vector<std::string> urls) const {
    Sha256 digest;
    digest.update(content_);
    return {.name = "data", .urls = std::move(urls), .sha256 = digest.hex()};
  }
  void expect_refused(const std::string& url, const std::string& reason) {
    EXPECT_THAT([&] { download(file({url}), folder_.path()); },
                ThrowsMessage<DataError>(HasSubstr("\n  " + url + ": " + reason)));
    EXPECT_THAT(folder_.names(), IsEmpty());
  }

  const std::string content_ = std::string(300'000, 'x') + "end";
  testing::DownloadServer server_;
  testing::TemporaryFolder folder_;
};

TEST_F(Download, StoresWhatComes) {
  download(file({server_.url("good", "data")}), folder_ / "new" / "folder");
  EXPECT_EQ(read_file(folder_ / "new" / "folder" / "data"), content_);
  download(file({server_.url("redirect", "data")}), folder_.path());
  EXPECT_EQ(read_file(folder_ / "data"), content_);
  EXPECT_THAT(folder_.names(), ElementsAre("data", "new"));
}

TEST_F(Download, RefusesOtherContent) {
  expect_refused(server_.url("good", "other"), "expected SHA-256 ");
  expect_refused(server_.url("good", "empty"), "expected SHA-256 ");
}

TEST_F(Download, RefusesHalfABody) {
  expect_refused(server_.url("short", "data"), "cut short: expected 300003 bytes, got 150001");
}

TEST_F(Download, RefusesErrorPages) {
  expect_refused(server_.url("good", "nothing"), "HTTP status 404");
}

TEST_F(Download, RefusesUnreachableServers) {
  // Nothing listens on port 1 of the loopback.
  expect_refused("http://127.0.0.1:1/data", "Failed to connect");
  expect_refused("http://no-such-host.invalid/data", "Could not resolve host");
}

TEST_F(Download, GivesUpOnSilence) {
  const std::string url = server_.url("stall", "data");
  EXPECT_THAT(
      [&] { download(file({url}), folder_.path(), {.stall_timeout_s = 0.5, .observer = nullptr}); },
      ThrowsMessage<DataError>(HasSubstr("nothing came for 0.5 s")));
  EXPECT_THAT(folder_.names(), IsEmpty());
}

TEST_F(Download, GivesUpOnTooMuch) {
  RemoteFile small = file({server_.url("good", "data")});
  small.most_bytes = content_.size() - 1;
  EXPECT_THAT([&] { download(small, folder_.path()); },
              ThrowsMessage<DataError>(HasSubstr("longer than the 300002 bytes expected")));
  EXPECT_THAT(folder_.names(), IsEmpty());
}

TEST_F(Download, TakesTheFirstMirrorThatWorks) {
  std::vector<std::string> failed, done;
  std::uint64_t most = 0;
  const auto observer = [&](const DownloadEvent& event) {
    if (event.kind == Kind::failed) failed.push_back(event.url + ": " + event.reason);
    if (event.kind == Kind::done) done.push_back(event.url);
    if (event.kind == Kind::received) most = std::max(most, event.total_bytes);
  };
  download(
      file({server_.url("none", "data"), server_.url("short", "data"), server_.url("good", "other"),
            server_.url("good", "data"), server_.url("good", "unused")}),
      folder_.path(), {.observer = observer});
  EXPECT_EQ(read_file(folder_ / "data"), content_);
  EXPECT_THAT(folder_.names(), ElementsAre("data"));
  EXPECT_THAT(failed, ElementsAre(HasSubstr("404"), HasSubstr("cut short"), HasSubstr("SHA-256")));
  EXPECT_THAT(done, ElementsAre(server_.url("good", "data")));
  EXPECT_EQ(most, content_.size());
  EXPECT_THAT(server_.requests(),
              ElementsAre("/none/data", "/short/data", "/good/other", "/good/data"));
}

TEST_F(Download, NamesEveryMirrorThatFailed) {
  const std::string first = server_.url("none", "data"), second = server_.url("short", "data");
  EXPECT_THAT(
      [&] {
        download(file({first, second}), folder_.path());
      },
      ThrowsMessage<DataError>(AllOf(HasSubstr("data: cannot be downloaded:"),
                                     HasSubstr(first + ": HTTP status 404\n"),
                                     HasSubstr(second + ": cut short"))));
  EXPECT_THAT([&] { download(file({}), folder_.path()); },
              ThrowsMessage<DataError>(HasSubstr("no place is known")));
}

TEST_F(Download, KeepsTheFileThatWasThereWhenItFails) {
  folder_.write("data", "old");
  EXPECT_THROW(download(file({server_.url("short", "data")}), folder_.path()), DataError);
  EXPECT_EQ(read_file(folder_ / "data"), "old");
  EXPECT_THAT(folder_.names(), ElementsAre("data"));
}

TEST_F(Download, DoesNotTryMirrorsWhenTheDiskIsAtFault) {
  folder_.write("file", "");
  const RemoteFile twice = file({server_.url("good", "data"), server_.url("good", "data")});
  EXPECT_THROW(download(twice, folder_ / "file"), CreateError);
  std::filesystem::create_directories(folder_ / "data" / "taken");
  EXPECT_THROW(download(twice, folder_.path()), CreateError);
  EXPECT_THAT(server_.requests(), ElementsAre("/good/data"));
}

TEST_F(Download, EndsWhenTheObserverThrows) {
  const auto stop = [](const DownloadEvent& event) {
    if (event.kind == Kind::received && event.received_bytes > 0) throw std::logic_error("stop");
  };
  const RemoteFile twice = file({server_.url("good", "data"), server_.url("good", "data")});
  EXPECT_THROW(download(twice, folder_.path(), {.observer = stop}), std::logic_error);
  EXPECT_THAT(folder_.names(), IsEmpty());
  EXPECT_EQ(server_.requests().size(), 1u);
}

}  // namespace
}  // namespace credence
