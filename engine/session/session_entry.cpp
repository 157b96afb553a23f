// SPDX-License-Identifier: Apache-2.0
#include "engine/session/session_entry.h"

namespace millrace::engine {

std::string_view SessionEntry::uuid() const {
  if (!uuidRendered) {
    Uuid::ofFlowFile(store, file.id.raw()).print(uuidText_.data());
    uuidRendered = true;
  }
  return {uuidText_.data(), uuidText_.size()};
}

std::optional<std::string_view> SessionEntry::attribute(std::string_view name) const {
  if (name == "uuid" && !file.ownUuid) return uuid();
  if (const auto found = file.attributes.find(name)) return found;
  if (name == "filename" && file.defaultFilename) return uuid();
  // Facts that NiFi's language lets an expression name like attributes.
  const auto number = [this](std::uint64_t value) -> std::string_view {
    scratch_ = std::to_string(value);
    return scratch_;
  };
  if (name == "fileSize") return number(size());
  if (name == "entryDate") return number(static_cast<std::uint64_t>(file.entryDate));
  if (name == "lineageStartDate") return number(static_cast<std::uint64_t>(file.lineageStart));
  if (name == "lastQueueDate") return number(static_cast<std::uint64_t>(file.queuedAt));
  if (name == "queueDateIndex") return number(file.key.index);
  if (name == "flowFileId") return number(file.id.raw());
  return std::nullopt;
}

void SessionEntry::forEachAttribute(expression::AttributeVisitor visit) const {
  if (!file.ownUuid) visit("uuid", uuid());
  if (file.defaultFilename && !file.attributes.find("filename")) visit("filename", uuid());
  file.attributes.forEach(
      [&](std::string_view name, std::string_view value) { visit(name, value); });
}

}  // namespace millrace::engine
