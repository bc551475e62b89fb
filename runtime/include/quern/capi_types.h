/* The types of the C API. Include quern/quern.h, which declares the functions.
 *
 * Rules of the interface:
 *
 * - A function that can fail returns a qn_status. On failure it changes nothing but
 *   qn_error_message; results behind pointers are then as they were.
 * - A null pointer where an object is needed is QN_VALUE_ERROR; functions without a status then
 *   return 0 or null and leave the message in qn_error_message.
 * - Handles are reference counted with atomic counts. A handle may be used by several threads at
 *   once; writing the same elements from several threads is for the caller to order.
 * - Structures of options begin with their size. A caller sets it to sizeof; a library that knows
 *   more members takes their defaults, one that knows fewer refuses members it does not know unless
 *   they are zero.
 * - Sizes and positions count elements, strides count bytes and may be negative or zero.
 */
#ifndef QUERN_CAPI_TYPES_H_
#define QUERN_CAPI_TYPES_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Success, or the kind of error: the exception classes of the C++ API. */
typedef int32_t qn_status;
enum {
  QN_OK = 0,
  QN_ERROR = 1,                 /* an error of none of the kinds below */
  QN_VALUE_ERROR = 2,           /* an argument with an unacceptable value, null pointers included */
  QN_SHAPE_ERROR = 3,           /* shapes that do not broadcast or match */
  QN_AXIS_ERROR = 4,            /* an axis that the array does not have */
  QN_READ_ONLY_ERROR = 5,       /* an array that may not be written to */
  QN_FORMAT_ERROR = 6,          /* a file that does not hold what its format demands */
  QN_TYPE_ERROR = 7,            /* dtypes for which there is no loop */
  QN_CAST_ERROR = 8,            /* a cast that the casting level does not allow */
  QN_INDEX_ERROR = 9,           /* a position outside an axis */
  QN_OVERFLOW_ERROR = 10,       /* an integer that its destination cannot hold */
  QN_FLOATING_POINT_ERROR = 11, /* a condition whose action is QN_RAISE; results are in place */
  QN_IO_ERROR = 12,             /* a file that cannot be opened, read or written */
  QN_NOT_SUPPORTED_ERROR = 13,  /* something quern does not have yet */
  QN_SPEC_ERROR = 14,           /* a package of tables that does not fit the library */
  QN_OUT_OF_MEMORY = 15,
  QN_INTERNAL_ERROR = 16 /* an exception that is not quern's */
};

/* Added to the number of a dtype whose elements lie in the byte order opposite to the machine's.
 * The numbers of datetime64 and timedelta64 hold the unit as well, multiples up to 262144: one for
 * each name that qn_dtype_by_name takes ("datetime64[25s]"). */
#define QN_BYTE_SWAPPED 256

/* Levels of casting, in rising order of permission. */
enum {
  QN_CAST_NO = 0,
  QN_CAST_EQUIV = 1,
  QN_CAST_SAFE = 2,
  QN_CAST_SAME_KIND = 3,
  QN_CAST_UNSAFE = 4,
  QN_CAST_SAME_VALUE = 5 /* of qn_array_cast alone: every cast, but no value may change */
};

/* Opaque. */
typedef struct qn_array qn_array;
typedef struct qn_ufunc qn_ufunc;

/* Called once with its context when the last view of a foreign buffer is gone. */
typedef void (*qn_deleter)(void* context);

/* Options of a call. */
typedef struct qn_call_options {
  size_t struct_size;    /* sizeof(qn_call_options) */
  const qn_array* where; /* bool, broadcast; other elements of outputs stay as they are; or null */
  int32_t has_dtype;     /* whether dtype counts */
  int32_t dtype;         /* compute in the loop with this output dtype */
  int32_t has_casting;   /* whether casting counts; otherwise it is QN_CAST_SAME_KIND */
  int32_t casting;       /* QN_CAST_... */
} qn_call_options;

/* Options of a reduction. */
typedef struct qn_reduce_options {
  size_t struct_size;  /* sizeof(qn_reduce_options) */
  const int32_t* axes; /* axis_count axes; null reduces all */
  int32_t axis_count;
  int32_t keepdims;        /* whether reduced axes stay, with extent 1 */
  int32_t has_dtype;       /* whether dtype counts */
  int32_t dtype;           /* of the accumulator and the result */
  const qn_array* initial; /* a starting value, 0-d; or null */
  const qn_array* where;   /* bool, broadcast; other elements take no part; or null */
} qn_reduce_options;

/* What a floating-point condition leads to. */
enum { QN_IGNORE = 0, QN_WARN = 1, QN_RAISE = 2, QN_CALL = 3, QN_PRINT = 4, QN_LOG = 5 };

/* Actions of one thread, and who is told. */
typedef struct qn_error_state {
  size_t struct_size; /* sizeof(qn_error_state), set by the caller of either function */
  int32_t divide;     /* QN_IGNORE ... */
  int32_t over;
  int32_t under;
  int32_t invalid;
  /* For QN_CALL: the condition in words and one bit for each that the call met (1 divide, 2 over,
   * 4 under, 8 invalid, 32 integer_overflow). Null refuses QN_CALL. It must not throw or long-jump. */
  void (*callback)(const char* kind, int32_t flags, void* context);
  void* callback_context;
  /* For QN_LOG: the whole message. Null refuses QN_LOG. */
  void (*logger)(const char* message, void* context);
  void* logger_context;
  /* Integers beyond the range of their dtype, which wrap around in any case; QN_IGNORE, the default, does
   * not look for them. */
  int32_t integer_overflow;
} qn_error_state;

/* The elementwise kernel of one loop on the target in use. `in` and `out` hold one pointer per
 * input and output to n contiguous elements in native byte order, each aligned to its element size.
 * An output may coincide exactly with an input of the same element size and overlaps nothing else.
 * Returns conditions that the kernel finds itself (bits as above), and 16 if it refuses a value,
 * whose result has no meaning; other conditions are left pending in the hardware. A later qn_target_set does not change kernels that were looked up before. */
typedef uint8_t (*qn_kernel)(const void* const* in, void* const* out, size_t n);

#ifdef __cplusplus
}
#endif

#endif /* QUERN_CAPI_TYPES_H_ */
