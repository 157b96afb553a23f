// SPDX-License-Identifier: Apache-2.0
// Users on the wire: made, told of and taken away by frames written byte by byte, with the example
// of RFC 7677 as the password.
#include "log-backend/broker/requests.h"
#include "tests/log-backend/broker/desk_fixture.h"
#include "tests/log-backend/broker/wire_bytes.h"

#include <QTest>
#include <map>

using namespace broker_test;

namespace {

// Of RFC 7677: user "user", password "pencil", 4096 iterations.
const std::string kSalt = *fromBase64("W22ZaJ0SNY7soEsUEjb6gQ==");
const std::string kSalted = *fromBase64("xKSVEDI6tPlSysH6mUQZOeeOp01r6B3fcJbodRPcYV0=");
const std::string kNonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
const std::string kFirst = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
const std::string kFinal =
    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
    "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
const std::string kServerFinal = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

constexpr int kSha256 = 1;
constexpr int kSha512 = 2;

/// With a length of one byte, which is one more than it is; ends a structure with no tags.
Bytes& compact(Bytes& bytes, const std::string& text) {
  bytes.i8(static_cast<std::int64_t>(text.size()) + 1);
  for (const char each : text) bytes.i8(each);
  return bytes;
}
/// A request of a flexible version: its header ends with no tags.
Bytes flexible(int key) { return request(key, 0).i8(0); }

struct Upsertion {
  std::string name = "user";
  int mechanism = kSha256;
  int iterations = 4096;
  std::string salt = kSalt;
  std::string salted = kSalted;
};
struct Deletion {
  std::string name;
  int mechanism = kSha256;
};

Bytes alter(const std::vector<Deletion>& deletions, const std::vector<Upsertion>& upsertions) {
  Bytes bytes = flexible(51);
  bytes.i8(static_cast<std::int64_t>(deletions.size()) + 1);
  for (const Deletion& each : deletions) compact(bytes, each.name).i8(each.mechanism).i8(0);
  bytes.i8(static_cast<std::int64_t>(upsertions.size()) + 1);
  for (const Upsertion& each : upsertions) {
    compact(bytes, each.name).i8(each.mechanism).i32(each.iterations);
    compact(compact(bytes, each.salt), each.salted).i8(0);
  }
  return bytes.i8(0);
}

std::string compactText(Reader& reader) {
  std::string text;
  const std::int64_t size = reader.i8();
  for (std::int64_t i = 1; i < size; ++i) text.push_back(static_cast<char>(reader.i8()));
  return text;
}

}  // namespace

class ScramUserRequestsTest : public QObject {
  Q_OBJECT
  std::unique_ptr<DeskFixture> made_;
  std::unique_ptr<ScramUsers> users_;

  /// Behind size, correlation id, tags of the header, and throttle time.
  Reader send(const Bytes& bytes) {
    std::vector<Answer> answers;
    const auto exchange = Exchange::open(
        bytes.get(), "127.0.0.1", [&](Answer answer) { answers.push_back(std::move(answer)); });
    if (!exchange.ok()) abort();
    beginRequest(made_->desk, *exchange);
    if (answers.size() != 1 || answers[0].kind != Answer::Kind::kFrame) abort();
    Reader reader(std::move(answers[0].frame));
    reader.i32();
    reader.i32();
    reader.i8();
    reader.i32();
    return reader;
  }
  /// The codes by users; a refusal has words, and nothing else has.
  std::map<std::string, std::int64_t> codes(const Bytes& bytes) {
    Reader reader = send(bytes);
    std::map<std::string, std::int64_t> codes;
    const std::int64_t count = reader.i8();
    for (std::int64_t i = 1; i < count; ++i) {
      const std::string user = compactText(reader);
      const std::int64_t code = reader.i16();
      if (compactText(reader).empty() != (code == 0)) abort();
      reader.i8();
      if (!codes.emplace(user, code).second) abort();
    }
    reader.i8();
    if (!reader.atEnd()) abort();
    return codes;
  }
  std::int64_t codeOf(const Upsertion& upsertion) {
    return codes(alter({}, {upsertion})).at(upsertion.name);
  }
  /// "user:mechanism/iterations,…" each, or "user!code"; the request's own code in front.
  std::string described(const std::vector<std::string>& asked, bool everybody = false) {
    Bytes bytes = flexible(50);
    if (everybody) {
      bytes.i8(0);
    } else {
      bytes.i8(static_cast<std::int64_t>(asked.size()) + 1);
      for (const std::string& each : asked) compact(bytes, each).i8(0);
    }
    Reader reader = send(bytes.i8(0));
    std::string text = std::to_string(reader.i16());
    compactText(reader);
    const std::int64_t count = reader.i8();
    for (std::int64_t i = 1; i < count; ++i) {
      text += ' ' + compactText(reader);
      const std::int64_t code = reader.i16();
      compactText(reader);
      if (code != 0) text += '!' + std::to_string(code);
      const std::int64_t infos = reader.i8();
      for (std::int64_t k = 1; k < infos; ++k) {
        text += (k == 1 ? ':' : ',') + std::to_string(reader.i8());
        text += '/' + std::to_string(reader.i32());
        reader.i8();
      }
      reader.i8();
    }
    reader.i8();
    if (!reader.atEnd()) abort();
    return text;
  }
  std::string lastWord() {
    SaslRules rules;
    rules.nonce = [] { return kNonce; };
    rules.find = [this](std::string_view user, ScramHash hash) {
      return users_->read()->find(user, hash);
    };
    SaslSession session(rules);
    if (!session.choose("SCRAM-SHA-256") || !session.answer(kFirst).ok()) return "no first word";
    return session.answer(kFinal).valueOr("refused");
  }

