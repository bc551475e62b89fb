// load, save and memory maps on files; the header alone is tested in npy_header_test.cpp.

#include "quern/io.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "quern/errors.hpp"

namespace quern {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A .npy file as bytes.
std::string Npy(int major, const std::string& dictionary, const std::string& data) {
  std::string bytes = "\x93NUMPY";
  bytes += static_cast<char>(major);
  bytes += '\0';
  for (int i = 0; i < (major == 1 ? 2 : 4); ++i) {
    bytes += static_cast<char>(dictionary.size() >> (8 * i) & 0xff);
  }
  return bytes + dictionary + data;
}

std::string Dictionary(const std::string& descr, const std::string& order,
                       const std::string& shape) {
  return "{'descr': '" + descr + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }\n";
}

Array LoadBytes(const std::string& bytes) { return load_npy(std::as_bytes(std::span(bytes))); }

std::string TextOf(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Array Numbers(std::initializer_list<Index> shape) {
  Index size = 1;
  for (const Index extent : shape) size *= extent;
  return arange(static_cast<double>(size)).reshape(shape);
}

class IoTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = fs::temp_directory_path() / "quern-io-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path Path(const std::string& name) const { return folder_ / name; }
  fs::path WriteFile(const std::string& name, const std::string& bytes) const {
    std::ofstream(Path(name), std::ios::binary) << bytes;
    return Path(name);
  }
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_)) {
      names.push_back(entry.path().filename().string());
    }
    std::ranges::sort(names);
    return names;
  }

  fs::path folder_;
};

