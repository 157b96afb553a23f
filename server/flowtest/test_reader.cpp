// SPDX-License-Identifier: Apache-2.0
#include "server/flowtest/test_reader.h"

#include "engine/flow/spellings.h"
#include "server/flowtest/test_keys.h"
#include "server/flowtest/test_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

namespace millrace::flowtest {
namespace {

using flow::YamlEntry;
using flow::YamlNode;
using flow::YamlObject;

constexpr std::string_view kFormat = "1";
constexpr std::uint64_t kMostCopies = 1'000'000;

constexpr std::array<flow::Spelling<bool>, 2> kOrders{{{false, "as listed"}, {true, "any"}}};
constexpr std::array<flow::Spelling<BulletinLevel>, 4> kLevels{{
    {BulletinLevel::kDebug, "debug"},
    {BulletinLevel::kInfo, "info"},
    {BulletinLevel::kWarn, "warn"},
    {BulletinLevel::kError, "error"},
}};

class TestFileReader {
 public:
  TestFileReader(FileSystem& files, const std::string& path)
      : values_(files, parentPath(path), findings_) {}

  ReadTests read(const YamlNode& root) {
    YamlObject object = objectOf(root, TestObject::kFile);
    if (object.isMap()) {
      checkFormat(object);
      Setting common;
      readSetting(object, common);
      for (const YamlNode& item : object.items("tests")) readTest(item, common);
      if (object.value("tests") != nullptr && cases_.empty() && findings_.empty())
        values_.refuse(object.value("tests")->at, "there is no test in this file", "add one");
    }
    return {std::move(cases_), std::move(findings_)};
  }

 private:
  YamlObject objectOf(const YamlNode& node, TestObject kind) {
    return YamlObject(node, keysOf(kind), {}, findings_);
  }

  void checkFormat(YamlObject& object) {
    const YamlNode* format = object.value("millrace-test");
    if (format == nullptr) return;
    const std::string* text = object.scalar("millrace-test", *format);
    if (text != nullptr && *text != kFormat)
      values_.refuse(format->at, fmt::format("this file has format '{}'", *text),
                     fmt::format("this program reads format {}", kFormat));
  }

  void readAttributes(YamlObject& object, AttributeTexts& into) {
    values_.entries(object.value("attributes"), "'attributes'", [&](const YamlEntry& entry) {
      const std::string what = fmt::format("the attribute '{}'", entry.key.text);
      if (entry.key.text == "uuid") {
        values_.refuse(entry.key.at, "a FlowFile's uuid cannot be given",
                       "leave it out: the engine gives each FlowFile its own");
      } else if (const std::string* text = values_.scalar(entry.value, what)) {
        into.emplace_back(entry.key.text, *text);
      }
    });
  }

  void readSetting(YamlObject& object, Setting& setting) {
    if (const YamlNode* flow = object.value("flow")) {
      if (const std::string* text = object.scalar("flow", *flow)) {
        setting.flow = values_.fileAt(*text);
        setting.flowAt = flow->at;
      }
    }
    if (const YamlNode* group = object.value("group")) {
      setting.group = object.text("group");
      setting.groupAt = group->at;
    }
    if (const YamlNode* clock = object.value("clock")) {
      if (const auto moment = values_.moment(*clock)) setting.clock = *moment;
    }
    if (const YamlNode* zone = object.value("time-zone")) {
      if (const std::string* name = object.scalar("time-zone", *zone)) {
        auto found = expression::TimeZone::named(*name);
        if (found.ok())
          setting.zone = *found;
        else
          values_.refuse(zone->at, found.error().message, "write one such as Europe/Oslo");
      }
    }
    values_.entries(object.value("parameters"), "'parameters'", [&](const YamlEntry& entry) {
      if (const std::string* text = values_.scalar(entry.value, quoted(entry)))
        setting.parameters.insert_or_assign(entry.key.text, *text);
    });
    values_.entries(object.value("environment"), "'environment'", [&](const YamlEntry& entry) {
      if (const std::string* text = values_.scalar(entry.value, quoted(entry)))
        setting.environment.insert_or_assign(entry.key.text, *text);
    });
    values_.entries(object.value("files"), "'files'", [&](const YamlEntry& entry) {
      setting.files.insert_or_assign(entry.key.text, values_.text(entry.value, quoted(entry)));
    });
    std::vector<ProgramAnswer> answers;
    for (const YamlNode& item : object.items("processes")) readProgram(item, answers);
    // Those of the test come first, so that they win over those of the file.
    setting.processes.insert(setting.processes.begin(), answers.begin(), answers.end());
    values_.entries(object.value("replace"), "'replace'",
                    [&](const YamlEntry& entry) { readStandIn(entry, setting.replaced); });
  }

  static std::string quoted(const YamlEntry& entry) { return fmt::format("'{}'", entry.key.text); }

