// SPDX-License-Identifier: Apache-2.0
#include "server/flowtest/test_keys.h"

namespace millrace::flowtest {
namespace {

using flow::KeyInfo;

constexpr KeyInfo kFile[] = {
    {"millrace-test", true}, {"flow"},  {"group"},     {"clock"},   {"time-zone"},   {"parameters"},
    {"environment"},         {"files"}, {"processes"}, {"replace"}, {"tests", true},
};
constexpr KeyInfo kTest[] = {
    {"name", true}, {"flow"},        {"group"},        {"clock"},     {"time-zone"},
    {"parameters"}, {"environment"}, {"files"},        {"processes"}, {"replace"},
    {"give"},       {"for"},         {"expect", true},
};
constexpr KeyInfo kProgram[] = {{"command", true}, {"arguments"},    {"output"},
                                {"echo-input"},    {"error-output"}, {"exit-code"}};
constexpr KeyInfo kStandIn[] = {{"relationship"}, {"content"}, {"attributes"}};
constexpr KeyInfo kGiven[] = {{"to"}, {"from"}, {"relationship"}, {"after"}, {"flowfiles", true}};
constexpr KeyInfo kGivenFlowFile[] = {{"content"}, {"attributes"}, {"copies"}};
constexpr KeyInfo kExpect[] = {{"outputs"}, {"files"}, {"counters"}, {"bulletins"}};
constexpr KeyInfo kOutput[] = {{"to"},    {"from"}, {"relationship"}, {"count"},
                               {"order"}, {"each"}, {"flowfiles"}};
constexpr KeyInfo kFlowFile[] = {{"content"}, {"attributes"}, {"penalized"}};
constexpr KeyInfo kBulletin[] = {{"component"}, {"level"}, {"message"}};
constexpr KeyInfo kText[] = {{"file"}, {"base64"}};
constexpr KeyInfo kMatcher[] = {{"equals"},   {"file"}, {"base64"}, {"matches"},
                                {"contains"}, {"json"}, {"absent"}};

// In the order of TestObject.
constexpr std::array<flow::ObjectKeys, kTestObjects> kRows{{
    {"test-file", kFile},
    {"test", kTest},
    {"program", kProgram},
    {"stand-in", kStandIn},
    {"given", kGiven},
    {"given-flowfile", kGivenFlowFile},
    {"expect", kExpect},
    {"output", kOutput},
    {"expected-flowfile", kFlowFile},
    {"bulletin", kBulletin},
    {"text", kText},
    {"matcher", kMatcher},
}};

}  // namespace

flow::ObjectKeys keysOf(TestObject object) { return kRows[static_cast<std::size_t>(object)]; }

}  // namespace millrace::flowtest
