// What is registered: ufuncs by name, targets, loops, and packages that do not fit.
#include "core/registry.h"

#include "arrays.h"

namespace quern {
namespace {

TEST(Find, TakesNamesAndAliases) {
  EXPECT_EQ(Ufunc::find("add").name(), "add");
  for (const Ufunc* ufunc : Ufunc::all()) {
    EXPECT_EQ(&Ufunc::find(ufunc->name()), ufunc);
    for (std::string_view alias : ufunc->aliases()) EXPECT_EQ(&Ufunc::find(alias), ufunc);
  }
  EXPECT_EQ(&Ufunc::find("add"), &ufuncs::add());
}

TEST(Find, SuggestsForUnknownNames) {
  EXPECT_EQ(MessageOf<ValueError>([] { Ufunc::find("ad"); }),
            "unknown ufunc 'ad'; did you mean 'add'?");
  EXPECT_EQ(MessageOf<ValueError>([] { Ufunc::find("Multiply"); }),
            "unknown ufunc 'Multiply'; did you mean 'multiply'?");
  EXPECT_EQ(MessageOf<ValueError>([] { Ufunc::find("completely else"); }),
            "unknown ufunc 'completely else'")
      << "nothing is near";
  EXPECT_THROW(Ufunc::find(""), ValueError);
  EXPECT_THROW(Ufunc::find(std::string(100000, 'a')), ValueError);
}

TEST(All, IsSortedAndDescribed) {
  const std::vector<const Ufunc*> all = Ufunc::all();
  EXPECT_GE(all.size(), 34u);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Ufunc& ufunc = *all[i];
    SCOPED_TRACE(std::string(ufunc.name()));
    if (i > 0) {
      EXPECT_LT(all[i - 1]->name(), ufunc.name());
    }
    EXPECT_FALSE(ufunc.summary().empty());
    EXPECT_EQ(ufunc.argument_names().size(), ufunc.inputs() + ufunc.outputs());
    EXPECT_FALSE(ufunc.loops().empty());
    EXPECT_LE(ufunc.inputs(), kMaxInputs);
  }
}

TEST(Resolve, GivesTheLoopOfItsOwnTypes) {
  for (const Ufunc* ufunc : Ufunc::all()) {
    for (const std::vector<DType>& types : ufunc->loops()) {
      ASSERT_EQ(types.size(), ufunc->inputs() + ufunc->outputs());
      const std::span<const DType> inputs(types.data(), ufunc->inputs());
      const Resolution resolved = ufunc->resolve(inputs);
      EXPECT_TRUE(std::equal(inputs.begin(), inputs.end(), resolved.types.begin()))
          << ufunc->name();
      EXPECT_TRUE(resolved.origin.starts_with("spec/ufuncs/")) << resolved.origin;
    }
  }
}

TEST(Resolve, KnownCells) {
  const auto result = [](const char* name, std::initializer_list<const char*> inputs) {
    std::vector<DType> types;
    for (const char* input : inputs) types.push_back(DType::parse(input));
    return std::string(Ufunc::find(name).resolve(types).types.back().name());
  };
  EXPECT_EQ(result("add", {"int32", "float32"}), "float64");
  EXPECT_EQ(result("add", {"bool", "bool"}), "bool");
  EXPECT_EQ(result("divide", {"int8", "int8"}), "float64");
  EXPECT_EQ(result("less", {"int64", "uint64"}), "bool");
  EXPECT_EQ(result("sqrt", {"int64"}), "float64");
  EXPECT_THROW(result("subtract", {"bool", "bool"}), TypeError);
  EXPECT_THROW(result("bitwise_and", {"float64", "int8"}), TypeError);
  EXPECT_THROW(result("add", {"int8"}), TypeError) << "one input is missing";
}

// No x86 target multiplies bytes; AVX-512 alone multiplies 64-bit integers.
TEST(Resolve, TellsTheKindOfTheLoopOnItsTarget) {
  const auto resolved = [](const char* name, const char* input) {
    return Ufunc::find(name).resolve(std::vector<DType>(2, DType::parse(input)));
  };
  const std::string before(current_target());
  for (const std::string_view target : supported_targets()) {
    set_target(target);
    EXPECT_EQ(resolved("multiply", "float64").kind, "vector") << target;
    EXPECT_EQ(resolved("multiply", "int8").kind, "emulated") << target;
    EXPECT_EQ(resolved("multiply", "int64").kind,
              target.starts_with("AVX3") ? "vector" : "emulated")
        << target;
  }
  set_target(before);
}

TEST(ResolveReduction, WidensSums) {
  const auto accumulator = [](const char* name, const char* input) {
    const Resolution resolved = Ufunc::find(name).resolve_reduction(DType::parse(input));
    return std::string(resolved.types.back().name());
  };
  EXPECT_EQ(accumulator("add", "int8"), "int64");
  EXPECT_EQ(accumulator("add", "bool"), "int64");
  EXPECT_EQ(accumulator("add", "uint32"), "uint64");
  EXPECT_EQ(accumulator("add", "float32"), "float32");
  EXPECT_EQ(accumulator("maximum", "int8"), "int8");
  EXPECT_THROW(accumulator("exp", "float64"), TypeError);
}

// ---- Targets ------------------------------------------------------------------------------------

class Targets : public ::testing::Test {
 protected:
  void TearDown() override { set_target(saved_); }
  const std::string saved_{current_target()};
};

TEST_F(Targets, SupportedOnesAreBuiltAndBestFirst) {
  const std::vector<std::string_view> built = built_targets();
  const std::vector<std::string_view> supported = supported_targets();
  ASSERT_FALSE(supported.empty());
  std::size_t at = 0;
  for (std::string_view name : supported) {
    while (at < built.size() && built[at] != name) ++at;
    EXPECT_LT(at, built.size()) << name << " is out of order";
  }
}

TEST_F(Targets, LoopsFollowTheChoice) {
  const std::vector<std::string_view> built = built_targets();
  const std::vector<DType> doubles(2);
  const std::vector<DType> integers(2, DType::of<std::int32_t>());
  const Array a = arange(1000);
  for (std::string_view name : supported_targets()) {
    set_target(name);
    EXPECT_EQ(current_target(), name);
    // Products of integers are built for every target; what a target leaves out runs on one below.
    EXPECT_EQ(ufuncs::matmul().resolve(integers).target, name);
    EXPECT_GE(std::ranges::find(built, ufuncs::add().resolve(doubles).target),
              std::ranges::find(built, name));
    EXPECT_EQ(sum(add(a, a)).item<double>(), 999000.0);
    EXPECT_EQ(a.astype(DType::of<float>())(-1).item<double>(), 999.0);
  }
}

TEST_F(Targets, UnknownOnesAreRefused) {
  const std::string message = MessageOf<ValueError>([] { set_target("AVX5"); });
  EXPECT_TRUE(
      message.starts_with("set_target: target 'AVX5' is not one that this CPU and build support ("))
      << message;
  EXPECT_THROW(set_target(""), ValueError);
  EXPECT_THROW(set_target("avx2"), ValueError);
  EXPECT_EQ(current_target(), saved_);
}

TEST(TargetsDeathTest, EnvironmentChooses) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  // The worst target runs everywhere. The parent asks first: the child's answer is fixed by then.
  EXPECT_EXIT(
      {
        setenv("QUERN_TARGET", std::string(built_targets().back()).c_str(), 1);
        std::exit(current_target() == built_targets().back() ? 0 : 1);
      },
      ::testing::ExitedWithCode(0), "");
  EXPECT_EXIT(
      {
        setenv("QUERN_TARGET", "PDP11", 1);
        try {
          current_target();
        } catch (const ValueError& error) {
          std::fputs(error.what(), stderr);
          std::exit(3);
        }
      },
      ::testing::ExitedWithCode(3), "QUERN_TARGET: target 'PDP11' is not one");
}

