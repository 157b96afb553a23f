// SPDX-License-Identifier: Apache-2.0
// Backups of folders: what is captured, copied, refused and restored.

#include "engine/base/posix_file_system.h"
#include "server/backup/backup_restore.h"

#include <QTemporaryDir>
#include <QTest>
#include <map>

using namespace millrace;
using namespace millrace::server;

namespace {

void require(const Result<>& result) {
  if (!result.ok()) qFatal("%s", result.error().message.c_str());
}

}  // namespace

class BackupTest : public QObject {
  Q_OBJECT
  std::unique_ptr<QTemporaryDir> folder_;
  std::unique_ptr<FileSystem> files_ = makePosixFileSystem();

  std::string at(const std::string& name) const {
    return folder_->filePath(QString::fromStdString(name)).toStdString();
  }
  void put(const std::string& path, const std::string& text) {
    require(files_->createDirectories(parentPath(at(path))));
    require(files_->replaceAll(at(path), text));
  }
  std::string textOf(const std::string& path) {
    const auto text = files_->readAll(at(path));
    return text.ok() ? *text : "(none)";
  }
  static BackupManifest about() {
    BackupManifest manifest;
    manifest.program = "test";
    manifest.at = 1234;
    manifest.commit = 77;
    return manifest;
  }
  Result<> copy(CapturedFiles& captured, const std::string& to = "backup") {
    CopyProgress progress;
    MR_TRY(prepareTarget(*files_, at(to)));
    return copyAll(*files_, captured.files(), at(to), about(), progress);
  }
  /// A directory like a store's, and a backup of it.
  void makeBackup(WithKey withKey = WithKey::kNo) {
    put("data/store", "identity");
    put("data/journal/1.journal", std::string(3'000'000, '\0') + "end");
    put("data/journal/spare-1.journal", "nothing");
    put("data/log/t-0/0.log", "records");
    put("data/lock", "pid");
    put("data/pages/1.pages", "memory");
    put("data/history.sqlite", "figures");
    put("data/provenance/index.sqlite-wal", "index");
    put("data/provenance/1.blocks", "events");
    put("data/secret.key", "key");
    put("data/secrets/values", "sealed");
    put("data/empty", "");
    const auto captured = CapturedFiles::link(*files_, at("data"), withKey);
    if (!captured.ok()) qFatal("%s", captured.error().message.c_str());
    require(copy(**captured));
  }
  std::string refusal() {
    const auto restored = restoreBackup(*files_, at("backup"), at("restored"));
    if (restored.ok()) return "restored";
    const bool left = files_->exists(at("restored")) || files_->exists(at("restored.restoring"));
    return (left ? "something is left: " : "") + restored.error().message;
  }

 private slots:
  void init() { folder_ = std::make_unique<QTemporaryDir>(); }

  void whatCountsIsThereAgain() {
    makeBackup();
    require(files_->setPermissions(at("data/secrets/values"), 0600));
    const auto restored = restoreBackup(*files_, at("backup"), at("restored"));
    QVERIFY2(restored.ok(), restored.ok() ? "" : restored.error().message.c_str());
    QCOMPARE(restored->commit, std::uint64_t{77});
    for (const char* file : {"store", "journal/1.journal", "log/t-0/0.log", "provenance/1.blocks",
                             "secrets/values", "empty"})
      QCOMPARE(textOf(std::string("restored/") + file), textOf(std::string("data/") + file));
    for (const char* file : {"lock", "pages", "history.sqlite", "provenance/index.sqlite-wal",
                             "journal/spare-1.journal", "secret.key", "backup.json"})
      QVERIFY2(!files_->exists(at(std::string("restored/") + file)), file);
    QVERIFY(!files_->exists(at("data/backup.links")));
  }

  void theKeyIsInItOnlyWhenAskedFor() {
    makeBackup(WithKey::kYes);
    QCOMPARE(textOf("backup/secret.key"), std::string("key"));
  }

