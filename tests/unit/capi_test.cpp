// The C API from C++: every slot, and what it does with bad arguments. capi_smoke.c shows that the
// header is C.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "quern/quern.h"

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Releaser {
  void operator()(qn_array* array) const { qn_array_release(array); }
};
using Handle = std::unique_ptr<qn_array, Releaser>;

int32_t DTypeNumber(const char* name) {
  int32_t number = -1;
  EXPECT_EQ(qn_dtype_by_name(name, &number), QN_OK) << qn_error_message();
  return number;
}

Handle Zeros(const char* dtype, std::vector<int64_t> shape) {
  qn_array* array = nullptr;
  EXPECT_EQ(
      qn_array_new(DTypeNumber(dtype), static_cast<int32_t>(shape.size()), shape.data(), &array),
      QN_OK)
      << qn_error_message();
  return Handle(array);
}

Handle Doubles(std::vector<double> values) {
  Handle array = Zeros("float64", {static_cast<int64_t>(values.size())});
  std::ranges::copy(values, static_cast<double*>(qn_array_data(array.get())));
  return array;
}

int64_t SizeOf(const qn_array* array) {
  int64_t size = 1;
  for (int32_t i = 0; i < qn_array_ndim(array); ++i) size *= qn_array_shape(array)[i];
  return size;
}

// The elements of a contiguous float64 array.
std::vector<double> Values(const Handle& array) {
  const auto* data = static_cast<const double*>(qn_array_data(array.get()));
  return {data, data + SizeOf(array.get())};
}

const qn_ufunc* UfuncNamed(const char* name) {
  const qn_ufunc* ufunc = nullptr;
  EXPECT_EQ(qn_ufunc_by_name(name, &ufunc), QN_OK) << qn_error_message();
  return ufunc;
}

std::string Message() { return qn_error_message(); }

TEST(CApi, NamesItsVersion) {
  EXPECT_STREQ(qn_version(), "0.1.0");
  EXPECT_EQ(qn_abi_version(), QN_ABI_VERSION);
}

TEST(CApi, GivesTheSameFunctionsAsATable) {
  const qn_api* api = qn_get_api(QN_ABI_VERSION);
  ASSERT_NE(api, nullptr);
  EXPECT_EQ(api->version, &qn_version);
  EXPECT_EQ(api->kernel_lookup, &qn_kernel_lookup);
  EXPECT_EQ(qn_get_api(QN_ABI_VERSION + 1), nullptr);
}

TEST(CApi, NumbersDTypes) {
  const int32_t number = DTypeNumber("float64");
  EXPECT_STREQ(qn_dtype_name(number), "float64");
  EXPECT_EQ(qn_dtype_size(number), 8U);
  EXPECT_EQ(DTypeNumber(">f8"), number + QN_BYTE_SWAPPED);
  EXPECT_EQ(qn_dtype_name(9999), nullptr);
  EXPECT_THAT(Message(), HasSubstr("no dtype of number 9999"));
  EXPECT_EQ(qn_dtype_size(-1), 0U);
  int32_t unknown = 77;
  EXPECT_EQ(qn_dtype_by_name("flaot64", &unknown), QN_TYPE_ERROR);
  EXPECT_THAT(Message(), HasSubstr("float64"));
  EXPECT_EQ(unknown, 77) << "a failure leaves results as they were";
}

TEST(CApi, NumbersOfTimesHoldTheUnit) {
  const int32_t number = DTypeNumber(">M8[25s]");
  EXPECT_STREQ(qn_dtype_name(number), "datetime64");
  EXPECT_EQ(qn_dtype_size(number), 8U);
  EXPECT_NE(number, DTypeNumber(">M8[s]"));
  const Handle array = Zeros(">M8[25s]", {2});
  EXPECT_EQ(qn_array_dtype(array.get()), number);
  EXPECT_EQ(DTypeNumber("M8[as]") - DTypeNumber("M8[fs]"),
            DTypeNumber("M8[M]") - DTypeNumber("M8[Y]"));
  int32_t large = 0;
  EXPECT_EQ(qn_dtype_by_name("m8[262144s]", &large), QN_OK);
  EXPECT_EQ(qn_dtype_size(large), 8U);
  EXPECT_EQ(qn_dtype_by_name("m8[262145s]", &large), QN_NOT_SUPPORTED_ERROR);
  EXPECT_THAT(Message(), HasSubstr("multiples up to 262144"));
  EXPECT_EQ(qn_dtype_name(DTypeNumber("float64") + 512), nullptr) << "float64 has no unit";
}

