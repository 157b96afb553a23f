// SPDX-License-Identifier: Apache-2.0
#include "processors/xml/xml_document.h"

#include "engine/expression/escapes.h"

#include <fmt/format.h>
#include <pugixml.hpp>

#include <map>
#include <sstream>
#include <utility>

namespace millrace::processors {

struct XPath::Query {
  pugi::xpath_query compiled;
};
struct XmlDocument::Tree {
  pugi::xml_document document;
};

XPath::XPath(std::unique_ptr<Query> query) : query_(std::move(query)) {}
XPath::XPath(XPath&&) noexcept = default;
XPath& XPath::operator=(XPath&&) noexcept = default;
XPath::~XPath() = default;

Result<XPath> XPath::compile(std::string_view text) {
  try {
    return XPath(std::make_unique<Query>(Query{pugi::xpath_query(std::string(text).c_str())}));
  } catch (const pugi::xpath_exception& thrown) {
    return Error::user(fmt::format("'{}' is no XPath expression: {}, at character {}", text,
                                   thrown.what(), thrown.result().offset + 1));
  }
}

bool XPath::givesNodes() const {
  return query_->compiled.return_type() == pugi::xpath_type_node_set;
}

namespace {

/// The depth of the deepest element; a walk without recursion.
int depthOf(const pugi::xml_document& document) {
  int depth = 0;
  int deepest = 0;
  pugi::xml_node node = document.first_child();
  while (node) {
    deepest = std::max(deepest, depth + 1);
    if (node.first_child()) {
      node = node.first_child();
      ++depth;
      continue;
    }
    while (node && !node.next_sibling()) {
      node = node.parent();
      --depth;
    }
    if (node) node = node.next_sibling();
  }
  return deepest;
}

using Namespaces = std::map<std::string, std::string>;

bool declaresNamespace(std::string_view name) {
  return name == "xmlns" || name.starts_with("xmlns:");
}

void writeAttribute(std::string_view name, std::string_view value, std::string& into) {
  into += ' ';
  into += name;
  into += "=\"";
  into += expression::escapeXml(value);
  into += '"';
}

/// Recursion is bounded by the depth of the document. `inherited` is null below the first element.
void writeElement(const pugi::xml_node& element, const Namespaces* inherited, std::string& into) {
  into += '<';
  into += element.name();
  for (const pugi::xml_attribute& attribute : element.attributes()) {
    if (inherited == nullptr || !declaresNamespace(attribute.name()))
      writeAttribute(attribute.name(), attribute.value(), into);
  }
  if (inherited != nullptr) {
    for (const auto& [name, value] : *inherited) writeAttribute(name, value, into);
  }
  into += '>';
  for (const pugi::xml_node& child : element.children()) {
    if (child.type() == pugi::node_element) {
      writeElement(child, nullptr, into);
    } else if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata) {
      into += expression::escapeXml(child.value());
    }
  }
  into += "</";
  into += element.name();
  into += '>';
}

void visitAtDepth(const pugi::xml_node& element, std::int64_t depth, Namespaces namespaces,
                  const std::function<void(const std::string& xml)>& visit) {
  for (const pugi::xml_attribute& attribute : element.attributes()) {
    if (declaresNamespace(attribute.name()))
      namespaces.insert_or_assign(attribute.name(), attribute.value());
  }
  if (depth == 0) {
    std::string xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
    writeElement(element, &namespaces, xml);
    visit(xml);
    return;
  }
  for (const pugi::xml_node& child : element.children()) {
    if (child.type() == pugi::node_element) visitAtDepth(child, depth - 1, namespaces, visit);
  }
}

}  // namespace

XmlDocument::XmlDocument(std::unique_ptr<Tree> tree) : tree_(std::move(tree)) {}
XmlDocument::XmlDocument(XmlDocument&&) noexcept = default;
XmlDocument& XmlDocument::operator=(XmlDocument&&) noexcept = default;
XmlDocument::~XmlDocument() = default;

Result<XmlDocument> XmlDocument::parse(ByteView text, DocumentType documentType) {
  auto tree = std::make_unique<Tree>();
  const unsigned options = pugi::parse_default | pugi::parse_ws_pcdata | pugi::parse_doctype;
  const pugi::xml_parse_result parsed =
      tree->document.load_buffer(text.data(), text.size(), options, pugi::encoding_auto);
  if (!parsed) {
    return Error::user(
        fmt::format("the content is no XML: {}, at byte {}", parsed.description(), parsed.offset));
  }
  int roots = 0;
  for (const pugi::xml_node& child : tree->document.children()) {
    if (child.type() == pugi::node_doctype && documentType == DocumentType::kRefused)
      return Error::user("the content has a document type declaration, which is not allowed");
    roots += child.type() == pugi::node_element ? 1 : 0;
  }
  if (roots != 1)
    return Error::user(fmt::format("the content is no XML: it has {} roots, not one", roots));
  if (depthOf(tree->document) > kMaxDepth) {
    return Error::user(
        fmt::format("the content has elements that are nested more than {} deep", kMaxDepth));
  }
  return XmlDocument(std::move(tree));
}

std::string XmlDocument::textOf(const XPath& path) const {
  return path.query_->compiled.evaluate_string(tree_->document);
}

std::vector<std::string> XmlDocument::nodesOf(const XPath& path) const {
  std::vector<std::string> found;
  pugi::xpath_node_set nodes = path.query_->compiled.evaluate_node_set(tree_->document);
  nodes.sort();
  for (const pugi::xpath_node& node : nodes) {
    if (node.attribute()) {
      found.emplace_back(node.attribute().value());
      continue;
    }
    std::ostringstream xml;
    node.node().print(xml, "", pugi::format_raw | pugi::format_no_declaration);
    found.push_back(std::move(xml).str());
  }
  return found;
}

void XmlDocument::forEachAtDepth(std::int64_t depth,
                                 const std::function<void(const std::string& xml)>& visit) const {
  if (depth > kMaxDepth) return;
  visitAtDepth(tree_->document.document_element(), depth, {}, visit);
}

}  // namespace millrace::processors
