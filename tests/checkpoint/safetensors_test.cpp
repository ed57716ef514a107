#include "credence/checkpoint/safetensors.h"

#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "support/errors.h"
#include "support/temporary_folder.h"
#include "support/text_file.h"
#include <gmock/gmock.h>

#include "credence/base/errors.h"

namespace credence {
namespace {

using credence::testing::message_of;
using credence::testing::read_text;
using credence::testing::TemporaryFolder;
using credence::testing::write_text;
using ::testing::AllOf;
using ::testing::HasSubstr;

NamedTensor named(const std::string& name, Shape shape, DType dtype) {
  NamedTensor result{name, Tensor(shape, dtype)};
  for (std::size_t i = 0; i < result.tensor.bytes(); ++i)
    result.tensor.raw()[i] = static_cast<std::byte>(i * 37 + name.size());
  return result;
}

std::vector<NamedTensor> one_of_each_type() {
  std::vector<NamedTensor> tensors{named("mask", {3}, DType::uint8),
                                   named("half", {2, 2}, DType::bf16),
                                   named("z.weight_mu", {2, 1, 3}, DType::float32),
                                   named("a.weight_mu", {1}, DType::float32),
                                   named("none", {0, 4}, DType::float32),
                                   named("scalar", {}, DType::float64)};
  const float values[] = {1.5F, -2.0F, 0.0F, 1e-30F, 3.25F, -7.0F};
  std::copy(std::begin(values), std::end(values), tensors[2].tensor.data<float>());
  tensors[3].tensor.fill(0.5);
  tensors[5].tensor.fill(0.1);
  return tensors;
}

TEST(Safetensors, ReadsBackWhatWasWritten) {
  const TemporaryFolder directory;
  const auto written = one_of_each_type();
  const Metadata metadata{{"step", "12"}, {"note", "a \"b\" \xC3\xA9"}};
  write_safetensors(directory / "w", written, metadata);
  const SafetensorsFile read = read_safetensors(directory / "w");
  EXPECT_EQ(read.metadata, metadata);
  ASSERT_EQ(read.tensors.size(), written.size());
  for (const auto& [name, tensor] : written) {
    const auto same = std::ranges::find(read.tensors, name, &NamedTensor::name);
    ASSERT_NE(same, read.tensors.end()) << name;
    EXPECT_EQ(same->tensor.dtype(), tensor.dtype()) << name;
    EXPECT_EQ(same->tensor.shape(), tensor.shape()) << name;
    EXPECT_EQ(std::memcmp(same->tensor.raw(), tensor.raw(), tensor.bytes()), 0) << name;
  }
}

TEST(Safetensors, WritesTheSameFileInWhateverOrder) {
  const TemporaryFolder directory;
  auto tensors = one_of_each_type();
  write_safetensors(directory / "a", tensors);
  std::reverse(tensors.begin(), tensors.end());
  write_safetensors(directory / "b", tensors);
  EXPECT_EQ(read_text(directory / "a"), read_text(directory / "b"));
}

TEST(Safetensors, HoldsNoTensorAtAll) {
  const TemporaryFolder directory;
  write_safetensors(directory / "w", {});
  EXPECT_TRUE(read_safetensors(directory / "w").tensors.empty());
}

/// An independent reader of the format.
constexpr const char* python_reader = R"(
import hashlib, json, re, struct, sys
data = open(sys.argv[1], 'rb').read()
n = struct.unpack('<Q', data[:8])[0]
assert (8 + n) % 8 == 0 and data[8:9] == b'{'
header = json.loads(data[8:8 + n])
metadata = header.pop('__metadata__')
own = re.sub(rb'("credence.sha256":")[0-9a-f]{64}"', rb'\1"', data[8:8 + n])
assert metadata.pop('credence.sha256') == hashlib.sha256(own).hexdigest()
body, end, formats = data[8 + n:], 0, {'F32': 'f', 'F64': 'd', 'BF16': 'H', 'U8': 'B'}
values = {}
for name, t in sorted(header.items(), key=lambda item: item[1]['data_offsets']):
    begin, stop = t['data_offsets']
    assert begin == end, 'hole'
    size = struct.calcsize(formats[t['dtype']])
    assert begin % size == 0, 'not aligned'
    values[name] = struct.unpack('<%d%s' % ((stop - begin) // size, formats[t['dtype']]), body[begin:stop])
    end = stop
    digest = hashlib.sha256(body[begin:stop]).hexdigest()
    assert metadata.pop('credence.sha256.' + name) == digest
assert metadata == {'step': '12'}
assert end == len(body)
assert header['z.weight_mu']['shape'] == [2, 1, 3] and header['scalar']['shape'] == []
assert values['z.weight_mu'][0] == 1.5 and values['z.weight_mu'][4:] == (3.25, -7.0)
assert values['a.weight_mu'] == (0.5,) and values['scalar'] == (0.1,) and values['none'] == ()
assert values['mask'] == (4, 41, 78)
)";

TEST(Safetensors, IsReadByAnotherReader) {
  if (std::system("python3 -c pass 2>/dev/null") != 0) GTEST_SKIP() << "there is no python3";
  const TemporaryFolder directory;
  write_safetensors(directory / "w", one_of_each_type(), {{"step", "12"}});
  write_text(directory / "reader.py", python_reader);
  const std::string command =
      "python3 " + (directory / "reader.py").string() + " " + (directory / "w").string();
  EXPECT_EQ(std::system(command.c_str()), 0);
}

TEST(Safetensors, RefusesToWriteANameTwice) {
  const TemporaryFolder directory;
  const std::vector<NamedTensor> twice{named("a", {1}, DType::uint8),
                                       named("a", {2}, DType::uint8)};
  EXPECT_THROW(write_safetensors(directory / "w", twice), InternalError);
  const std::vector<NamedTensor> taken{named("__metadata__", {1}, DType::uint8)};
  EXPECT_THROW(write_safetensors(directory / "w", taken, {{"a", "b"}}), InternalError);
  const std::vector<NamedTensor> tensors{named("a", {1}, DType::uint8)};
  EXPECT_THROW(write_safetensors(directory / "w", tensors, {{"credence.sha256.a", ""}}),
               InternalError);
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

struct BadFile {
  const char* what;
  std::string bytes;
  const char* message;
};

std::string file_of(const std::string& header, std::size_t data_bytes) {
  const std::uint64_t length = header.size();
  std::string bytes(reinterpret_cast<const char*>(&length), 8);
  return bytes + header + std::string(data_bytes, 'x');
}

std::string length_alone(std::uint64_t length) {
  return {reinterpret_cast<const char*>(&length), 8};
}

std::vector<BadFile> bad_files() {
  const auto one = [](const std::string& dtype, const std::string& shape,
                      const std::string& offsets) {
    return R"({"a":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" +
           offsets + "}}";
  };
  const auto two = [](const std::string& first, const std::string& second) {
    return R"({"a":{"dtype":"U8","shape":[4],"data_offsets":)" + first +
           R"(},"b":{"dtype":"U8","shape":[4],"data_offsets":)" + second + "}}";
  };
  std::string deep(100000, '[');
  return {
      {"empty", "", "expected at least 8 bytes, got 0"},
      {"short", "1234567", "got 7"},
      {"huge header", length_alone(~0ULL),
       "header of at most 0 bytes, what the file has room for, got 1844674407"},
      {"header past the end", length_alone(3) + "{}",
       "at most 2 bytes, what the file has room for, got 3"},
      {"not JSON", file_of("{\"a\"", 0), "expected JSON"},
      {"not UTF-8", file_of("{\"\xFF\":1}", 0), "expected JSON"},
      {"not an object", file_of("[]", 0), "expected a JSON object, got array"},
      {"deep", file_of(deep, 0), "nested"},
      {"name twice",
       file_of(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
               R"("a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
               1),
       "key \"a\" appears twice"},
      {"metadata of numbers", file_of(R"({"__metadata__":{"step":1}})", 0), "got number"},
      {"not a tensor", file_of(R"({"a":1})", 0), "tensor \"a\": expected an object, got number"},
      {"no dtype", file_of(R"({"a":{"shape":[],"data_offsets":[0,0]}})", 0), "key \"dtype\""},
      {"other dtype", file_of(one("I64", "[1]", "[0,8]"), 8), "got \"I64\""},
      {"negative extent", file_of(one("U8", "[-1]", "[0,1]"), 1), "whole numbers, got [-1]"},
      {"fraction", file_of(one("U8", "[1.0]", "[0,1]"), 1), "whole numbers, got [1.0]"},
      {"many axes", file_of(one("U8", "[1,1,1,1,1,1,1]", "[0,1]"), 1), "at most 6 axes, got 7"},
      {"size overflows", file_of(one("F32", "[4611686018427387904,4]", "[0,0]"), 0), "too large"},
      {"empty, and beyond counting", file_of(one("U8", "[0,1000000000000000000]", "[0,0]"), 0),
       "too large"},
      {"a second end", file_of(std::string("{}\0garbage", 10), 0), "got a zero byte at 2"},
      {"checksum of no tensor", file_of(R"({"__metadata__":{"credence.sha256.b":"00"}})", 0),
       "expected metadata \"credence.sha256\", found none"},
      {"extent overflows", file_of(one("U8", "[18446744073709551615]", "[0,1]"), 1), "too large"},
      {"three offsets", file_of(one("U8", "[1]", "[0,1,1]"), 1), "two data_offsets, got 3"},
      {"backwards", file_of(one("U8", "[1]", "[1,0]"), 1), "got 1 to 0"},
      {"out of range", file_of(one("F32", "[1000000000000]", "[0,4000000000000]"), 4),
       "within the file's 4 bytes of data, got 0 to 4000000000000"},
      {"wrong size", file_of(one("F32", "[2]", "[0,4]"), 4),
       "expected 8 bytes for float32 [2], got 4"},
      {"hole", file_of(two("[0,4]", "[5,9]"), 9), "tensor \"b\": expected its data at byte 4"},
      {"overlap", file_of(two("[0,4]", "[3,7]"), 7), "overlaps"},
      {"more data", file_of(one("U8", "[1]", "[0,1]"), 2), "expected 1 bytes of data for all"},
      {"truncated", file_of(two("[0,4]", "[4,8]"), 7), "got 4 to 8"},
  };
}

TEST(Safetensors, RefusesEveryFileThatBreaksTheFormat) {
  const TemporaryFolder directory;
  const std::string path = (directory / "w.safetensors").string();
  for (const BadFile& bad : bad_files()) {
    SCOPED_TRACE(bad.what);
    write_text(path, bad.bytes);
    EXPECT_THAT(message_of<DataError>([&] { read_safetensors(path); }),
                AllOf(HasSubstr(path), HasSubstr(bad.message)));
  }
}

TEST(Safetensors, ReadsFilesOfOthersWithoutChecksums) {
  const TemporaryFolder directory;
  const std::string header =
      R"({"__metadata__":{"format":"pt"},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})";
  write_text(directory / "w", file_of(header, 1));
  const SafetensorsFile file = read_safetensors(directory / "w");
  EXPECT_FALSE(file.has_checksums);
  EXPECT_EQ(file.metadata, (Metadata{{"format", "pt"}}));
  EXPECT_EQ(file.tensors.at(0).tensor.span<std::uint8_t>()[0], 'x');
  write_safetensors(directory / "own", file.tensors);
  EXPECT_TRUE(read_safetensors(directory / "own").has_checksums);
  EXPECT_TRUE(check_safetensors(directory / "own").has_checksums);
}

TEST(Safetensors, RefusesEveryBeginningOfAFile) {
  const TemporaryFolder directory;
  write_safetensors(directory / "w", one_of_each_type(), {{"step", "12"}});
  const std::string whole = read_text(directory / "w");
  for (std::size_t size = 0; size < whole.size(); size += 7) {
    write_text(directory / "part", whole.substr(0, size));
    EXPECT_THROW(read_safetensors(directory / "part"), DataError) << size;
  }
}

TEST(Safetensors, SaysThatAFileCannotBeRead) {
  EXPECT_THAT(message_of<IoError>([] { read_safetensors("/no/such/file"); }),
              HasSubstr("/no/such/file: cannot open: No such file"));
  const TemporaryFolder directory;
  EXPECT_THROW(read_safetensors(directory.path()), DataError);
}

}  // namespace
}  // namespace credence