  void whatIsAppendedReplacedOrRemovedLaterIsNotInIt() {
    put("data/grows", "one");
    put("data/replaced", "old");
    put("data/removed", "still there");
    const auto captured = CapturedFiles::link(*files_, at("data"), WithKey::kNo);
    QVERIFY(captured.ok());
    {
      const auto file = files_->open(at("data/grows"), OpenMode::kReadWrite);
      require((*file)->writeAt(3, asBytes(" two")));
    }
    put("data/replaced", "new");
    require(files_->remove(at("data/removed")));
    put("data/fresh", "later");
    require(copy(**captured));
    QCOMPARE(textOf("backup/grows"), std::string("one"));
    QCOMPARE(textOf("backup/replaced"), std::string("old"));
    QCOMPARE(textOf("backup/removed"), std::string("still there"));
    QVERIFY(!files_->exists(at("backup/fresh")));
  }

  void aFlowFileFromElsewhereIsTakenAlong() {
    put("data/flow.yaml", "another");
    put("elsewhere/mine.yaml", "served");
    const auto captured = CapturedFiles::link(*files_, at("data"), WithKey::kNo);
    require((*captured)->put("flow.yaml", at("elsewhere/mine.yaml")));
    require(copy(**captured));
    QCOMPARE(textOf("backup/flow.yaml"), std::string("served"));
  }

  void aBackupThatWasCutShortIsRefused() {
    makeBackup();
    require(files_->remove(at("backup/backup.json")));
    QVERIFY(refusal().find("its making was cut short") != std::string::npos);
    put("backup/backup.json", "{\"millraceBackup\":1");
    QVERIFY(refusal().starts_with(at("backup/backup.json") + " is damaged"));
  }

  void aBackupThatWasDamagedIsRefused_data() {
    QTest::addColumn<QString>("file");
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("words");
    QTest::newRow("another byte") << "store"
                                  << "Identity"
                                  << "store is not what was backed up";
    QTest::newRow("shorter") << "store"
                             << "id"
                             << "store is not what was backed up";
    QTest::newRow("longer") << "empty"
                            << "x"
                            << "empty is not what was backed up";
    QTest::newRow("no JSON") << "backup.json"
                             << "x"
                             << "it is no JSON";
    QTest::newRow("another version") << "backup.json"
                                     << "{\"millraceBackup\":2}"
                                     << "another version";
    QTest::newRow("without files") << "backup.json"
                                   << "{\"millraceBackup\":1}"
                                   << "is damaged";
  }
  void aBackupThatWasDamagedIsRefused() {
    QFETCH(QString, file);
    QFETCH(QString, text);
    QFETCH(QString, words);
    makeBackup();
    put("backup/" + file.toStdString(), text.toStdString());
    const std::string why = refusal();
    QVERIFY2(why.find(words.toStdString()) != std::string::npos, why.c_str());
    QVERIFY2(why.find("something is left") == std::string::npos, why.c_str());
  }

  void aManifestThatLeadsOutsideIsRefused() {
    put("backup/x", "x");
    for (const char* path : {"../x", "/etc/x", "a/../../x", "a//x", ""}) {
      BackupManifest manifest = about();
      manifest.files.push_back({path, 1, 0, 0600});
      put("backup/backup.json", manifest.text());
      const std::string why = refusal();
      QVERIFY2(why.find("does not lie within it") != std::string::npos, why.c_str());
    }
  }

  void nothingIsOverwritten() {
    makeBackup();
    put("restored/mine", "mine");
    const auto restored = restoreBackup(*files_, at("backup"), at("restored"));
    QVERIFY(!restored.ok() && restored.error().message.find("is not empty") != std::string::npos);
    QVERIFY(!prepareTarget(*files_, at("data")).ok());
    // What a restore that was killed left is in nobody's way, and an empty folder is none.
    put("restored2.restoring/part", "part");
    require(files_->createDirectories(at("restored2")));
    QVERIFY(restoreBackup(*files_, at("backup"), at("restored2")).ok());
    QVERIFY(!files_->exists(at("restored2/part")));
    QVERIFY(!files_->exists(at("restored2.restoring")));
  }

  void aCopyIsCutShortWhenAsked() {
    put("data/store", "identity");
    const auto captured = CapturedFiles::look(*files_, at("data"), WithKey::kNo);
    CopyProgress progress;
    progress.cancelled = true;
    require(prepareTarget(*files_, at("backup")));
    QVERIFY(!copyAll(*files_, (*captured)->files(), at("backup"), about(), progress).ok());
    QVERIFY(refusal().find("its making was cut short") != std::string::npos);
  }
};

QTEST_GUILESS_MAIN(BackupTest)
#include "backup_test.moc"
