// SPDX-License-Identifier: Apache-2.0
#include "engine/expression/json/json_document.h"

#include "engine/expression/utf16.h"

#include <fmt/format.h>
#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory_resource>
#include <type_traits>
#include <unordered_map>

namespace millrace::expression {

namespace {

constexpr std::size_t kWarmBytes = 64 * 1024;
constexpr std::size_t kLargeBytes = 1024 * 1024;  // a text above that gives its memory back
constexpr std::size_t kFewMembers = 24;

/// Whether the text is UTF-8 as Java's decoder accepts it: no overlong forms, no surrogates.
bool isUtf8(std::string_view text) {
  std::size_t at = 0;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  while (at < text.size()) {
    std::uint64_t eight = 0;
    if (text.size() - at >= sizeof eight) {
      std::memcpy(&eight, text.data() + at, sizeof eight);
      if ((eight & 0x8080808080808080ULL) == 0) {
        at += sizeof eight;
        continue;
      }
    }
    const unsigned char lead = byte(at);
    if (lead < 0x80) {
      ++at;
      continue;
    }
    const std::size_t length = lead >= 0xC2 && lead < 0xE0   ? 2
                               : lead >= 0xE0 && lead < 0xF0 ? 3
                               : lead >= 0xF0 && lead < 0xF5 ? 4
                                                             : 0;
    if (length == 0 || at + length > text.size()) return false;
    const unsigned char second = byte(at + 1);
    const unsigned low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (second < low || second > high) return false;
    for (std::size_t i = 2; i < length; ++i) {
      if ((byte(at + i) & 0xC0U) != 0x80) return false;
    }
    at += length;
  }
  return true;
}

std::string replaceBadUtf8(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 16);
  std::size_t at = 0;
  while (at < text.size()) appendUtf8(out, readUtf8(text, at));
  return out;
}

}  // namespace

struct JsonDocument::Memory {
  alignas(std::max_align_t) std::array<std::byte, kWarmBytes> warm;
  std::pmr::monotonic_buffer_resource arena{warm.data(), warm.size()};
  std::string text;               // the content, decoded in place
  std::vector<JsonMember> open;   // members of containers not yet closed
  std::vector<std::size_t> from;  // where in `open` each of them begins
  std::vector<std::string_view> keys;
  rapidjson::Reader reader;

  JsonValue close(JsonKind kind, std::span<const JsonMember> members) {
    JsonValue value;
    value.kind = kind;
    value.count = members.size();
    if (members.empty()) return value;
    auto* place = static_cast<JsonMember*>(
        arena.allocate(members.size() * sizeof(JsonMember), alignof(JsonMember)));
    std::uninitialized_copy(members.begin(), members.end(), place);
    value.first = place;
    return value;
  }
};
static_assert(std::is_trivially_destructible_v<JsonMember>);

namespace {

/// Leaves of equal keys the last value at the first place; gives the new count.
std::size_t dropEqualKeys(std::span<JsonMember> members) {
  std::size_t kept = 0;
  if (members.size() <= kFewMembers) {
    for (std::size_t i = 0; i < members.size(); ++i) {
      const auto before = members.first(kept);
      const auto same = std::find_if(before.begin(), before.end(), [&](const JsonMember& member) {
        return member.key == members[i].key;
      });
      if (same != before.end()) {
        same->value = members[i].value;
      } else {
        members[kept++] = members[i];
      }
    }
    return kept;
  }
  std::unordered_map<std::string_view, std::size_t> places;
  places.reserve(members.size());
  for (std::size_t i = 0; i < members.size(); ++i) {
    const auto [place, isNew] = places.try_emplace(members[i].key, kept);
    if (isNew) {
      members[kept++] = members[i];
    } else {
      members[place->second].value = members[i].value;
    }
  }
  return kept;
}

/// Receives what the reader finds; `false` ends the parse, with `refused` saying why.
template <typename Memory>
class TreeBuilder {
 public:
  TreeBuilder(Memory& memory, JsonValue& root, std::uint64_t maxStringLength)
      : memory_(memory), root_(root), maxStringLength_(maxStringLength) {}

  bool Null() { return add({}); }
  bool Bool(bool truth) { return add(JsonValue::boolean(truth)); }
  bool RawNumber(const char* text, rapidjson::SizeType size, bool) {
    return add(JsonValue::number({text, size}));
  }
  bool String(const char* text, rapidjson::SizeType size, bool) {
    if (size > maxStringLength_ && utf16Length({text, size}) > maxStringLength_) {
      refused_ = fmt::format(
          "a string is longer than the {} characters that Max String Length "
          "allows",
          maxStringLength_);
      return false;
    }
    return add(JsonValue::string(encodable(text, size)));
  }
  bool Key(const char* text, rapidjson::SizeType size, bool) {
    key_ = encodable(text, size);
    return true;
  }
  bool StartObject() { return start(); }
  bool StartArray() { return start(); }
  bool EndObject(rapidjson::SizeType) { return end(JsonKind::kObject); }
  bool EndArray(rapidjson::SizeType) { return end(JsonKind::kArray); }
  // Numbers come as text; these satisfy the reader's interface.
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(std::int64_t) { return false; }
  bool Uint64(std::uint64_t) { return false; }
  bool Double(double) { return false; }

  const std::string& refused() const { return refused_; }

