// SPDX-License-Identifier: Apache-2.0
// SCRAM with the conversation of RFC 7677 section 3, PLAIN, and the file of users.
#include "log-backend/security/sasl.h"

#include "engine/base/fault_file_system.h"
#include "log-backend/security/scram_users.h"

#include <QTest>

using namespace millrace;
using namespace millrace::log;

namespace {

const std::string kClientNonce = "rOprNGfwEbeRWgbNEkqO";
const std::string kServerNonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
const std::string kFirst = "n,,n=user,r=" + kClientNonce;
const std::string kServerFirst =
    "r=" + kClientNonce + kServerNonce + ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
const std::string kFinal =
    "c=biws,r=" + kClientNonce + kServerNonce + ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
const std::string kServerFinal = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

}  // namespace

class SaslTest : public QObject {
  Q_OBJECT

  const ScramCredential pencil_ =
      scramCredential(ScramHash::kSha256, "pencil", *fromBase64("W22ZaJ0SNY7soEsUEjb6gQ=="), 4096);

  ScramConversation conversation() const {
    return {ScramHash::kSha256,
            [this](std::string_view user) {
              return user == "user" ? std::optional(pencil_) : std::nullopt;
            },
            [] { return kServerNonce; }};
  }
  SaslRules rules() const {
    SaslRules rules;
    rules.required = true;
    rules.plain = true;
    rules.nonce = [] { return kServerNonce; };
    rules.find = [this](std::string_view user, ScramHash hash) -> std::optional<ScramCredential> {
      if (user != "user") return std::nullopt;
      return hash == ScramHash::kSha256 ? pencil_
                                        : scramCredential(hash, "pencil", "salt of sixteen.");
    };
    return rules;
  }

 private slots:
  void theConversationOfTheRfcSucceeds() {
    ScramConversation scram = conversation();
    QCOMPARE(scram.answer(kFirst).valueOr("?"), kServerFirst);
    QVERIFY(!scram.isDone());
    QCOMPARE(scram.answer(kFinal).valueOr("?"), kServerFinal);
    QVERIFY(scram.isDone());
    QCOMPARE(scram.user(), std::string("user"));
    QVERIFY(!scram.answer(kFinal).ok());
  }

  void everyChangeOfTheProofIsRefused() {
    const std::size_t proof = kFinal.find(",p=") + 3;
    for (std::size_t i = 0; i < kFinal.size(); ++i) {
      if (kFinal[i] == '=' && i >= proof) continue;  // the padding
      std::string changed = kFinal;
      changed[i] = changed[i] == 'A' ? 'B' : 'A';
      ScramConversation scram = conversation();
      QVERIFY(scram.answer(kFirst).ok());
      QVERIFY2(!scram.answer(changed).ok(), changed.c_str());
    }
  }

  void aUserWhoIsNotThereIsRefusedAtTheEnd() {
    ScramConversation scram = conversation();
    const auto first = scram.answer("n,,n=nobody,r=" + kClientNonce);
    QVERIFY(first.ok());
    ScramConversation again = conversation();
    QCOMPARE(again.answer("n,,n=nobody,r=" + kClientNonce).valueOr("?"), *first);
    QVERIFY(!scram.answer(kFinal).ok());
  }

  void firstMessagesThatAreNoneAreRefused() {
    for (const char* message :
         {"", "n", "n,,", "p=tls-unique,,n=user,r=a", "n,,n=user", "n,,n=,r=a",
          "n,,n=user,r=", "n,,r=a,n=user", "n,a=other,n=user,r=a", "n,,n=us=er,r=a",
          "n,,n=us=2,r=a", "n,,n=user,r=a,tokenauth=true", "x,,n=user,r=a"}) {
      QVERIFY2(!conversation().answer(message).ok(), message);
    }
    ScramConversation escaped{ScramHash::kSha256,
                              [](std::string_view user) -> std::optional<ScramCredential> {
                                if (user != "a,b=c") qFatal("another user");
                                return std::nullopt;
                              },
                              [] { return kServerNonce; }};
    QVERIFY(escaped.answer("y,a=a=2Cb=3Dc,n=a=2Cb=3Dc,r=x").ok());
  }

