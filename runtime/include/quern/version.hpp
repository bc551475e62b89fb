// The version of these headers, read by the build too; quern::version() is that of the library.
#ifndef QUERN_VERSION_HPP_
#define QUERN_VERSION_HPP_

#define QUERN_VERSION_MAJOR 0
#define QUERN_VERSION_MINOR 1
#define QUERN_VERSION_PATCH 0

// "0.1.0"
#define QUERN_VERSION_JOIN_(major, minor, patch) #major "." #minor "." #patch
#define QUERN_VERSION_JOIN(major, minor, patch) QUERN_VERSION_JOIN_(major, minor, patch)
#define QUERN_VERSION \
  QUERN_VERSION_JOIN(QUERN_VERSION_MAJOR, QUERN_VERSION_MINOR, QUERN_VERSION_PATCH)

#endif  // QUERN_VERSION_HPP_