 private:
  /// Half a surrogate pair that was written as an escape is no character that UTF-8 has: as in
  /// Java, it becomes a question mark.
  std::string_view encodable(const char* text, std::size_t size) {
    if (std::memchr(text, '\xED', size) == nullptr) return {text, size};
    char* const begin = memory_.text.data() + (text - memory_.text.data());
    std::size_t kept = 0;
    for (std::size_t i = 0; i < size; ++i) {
      const bool half =
          begin[i] == '\xED' && i + 2 < size && static_cast<unsigned char>(begin[i + 1]) >= 0xA0;
      begin[kept++] = half ? '?' : begin[i];
      if (half) i += 2;
    }
    return {begin, kept};
  }

  bool add(const JsonValue& value) {
    if (memory_.from.empty()) {
      root_ = value;
    } else {
      memory_.open.push_back({std::exchange(key_, {}), value});
    }
    return true;
  }
  bool start() {
    if (memory_.from.size() == JsonDocument::kMaxDepth) {
      refused_ = fmt::format("it is nested deeper than {} levels", JsonDocument::kMaxDepth);
      return false;
    }
    memory_.keys.push_back(std::exchange(key_, {}));
    memory_.from.push_back(memory_.open.size());
    return true;
  }
  bool end(JsonKind kind) {
    const std::size_t from = memory_.from.back();
    auto members = std::span(memory_.open).subspan(from);
    if (kind == JsonKind::kObject) members = members.first(dropEqualKeys(members));
    const JsonValue value = memory_.close(kind, members);
    memory_.open.resize(from);
    memory_.from.pop_back();
    key_ = memory_.keys.back();
    memory_.keys.pop_back();
    return add(value);
  }

  Memory& memory_;
  JsonValue& root_;
  std::uint64_t maxStringLength_;
  std::string_view key_;
  std::string refused_;
};

}  // namespace

const JsonValue* JsonValue::find(std::string_view key) const {
  if (kind != JsonKind::kObject) return nullptr;
  for (const JsonMember& member : members()) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

JsonDocument::JsonDocument() : memory_(std::make_unique<Memory>()) {}
JsonDocument::~JsonDocument() = default;
JsonDocument::JsonDocument(JsonDocument&&) noexcept = default;
JsonDocument& JsonDocument::operator=(JsonDocument&&) noexcept = default;

Result<> JsonDocument::parse(ByteView text, std::uint64_t maxStringLength) {
  Memory& memory = *memory_;
  root_ = {};
  memory.arena.release();
  memory.open.clear();
  memory.from.clear();
  memory.keys.clear();
  if (text.size() > kMaxBytes) {
    return Error::user(fmt::format("a JSON text of {} bytes is longer than the {} allowed",
                                   text.size(), kMaxBytes));
  }
  if (isUtf8(asText(text))) {
    memory.text.assign(asText(text));
  } else {
    memory.text = replaceBadUtf8(asText(text));
  }
  TreeBuilder<Memory> builder(memory, root_, maxStringLength);
  rapidjson::InsituStringStream stream(memory.text.data());
  constexpr unsigned kFlags = rapidjson::kParseInsituFlag | rapidjson::kParseIterativeFlag |
                              rapidjson::kParseNumbersAsStringsFlag |
                              rapidjson::kParseStopWhenDoneFlag;
  const rapidjson::ParseResult done = memory.reader.Parse<kFlags>(stream, builder);
  if (!done.IsError()) {
    // A number, true, false or null must end where it ends: 01 and nullx are no values.
    const std::string_view behind = std::string_view(memory.text).substr(stream.Tell());
    const bool isWord = !root_.isContainer() && root_.kind != JsonKind::kString;
    if (!isWord || behind.empty() || std::string_view(" \t\r\n").find(behind[0]) != behind.npos) {
      return Done{};
    }
    root_ = {};
    return Error::user("the content is no JSON: a blank is missing behind its first value");
  }
  const std::string_view before = asText(text).substr(0, std::min(done.Offset(), text.size()));
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t column = before.size() - (before.rfind('\n') + 1) + 1;
  const std::string_view reason =
      builder.refused().empty() ? std::string_view(rapidjson::GetParseError_En(done.Code()))
                                : std::string_view(builder.refused());
  return Error::user(
      fmt::format("the content is no JSON at line {}, column {}: {}", line, column, reason));
}

std::string_view JsonDocument::keep(std::string_view text) {
  if (text.empty()) return {};
  auto* place = static_cast<char*>(memory_->arena.allocate(text.size(), 1));
  std::memcpy(place, text.data(), text.size());
  return {place, text.size()};
}

JsonValue JsonDocument::array(std::span<const JsonValue> items) {
  std::vector<JsonMember> members;
  members.reserve(items.size());
  for (const JsonValue& item : items) members.push_back({{}, item});
  return memory_->close(JsonKind::kArray, members);
}

JsonValue JsonDocument::object(std::span<const JsonMember> members) {
  return memory_->close(JsonKind::kObject, members);
}

std::unique_ptr<JsonDocument> JsonDocumentPool::borrow() {
  {
    const MutexLock lock(mutex_);
    if (!idle_.empty()) {
      auto document = std::move(idle_.back());
      idle_.pop_back();
      return document;
    }
  }
  return std::make_unique<JsonDocument>();
}

void JsonDocumentPool::giveBack(std::unique_ptr<JsonDocument> document) {
  if (document->memory_->text.capacity() > kLargeBytes) return;
  const MutexLock lock(mutex_);
  idle_.push_back(std::move(document));
}

}  // namespace millrace::expression
