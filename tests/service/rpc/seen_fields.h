#pragma once

#include <set>
#include <string>
#include <vector>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "tests/support/matchers.h"

namespace roomkeeper::testing {

// Which fields of our messages had a value in any answer. Not thread-safe.
class SeenFields {
 public:
  // The value, noted.
  template <typename Answer>
  const Answer& operator()(const Answer& answer) {
    Note(answer);
    return answer;
  }

  // Full names of the fields that answers can have and never had.
  std::vector<std::string> Missing() const;

 private:
  void Note(const google::protobuf::Message& message);
  void Visit(const google::protobuf::Descriptor* message,
             std::set<const google::protobuf::Descriptor*>& visited,
             std::vector<std::string>& missing) const;

  std::set<std::string> seen_;
};

// In what `answer` differs from the text format, times and durations left aside; empty: in nothing.
std::string DifferenceTo(google::protobuf::Message& wanted, const google::protobuf::Message& answer,
                         const std::string& expected);
template <typename Answer>
std::string Difference(const Answer& answer, const std::string& expected) {
  Answer wanted;
  return DifferenceTo(wanted, answer, expected);
}

// Calls that fill fields, where the tests of what they show are.
void SeeMovingRoom(SeenFields& seen);
void SeeAudit(SeenFields& seen);

}  // namespace roomkeeper::testing