TEST(CApi, ClearsTheMessageAfterSuccess) {
  EXPECT_EQ(qn_dtype_name(9999), nullptr);
  EXPECT_THAT(Message(), Not(IsEmpty()));
  qn_target_count();
  EXPECT_THAT(Message(), IsEmpty());
}

TEST(CApi, KeepsMessagesPerThread) {
  EXPECT_EQ(qn_dtype_name(9999), nullptr);
  std::thread([] {
    EXPECT_THAT(Message(), IsEmpty());
    EXPECT_EQ(qn_dtype_name(8888), nullptr);
  }).join();
  EXPECT_THAT(Message(), HasSubstr("9999"));
}

TEST(CApi, MakesArrays) {
  const Handle array = Zeros("int32", {2, 3});
  EXPECT_EQ(qn_array_ndim(array.get()), 2);
  EXPECT_EQ(qn_array_shape(array.get())[1], 3);
  EXPECT_EQ(qn_array_strides(array.get())[0], 12);
  EXPECT_EQ(qn_array_dtype(array.get()), DTypeNumber("int32"));
  EXPECT_EQ(qn_array_is_writable(array.get()), 1);
  const auto* data = static_cast<const int32_t*>(qn_array_data(array.get()));
  EXPECT_TRUE(std::all_of(data, data + 6, [](int32_t value) { return value == 0; }));
  EXPECT_EQ(qn_array_ndim(Zeros("int32", {}).get()), 0);
}

TEST(CApi, RefusesBadShapes) {
  const int64_t negative[] = {2, -1};
  const int64_t huge[] = {int64_t{1} << 62, 4};
  const int64_t many[65] = {};
  const int32_t dtype = DTypeNumber("float64");
  qn_array* array = nullptr;
  EXPECT_EQ(qn_array_new(dtype, 2, negative, &array), QN_SHAPE_ERROR);
  EXPECT_EQ(qn_array_new(dtype, 2, huge, &array), QN_SHAPE_ERROR);
  EXPECT_EQ(qn_array_new(dtype, 65, many, &array), QN_SHAPE_ERROR);
  EXPECT_EQ(qn_array_new(dtype, -1, nullptr, &array), QN_SHAPE_ERROR);
  EXPECT_EQ(qn_array_new(999, 0, nullptr, &array), QN_TYPE_ERROR);
  EXPECT_EQ(array, nullptr);
}

TEST(CApi, ReportsMemoryThatThereIsNot) {
  const int64_t shape[] = {int64_t{1} << 58};
  qn_array* array = nullptr;
  EXPECT_EQ(qn_array_new(DTypeNumber("int8"), 1, shape, &array), QN_OUT_OF_MEMORY);
  EXPECT_EQ(Message(), "not enough memory");
}

TEST(CApi, CountsOwners) {
  qn_array* array = Doubles({1, 2}).release();
  qn_array_retain(array);
  qn_array_release(array);
  EXPECT_EQ(qn_array_ndim(array), 1);
  qn_array_release(array);
  qn_array_release(nullptr);
  EXPECT_THAT(Message(), IsEmpty());
}

TEST(CApi, WrapsForeignMemory) {
  double numbers[] = {1, 2, 3, 4, 5, 6};
  int released = 0;
  const int64_t shape[] = {3};
  const int64_t strides[] = {-16};
  qn_array* view = nullptr;
  const auto count = [](void* context) {
    ++*static_cast<int*>(context);
  };
  ASSERT_EQ(qn_array_from_buffer(&numbers[4], DTypeNumber("float64"), 1, shape, strides, 0, count,
                                 &released, &view),
            QN_OK);
  EXPECT_EQ(qn_array_is_writable(view), 0);
  qn_array* sum = nullptr;
  ASSERT_EQ(qn_sum(view, &sum, nullptr), QN_OK) << Message();
  EXPECT_THAT(Values(Handle(sum)), ElementsAre(9));
  EXPECT_EQ(released, 0);
  qn_array_release(view);
  EXPECT_EQ(released, 1);
}