 private slots:
  void init() {
    made_ = std::make_unique<DeskFixture>();
    users_ = std::make_unique<ScramUsers>(made_->files, "/data");
    made_->desk.users = users_.get();
  }
  void cleanup() { made_.reset(); }

  void whoIsMadeProvesWhoHeIsAtOnce() {
    QCOMPARE(described({}), std::string("0"));
    QCOMPARE(lastWord(), std::string("refused"));
    QCOMPARE(codeOf({}), 0);
    QCOMPARE(lastWord(), kServerFinal);
    QCOMPARE(described({}, true), std::string("0 user:1/4096"));
    // A second mechanism, another number of iterations.
    QCOMPARE(codeOf({"user", kSha512, 16384, "s", std::string(64, 'k')}), 0);
    QCOMPARE(described({"user"}), std::string("0 user:1/4096,2/16384"));
    QCOMPARE(codes(alter({{"user", kSha256}}, {})).at("user"), 0);
    QCOMPARE(described({"user"}), std::string("0 user:2/16384"));
    QCOMPARE(lastWord(), std::string("refused"));
    QCOMPARE(codes(alter({{"user", kSha512}}, {})).at("user"), 0);
    QCOMPARE(described({}), std::string("0"));
    QCOMPARE(described({"user", "user", "eve"}), std::string("0 eve!91 user!92"));
    // What was answered is on the medium.
    QCOMPARE(codeOf({}), 0);
    const auto after = made_->files.crash();
    QVERIFY(ScramUsers(*after, "/data").read()->users().contains("user"));
  }

  void whatCannotBeIsRefusedWithWords() {
    QCOMPARE(codeOf({"user", 0}), 33);
    QCOMPARE(codeOf({"user", 3}), 33);
    QCOMPARE(codeOf({"user", kSha256, 4095}), 93);
    QCOMPARE(codeOf({"user", kSha256, 16385}), 93);
    QCOMPARE(codeOf({"user", kSha512, 4096}), 93);  // salted with the other hash
    QCOMPARE(codeOf({"user", kSha256, 4096, ""}), 93);
    QCOMPARE(codeOf({"", kSha256}), 93);
    QCOMPARE(codeOf({"a b", kSha256}), 93);
    QCOMPARE(codeOf({"a\tb", kSha256}), 93);
    QCOMPARE(codes(alter({{"user", kSha256}}, {})).at("user"), 91);
    QCOMPARE(described({}), std::string("0"));
  }

  void oneUserIsChangedWholeOrNotAndTheOthersAllTheSame() {
    const Upsertion fine{"ann"};
    const Upsertion twice{"bob"};
    const Upsertion good{"carl"};
    Upsertion bad{"carl"};
    bad.mechanism = kSha512;
    const auto all = codes(alter({{"eve", kSha256}}, {fine, twice, twice, good, bad}));
    QCOMPARE(all.size(), std::size_t{4});
    QCOMPARE(all.at("ann"), 0);
    QCOMPARE(all.at("bob"), 92);
    QCOMPARE(all.at("carl"), 93);
    QCOMPARE(all.at("eve"), 91);
    QCOMPARE(described({}), std::string("0 ann:1/4096"));
    // What is deleted and made in one request is the same thing twice.
    QCOMPARE(codes(alter({{"ann", kSha256}}, {fine})).at("ann"), 92);
    QVERIFY(codes(alter({}, {})).empty());
  }

  void aFileThatCannotBeWrittenOrReadChangesNothing() {
    made_->files.fail(MemoryFileSystem::Operation::kSync, 1);
    QCOMPARE(codeOf({}), 56);
    QCOMPARE(described({}), std::string("0"));
    {
      const auto held = made_->files.lock("/data/kafka-users.lock");
      QVERIFY(held.ok());
      QCOMPARE(codeOf({}), 56);
    }
    QVERIFY(made_->files.replaceAll("/data/kafka-users", "nonsense\n").ok());
    QCOMPARE(codeOf({}), 56);
    QCOMPARE(described({}), std::string("56"));
    QCOMPARE(*made_->files.readAll("/data/kafka-users"), std::string("nonsense\n"));
  }

  void aLogWithoutUsersSaysSo() {
    made_->desk.users = nullptr;
    QCOMPARE(codeOf({}), 42);
    QCOMPARE(described({}), std::string("42"));
  }
};

QTEST_GUILESS_MAIN(ScramUserRequestsTest)
#include "scram_user_requests_test.moc"
