// SPDX-License-Identifier: Apache-2.0
#pragma once
// XmlDocument: an XML text in memory, and what is taken out of it: values of XPath 1.0 expressions
// and the elements at a depth. Names are compared as they are written, prefix included.
//
// Promise: nothing outside the text is ever read; entities that it declares itself are not
// expanded; elements are nested at most kMaxDepth deep. Encodings: UTF-8, UTF-16, UTF-32 and
// ISO-8859-1, as its mark or declaration says. What comes out is UTF-8.
// Threads: a document belongs to one; an XPath is constant and may be shared.

#include "engine/base/bytes.h"
#include "engine/base/result.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::processors {

class XPath {
 public:
  /// Errors are the user's and say where the expression is wrong.
  static Result<XPath> compile(std::string_view text);
  XPath(XPath&&) noexcept;
  XPath& operator=(XPath&&) noexcept;
  ~XPath();
  /// Whether it gives nodes, and no number, text or boolean.
  bool givesNodes() const;

 private:
  friend class XmlDocument;
  struct Query;
  explicit XPath(std::unique_ptr<Query> query);
  std::unique_ptr<Query> query_;
};

enum class DocumentType : std::uint8_t { kRefused, kAllowed };

class XmlDocument {
 public:
  static constexpr int kMaxDepth = 1000;

  /// Errors are the user's and say where the text is wrong.
  static Result<XmlDocument> parse(ByteView text, DocumentType documentType);
  XmlDocument(XmlDocument&&) noexcept;
  XmlDocument& operator=(XmlDocument&&) noexcept;
  ~XmlDocument();

  /// The value as text: of nodes, that of the first one in the document.
  std::string textOf(const XPath& path) const;
  /// The nodes as XML, in the order of the document; attributes as their values. The expression
  /// must give nodes.
  std::vector<std::string> nodesOf(const XPath& path) const;
  /// Each element below so many others, as a document with the namespaces that hold there.
  void forEachAtDepth(std::int64_t depth,
                      const std::function<void(const std::string& xml)>& visit) const;

 private:
  struct Tree;
  explicit XmlDocument(std::unique_ptr<Tree> tree);
  std::unique_ptr<Tree> tree_;
};

}  // namespace millrace::processors