TEST(CApi, LeavesMemoryToTheCallerOnFailure) {
  double number = 1;
  int released = 0;
  const int64_t shape[] = {-1};
  qn_array* view = nullptr;
  const auto count = [](void* context) {
    ++*static_cast<int*>(context);
  };
  EXPECT_EQ(qn_array_from_buffer(&number, DTypeNumber("float64"), 1, shape, nullptr, 1, count,
                                 &released, &view),
            QN_SHAPE_ERROR);
  EXPECT_EQ(released, 0);
}

TEST(CApi, CallsUfuncs) {
  const qn_ufunc* add = UfuncNamed("add");
  int32_t inputs = 0;
  int32_t outputs = 0;
  qn_ufunc_arity(add, &inputs, &outputs);
  EXPECT_EQ(inputs, 2);
  EXPECT_EQ(outputs, 1);
  const Handle a = Doubles({1, 2, 3});
  const Handle b = Doubles({10, 20, 30});
  qn_array* const operands[] = {a.get(), b.get()};
  qn_array* result = nullptr;
  ASSERT_EQ(qn_ufunc_call(add, operands, &result, nullptr), QN_OK) << Message();
  const Handle made(result);
  EXPECT_THAT(Values(made), ElementsAre(11, 22, 33));
  // A result given on entry is written to and stays the caller's.
  ASSERT_EQ(qn_ufunc_call(add, operands, &result, nullptr), QN_OK);
  EXPECT_EQ(result, made.get());
  qn_array* named = nullptr;
  ASSERT_EQ(qn_add(a.get(), b.get(), &named), QN_OK);
  EXPECT_THAT(Values(Handle(named)), ElementsAre(11, 22, 33));
}

TEST(CApi, TakesCallOptions) {
  const Handle a = Doubles({1, 2, 3});
  const Handle out = Doubles({-1, -1, -1});
  const Handle where = Zeros("bool", {3});
  static_cast<uint8_t*>(qn_array_data(where.get()))[1] = 1;
  qn_call_options options{};
  options.struct_size = sizeof options;
  options.where = where.get();
  qn_array* const operands[] = {a.get(), a.get()};
  qn_array* result = out.get();
  ASSERT_EQ(qn_ufunc_call(UfuncNamed("multiply"), operands, &result, &options), QN_OK) << Message();
  EXPECT_THAT(Values(out), ElementsAre(-1, 4, -1));

  options = {};
  options.struct_size = sizeof options;
  options.has_dtype = 1;
  options.dtype = DTypeNumber("float32");
  options.has_casting = 1;
  options.casting = QN_CAST_SAFE;
  result = nullptr;
  EXPECT_EQ(qn_ufunc_call(UfuncNamed("multiply"), operands, &result, &options), QN_CAST_ERROR);
  options.casting = QN_CAST_UNSAFE;
  ASSERT_EQ(qn_ufunc_call(UfuncNamed("multiply"), operands, &result, &options), QN_OK) << Message();
  EXPECT_EQ(qn_array_dtype(result), DTypeNumber("float32"));
  qn_array_release(result);
  options.casting = 9;
  EXPECT_EQ(qn_ufunc_call(UfuncNamed("multiply"), operands, &result, &options), QN_VALUE_ERROR);
}

TEST(CApi, ChecksTheSizeOfOptions) {
  const Handle a = Doubles({1});
  qn_array* const operands[] = {a.get()};
  qn_array* result = nullptr;
  struct Later {
    qn_call_options known;
    int64_t unknown;
  } later{};
  later.known.struct_size = sizeof later;
  EXPECT_EQ(qn_ufunc_call(UfuncNamed("square"), operands, &result, &later.known), QN_OK);
  qn_array_release(result);
  result = nullptr;
  later.unknown = 1;
  EXPECT_EQ(qn_ufunc_call(UfuncNamed("square"), operands, &result, &later.known), QN_VALUE_ERROR);
  EXPECT_THAT(Message(), HasSubstr("members that this library does not know"));
  qn_call_options unset{};
  EXPECT_EQ(qn_ufunc_call(UfuncNamed("square"), operands, &result, &unset), QN_VALUE_ERROR);
  EXPECT_THAT(Message(), HasSubstr("struct_size is 0"));
  // A caller of an earlier version, whose structure ends after the first member.
  later.known.struct_size = sizeof(size_t);
  later.known.has_casting = 1;
  later.known.casting = 99;
  EXPECT_EQ(qn_ufunc_call(UfuncNamed("square"), operands, &result, &later.known), QN_OK);
  qn_array_release(result);
}

