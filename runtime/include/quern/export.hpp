// QUERN_EXPORT marks what the shared library exports; everything else is compiled hidden.
#ifndef QUERN_EXPORT_HPP_
#define QUERN_EXPORT_HPP_

#if defined(__GNUC__)
#define QUERN_EXPORT __attribute__((visibility("default")))
#else
#define QUERN_EXPORT
#endif

#endif  // QUERN_EXPORT_HPP_
