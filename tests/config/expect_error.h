#pragma once

#include <string>

#include <gmock/gmock.h>

/// Expects `statement` to throw exactly `Type`, with a message that matches.
#define EXPECT_ERROR(statement, Type, matcher)                                        \
  do {                                                                                \
    try {                                                                             \
      statement;                                                                      \
      ADD_FAILURE() << "expected " #Type " from " #statement;                         \
    } catch (const Type& error) {                                                     \
      EXPECT_THAT(std::string(error.what()), matcher);                                \
    } catch (const std::exception& error) {                                           \
      ADD_FAILURE() << "expected " #Type ", got another exception: " << error.what(); \
    }                                                                                 \
  } while (false)