TEST(CApi, Reduces) {
  const int64_t shape[] = {2, 3};
  double numbers[] = {1, 2, 3, 4, 5, 6};
  qn_array* view = nullptr;
  ASSERT_EQ(qn_array_from_buffer(numbers, DTypeNumber("float64"), 2, shape, nullptr, 1, nullptr,
                                 nullptr, &view),
            QN_OK);
  const Handle array(view);
  const int32_t axes[] = {-1};
  const Handle initial = Doubles({100});
  qn_reduce_options options{};
  options.struct_size = sizeof options;
  options.axes = axes;
  options.axis_count = 1;
  options.keepdims = 1;
  qn_array* result = nullptr;
  ASSERT_EQ(qn_ufunc_reduce(UfuncNamed("add"), view, &result, &options), QN_OK) << Message();
  EXPECT_EQ(qn_array_ndim(result), 2);
  EXPECT_THAT(Values(Handle(result)), ElementsAre(6, 15));
  result = nullptr;
  ASSERT_EQ(qn_max(view, &result, nullptr), QN_OK);
  EXPECT_THAT(Values(Handle(result)), ElementsAre(6));
  const int32_t far_axis[] = {2};
  options.axes = far_axis;
  result = nullptr;
  EXPECT_EQ(qn_ufunc_reduce(UfuncNamed("add"), view, &result, &options), QN_AXIS_ERROR);
  EXPECT_EQ(result, nullptr);
}

TEST(CApi, GivesEachErrorItsStatus) {
  const Handle three = Doubles({1, 2, 3});
  const Handle two = Doubles({1, 2});
  qn_array* result = nullptr;
  EXPECT_EQ(qn_add(three.get(), two.get(), &result), QN_SHAPE_ERROR);
  EXPECT_THAT(Message(), HasSubstr("(3,)"));
  EXPECT_EQ(qn_bitwise_and(three.get(), three.get(), &result), QN_TYPE_ERROR);
  const qn_ufunc* none = nullptr;
  EXPECT_EQ(qn_ufunc_by_name("ad", &none), QN_VALUE_ERROR);
  EXPECT_THAT(Message(), HasSubstr("add"));
  EXPECT_EQ(qn_array_cast(three.get(), DTypeNumber("int8"), QN_CAST_SAFE, &result), QN_CAST_ERROR);
  EXPECT_EQ(result, nullptr);
}

TEST(CApi, CastsArrays) {
  const Handle array = Doubles({1.5, -2.5});
  qn_array* result = nullptr;
  ASSERT_EQ(qn_array_cast(array.get(), DTypeNumber("int32"), QN_CAST_UNSAFE, &result), QN_OK);
  const Handle cast(result);
  const auto* data = static_cast<const int32_t*>(qn_array_data(result));
  EXPECT_EQ(data[0], 1);
  EXPECT_EQ(data[1], -2);
  qn_array* none = nullptr;
  EXPECT_EQ(qn_array_cast(array.get(), DTypeNumber("int32"), QN_CAST_SAME_VALUE, &none),
            QN_VALUE_ERROR);
  EXPECT_THAT(Message(), HasSubstr("same_value"));
  EXPECT_EQ(qn_array_cast(array.get(), DTypeNumber("int32"), QN_CAST_SAME_VALUE + 1, &none),
            QN_VALUE_ERROR);
  EXPECT_EQ(none, nullptr);
}