  void mechanismsAreWhatTheRulesSay() {
    SaslRules some = rules();
    QCOMPARE(SaslSession::mechanisms(some),
             (std::vector<std::string>{"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"}));
    some.plain = false;
    QCOMPARE(SaslSession::mechanisms(some),
             (std::vector<std::string>{"SCRAM-SHA-256", "SCRAM-SHA-512"}));
    QVERIFY(!SaslSession(some).choose("PLAIN"));
    QVERIFY(!SaslSession(some).choose("GSSAPI"));
    QVERIFY(!SaslSession(some).answer("x").ok());
  }

  void plainIsAUserAndAPassword() {
    const SaslRules all = rules();
    const auto says = [&](const std::string& message) {
      SaslSession session(all);
      if (!session.choose("PLAIN")) return std::string("not chosen");
      const auto answer = session.answer(message);
      if (!answer.ok()) return std::string("refused");
      return session.isDone() ? session.user() : std::string("not done");
    };
    const std::string nul(1, '\0');
    QCOMPARE(says(nul + "user" + nul + "pencil"), std::string("user"));
    QCOMPARE(says("user" + nul + "user" + nul + "pencil"), std::string("user"));
    for (const std::string& message :
         {nul + "user" + nul + "Pencil", nul + "user" + nul, nul + "nobody" + nul + "pencil",
          "root" + nul + "user" + nul + "pencil", std::string("user"), std::string(),
          nul + "user" + nul + "pencil" + nul})
      QCOMPARE(says(message), std::string("refused"));
  }

  void usersAreKeptWithoutTheirPasswords() {
    MemoryFileSystem files;
    QVERIFY(files.createDirectories("data").ok());
    ScramUsers users(files, "data");
    const Entropy entropy = [](std::size_t count) { return std::string(count, 's'); };
    const auto set = [&](const char* name, const char* password) {
      return users.change([&](CredentialList& list) { return list.set(name, password, entropy); })
          .ok();
    };
    QVERIFY(set("ann", "correct horse"));
    QVERIFY(set("b\xc3\xb6", "battery staple"));
    QVERIFY(!set("c", "short"));
    QVERIFY(!set("with blank", "long enough"));
    const std::string text = files.readAll("data/kafka-users").valueOr("?");
    QVERIFY(text.find("horse") == std::string::npos);
    QCOMPARE(files.info("data/kafka-users")->mode & 0777U, 0600U);

    auto read = ScramUsers(files, "data").read();
    QVERIFY2(read.ok(), read.ok() ? "" : read.error().message.c_str());
    QCOMPARE(read->users().size(), std::size_t{2});
    for (const ScramHash hash : {ScramHash::kSha256, ScramHash::kSha512}) {
      const auto ann = read->find("ann", hash);
      QVERIFY(ann.has_value());
      QVERIFY(isPasswordOf(hash, *ann, "correct horse"));
      QVERIFY(!isPasswordOf(hash, *ann, "correct hors"));
    }
    QVERIFY(read->remove("ann"));
    QVERIFY(!read->remove("ann"));
    QVERIFY(!read->find("ann", ScramHash::kSha256).has_value());
  }

