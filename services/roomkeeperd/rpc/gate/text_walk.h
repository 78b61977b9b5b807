#pragma once

#include <string>
#include <vector>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"

namespace roomkeeper {

// The way to a field: {clean_room, labels, value}. A map's entries have fields key and value.
using FieldPath = std::vector<const google::protobuf::FieldDescriptor*>;
// "clean_room.labels.value".
std::string FormatPath(const FieldPath& path);

// Shows every text and every bytes value that is set in the message, in nested, repeated and map
// fields too. A path is good for the call only. Pure.
void VisitTexts(const google::protobuf::Message& message,
                absl::FunctionRef<void(const FieldPath&, absl::string_view)> visit);

}  // namespace roomkeeper