TEST(CApi, RefusesNull) {
  const Handle array = Doubles({1});
  qn_array* result = nullptr;
  const qn_ufunc* add = UfuncNamed("add");
  qn_array* const half[] = {array.get(), nullptr};
  EXPECT_EQ(qn_dtype_by_name(nullptr, nullptr), QN_VALUE_ERROR);
  EXPECT_EQ(Message(), "qn_dtype_by_name: name is null");
  EXPECT_EQ(qn_array_new(0, 1, nullptr, &result), QN_VALUE_ERROR);
  EXPECT_EQ(qn_array_new(0, 0, nullptr, nullptr), QN_VALUE_ERROR);
  EXPECT_EQ(qn_ufunc_call(nullptr, half, &result, nullptr), QN_VALUE_ERROR);
  EXPECT_EQ(qn_ufunc_call(add, nullptr, &result, nullptr), QN_VALUE_ERROR);
  EXPECT_EQ(qn_ufunc_call(add, half, &result, nullptr), QN_VALUE_ERROR);
  EXPECT_EQ(qn_ufunc_call(add, half, nullptr, nullptr), QN_VALUE_ERROR);
  EXPECT_EQ(qn_add(nullptr, array.get(), &result), QN_VALUE_ERROR);
  EXPECT_EQ(qn_add(array.get(), array.get(), nullptr), QN_VALUE_ERROR);
  EXPECT_EQ(qn_sum(nullptr, &result, nullptr), QN_VALUE_ERROR);
  EXPECT_EQ(qn_npy_load(nullptr, 0, &result), QN_VALUE_ERROR);
  EXPECT_EQ(qn_npy_save("x.npy", nullptr), QN_VALUE_ERROR);
  EXPECT_EQ(qn_set_error_state(nullptr), QN_VALUE_ERROR);
  EXPECT_EQ(qn_array_shape(nullptr), nullptr);
  EXPECT_EQ(Message(), "qn_array_shape: array is null");
  EXPECT_EQ(qn_array_ndim(nullptr), 0);
  EXPECT_EQ(qn_array_data(nullptr), nullptr);
  qn_array_retain(nullptr);
  EXPECT_EQ(Message(), "qn_array_retain: array is null");
  qn_get_error_state(nullptr);
  EXPECT_EQ(Message(), "qn_get_error_state: state is null");
  EXPECT_EQ(result, nullptr);
}

TEST(CApi, ReadsAndWritesFiles) {
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("quern-capi-" + std::to_string(::getpid()));
  ASSERT_EQ(qn_npy_save(path.c_str(), Doubles({1, 2}).get()), QN_OK) << Message();
  for (const int map : {0, 1}) {
    qn_array* array = nullptr;
    ASSERT_EQ(qn_npy_load(path.c_str(), map, &array), QN_OK) << Message();
    EXPECT_EQ(qn_array_is_writable(array), map == 0);
    EXPECT_THAT(Values(Handle(array)), ElementsAre(1, 2));
  }
  std::filesystem::resize_file(path, 20);
  qn_array* array = nullptr;
  EXPECT_EQ(qn_npy_load(path.c_str(), 0, &array), QN_FORMAT_ERROR);
  std::filesystem::remove(path);
  EXPECT_EQ(qn_npy_load(path.c_str(), 0, &array), QN_IO_ERROR);
}

TEST(CApi, ChoosesTargets) {
  const std::string before = qn_target_current();
  ASSERT_GE(qn_target_count(), 1);
  for (int32_t i = 0; i < qn_target_count(); ++i) {
    ASSERT_EQ(qn_target_set(qn_target_name(i)), QN_OK);
    EXPECT_STREQ(qn_target_current(), qn_target_name(i));
  }
  EXPECT_EQ(qn_target_name(qn_target_count()), nullptr);
  EXPECT_EQ(qn_target_set("AVX9"), QN_VALUE_ERROR);
  EXPECT_EQ(qn_target_set(nullptr), QN_OK);
  EXPECT_STREQ(qn_target_current(), qn_target_name(0));
  EXPECT_EQ(qn_target_set(before.c_str()), QN_OK);
}

TEST(CApi, LimitsThreads) {
  const int32_t before = qn_thread_count();
  EXPECT_EQ(qn_set_thread_count(2), QN_OK);
  EXPECT_EQ(qn_thread_count(), 2);
  EXPECT_EQ(qn_set_thread_count(0), QN_VALUE_ERROR);
  EXPECT_EQ(qn_set_thread_count(before), QN_OK);
}

class CApiErrorState : public ::testing::Test {
 protected:
  CApiErrorState() {
    saved_.struct_size = sizeof saved_;
    qn_get_error_state(&saved_);
  }
  ~CApiErrorState() override { EXPECT_EQ(qn_set_error_state(&saved_), QN_OK) << Message(); }

  static qn_status DivideByZero() {
    const Handle one = Doubles({1});
    const Handle zero = Doubles({0});
    qn_array* result = nullptr;
    const qn_status status = qn_divide(one.get(), zero.get(), &result);
    qn_array_release(result);
    return status;
  }

