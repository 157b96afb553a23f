// SPDX-License-Identifier: Apache-2.0
#include "server/secrets/secret_store.h"

#include "engine/base/fault_file_system.h"

#include <QFile>
#include <QTest>

using namespace millrace;
using namespace millrace::server;

namespace {

const std::string kValue = "h\xC3\xBCnter=der #Hecke\n\twithout end";
const std::string kKeyText(64, 'a');

KeptSecrets values() { return {{{"db password", kValue}, {"empty", ""}, {"token", "t"}}, {}}; }

void write(FileSystem& files, const std::string& path, std::string_view text) {
  QVERIFY(files.replaceAll(path, text).ok());
}

std::string read(FileSystem& files, const std::string& path) {
  auto text = files.readAll(path);
  return text.ok() ? *text : "(" + text.error().message + ")";
}

}  // namespace

class SecretStoreTest : public QObject {
  Q_OBJECT
 private:
  static void makeData(FileSystem& files) { QVERIFY(files.createDirectories("data").ok()); }

 private slots:
  void whatIsSavedIsThereAndNowhereInTheClear() {
    MemoryFileSystem files;
    makeData(files);
    SecretStore store(files, "data", {});
    QVERIFY(*store.load() == KeptSecrets{});
    QVERIFY(store.save(values()).ok());
    QVERIFY(SecretStore(files, "data", {}).load().value() == values());
    const std::string sealed = read(files, "data/secrets/values");
    QVERIFY(sealed.find(kValue) == std::string::npos);
    QVERIFY(sealed.find("db password") == std::string::npos);
    QCOMPARE(files.info("data/secret.key")->mode, 0600U);
    QCOMPARE(files.info("data/secrets/values")->mode, 0600U);
    QCOMPARE(files.info("data/secrets")->mode, 0700U);
  }

  void savingNothingMakesNoFile() {
    MemoryFileSystem files;
    makeData(files);
    QVERIFY(SecretStore(files, "data", {}).save({}).ok());
    QVERIFY(!files.exists("data/secret.key") && !files.exists("data/secrets"));
  }

  void theSameValuesAreSealedDifferentlyEachTime() {
    const auto key = SecretKey::fromText(kKeyText, "here");
    QVERIFY(*sealSecrets(values(), *key) != *sealSecrets(values(), *key));
  }

  void everyChangedByteIsNoticed() {
    const auto key = SecretKey::fromText(kKeyText, "here");
    const std::string sealed = *sealSecrets(values(), *key);
    QVERIFY(openSecrets(sealed, *key).ok());
    for (std::size_t i = 0; i < sealed.size(); ++i) {
      std::string other = sealed;
      other[i] = static_cast<char>(other[i] ^ 1);
      QVERIFY(!openSecrets(other, *key).ok());
      QVERIFY(!openSecrets(sealed.substr(0, i), *key).ok());
    }
    const auto another = SecretKey::fromText(std::string(64, 'b'), "here");
    QVERIFY(!openSecrets(sealed, *another).ok());
  }

