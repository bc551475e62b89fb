/* The header is C11 and a program in C can use the library: adds two arrays and sums the result. */
#include <quern/quern.h>

#include <stdio.h>
#include <string.h>

static int check(qn_status status, const char* what) {
  if (status == QN_OK) return 1;
  fprintf(stderr, "capi_smoke: %s: status %d: %s\n", what, (int)status, qn_error_message());
  return 0;
}

static int add_and_sum(const qn_array* a, const qn_array* b) {
  qn_array* sums = NULL;
  qn_array* total = NULL;
  double value = 0.0;
  if (check(qn_add(a, b, &sums), "qn_add") && check(qn_sum(sums, &total, NULL), "qn_sum")) {
    memcpy(&value, qn_array_data(total), sizeof value);
  }
  qn_array_release(sums);
  qn_array_release(total);
  return value == 66.0;
}

int main(void) {
  static double a_values[] = {1.0, 2.0, 3.0};
  static double b_values[] = {10.0, 20.0, 30.0};
  const int64_t shape[] = {3};
  const qn_api* api = qn_get_api(QN_ABI_VERSION);
  qn_reduce_options options = {sizeof(qn_reduce_options), NULL, 0, 0, 0, 0, NULL, NULL};
  qn_array* a = NULL;
  qn_array* b = NULL;
  int32_t dtype = -1;
  int passed;

  if (api == NULL || strcmp(api->version(), qn_version()) != 0) return 1;
  (void)options;
  passed = check(qn_dtype_by_name("float64", &dtype), "qn_dtype_by_name") &&
           check(qn_array_from_buffer(a_values, dtype, 1, shape, NULL, 0, NULL, NULL, &a), "a") &&
           check(qn_array_from_buffer(b_values, dtype, 1, shape, NULL, 0, NULL, NULL, &b), "b") &&
           add_and_sum(a, b) && qn_add(a, NULL, &b) == QN_VALUE_ERROR;
  qn_array_release(a);
  qn_array_release(b);
  if (passed) puts("capi_smoke: passed");
  return passed ? 0 : 1;
}