  qn_error_state saved_{};
};

TEST_F(CApiErrorState, Raises) {
  qn_error_state state = saved_;
  state.divide = QN_RAISE;
  ASSERT_EQ(qn_set_error_state(&state), QN_OK);
  EXPECT_EQ(DivideByZero(), QN_FLOATING_POINT_ERROR);
  state.divide = QN_IGNORE;
  ASSERT_EQ(qn_set_error_state(&state), QN_OK);
  EXPECT_EQ(DivideByZero(), QN_OK);
}

TEST_F(CApiErrorState, LooksForIntegerOverflowIfAsked) {
  EXPECT_EQ(saved_.integer_overflow, QN_IGNORE);
  const Handle value = Zeros("int8", {1});
  *static_cast<int8_t*>(qn_array_data(value.get())) = 127;
  qn_error_state state = saved_;
  state.integer_overflow = QN_RAISE;
  ASSERT_EQ(qn_set_error_state(&state), QN_OK);
  qn_array* result = nullptr;
  EXPECT_EQ(qn_square(value.get(), &result), QN_FLOATING_POINT_ERROR);
  EXPECT_THAT(Message(), HasSubstr("integer overflow encountered in square"));
  ASSERT_EQ(qn_set_error_state(&saved_), QN_OK);
  EXPECT_EQ(qn_square(value.get(), &result), QN_OK);
  qn_array_release(result);
}

TEST_F(CApiErrorState, CallsBack) {
  qn_error_state state = saved_;
  std::vector<std::string> told;
  state.divide = QN_CALL;
  EXPECT_EQ(qn_set_error_state(&state), QN_VALUE_ERROR) << "there is no callback";
  state.callback = [](const char* kind, int32_t flags, void* context) {
    static_cast<std::vector<std::string>*>(context)->push_back(std::string(kind) + " " +
                                                               std::to_string(flags));
  };
  state.callback_context = &told;
  ASSERT_EQ(qn_set_error_state(&state), QN_OK);
  EXPECT_EQ(DivideByZero(), QN_OK);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_THAT(told[0], HasSubstr("divide by zero 1"));
  qn_error_state read{};
  read.struct_size = sizeof read;
  qn_get_error_state(&read);
  EXPECT_EQ(read.callback, state.callback);
  EXPECT_EQ(read.callback_context, &told);
  EXPECT_EQ(read.divide, QN_CALL);
}

TEST_F(CApiErrorState, Logs) {
  qn_error_state state = saved_;
  std::string logged;
  state.divide = QN_LOG;
  state.logger = [](const char* message, void* context) {
    *static_cast<std::string*>(context) = message;
  };
  state.logger_context = &logged;
  ASSERT_EQ(qn_set_error_state(&state), QN_OK);
  EXPECT_EQ(DivideByZero(), QN_OK);
  EXPECT_THAT(logged, HasSubstr("divide"));
  state.over = 17;
  EXPECT_EQ(qn_set_error_state(&state), QN_VALUE_ERROR);
  EXPECT_THAT(Message(), HasSubstr("over is 17"));
}

TEST(CApi, LooksUpKernels) {
  const int32_t f8 = DTypeNumber("float64");
  const int32_t types[] = {f8, f8, f8};
  qn_kernel kernel = nullptr;
  ASSERT_EQ(qn_kernel_lookup(UfuncNamed("add"), types, &kernel), QN_OK) << Message();
  alignas(64) const double a[] = {1, 2, 3};
  alignas(64) const double b[] = {10, 20, 30};
  alignas(64) double out[3] = {};
  const void* in[] = {a, b};
  void* outs[] = {out};
  kernel(in, outs, 3);
  EXPECT_THAT(out, ElementsAre(11, 22, 33));
  const int32_t mixed[] = {f8, DTypeNumber("int8"), f8};
  EXPECT_EQ(qn_kernel_lookup(UfuncNamed("add"), mixed, &kernel), QN_TYPE_ERROR);
  EXPECT_THAT(Message(), HasSubstr("add has no loop of exactly <f8, |i1 -> <f8"));
  const int32_t unknown[] = {f8, 999, f8};
  EXPECT_EQ(qn_kernel_lookup(UfuncNamed("add"), unknown, &kernel), QN_TYPE_ERROR);
}

}  // namespace