  void aFileOfVersionOneOpens() {
    // Made with libsodium by other means: key 00 01 … 1f, nonce 24 times 7, see FORMAT.md.
    QFile file(QStringLiteral(MR_SOURCE_DIR "/tests/server/secrets/data/values-1"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    std::string digits;
    for (int i = 0; i < 32; ++i) digits += QString::asprintf("%02x", i).toStdString();
    const auto opened =
        openSecrets(file.readAll().toStdString(), *SecretKey::fromText(digits, "here"));
    QVERIFY(opened.ok());
    QVERIFY(*opened == (KeptSecrets{{{"a", "one"}, {"b", "\xC3\xA9"}}, {}}));
  }

  void aFileOfVersionTwoOpens() {
    // Made in the same way, with what was before behind the values.
    QFile file(QStringLiteral(MR_SOURCE_DIR "/tests/server/secrets/data/values-2"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    std::string digits;
    for (int i = 0; i < 32; ++i) digits += QString::asprintf("%02x", i).toStdString();
    const auto opened =
        openSecrets(file.readAll().toStdString(), *SecretKey::fromText(digits, "here"));
    QVERIFY(opened.ok());
    QVERIFY(*opened == (KeptSecrets{{{"a", "one"}, {"b", "\xC3\xA9"}}, {{"a", "eins"}}}));
  }

  void whatWasBeforeIsKeptAsSafely() {
    MemoryFileSystem files;
    makeData(files);
    KeptSecrets secrets = values();
    secrets.previous["token"] = "an older token";
    QVERIFY(SecretStore(files, "data", {}).save(secrets).ok());
    QVERIFY(*SecretStore(files, "data", {}).load() == secrets);
    QVERIFY(SecretStore(files, "data", {}).rotate({}).ok());
    QVERIFY(*SecretStore(files, "data", {}).load() == secrets);
    QVERIFY(read(files, "data/secrets/values").find("older") == std::string::npos);
    secrets.values.clear();
    QVERIFY(SecretStore(files, "data", {}).save(secrets).ok());
    QVERIFY(*SecretStore(files, "data", {}).load() == secrets);
  }

  /// A power cut in the middle of each step that changes the medium.
  void aSavingThatIsCutOffLeavesTheOldOrTheNew() {
    KeptSecrets newer = values();
    newer.previous["token"] = "t";
    newer.values["token"] = "u";
    bool sawOld = false;
    bool sawNew = false;
    std::uint64_t step = 1;
    for (bool ended = false; !ended; ++step) {
      QVERIFY(step < 100);
      for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        MemoryFileSystem files(seed);
        makeData(files);
        QVERIFY(files.syncDirectory(".").ok());
        QVERIFY(SecretStore(files, "data", {}).save(values()).ok());
        files.cutPowerAt(step);
        ended = SecretStore(files, "data", {}).save(newer).ok();
        const auto found = files.crash();
        const auto loaded = SecretStore(*found, "data", {}).load();
        QVERIFY2(loaded.ok(), loaded.ok() ? "" : loaded.error().message.c_str());
        QVERIFY(*loaded == newer || (!ended && *loaded == values()));
        (*loaded == newer ? sawNew : sawOld) = true;
      }
    }
    QVERIFY(sawOld && sawNew);
  }

  void aKeyIsSixtyFourDigitsAndNeverShown() {
    for (const std::string& text : {std::string(), std::string(63, 'a'), std::string(65, 'a'),
                                    std::string(64, 'g'), std::string(128, 'a')}) {
      const auto key = SecretKey::fromText(text, "KEY");
      QVERIFY(!key.ok());
      QVERIFY(text.empty() || key.error().message.find(text) == std::string::npos);
    }
    QCOMPARE(SecretKey::fromText("  " + std::string(64, 'A') + "\n", "KEY")->text(), kKeyText);
  }

  void aLostKeyIsNamed() {
    MemoryFileSystem files;
    makeData(files);
    QVERIFY(SecretStore(files, "data", {}).save(values()).ok());
    QVERIFY(files.remove("data/secret.key").ok());
    const auto lost = SecretStore(files, "data", {}).load();
    QVERIFY(!lost.ok());
    QVERIFY(lost.error().message.find("data/secret.key") != std::string::npos);
    write(files, "data/secret.key", kKeyText + "\n");
    const auto wrong = SecretStore(files, "data", {}).load();
    QVERIFY(!wrong.ok());
    QVERIFY(wrong.error().message.find("another key") != std::string::npos);
  }

  void aKeyFromOutsideLeavesNoKeyBehind() {
    MemoryFileSystem files;
    makeData(files);
    QVERIFY(SecretStore(files, "data", kKeyText).save(values()).ok());
    QVERIFY(!files.exists("data/secret.key"));
    QVERIFY(*SecretStore(files, "data", kKeyText).load() == values());
    QVERIFY(!SecretStore(files, "data", std::string(64, 'b')).load().ok());
    QVERIFY(!SecretStore(files, "data", {}).load().ok());
    QVERIFY(!SecretStore(files, "data", std::string("short")).load().ok());
    QVERIFY(!SecretStore(files, "data", kKeyText).rotate({}).ok());
    QVERIFY(SecretStore(files, "data", kKeyText).rotate(std::string(64, 'b')).ok());
    QVERIFY(*SecretStore(files, "data", std::string(64, 'b')).load() == values());
    QVERIFY(!SecretStore(files, "data", kKeyText).load().ok());
  }

  void aRotatedKeyIsAnother() {
    MemoryFileSystem files;
    makeData(files);
    QVERIFY(!SecretStore(files, "data", {}).rotate({}).ok());  // nothing to do
    QVERIFY(SecretStore(files, "data", {}).save(values()).ok());
    const std::string before = read(files, "data/secret.key");
    QVERIFY(SecretStore(files, "data", {}).rotate({}).ok());
    QVERIFY(read(files, "data/secret.key") != before);
    QVERIFY(!files.exists("data/secrets/next.key"));
    QVERIFY(*SecretStore(files, "data", {}).load() == values());
    QVERIFY(!SecretStore(files, "data", {}).rotate(kKeyText).ok());
  }

  /// A power cut in the middle of each step that changes the medium.
  void aRotationThatIsCutOffLosesNothing() {
    std::uint64_t step = 1;
    for (bool ended = false; !ended; ++step) {
      QVERIFY(step < 200);
      for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        MemoryFileSystem files(seed);
        makeData(files);
        QVERIFY(files.syncDirectory(".").ok());
        QVERIFY(SecretStore(files, "data", {}).save(values()).ok());
        files.cutPowerAt(step);
        ended = SecretStore(files, "data", {}).rotate({}).ok();
        const auto found = files.crash();
        const auto loaded = SecretStore(*found, "data", {}).load();
        QVERIFY2(loaded.ok(), loaded.ok() ? "" : loaded.error().message.c_str());
        QVERIFY(*loaded == values());
        KeptSecrets more = values();
        more.values["later"] = "v";
        QVERIFY(SecretStore(*found, "data", {}).save(more).ok());
        QVERIFY(*SecretStore(*found, "data", {}).load() == more);
        QVERIFY(!found->exists("data/secrets/next.key"));
      }
    }
    QVERIFY(step > 5);
  }
};

QTEST_GUILESS_MAIN(SecretStoreTest)
#include "secret_store_test.moc"