  void readProgram(const YamlNode& node, std::vector<ProgramAnswer>& into) {
    YamlObject object = objectOf(node, TestObject::kProgram);
    if (!object.isMap()) return;
    ProgramAnswer answer;
    answer.command = object.text("command");
    if (object.value("arguments") != nullptr) {
      answer.arguments.emplace();
      for (const YamlNode& item : object.items("arguments")) {
        if (const std::string* text = values_.scalar(item, "an argument"))
          answer.arguments->push_back(*text);
      }
    }
    if (const YamlNode* output = object.value("output"))
      answer.output = values_.text(*output, "'output'");
    object.boolean("echo-input", answer.echoesInput);
    if (answer.echoesInput && object.value("output") != nullptr)
      values_.refuse(object.value("output")->at,
                     "a program writes its input or a text of its own, not both",
                     "remove 'output' or 'echo-input'");
    if (const YamlNode* output = object.value("error-output"))
      answer.errorOutput = values_.text(*output, "'error-output'");
    std::uint64_t code = 0;
    object.number("exit-code", 0, 255, code);
    answer.exitCode = static_cast<int>(code);
    into.push_back(std::move(answer));
  }

  void readStandIn(const YamlEntry& entry, std::vector<StandIn>& into) {
    StandIn standIn;
    standIn.path = entry.key.text;
    standIn.at = entry.key.at;
    if (!entry.value.isNull()) {
      YamlObject object = objectOf(entry.value, TestObject::kStandIn);
      if (!object.isMap()) return;
      if (const YamlNode* relationship = object.value("relationship")) {
        standIn.relationship = object.text("relationship");
        standIn.relationshipAt = relationship->at;
      }
      if (const YamlNode* content = object.value("content"))
        standIn.content = values_.text(*content, "'content'");
      readAttributes(object, standIn.attributes);
      if (!standIn.relationship && (standIn.content || !standIn.attributes.empty()))
        values_.refuse(object.at(), "what is changed must go somewhere",
                       "add 'relationship: …', or remove 'content' and 'attributes'");
    }
    std::erase_if(into, [&](const StandIn& other) { return other.path == standIn.path; });
    into.push_back(std::move(standIn));
  }

  Place readPlace(YamlObject& object, const std::string& what) {
    Place place;
    const YamlNode* to = object.value("to");
    const YamlNode* from = object.value("from");
    if ((to == nullptr) == (from == nullptr)) {
      values_.refuse(object.at(), fmt::format("{} needs one of 'to' and 'from'", what),
                     "'to' is what reaches a component, 'from' is what comes out of it");
      return place;
    }
    place.from = from != nullptr;
    place.path = object.text(place.from ? "from" : "to");
    place.at = (place.from ? from : to)->at;
    if (const YamlNode* relationship = object.value("relationship")) {
      place.relationship = object.text("relationship");
      place.relationshipAt = relationship->at;
      if (!place.from)
        values_.refuse(relationship->at, "what reaches a component has no relationship",
                       "write 'from' with it, or remove it");
    }
    return place;
  }

  void readGiven(const YamlNode& node, std::vector<Given>& into) {
    YamlObject object = objectOf(node, TestObject::kGiven);
    if (!object.isMap()) return;
    Given given;
    given.place = readPlace(object, "what is given");
    object.duration("after", given.after);
    for (const YamlNode& item : object.items("flowfiles")) {
      YamlObject file = objectOf(item, TestObject::kGivenFlowFile);
      if (!file.isMap()) continue;
      GivenFlowFile& made = given.flowFiles.emplace_back();
      if (const YamlNode* content = file.value("content"))
        made.content = values_.text(*content, "'content'");
      readAttributes(file, made.attributes);
      file.number("copies", 1, kMostCopies, made.copies);
    }
    into.push_back(std::move(given));
  }

  ExpectedFlowFile readFlowFile(const YamlNode& node) {
    ExpectedFlowFile expected;
    expected.at = node.at;
    YamlObject object = objectOf(node, TestObject::kFlowFile);
    if (!object.isMap()) return expected;
    if (const YamlNode* content = object.value("content"))
      expected.content = values_.matcher(*content, "the content", false);
    values_.entries(object.value("attributes"), "'attributes'", [&](const YamlEntry& entry) {
      auto matcher =
          values_.matcher(entry.value, fmt::format("the attribute '{}'", entry.key.text), true);
      if (matcher) expected.attributes.emplace_back(entry.key.text, std::move(*matcher));
    });
    if (object.value("penalized") != nullptr) {
      bool penalized = false;
      object.boolean("penalized", penalized);
      expected.penalized = penalized;
    }
    return expected;
  }