  void aUserMayHaveOneHashAlone() {
    const auto keys = [](ScramHash hash, int iterations) {
      return scramCredential(hash, "pencil", "salt", iterations);
    };
    CredentialList list;
    QVERIFY(list.put("both", ScramHash::kSha256, keys(ScramHash::kSha256, 4096)).ok());
    QVERIFY(list.put("both", ScramHash::kSha512, keys(ScramHash::kSha512, 8192)).ok());
    QVERIFY(list.put("long", ScramHash::kSha512, keys(ScramHash::kSha512, 5000)).ok());
    QVERIFY(list.put("short", ScramHash::kSha256, keys(ScramHash::kSha256, 4096)).ok());
    QVERIFY(!list.put("few", ScramHash::kSha256, keys(ScramHash::kSha256, 4095)).ok());
    QVERIFY(!list.put("other", ScramHash::kSha512, keys(ScramHash::kSha256, 4096)).ok());
    const auto read = CredentialList::parse(list.text(), "kafka-users");
    QVERIFY2(read.ok(), read.ok() ? "" : read.error().message.c_str());
    QCOMPARE(read->text(), list.text());
    QCOMPARE(read->users().size(), std::size_t{3});
    QCOMPARE(read->find("both", ScramHash::kSha256)->iterations, 4096);
    QCOMPARE(read->find("both", ScramHash::kSha512)->iterations, 8192);
    QVERIFY(isPasswordOf(ScramHash::kSha512, *read->find("long", ScramHash::kSha512), "pencil"));
    QVERIFY(!read->find("long", ScramHash::kSha256).has_value());
    // PLAIN takes whichever there is.
    SaslRules all = rules();
    all.find = [&](std::string_view user, ScramHash hash) { return read->find(user, hash); };
    for (const char* user : {"both", "long", "short"}) {
      const std::string nul(1, '\0');
      SaslSession session(all);
      QVERIFY(session.choose("PLAIN"));
      QVERIFY(session.answer(nul + user + nul + "pencil").ok());
      SaslSession wrong(all);
      QVERIFY(wrong.choose("PLAIN"));
      QVERIFY(!wrong.answer(nul + user + nul + "pencils").ok());
    }
    QVERIFY(list.remove("both", ScramHash::kSha256));
    QVERIFY(!list.remove("both", ScramHash::kSha256));
    QVERIFY(list.remove("both", ScramHash::kSha512));
    QVERIFY(!list.users().contains("both"));
  }

  void aCrashLeavesAllOfAChangeOfUsersOrNothing() {
    const auto add = [](FileSystem& files, const char* name) {
      return ScramUsers(files, "data").change([&](CredentialList& list) {
        return list.put(name, ScramHash::kSha256,
                        scramCredential(ScramHash::kSha256, "pencil", "salt"));
      });
    };
    int without = 0;
    int with = 0;
    for (std::uint64_t step = 1; step < 100; ++step) {
      MemoryFileSystem files(step);
      QVERIFY(files.createDirectories("data").ok());
      QVERIFY(files.syncDirectory(".").ok());
      QVERIFY(add(files, "ann").ok());
      files.cutPowerAt(1 + step % 10);
      const bool said = add(files, "bob").ok();
      const auto after = files.crash();
      const auto list = ScramUsers(*after, "data").read();
      QVERIFY(list.ok());
      QVERIFY(list->users().contains("ann"));
      const bool both = list->users().contains("bob");
      QVERIFY(both || !said);
      ++(both ? with : without);
    }
    QVERIFY(without > 0);
    QVERIFY(with > 0);
  }

  void aDamagedFileIsNamedWithItsLine() {
    MemoryFileSystem files;
    QVERIFY(files.createDirectories("data").ok());
    CredentialList list;
    QVERIFY(list.set("ann", "correct horse", systemEntropy()).ok());
    const std::string good = list.text();
    const std::string rest = good.substr(good.find("\t", 4));
    for (const std::string& bad :
         {good + "bob\n", good + good, good + "\n", good + "bob\t1" + rest,
          good + "bob\t4096/" + rest, good + "bob\t4096/4095" + rest,
          good + "bob\t4096\t-\t-\t-\t-\t-\t-\n", good + "bob\t4096\t-" + rest.substr(1)}) {
      QVERIFY(files.replaceAll("data/kafka-users", bad).ok());
      const auto read = ScramUsers(files, "data").read();
      QVERIFY2(!read.ok(), bad.c_str());
      QVERIFY2(read.error().message.find("kafka-users:2: ") != std::string::npos,
               read.error().message.c_str());
    }
  }
};

QTEST_GUILESS_MAIN(SaslTest)
#include "sasl_test.moc"
