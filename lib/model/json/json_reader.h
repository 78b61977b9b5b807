#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace roomkeeper {

// Reads what JsonWriter wrote. The first problem (bad JSON, a missing key, a wrong type) is kept
// and every getter then answers a default, so a decoder reads all its fields and asks once, in
// Finish(). Unknown keys are ignored: a newer release may have written them. Not thread-safe.
class JsonReader {
 public:
  // `what` begins every error message, e.g. "room spec".
  JsonReader(absl::string_view text, absl::string_view what);
  ~JsonReader();
  JsonReader(const JsonReader&) = delete;
  JsonReader& operator=(const JsonReader&) = delete;

  // One value inside the document; it borrows the reader.
  class Node {
   public:
    std::string String(const char* key) const;
    std::int64_t Int(const char* key) const;
    std::int32_t Int32(const char* key) const;
    bool Bool(const char* key) const;
    std::vector<std::string> Strings(const char* key) const;
    Node At(const char* key) const;
    bool IsNull(const char* key) const;  // present and null
    bool Has(const char* key) const;     // false: written before there was such a key
    std::vector<Node> Items(const char* key) const;
    std::vector<Node> Items() const;  // of this value, an array
    // Of this value, an object of strings, in key order.
    std::vector<std::pair<std::string, std::string>> StringMembers() const;

   private:
    friend class JsonReader;
    Node(JsonReader& reader, const void* json) : reader_(&reader), json_(json) {}
    JsonReader* reader_;
    const void* json_;  // nothing: an error was met before
  };

  Node root();
  // For a decoder that meets a value it does not know. Only the first error is kept.
  void Fail(absl::string_view problem);
  // kDataLoss if anything was wrong.
  absl::Status Finish() const { return status_; }

 private:
  struct Document;
  std::unique_ptr<Document> document_;
  std::string what_;
  absl::Status status_;
};

}  // namespace roomkeeper