  void readOutput(const YamlNode& node, std::vector<ExpectedOutput>& into) {
    YamlObject object = objectOf(node, TestObject::kOutput);
    if (!object.isMap()) return;
    ExpectedOutput output;
    output.at = node.at;
    output.place = readPlace(object, "an expected output");
    if (object.value("count") != nullptr) {
      std::uint64_t count = 0;
      object.number("count", 0, std::numeric_limits<std::int64_t>::max(), count);
      output.count = count;
    }
    object.choice("order", kOrders, output.anyOrder);
    if (const YamlNode* each = object.value("each")) output.each = readFlowFile(*each);
    if (const YamlNode* files = object.value("flowfiles")) {
      output.flowFiles.emplace();
      for (const YamlNode& item : object.items("flowfiles"))
        output.flowFiles->push_back(readFlowFile(item));
      if (output.count && *output.count != output.flowFiles->size())
        values_.refuse(files->at,
                       fmt::format("'flowfiles' lists all that come, {} here, and 'count' says {}",
                                   output.flowFiles->size(), *output.count),
                       "remove one of the two, or use 'each' for what all have in common");
    } else if (object.value("order") != nullptr) {
      values_.refuse(object.value("order")->at, "'order' is about 'flowfiles', and there are none",
                     "remove it");
    }
    if (!output.count && !output.each && !output.flowFiles)
      values_.refuse(node.at, "this output says nothing of what is expected",
                     "add 'count', 'each' or 'flowfiles'");
    into.push_back(std::move(output));
  }

  void readBulletin(const YamlNode& node, std::vector<ExpectedBulletin>& into) {
    YamlObject object = objectOf(node, TestObject::kBulletin);
    if (!object.isMap()) return;
    ExpectedBulletin bulletin;
    bulletin.at = node.at;
    if (object.value("component") != nullptr) bulletin.component = object.text("component");
    if (const YamlNode* level = object.value("level"))
      bulletin.level = object.chosen("level", *level, kLevels);
    if (const YamlNode* message = object.value("message"))
      bulletin.message = values_.matcher(*message, "the message", false);
    into.push_back(std::move(bulletin));
  }

  void readExpect(const YamlNode& node, TestCase& test) {
    YamlObject object = objectOf(node, TestObject::kExpect);
    if (!object.isMap()) return;
    for (const YamlNode& item : object.items("outputs")) readOutput(item, test.outputs);
    values_.entries(object.value("files"), "'files'", [&](const YamlEntry& entry) {
      auto matcher =
          values_.matcher(entry.value, fmt::format("the file '{}'", entry.key.text), true);
      if (matcher)
        test.expectedFiles.push_back({entry.key.text, entry.key.at, std::move(*matcher)});
    });
    values_.entries(object.value("counters"), "'counters'", [&](const YamlEntry& entry) {
      const std::string* text = values_.scalar(entry.value, quoted(entry));
      if (text == nullptr) return;
      std::int64_t value = 0;
      const auto [end, code] = std::from_chars(text->data(), text->data() + text->size(), value);
      if (code == std::errc{} && end == text->data() + text->size()) {
        test.counters.push_back({entry.key.text, entry.key.at, value});
        return;
      }
      values_.refuse(entry.value.at, fmt::format("'{}' is no whole number", *text),
                     "write one such as 3");
    });
    if (object.value("bulletins") != nullptr) {
      test.bulletins.emplace();
      for (const YamlNode& item : object.items("bulletins")) readBulletin(item, *test.bulletins);
    }
    if (node.entries.empty())
      values_.refuse(node.at, "this test expects nothing",
                     "add 'outputs', 'files', 'counters' or 'bulletins'");
  }

  void readTest(const YamlNode& node, const Setting& common) {
    YamlObject object = objectOf(node, TestObject::kTest);
    if (!object.isMap()) return;
    TestCase test;
    static_cast<Setting&>(test) = common;
    test.at = node.at;
    test.name = object.text("name");
    readSetting(object, test);
    if (test.flow.empty())
      values_.refuse(node.at, "the test names no flow",
                     "add 'flow: FILE' to it, or at the head of the file");
    for (const YamlNode& item : object.items("give")) readGiven(item, test.given);
    if (object.value("for") != nullptr) {
      Nanos time = 0;
      object.duration("for", time);
      test.runFor = time;
    }
    for (const Given& given : test.given) {
      if (test.runFor && given.after > *test.runFor)
        values_.refuse(given.place.at, "this is given after the test has ended",
                       "shorten 'after', or lengthen 'for'");
    }
    if (const YamlNode* expect = object.value("expect")) readExpect(*expect, test);
    const bool twice = std::any_of(cases_.begin(), cases_.end(), [&](const TestCase& other) {
      return !test.name.empty() && other.name == test.name;
    });
    if (twice)
      values_.refuse(node.at, fmt::format("there are two tests named '{}'", test.name),
                     "rename one of them");
    cases_.push_back(std::move(test));
  }

  flow::Findings findings_;
  TestValues values_;
  std::vector<TestCase> cases_;
};

}  // namespace

Result<ReadTests> readTests(FileSystem& files, const std::string& path) {
  const std::string text = MR_TRY(files.readAll(path, flow::kMaxFlowBytes));
  const flow::YamlTree tree = flow::parseYaml(text);
  ReadTests read;
  if (tree.root) read = TestFileReader(files, path).read(*tree.root);
  read.findings.insert(read.findings.end(), tree.findings.begin(), tree.findings.end());
  if (!tree.root && read.findings.empty())
    read.findings.push_back({flow::Severity::kError,
                             {1, 1},
                             {},
                             {},
                             "the file is empty",
                             "a test file begins with 'millrace-test: 1' and 'flow: …'"});
  flow::sortByPosition(read.findings);
  return read;
}

}  // namespace millrace::flowtest