// ---- Packages -----------------------------------------------------------------------------------

TEST(Package, OfAnotherVersionIsRefused) {
  PackageInfo package = kBuiltinPackage;
  package.name = "stale";
  package.base_fingerprint = "0123";
  const std::string message = MessageOf<SpecError>([&] { RegisterPackage(package); });
  EXPECT_TRUE(message.starts_with(
      "package 'stale' was generated for another version of quern's dtypes (0123, this is "))
      << message;
}

TEST(Package, WithTakenNamesIsRefused) {
  const std::size_t dtypes = DType::count();
  PackageInfo package = kBuiltinPackage;
  package.name = "twice";
  package.base_fingerprint = kBuiltinPackage.fingerprint;
  EXPECT_EQ(MessageOf<SpecError>([&] { RegisterPackage(package); }),
            "package 'twice': a dtype named '" + std::string(kBuiltinPackage.dtypes[0].name) +
                "' exists already");
  EXPECT_EQ(DType::count(), dtypes);
}

TEST(Package, WithTooManyDTypesIsRefused) {
  std::vector<std::string> names(60);
  std::vector<DTypeInfo> many(60, kBuiltinPackage.dtypes[0]);
  for (std::size_t i = 0; i < many.size(); ++i) {
    names[i] = "made_up_" + std::to_string(i);
    many[i].name = names[i].c_str();
  }
  PackageInfo package = kBuiltinPackage;
  package.name = "wide";
  package.base_fingerprint = kBuiltinPackage.fingerprint;
  package.dtypes = many;
  package.ufuncs = {};
  EXPECT_EQ(MessageOf<SpecError>([&] { RegisterPackage(package); }),
            "package 'wide' adds 60 dtypes to " + std::to_string(DType::count()) +
                "; at most 64 are possible");
}

}  // namespace
}  // namespace quern