template <class Exception, class Work>
std::string MessageOf(const Work& work) {
  try {
    work();
  } catch (const Exception& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST_F(IoTest, SavesAndLoadsEveryDTypeInBothByteOrders) {
  for (std::size_t id = 0; id < DType::count(); ++id) {
    for (const bool swapped : {false, true}) {
      const DType dtype = DType::from_id(static_cast<std::uint8_t>(id)).with_byte_order(swapped);
      const Array array = Numbers({2, 3}).astype(dtype);
      save(Path("a.npy"), array);
      const Array back = load(Path("a.npy"));
      EXPECT_EQ(back.dtype(), dtype) << dtype.str();
      EXPECT_THAT(back.shape(), ElementsAre(2, 3));
      EXPECT_EQ(back.to_vector<double>(), array.to_vector<double>()) << dtype.str();
    }
  }
}

TEST_F(IoTest, ReadsAllVersions) {
  const std::string data("\0\0\0\0\0\0\xf0\x3f", 8);
  for (const int major : {1, 2, 3}) {
    const Array array = LoadBytes(Npy(major, Dictionary("<f8", "False", "(1,)"), data));
    EXPECT_THAT(array.to_vector<double>(), ElementsAre(1.0)) << "version " << major;
  }
}

TEST_F(IoTest, KeepsFortranOrder) {
  const Array array = Numbers({2, 3});
  const Array columns = array.copy(Order::F);
  const std::vector<std::byte> bytes = save_npy(columns);
  EXPECT_THAT(TextOf(bytes), HasSubstr("'fortran_order': True, 'shape': (2, 3)"));
  const Array back = load_npy(bytes);
  EXPECT_TRUE(back.f_contiguous());
  EXPECT_FALSE(back.c_contiguous());
  EXPECT_EQ(back.to_vector<double>(), array.to_vector<double>());
  EXPECT_THAT(TextOf(save_npy(Numbers({3}))), HasSubstr("'fortran_order': False"))
      << "contiguous either way is C order";
}

TEST_F(IoTest, WritesViewsInLogicalOrder) {
  const Array array = Numbers({4, 6});
  for (const Array& view :
       {array(Slice{{}, {}, 2}), array(Slice{{}, {}, -1}), array(Slice{{}, {}, {}}, Slice{1, 4, 2}),
        array(0).broadcast_to({3, 6}), array(2, 3)}) {
    save(Path("view.npy"), view);
    const Array back = load(Path("view.npy"));
    EXPECT_TRUE(std::ranges::equal(back.shape(), view.shape()));
    EXPECT_EQ(back.to_vector<double>(), view.to_vector<double>());
  }
}

TEST_F(IoTest, WritesLargeViewsPieceByPiece) {
  const Array array = Numbers({3, 1200, 600});
  const Array view = array.transpose({1, 0, 2})(Slice{{}, {}, -1});
  save(Path("view.npy"), view);
  EXPECT_EQ(load(Path("view.npy")).to_vector<double>(), view.to_vector<double>());
}

TEST_F(IoTest, HandlesEmptyAndZeroDimensionalArrays) {
  for (const Array& array : {Array({0, 3}, DType::of<float>()), Array({3, 0}, DType::of<float>()),
                             Array::scalar(2.5), Array()}) {
    save(Path("a.npy"), array);
    for (const LoadMode mode :
         {LoadMode::read, LoadMode::map_readonly, LoadMode::map_copy_on_write}) {
      const Array back = load(Path("a.npy"), mode);
      EXPECT_EQ(back.dtype(), array.dtype());
      EXPECT_TRUE(std::ranges::equal(back.shape(), array.shape()));
      EXPECT_EQ(back.to_vector<double>(), array.to_vector<double>());
    }
  }
}

TEST_F(IoTest, TakesTruthValuesAsZeroOrOne) {
  const Array array =
      LoadBytes(Npy(1, Dictionary("|b1", "False", "(4,)"), std::string("\0\1\2\xff", 4)));
  const auto* bytes = reinterpret_cast<const unsigned char*>(array.data());
  EXPECT_THAT(std::vector<int>(bytes, bytes + 4), ElementsAre(0, 1, 1, 1));
}

// Memory maps.

TEST_F(IoTest, MapsReadOnly) {
  save(Path("a.npy"), Numbers({2, 3}));
  const Array array = load(Path("a.npy"), LoadMode::map_readonly);
  EXPECT_FALSE(array.writeable());
  EXPECT_TRUE(array.aligned()) << "the header is a multiple of 64 bytes";
  EXPECT_EQ(array.to_vector<double>(), Numbers({2, 3}).to_vector<double>());
  EXPECT_THROW(array.assign(Array::scalar(1.0)), ReadOnlyError);
}

TEST_F(IoTest, MapsCopyOnWrite) {
  save(Path("a.npy"), Numbers({2, 3}));
  const Array array = load(Path("a.npy"), LoadMode::map_copy_on_write);
  array.assign(Array::scalar(7.0));
  EXPECT_THAT(array.to_vector<double>(), ElementsAre(7, 7, 7, 7, 7, 7));
  EXPECT_EQ(load(Path("a.npy")).to_vector<double>(), Numbers({2, 3}).to_vector<double>());
}

TEST_F(IoTest, AMapOutlivesItsFirstHandleAndItsFile) {
  save(Path("a.npy"), Numbers({100}));
  Array view;
  {
    const Array array = load(Path("a.npy"), LoadMode::map_readonly);
    view = array(Slice{90, {}, {}});
  }
  save(Path("a.npy"), Array::scalar(0.0));
  fs::remove(Path("a.npy"));
  EXPECT_EQ(view.to_vector<double>().front(), 90.0);
}

TEST_F(IoTest, UnmapsWithTheLastHandle) {
  save(Path("a.npy"), Numbers({10}));
  const auto is_mapped = [&] {
    std::ifstream maps("/proc/self/maps");
    const std::string text((std::istreambuf_iterator<char>(maps)), {});
    return text.find(Path("a.npy").string()) != std::string::npos;
  };
  Array array = load(Path("a.npy"), LoadMode::map_readonly);
  EXPECT_TRUE(is_mapped());
  array = Array();
  EXPECT_FALSE(is_mapped());
}

TEST_F(IoTest, MapsMisalignedData) {
  const double value = 2.5;
  std::string data(sizeof value, '\0');
  std::memcpy(data.data(), &value, sizeof value);
  std::string dictionary = Dictionary("<f8", "False", "(1,)");
  if ((10 + dictionary.size()) % 8 == 0) dictionary.insert(1, " ");
  const fs::path path = WriteFile("odd.npy", Npy(1, dictionary, data));
  const Array array = load(path, LoadMode::map_readonly);
  EXPECT_FALSE(array.aligned());
  EXPECT_THAT(array.to_vector<double>(), ElementsAre(2.5));
  EXPECT_THAT(array.copy().to_vector<double>(), ElementsAre(2.5));
}

// Faults of reading.

TEST_F(IoTest, NamesTheFileInEveryFault) {
  EXPECT_THAT(MessageOf<IoError>([&] { load(Path("none.npy")); }),
              HasSubstr("none.npy': cannot be opened: No such file or directory"));
  EXPECT_THAT(MessageOf<IoError>([&] { load(folder_); }), HasSubstr("is a directory"));
  EXPECT_THAT(MessageOf<FormatError>([&] { load(WriteFile("empty.npy", "")); }),
              HasSubstr("empty.npy': is empty"));
  const std::string cut = Npy(1, Dictionary("<f8", "False", "(2, 3)"), std::string(47, '\0'));
  EXPECT_THAT(MessageOf<FormatError>([&] { load(WriteFile("cut.npy", cut)); }),
              HasSubstr("cut.npy': is cut short: shape (2, 3) of float64 takes 48 bytes after the "
                        "header, and 47 are there"));
  const std::string object = Npy(1, Dictionary("|O", "False", "(1,)"), std::string(100, 'x'));
  EXPECT_THAT(MessageOf<FormatError>([&] { load(WriteFile("o.npy", object)); }),
              HasSubstr("o.npy': holds Python objects"));
}

TEST_F(IoTest, RefusesPipesWithoutBlocking) {
  ASSERT_EQ(::mkfifo(Path("pipe").c_str(), 0600), 0);
  EXPECT_THAT(MessageOf<IoError>([&] { load(Path("pipe")); }), HasSubstr("no regular file"));
}

TEST_F(IoTest, IgnoresBytesAfterTheData) {
  const std::string bytes = Npy(1, Dictionary("|u1", "False", "(2,)"), "\1\2garbage");
  EXPECT_THAT(LoadBytes(bytes).to_vector<int>(), ElementsAre(1, 2));
  EXPECT_THAT(load(WriteFile("a.npy", bytes)).to_vector<int>(), ElementsAre(1, 2));
}

// Writing.

TEST_F(IoTest, LeavesNothingBehindWhenWritingFails) {
  EXPECT_THAT(MessageOf<IoError>([&] { save(Path("no/such/a.npy"), Array()); }),
              HasSubstr("No such file or directory"));
  fs::create_directory(Path("folder.npy"));
  EXPECT_THROW(save(Path("folder.npy"), Array()), IoError);
  EXPECT_THAT(Names(), ElementsAre("folder.npy"));
}

TEST_F(IoTest, KeepsTheOldFileWhenTheDiskIsFull) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "needs /dev/full";
  EXPECT_THAT(MessageOf<IoError>([] { save("/dev/full", Array()); }), HasSubstr("No space left"));
}

TEST_F(IoTest, ReplacesAFileAndKeepsItsPermissions) {
  WriteFile("a.npy", "old");
  fs::permissions(Path("a.npy"), fs::perms(0640));
  save(Path("a.npy"), Array::scalar(1.0));
  EXPECT_EQ(fs::status(Path("a.npy")).permissions(), fs::perms(0640));
  EXPECT_EQ(load(Path("a.npy")).item<double>(), 1.0);
  EXPECT_THAT(Names(), ElementsAre("a.npy"));
}

TEST_F(IoTest, FollowsSymbolicLinks) {
  fs::create_directory(Path("data"));
  fs::create_symlink("data/target.npy", Path("link.npy"));
  save(Path("link.npy"), Array::scalar(1.0));
  EXPECT_TRUE(fs::is_symlink(Path("link.npy")));
  EXPECT_EQ(load(Path("data/target.npy")).item<double>(), 1.0);
  fs::create_symlink("loop.npy", Path("loop.npy"));
  EXPECT_THROW(save(Path("loop.npy"), Array()), IoError);
}

TEST_F(IoTest, SavesOverTheFileItMaps) {
  save(Path("a.npy"), Numbers({4}));
  const Array array = load(Path("a.npy"), LoadMode::map_readonly);
  save(Path("a.npy"), array(Slice{{}, {}, -1}));
  EXPECT_THAT(load(Path("a.npy")).to_vector<double>(), ElementsAre(3, 2, 1, 0));
  EXPECT_THAT(array.to_vector<double>(), ElementsAre(0, 1, 2, 3));
}

// Hostile input: deterministic mutations of valid files either load or throw FormatError.

std::vector<std::string> Seeds() {
  const std::string data(64, '\x11');
  return {Npy(1, Dictionary("<f8", "False", "(2, 3)"), data),
          Npy(2, Dictionary(">i4", "True", "(4, 4)"), data),
          Npy(3, Dictionary("|b1", "False", "(64,)"), data),
          Npy(1, Dictionary("<f4", "False", "()"), data),
          Npy(1, Dictionary("|O", "False", "(3L, 0, 18446744073709551615)"), data)};
}

std::string Mutated(std::string bytes, std::mt19937& random) {
  constexpr std::string_view kPieces[] = {
      "9", "-", "(", ")", ",", "'", "{", "}", "0000000000", "L", "'shape': ", "True", "|O", "\xff"};
  const auto below = [&](std::size_t bound) {
    return random() % bound;
  };
  for (std::size_t edits = 1 + below(4); edits > 0 && !bytes.empty(); --edits) {
    const std::size_t at = below(std::min<std::size_t>(bytes.size(), 100));
    switch (below(4)) {
      case 0:
        bytes[at] = static_cast<char>(random());
        break;
      case 1:
        bytes.insert(at, kPieces[below(std::size(kPieces))]);
        break;
      case 2:
        bytes.erase(at, 1 + below(8));
        break;
      default:
        bytes.resize(below(bytes.size()) + 1);
        break;
    }
  }
  return bytes;
}

TEST_F(IoTest, SurvivesMutatedFiles) {
  std::mt19937 random(20240607);
  const std::vector<std::string> seeds = Seeds();
  int loaded = 0;
  int refused = 0;
  for (int i = 0; i < 2000; ++i) {
    const std::string bytes = Mutated(seeds[static_cast<std::size_t>(i) % seeds.size()], random);
    try {
      const Array array = LoadBytes(bytes);
      EXPECT_LE(array.nbytes(), bytes.size());
      ++loaded;
    } catch (const FormatError&) {
      ++refused;
    }
  }
  EXPECT_GT(loaded, 50);
  EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace quern
